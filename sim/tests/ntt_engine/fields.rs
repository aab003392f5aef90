//! Real fields on their cards, in the fast fill: every size up to one pass in every mode, and 2^20.

use crate::bench::{Bench, Shape};
use gristmill_hdl::datapath::Fill;
use gristmill_sim::card::BoardOptions;

/// Every size up to 2^14 in all directions and orders, with and without coset; batches, columns and an extension.
fn every_mode(card: &str) {
    let mut bench = Bench::new(card, Fill::Fast, BoardOptions::default());
    assert_eq!(bench.pass_log2, 14, "{card}");
    for size in 0..=bench.pass_log2 {
        for mode in 0..16 {
            bench.check(Shape {
                size,
                batch: 1 + (mode + size) % 3 * u32::from(size < 10),
                columns: (mode == size && size < 10).then_some(1),
                inverse: mode & 1 != 0,
                input_reversed: mode & 2 != 0,
                output_reversed: mode & 4 != 0,
                coset: mode & 8 != 0,
                in_place: mode % 5 == 0,
                ..Shape::default()
            });
        }
        bench.check(Shape {
            size: size.saturating_sub(1),
            batch: 2,
            extension: Some(size.min(1)),
            output_reversed: size % 2 == 0,
            coset: true,
            ..Shape::default()
        });
    }
}

#[test]
fn bn254() {
    every_mode("bn254_prover");
}

#[test]
fn bls12_381() {
    every_mode("ntt_bls12_381");
}

#[test]
fn goldilocks() {
    every_mode("ntt_goldilocks");
}

#[test]
fn baby_bear() {
    every_mode("ntt_baby_bear");
}

#[test]
fn baby_bear_with_half_as_many_lanes() {
    every_mode("ntt_baby_bear_8");
}

#[test]
fn koala_bear() {
    every_mode("ntt_koala_bear");
}

#[test]
fn koala_bear_with_half_as_many_lanes() {
    every_mode("ntt_koala_bear_8");
}

#[test]
fn two_to_the_20() {
    let mut bench = Bench::new("ntt_goldilocks", Fill::Fast, BoardOptions::default());
    bench.check(Shape {
        size: 20,
        batch: 1,
        inverse: true,
        coset: true,
        ..Shape::default()
    });
}
