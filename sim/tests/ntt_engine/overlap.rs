//! Several jobs at a time.

use crate::bench::{Bench, Placed, Shape};
use crate::on_toys;
use gristmill_protocol::Status;
use rand::Rng;

/// Runs the jobs, all at once, and checks each.
fn check(bench: &mut Bench, jobs: &[Placed]) {
    for (completion, placed) in bench.run_all(jobs).iter().zip(jobs) {
        assert_eq!(
            completion.named_status(),
            Some(Status::Success),
            "{:?}: detail {:#x}",
            placed.shape,
            completion.detail
        );
        assert_eq!(
            bench.output(placed),
            bench.expected(placed),
            "{:?}",
            placed.shape
        );
    }
}

#[test]
fn jobs_of_one_kind_follow_one_another() {
    on_toys(|bench| {
        for (size, inverse) in [(4, false), (4, true), (2, false), (6, true)] {
            let shape = Shape {
                size,
                batch: 3,
                inverse,
                ..Shape::default()
            };
            let jobs: Vec<Placed> = (0..9)
                .map(|i| {
                    let input = bench.random_input(&shape);
                    bench.place(shape, input, i * 0x1_0000)
                })
                .collect();
            check(bench, &jobs);
        }
    });
}

#[test]
fn jobs_of_all_kinds_follow_one_another() {
    on_toys(|bench| {
        for _ in 0..12 {
            let jobs: Vec<Placed> = (0..9)
                .map(|i| {
                    let size = bench.random.gen_range(0..=bench.size_log2);
                    let extension = ((2..7).contains(&size) && bench.random.gen_bool(0.2))
                        .then(|| bench.random.gen_range(0..2));
                    let reversible = extension.is_none();
                    let shape = Shape {
                        size,
                        batch: bench.random.gen_range(1..4),
                        inverse: reversible && bench.random.r#gen(),
                        input_reversed: reversible && bench.random.r#gen(),
                        output_reversed: bench.random.r#gen(),
                        columns: bench.random.gen_bool(0.3).then_some(0),
                        extension,
                        ..Shape::default()
                    };
                    let input = bench.random_input(&shape);
                    // each with tables of its own
                    bench.place_with_tables(shape, input, i * 0x4_0000, i * 0x1000)
                })
                .collect();
            check(bench, &jobs);
        }
    });
}
