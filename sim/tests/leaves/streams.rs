//! From beats to elements, and from slots to beats.

use std::collections::VecDeque;

use gristmill_hdl::cells::{Packer, Unpacker};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;

use crate::both::{Both, random};

const CYCLES: usize = 1000;

/// Runs with strides of one element and more, from any word of the first beat, waiting at both ends.
fn unpacker<const W: usize, const E: usize>(name: &str) {
    let mut both = Both::new(Unpacker::<W, E>::default(), name);
    let mut source = SmallRng::seed_from_u64(W as u64 * 4096 + E as u64);
    let (mut words, mut position) = (VecDeque::new(), 0);
    let mut elements = 0;
    let (mut offset, mut stride) = (0, E / 64);
    for cycle in 0..CYCLES {
        let start = cycle == 0 || source.gen_bool(0.01);
        if start {
            offset = source.gen_range(0..W / 64);
            stride = E / 64
                + if source.gen_bool(0.5) {
                    0
                } else {
                    source.gen_range(0..40)
                };
        }
        let (valid, pops) = (source.gen_bool(0.7), source.gen_bool(0.7));
        let data = random::<W>(&mut source);
        both.rust.start.next = start;
        both.rust.offset.next = (offset as u64).into();
        both.rust.stride.next = (stride as u64).into();
        both.rust.valid.next = valid;
        both.rust.data.next = data;
        both.rust.pop.next = false;
        both.set_bit("start", start);
        both.set::<4>("offset", (offset as u64).into());
        both.set::<13>("stride", (stride as u64).into());
        both.set_bit("valid", valid);
        both.set("data", data);
        both.set_bit("pop", false);
        both.settle();
        let there = both.rust.element_valid.val();
        assert_eq!(there, both.get_bit("element_valid"), "cycle {cycle}");
        if there {
            assert_eq!(
                both.rust.element.val(),
                both.get("element"),
                "cycle {cycle}"
            );
        }
        let pop = pops && there;
        both.rust.pop.next = pop;
        both.set_bit("pop", pop);
        both.settle();
        let ready = both.rust.ready.val();
        assert_eq!(ready, both.get_bit("ready"), "cycle {cycle}");

        // what the elements ought to be, from all words since the start
        if pop && !start {
            let expected = (0..E / 64).map(|word| words[position + word]);
            let element = both.rust.element.val();
            let found = (0..E / 64).map(|word| element.get_bits::<64>(64 * word));
            assert!(found.eq(expected), "cycle {cycle}");
            position += stride;
            elements += 1;
        }
        if valid && ready && !start {
            words.extend((0..W / 64).map(|word| data.get_bits::<64>(64 * word)));
        }
        if start {
            words.clear();
            position = offset;
        }
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    assert!(elements > CYCLES / 50, "{elements} elements");
}

#[test]
fn beats_become_elements() {
    unpacker::<64, 64>("unpacker_64_64");
    unpacker::<64, 192>("unpacker_64_192");
    unpacker::<256, 64>("unpacker_256_64");
    unpacker::<256, 320>("unpacker_256_320");
    unpacker::<512, 512>("unpacker_512_512");
    unpacker::<512, 768>("unpacker_512_768");
}

fn packer<const W: usize, const S: usize>(name: &str) {
    let mut both = Both::new(Packer::<W, S>::default(), name);
    let mut source = SmallRng::seed_from_u64(W as u64 * 4096 + S as u64);
    let mut expected: VecDeque<Bits<W>> = VecDeque::new();
    let mut beats = 0;
    for cycle in 0..CYCLES {
        let (valid, taken) = (source.gen_bool(0.5), source.gen_bool(0.7));
        let clear = source.gen_bool(0.01);
        let slot = random::<S>(&mut source);
        both.rust.valid.next = valid;
        both.rust.slot.next = slot;
        both.rust.clear.next = clear;
        both.rust.beat_ready.next = taken;
        both.set_bit("valid", valid);
        both.set("slot", slot);
        both.set_bit("clear", clear);
        both.set_bit("beat_ready", taken);
        both.settle();
        let (ready, there) = (both.rust.ready.val(), both.rust.beat_valid.val());
        assert_eq!(ready, both.get_bit("ready"), "cycle {cycle}");
        assert_eq!(there, both.get_bit("beat_valid"), "cycle {cycle}");
        assert_eq!(there, !expected.is_empty(), "cycle {cycle}");
        if there {
            assert_eq!(both.rust.beat.val(), both.get("beat"), "cycle {cycle}");
            assert_eq!(
                Some(&both.rust.beat.val()),
                expected.front(),
                "cycle {cycle}"
            );
        }
        if there && taken {
            expected.pop_front();
            beats += 1;
        }
        if valid && ready {
            expected.extend((0..S / W).map(|beat| slot.get_bits::<W>(beat * W)));
        }
        if clear {
            expected.clear();
        }
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    assert!(beats > CYCLES / 4, "{beats} beats");
}

#[test]
fn slots_become_beats() {
    packer::<64, 64>("packer_64_64");
    packer::<64, 256>("packer_64_256");
    packer::<128, 384>("packer_128_384");
    packer::<512, 512>("packer_512_512");
    packer::<512, 1024>("packer_512_1024");
}
