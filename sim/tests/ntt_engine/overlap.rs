//! Several jobs at a time.

use crate::bench::{Bench, Placed, Shape, TABLES};
use crate::{TOYS, on_toys};
use gristmill_hdl::datapath::Fill;
use gristmill_protocol::Status;
use gristmill_protocol::ntt::TableFault;
use gristmill_sim::axi::Store;
use gristmill_sim::card::BoardOptions;
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

/// A job's tables, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tables {
    Good,
    /// Their header is of another size.
    Wrong,
    /// Their header is the last block of card memory.
    Unreadable,
}

/// Tables take turns in two sets: whose read failed, and whose was given up, is nothing to the jobs around.
#[test]
fn tables_of_all_kinds_follow_one_another() {
    const MEMORY: u64 = 8 << 20;
    for card in TOYS {
        for options in [BoardOptions::default(), BoardOptions::hostile(5)] {
            let mut bench = Bench::with_memory(card, Fill::Record, options, MEMORY);
            let end = bench.tables_at(MEMORY - 64);
            for _ in 0..24 {
                let jobs: Vec<(Tables, Placed)> = (0..9)
                    .map(|i| {
                        let tables = match bench.random.gen_range(0..4) {
                            0 => Tables::Wrong,
                            1 => Tables::Unreadable,
                            _ => Tables::Good,
                        };
                        let mut placed = place_with(&mut bench, tables, i, MEMORY);
                        if tables == Tables::Unreadable {
                            placed.ntt.tables = end;
                        }
                        (tables, placed)
                    })
                    .collect();
                let placed: Vec<_> = jobs.iter().map(|(_, placed)| placed.clone()).collect();
                let completions = bench.run_all(&placed);
                for (completion, (tables, placed)) in completions.iter().zip(&jobs) {
                    let expected = match tables {
                        Tables::Good => (Status::Success, completion.detail),
                        Tables::Wrong => (Status::TablesMismatch, TableFault::Size as u64),
                        Tables::Unreadable => (Status::CardMemoryError, MEMORY - 64),
                    };
                    let found = (completion.named_status().unwrap(), completion.detail);
                    assert_eq!(found, expected, "{card}: {jobs:?}");
                    if *tables == Tables::Good {
                        assert_eq!(bench.output(placed), bench.expected(placed));
                    }
                }
            }
        }
    }
}

/// Places a job with such tables as the i-th, a short or a long one.
fn place_with(bench: &mut Bench, tables: Tables, i: u64, memory_bytes: u64) -> Placed {
    let shape = Shape {
        size: 5,
        batch: bench.random.gen_range(1..3) * if bench.random.r#gen() { 1 } else { 20 },
        ..Shape::default()
    };
    let (input, at) = (bench.random_input(&shape), i * 0x1000);
    let placed = bench.place_with_tables(shape, input, i * 0x4_0000, at);
    let mut header = [0; 64];
    let memory = bench.host.board.card_memory();
    memory.read(TABLES + at, &mut header).unwrap();
    match tables {
        Tables::Good => {}
        Tables::Wrong => {
            header[12] ^= 1;
            memory.write(TABLES + at, &header).unwrap();
        }
        Tables::Unreadable => memory.write(memory_bytes - 64, &header).unwrap(),
    }
    placed
}
