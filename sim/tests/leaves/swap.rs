//! The exchange of time and lane in a transform.

use gristmill_hdl::ntt::Swap;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::both::{Both, random};

const W: usize = 64;

/// Frames of two times D slots and more, dummies between them, and waits.
fn swap(depth_log2: Option<usize>, name: &str) {
    let mut both = Both::new(Swap::<W>::new(depth_log2, false), name);
    let mut source = SmallRng::seed_from_u64(depth_log2.unwrap_or(9) as u64);
    let (mut left, mut beats) = (0, 0);
    for cycle in 0..2000 {
        let advance = source.gen_bool(0.8);
        let begins = advance && left == 0 && source.gen_bool(0.3);
        if begins {
            left = source.gen_range(1..4) << (depth_log2.unwrap_or(0) + 1);
        }
        let valid = advance && left > 0;
        left -= usize::from(valid);
        let beat = random::<W>(&mut source);
        both.rust.advance.next = advance;
        both.rust.valid.next = valid;
        both.rust.first.next = begins;
        both.rust.beat.next = beat;
        both.set_bit("advance", advance);
        both.set_bit("valid", valid);
        both.set_bit("first", begins);
        both.set("beat", beat);
        both.settle();
        let rust = &both.rust;
        let flags = [&rust.out_advance, &rust.out_valid, &rust.out_first].map(|flag| flag.val());
        let names = ["out_advance", "out_valid", "out_first"];
        assert_eq!(flags, names.map(|name| both.get_bit(name)), "cycle {cycle}");
        assert_eq!(rust.out_beat.val(), both.get("out_beat"), "cycle {cycle}");
        beats += usize::from(flags[1]);
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    assert!(beats > 500, "{beats} beats");
}

#[test]
fn halves_change_places() {
    swap(None, "swap_of_nothing");
    swap(Some(0), "swap_of_1");
    swap(Some(1), "swap_of_2");
    swap(Some(4), "swap_of_16");
}
