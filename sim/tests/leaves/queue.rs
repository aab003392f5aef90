//! The queue, which is a kernel over a memory.

use std::collections::VecDeque;

use gristmill_hdl::cells::Fifo;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;

use crate::both::{Both, random};

fn fifo<const N: usize, const A: usize>(name: &str) {
    let mut both = Both::new(Fifo::<Bits<N>, A>::default(), name);
    let mut source = SmallRng::seed_from_u64(A as u64);
    let mut queue: VecDeque<Bits<N>> = VecDeque::new();
    let (mut full, mut empty) = (0, 0);
    for cycle in 0..4000 {
        // Phases in which it fills and empties, so that it is met full and empty and its places wrap.
        let fills = cycle / 100 % 2 == 0;
        let word = random::<N>(&mut source);
        let push = queue.len() < 1 << A && source.gen_bool(if fills { 0.9 } else { 0.3 });
        let pop = !queue.is_empty() && source.gen_bool(if fills { 0.3 } else { 0.9 });
        let clear = source.gen_bool(0.005);
        both.rust.push.next = push;
        both.rust.pop.next = pop;
        both.rust.clear.next = clear;
        both.rust.d.next = word;
        both.set_bit("push", push);
        both.set_bit("pop", pop);
        both.set_bit("clear", clear);
        both.set("d", word);
        both.settle();
        assert_eq!(
            both.rust.valid.val(),
            both.get_bit("valid"),
            "cycle {cycle}"
        );
        assert_eq!(both.rust.level.val(), both.get("level"), "cycle {cycle}");
        assert_eq!(both.rust.valid.val(), !queue.is_empty(), "cycle {cycle}");
        assert_eq!(both.rust.level.val().index(), queue.len(), "cycle {cycle}");
        if let Some(oldest) = queue.front() {
            assert_eq!(both.rust.q.val(), both.get("q"), "cycle {cycle}");
            assert_eq!(both.rust.q.val(), *oldest, "cycle {cycle}");
        }
        full += usize::from(queue.len() == 1 << A);
        empty += usize::from(queue.is_empty());
        if pop {
            queue.pop_front();
        }
        if push {
            queue.push_back(word);
        }
        if clear {
            queue.clear();
        }
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    assert!(full > 100 && empty > 20, "full {full}, empty {empty}");
}

#[test]
fn a_queue_keeps_its_words_in_order() {
    fifo::<24, 3>("fifo_small");
    fifo::<100, 5>("fifo_wide");
    fifo::<1, 1>("fifo_bit");
}
