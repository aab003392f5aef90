//! Jobs that succeed.

use crate::bench::{Bench, Shape};
use crate::on_toys;
use gristmill_hdl::datapath::Fill;
use gristmill_sim::card::BoardOptions;

#[test]
fn a_first_job() {
    let mut bench = Bench::new("ntt_toy", Fill::Record, BoardOptions::default());
    for size in 0..=4 {
        for modes in 0..8 {
            bench.check(Shape {
                size,
                batch: 1,
                inverse: modes & 1 != 0,
                input_reversed: modes & 2 != 0,
                output_reversed: modes & 4 != 0,
                ..Shape::default()
            });
        }
    }
}

#[test]
fn every_size_and_order() {
    on_toys(|bench| {
        for size in 0..=bench.size_log2 {
            for modes in 0..16 {
                bench.check(Shape {
                    size,
                    batch: 1 + modes % 3,
                    inverse: modes & 1 != 0,
                    input_reversed: modes & 2 != 0,
                    output_reversed: modes & 4 != 0,
                    coset: modes & 8 != 0,
                    ..Shape::default()
                });
            }
        }
    });
}
