//! Beats in two halves.

use gristmill_hdl::ntt::half_beats::{HalfSlots, HalfTables, WholeBeats};
use gristmill_hdl::ntt::tile::Slot;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;

use crate::both::{Both, random};

/// Four lanes of 16 bits behind beats of eight.
const LANES_LOG2: usize = 2;
const N: usize = 64;
const W: usize = 128;
const CYCLES: usize = 1000;
/// Where the number of a slot begins, behind flags, port and the masks of lanes.
const NUMBER_BIT: usize = 3 + 2 + 6 + 6 + 5;

fn lanes<const BITS: usize>(beat: Bits<BITS>) -> Vec<u64> {
    let lane = |lane: usize| {
        (0..16).fold(0, |all, bit| {
            all | u64::from(beat.get_bit(16 * lane + bit)) << bit
        })
    };
    (0..BITS / 16).map(lane).collect()
}

/// The slot as a port has it, the first field in the lowest bits.
fn bits_of(slot: &Slot) -> Bits<{ Slot::BITS }> {
    let flags = [slot.advance, slot.valid, slot.first];
    let flags = (0..)
        .zip(flags)
        .fold(0, |all, (bit, flag)| all | u64::from(flag) << bit);
    (flags | slot.number.to_u64() << NUMBER_BIT).into()
}

/// The lanes of half `half`, by the words of the module's head.
fn half_of(beat: &[u64], half: usize, split: bool) -> Vec<u64> {
    let quarter = 1 << (LANES_LOG2 - 1);
    let starts = match split {
        true => [half * quarter, 2 * quarter + half * quarter],
        false => [2 * half * quarter, (2 * half + 1) * quarter],
    };
    starts
        .iter()
        .flat_map(|start| &beat[*start..start + quarter])
        .copied()
        .collect()
}

#[test]
fn slots_with_beats_become_two() {
    let mut both = Both::new(HalfSlots::<W, N>::new(LANES_LOG2), "half_slots");
    let mut source = SmallRng::seed_from_u64(3);
    let mut second: Option<(Vec<u64>, bool, u64)> = None;
    let mut beats = 0;
    for cycle in 0..CYCLES {
        let size = source.gen_range(0..6u64);
        let free = second.is_none();
        let slot = Slot {
            advance: source.gen_bool(0.9),
            valid: free && source.gen_bool(0.7),
            first: source.r#gen(),
            number: random::<24>(&mut source),
            ..Slot::default()
        };
        let beat = random::<W>(&mut source);
        both.rust.slot.next = slot;
        both.rust.beat.next = beat;
        both.rust.size.next = size.into();
        both.set("slot", bits_of(&slot));
        both.set("beat", beat);
        both.set("size", Bits::<5>::from(size));
        both.settle();
        let rust = &both.rust;
        let [advance, valid, first] =
            [&rust.advance, &rust.valid, &rust.first].map(|bit| bit.val());
        let number = rust.number.val();
        let found = lanes(rust.half_beat.val());
        assert_eq!(rust.half_beat.val(), both.get("half_beat"), "cycle {cycle}");
        assert_eq!(number, both.get("number"), "cycle {cycle}");
        for (name, bit) in [("advance", advance), ("valid", valid), ("first", first)] {
            assert_eq!(bit, both.get_bit(name), "cycle {cycle}, {name}");
        }
        let split = size > LANES_LOG2 as u64;
        let carries = slot.advance && slot.valid;
        match second.take() {
            Some(wanted) => {
                assert_eq!((advance, valid), (true, true));
                assert_eq!((found, first, number.to_u64()), wanted);
                beats += 1;
            }
            None => {
                assert_eq!((advance, valid), (slot.advance, slot.valid));
                if carries {
                    assert_eq!(found, half_of(&lanes(beat), 0, split));
                    assert_eq!(first, slot.first);
                    second = Some((
                        half_of(&lanes(beat), 1, split),
                        !split,
                        slot.number.to_u64(),
                    ));
                }
            }
        }
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    assert!(beats > 200, "{beats} beats");
}

#[test]
fn two_beats_become_one() {
    let mut both = Both::new(WholeBeats::<W, N>::default(), "whole_beats");
    let mut source = SmallRng::seed_from_u64(4);
    let mut first: Option<Vec<u64>> = None;
    let mut beats = 0;
    for cycle in 0..CYCLES {
        let (valid, clear) = (source.gen_bool(0.7), source.gen_bool(0.02));
        let beat = random::<N>(&mut source);
        both.rust.valid.next = valid;
        both.rust.clear.next = clear;
        both.rust.beat.next = beat;
        both.set_bit("valid", valid);
        both.set_bit("clear", clear);
        both.set("beat", beat);
        both.settle();
        let whole = both.rust.whole.val();
        assert_eq!(whole, both.get_bit("whole"), "cycle {cycle}");
        assert_eq!(
            both.rust.whole_beat.val(),
            both.get("whole_beat"),
            "cycle {cycle}"
        );
        assert_eq!(whole, valid && first.is_some(), "cycle {cycle}");
        if valid {
            first = match first.take() {
                None => Some(lanes(beat)),
                Some(low) => {
                    assert_eq!(
                        lanes(both.rust.whole_beat.val()),
                        [low, lanes(beat)].concat()
                    );
                    beats += 1;
                    None
                }
            };
        }
        if clear {
            first = None;
        }
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    assert!(beats > 200, "{beats} beats");
}

#[test]
fn beats_of_tables_become_two() {
    let mut both = Both::new(HalfTables::<W, N>::default(), "half_tables");
    let mut source = SmallRng::seed_from_u64(5);
    let mut second: Option<(Vec<u64>, u64, u64, bool)> = None;
    let mut beats = 0;
    for cycle in 0..CYCLES {
        let write = second.is_none() && source.gen_bool(0.7);
        let (address, table) = (source.gen_range(0..1000u64), source.gen_range(0..4u64));
        let set = source.r#gen();
        let beat = random::<W>(&mut source);
        both.rust.write.next = write;
        both.rust.set.next = set;
        both.rust.table.next = table.into();
        both.rust.address.next = address.into();
        both.rust.beat.next = beat;
        both.set_bit("write", write);
        both.set_bit("set", set);
        both.set("table_", Bits::<2>::from(table));
        both.set("address", Bits::<12>::from(address));
        both.set("beat", beat);
        both.settle();
        let rust = &both.rust;
        assert_eq!(rust.half.val(), both.get_bit("half"), "cycle {cycle}");
        assert_eq!(
            rust.half_set.val(),
            both.get_bit("half_set"),
            "cycle {cycle}"
        );
        assert_eq!(
            rust.half_table.val(),
            both.get("half_table"),
            "cycle {cycle}"
        );
        assert_eq!(
            rust.half_address.val(),
            both.get("half_address"),
            "cycle {cycle}"
        );
        assert_eq!(rust.half_beat.val(), both.get("half_beat"), "cycle {cycle}");
        let found = (
            lanes(rust.half_beat.val()),
            rust.half_address.val().to_u64(),
            rust.half_table.val().to_u64(),
            rust.half_set.val(),
        );
        assert_eq!(rust.half.val(), write || second.is_some());
        if let Some(wanted) = second.take() {
            assert_eq!(found, wanted, "cycle {cycle}");
            beats += 1;
        } else if write {
            assert_eq!(
                found,
                (half_of(&lanes(beat), 0, false), 2 * address, table, set)
            );
            second = Some((half_of(&lanes(beat), 1, false), 2 * address + 1, table, set));
        }
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    assert!(beats > 200, "{beats} beats");
}
