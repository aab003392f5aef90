//! Jobs that succeed.

use crate::bench::{Bench, Shape};
use crate::on_toys;
use num_bigint::BigUint;
use num_traits::{One, Zero};

/// Direction, orders and coset by the bits of a number below 16.
fn modes(modes: u32) -> Shape {
    Shape {
        batch: 1,
        inverse: modes & 1 != 0,
        input_reversed: modes & 2 != 0,
        output_reversed: modes & 4 != 0,
        coset: modes & 8 != 0,
        ..Shape::default()
    }
}

#[test]
fn every_size_and_order() {
    on_toys(|bench| {
        for size in 0..=bench.size_log2 {
            for mode in 0..16 {
                bench.check(Shape {
                    size,
                    batch: 1 + mode % 3,
                    ..modes(mode)
                });
            }
        }
    });
}

#[test]
fn every_scaled_unit_vector() {
    on_toys(|bench| {
        for size in 0..=bench.size_log2 {
            let n = 1usize << size;
            for mode in 0..8 {
                let shape = Shape {
                    size,
                    batch: n as u32,
                    coset: true,
                    ..modes(mode)
                };
                let scale = bench.element() + 1u32;
                let scale = if scale < bench.field.modulus {
                    scale
                } else {
                    BigUint::one()
                };
                let unit = |i: usize| {
                    let mut x = vec![BigUint::zero(); n];
                    x[i] = scale.clone();
                    x
                };
                bench.check_input(shape, (0..n).map(unit).collect());
            }
        }
    });
}

#[test]
fn batches() {
    on_toys(|bench| {
        for size in 0..=bench.pass_log2 + 1 {
            for batch in [2, 3, 5, 7, 13, 40] {
                for mode in [0, 5, 6, 11] {
                    bench.check(Shape {
                        size,
                        batch,
                        ..modes(mode)
                    });
                }
            }
        }
    });
}

#[test]
fn columns() {
    on_toys(|bench| {
        for size in 0..=bench.size_log2 {
            for mode in 0..16 {
                bench.check(Shape {
                    size,
                    batch: [1, 3, 8, 11][(mode as usize + size as usize) % 4],
                    columns: Some((mode % 3) as u16),
                    ..modes(mode)
                });
            }
        }
        for batch in [2, 5, 16, 70] {
            for size in [0, 1, 3, 5] {
                bench.check(Shape {
                    size,
                    batch,
                    columns: Some(0),
                    ..modes(1)
                });
            }
        }
    });
}

#[test]
fn in_place() {
    on_toys(|bench| {
        for size in 0..=bench.size_log2 {
            for mode in 0..8 {
                for columns in [None, Some(1)] {
                    bench.check(Shape {
                        size,
                        batch: 3,
                        columns,
                        in_place: true,
                        ..modes(mode)
                    });
                }
            }
        }
    });
}

#[test]
fn extensions() {
    on_toys(|bench| {
        for size in 0..=bench.size_log2 {
            for extension in 0..=bench.size_log2 - size {
                for (columns, output_reversed) in [
                    (None, false),
                    (None, true),
                    (Some(0), false),
                    (Some(2), true),
                ] {
                    let whole = size + extension;
                    let narrow = whole > bench.pass_log2 && size < whole / 2;
                    if narrow {
                        continue;
                    }
                    bench.check(Shape {
                        size,
                        batch: [1, 2, 3, 9, 21][(size + extension) as usize % 5],
                        extension: Some(extension),
                        columns,
                        output_reversed,
                        coset: extension != 1,
                        in_place: extension == 0 && output_reversed,
                        ..Shape::default()
                    });
                }
            }
        }
    });
}

#[test]
fn a_wrong_element_is_seen() {
    let mut bench = Bench::new(
        "ntt_toy",
        gristmill_hdl::datapath::Fill::Record,
        gristmill_sim::card::BoardOptions::default(),
    );
    let shape = Shape {
        size: 5,
        batch: 2,
        ..Shape::default()
    };
    let input = bench.random_input(&shape);
    let mut placed = bench.place(shape, input, 0);
    bench.run(&placed);
    assert_eq!(bench.output(&placed), bench.expected(&placed));
    placed.input[1][31] += 1u32;
    assert_ne!(bench.output(&placed), bench.expected(&placed));
}
