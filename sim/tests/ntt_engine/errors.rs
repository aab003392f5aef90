//! Jobs that fail, and what they leave to the jobs beside them.

use crate::bench::{Bench, DATA, Placed, Shape, TABLES};
use crate::on_toys;
use gristmill_hdl::datapath::Fill;
use gristmill_protocol::ntt::{self, SECOND_SET, TableFault};
use gristmill_protocol::{Completion, Descriptor, Ntt, Operation, Status};
use gristmill_sim::axi::Store;
use gristmill_sim::card::BoardOptions;

fn good() -> Shape {
    Shape {
        size: 5,
        batch: 2,
        ..Shape::default()
    }
}

/// Places a good job of this shape.
fn place(bench: &mut Bench, shape: Shape) -> Placed {
    let input = bench.random_input(&shape);
    bench.place(shape, input, 0)
}

fn run(bench: &mut Bench, ntt: Ntt) -> Completion {
    let descriptor = Descriptor {
        tag: 3,
        statistics: 0,
        interrupt: true,
        operation: Operation::Ntt(ntt),
    };
    bench.queue.words(&mut bench.host, descriptor.words())
}

fn refuse(bench: &mut Bench, ntt: Ntt, status: Status, detail: u64) {
    let completion = run(bench, ntt);
    assert_eq!(
        (completion.named_status(), completion.detail),
        (Some(status), detail),
        "{ntt:?}"
    );
}

#[test]
fn what_a_descriptor_may_not_say() {
    on_toys(|bench| {
        let placed = place(bench, good());
        let ntt = placed.ntt;
        let limit = bench.size_log2 as u8;
        let extended = |size_log2: u8, extension: u8| Ntt {
            size_log2,
            extension_log2: Some(extension),
            ..ntt
        };
        let columns = |blocks: u16| Ntt {
            stride_blocks: Some(blocks),
            batch: 9,
            ..ntt
        };
        use Status::{Misaligned, Overlap, RegionBounds, SizeLimit, UnsupportedParameter};
        let cases = [
            (
                Ntt {
                    size_log2: limit + 1,
                    ..ntt
                },
                SizeLimit,
                u64::from(limit) + 1,
            ),
            (
                Ntt {
                    size_log2: 255,
                    ..ntt
                },
                SizeLimit,
                255,
            ),
            (extended(5, limit - 4), SizeLimit, u64::from(limit) + 1),
            (extended(255, 255), SizeLimit, 510),
            (Ntt { batch: 0, ..ntt }, SizeLimit, 0),
            (
                Ntt {
                    input: ntt.input + 8,
                    ..ntt
                },
                Misaligned,
                2,
            ),
            (
                Ntt {
                    output: ntt.output + 32,
                    ..ntt
                },
                Misaligned,
                4,
            ),
            (
                Ntt {
                    scratch: ntt.scratch + 1,
                    ..ntt
                },
                Misaligned,
                6,
            ),
            (
                Ntt {
                    input: 1 << 40,
                    ..ntt
                },
                RegionBounds,
                2,
            ),
            (
                Ntt {
                    input: u64::MAX - 63,
                    ..ntt
                },
                RegionBounds,
                2,
            ),
            (
                Ntt {
                    output: u64::MAX - 63,
                    ..ntt
                },
                RegionBounds,
                4,
            ),
            (
                Ntt {
                    scratch: u64::MAX - 63,
                    ..ntt
                },
                RegionBounds,
                6,
            ),
            (
                Ntt {
                    batch: 1 << 31,
                    ..ntt
                },
                RegionBounds,
                2,
            ),
            (
                Ntt {
                    output: ntt.input + 64,
                    ..ntt
                },
                Overlap,
                4,
            ),
            (
                Ntt {
                    output: ntt.input,
                    ..extended(5, 1)
                },
                Overlap,
                4,
            ),
            (
                Ntt {
                    scratch: ntt.output,
                    ..ntt
                },
                Overlap,
                6,
            ),
            (
                Ntt {
                    scratch: ntt.input + 64,
                    ..ntt
                },
                Overlap,
                6,
            ),
            (columns(1), Status::Stride, 5),
            (
                Ntt {
                    inverse: true,
                    ..extended(5, 1)
                },
                UnsupportedParameter,
                0,
            ),
            (
                Ntt {
                    input_reversed: true,
                    ..extended(5, 1)
                },
                UnsupportedParameter,
                0,
            ),
            (extended(1, 6), UnsupportedParameter, 5),
            (
                Ntt {
                    size_log2: 3,
                    ..ntt
                },
                Status::ReservedNotZero,
                6,
            ),
        ];
        for (ntt, status, detail) in cases {
            refuse(bench, ntt, status, detail);
        }
        for bit in [8, 15, 16, 31] {
            let mut words = bench.descriptor(&placed, 4).words();
            words[5] |= 1 << bit;
            let completion = bench.queue.words(&mut bench.host, words);
            assert_eq!(
                (completion.named_status(), completion.detail),
                (Some(Status::ReservedNotZero), 5)
            );
        }
        bench.check(good());
    });
}

#[test]
fn tables_that_are_not_those_of_the_job() {
    on_toys(|bench| {
        let extension = Shape {
            size: 3,
            extension: Some(2),
            ..good()
        };
        let second = ntt::table_set_bytes(8, 3);
        for (shape, set, at) in [
            (good(), 0, 0),
            (extension, 0, 0),
            (extension, SECOND_SET, second),
        ] {
            let placed = place(bench, shape);
            let mut header = [0; 16];
            let memory = bench.host.board.card_memory();
            memory.read(TABLES + at, &mut header).unwrap();
            for (byte, fault) in [
                (0, TableFault::Magic),
                (7, TableFault::Magic),
                (8, TableFault::Field),
                (11, TableFault::Field),
                (12, TableFault::Size),
                (13, TableFault::Direction),
            ] {
                let mut wrong = header;
                wrong[byte] ^= 1;
                let memory = bench.host.board.card_memory();
                memory.write(TABLES + at, &wrong).unwrap();
                refuse(
                    bench,
                    placed.ntt,
                    Status::TablesMismatch,
                    fault as u64 | set,
                );
            }
            let memory = bench.host.board.card_memory();
            memory.write(TABLES + at, &header).unwrap();
            let none = Ntt {
                tables: Default::default(),
                ..placed.ntt
            };
            refuse(
                bench,
                none,
                Status::TablesMismatch,
                TableFault::Missing as u64,
            );
            let length = at + ntt::table_set_bytes(8, if set == 0 { shape.size } else { 5 });
            for (bytes, fits) in [(length - 64, false), (at + 64, false), (length, set != 0)] {
                let mut ntt = placed.ntt;
                ntt.tables = bench.short_tables(bytes);
                if fits {
                    assert_eq!(run(bench, ntt).named_status(), Some(Status::Success));
                } else if bytes < length {
                    let detail = TableFault::Short as u64 | set;
                    refuse(bench, ntt, Status::TablesMismatch, detail);
                }
            }
            bench.check(shape);
        }
    });
}

#[test]
fn an_element_that_is_too_large_spoils_its_own_job_only() {
    on_toys(|bench| {
        for (size, batch, spoiled) in [(3, 1, 1), (3, 4, 2), (6, 2, 0), (0, 5, 1)] {
            let shape = Shape {
                size,
                batch,
                ..Shape::default()
            };
            let jobs: Vec<Placed> = (0..3)
                .map(|i| {
                    let input = bench.random_input(&shape);
                    bench.place(shape, input, i * 0x1_0000)
                })
                .collect();
            let at = DATA + jobs[spoiled].ntt.input + (u64::from(batch) << size) * 8 - 8;
            let word = 257u64.to_le_bytes();
            bench.host.board.card_memory().write(at, &word).unwrap();
            let completions = bench.run_all(&jobs);
            for (i, (completion, placed)) in completions.iter().zip(&jobs).enumerate() {
                if i == spoiled {
                    assert_eq!(
                        (completion.named_status(), completion.detail),
                        (Some(Status::NonCanonicalElement), u64::MAX),
                        "{shape:?}"
                    );
                } else {
                    assert_eq!(completion.named_status(), Some(Status::Success));
                    assert_eq!(bench.output(placed), bench.expected(placed));
                }
            }
        }
    });
}

#[test]
fn words_behind_the_batch_may_be_anything() {
    on_toys(|bench| {
        for size in 0..2 {
            for batch in [1, 3, 7] {
                for columns in [None, Some(0)] {
                    let placed = place(
                        bench,
                        Shape {
                            size,
                            batch,
                            columns,
                            ..Shape::default()
                        },
                    );
                    // the background is not below the modulus
                    let completion = run(bench, placed.ntt);
                    assert_eq!(completion.named_status(), Some(Status::Success));
                    assert_eq!(bench.output(&placed), bench.expected(&placed));
                }
            }
        }
    });
}

#[test]
fn memory_that_is_not_there_is_an_error_of_the_job() {
    const THERE: u64 = 8 << 20;
    for card in crate::TOYS {
        for options in [BoardOptions::default(), BoardOptions::hostile(5)] {
            let mut bench = Bench::with_memory(card, Fill::Record, options, THERE);
            for shape in [good(), Shape { size: 3, ..good() }] {
                let placed = place(&mut bench, shape);
                let ntt = placed.ntt;
                let beyond = THERE - DATA;
                let mut cases = vec![
                    Ntt {
                        input: beyond,
                        ..ntt
                    },
                    Ntt {
                        output: beyond,
                        ..ntt
                    },
                ];
                if shape.size > bench.pass_log2 {
                    cases.push(Ntt {
                        scratch: beyond,
                        ..ntt
                    });
                }
                for case in cases {
                    refuse(&mut bench, case, Status::CardMemoryError, DATA);
                }
                let tables = bench.tables_at(THERE);
                refuse(
                    &mut bench,
                    Ntt { tables, ..ntt },
                    Status::CardMemoryError,
                    THERE,
                );
                // the header is there, the tables are not
                let tables = bench.tables_at(THERE - 64);
                let mut header = [0; 64];
                let memory = bench.host.board.card_memory();
                memory.read(TABLES, &mut header).unwrap();
                memory.write(THERE - 64, &header).unwrap();
                refuse(
                    &mut bench,
                    Ntt { tables, ..ntt },
                    Status::CardMemoryError,
                    THERE - 64,
                );
                let mut words = bench.descriptor(&placed, 6).words();
                words[1] = 1 << 46;
                let completion = bench.queue.words(&mut bench.host, words);
                assert_eq!(
                    (completion.named_status(), completion.detail),
                    (Some(Status::HostMemoryError), 1 << 46)
                );
                bench.check(shape);
            }
        }
    }
}
