//! Jobs that the engine must refuse or give up, each followed by one that must succeed.

use gristmill_protocol::Status;

use crate::bench::{
    BASES, Bench, Job, RECORD, RESULTS, Request, SCALARS, SCRATCH, STATISTICS, STREAMED,
};
use crate::on_all;
use crate::toy::{Group, Point};

/// Bytes that a fault covers, more than any part of the input has.
const FAULT: usize = 0x1_0000;

/// A good job, and bad ones made of it.
struct Case<'a> {
    bench: &'a mut Bench,
    group: &'a Group,
    scalars: Vec<u64>,
    bases: Vec<Point>,
    job: Job,
}

impl<'a> Case<'a> {
    /// Pairs of which each needs all its windows.
    fn new(bench: &'a mut Bench, group: &'a Group, count: usize) -> Self {
        let (_, mut bases) = group.random(count, 9);
        for base in &mut bases {
            *base = base.or(group.all()[5]);
        }
        Self {
            job: Job {
                windows: 2 * bench.lanes,
                ..Job::default()
            },
            bench,
            group,
            scalars: vec![group.order / 2 - 1; count],
            bases,
        }
    }

    /// The job after a change of memory or of the request ends like this, and the next one is right.
    fn ends(
        &mut self,
        change: impl FnOnce(&mut Bench, &mut Request),
        status: Status,
        detail: usize,
    ) {
        let mut request = self
            .bench
            .place(self.group, &self.scalars, &self.bases, self.job);
        change(self.bench, &mut request);
        self.bench.start(&request);
        let outcome = self.bench.finish();
        let found = (outcome.status, outcome.detail);
        assert_eq!(
            found,
            (status.code().into(), detail as u64),
            "not {status:?}: {request:?}"
        );
        for memory in [&mut self.bench.host, &mut self.bench.card] {
            (memory.unreadable, memory.unwritable) = (0..0, 0..0);
        }
        self.bench
            .check(self.group, &self.scalars, &self.bases, self.job);
    }
}

#[test]
fn sizes() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 20);
        for length in [0, (1 << 16) + 1, u32::MAX] {
            let change = |_: &mut Bench, request: &mut Request| request.msm.length = length;
            case.ends(change, Status::SizeLimit, length as usize);
        }
    });
}

#[test]
fn parameters() {
    on_all(|bench, group| {
        let lanes = bench.lanes as u8;
        let mut case = Case::new(bench, group, 20);
        for window in [0, 1, 9, 17, 255] {
            let change = |_: &mut Bench, request: &mut Request| request.msm.window = window;
            case.ends(change, Status::UnsupportedParameter, 5);
        }
        for windows in [0, 8 * lanes + 1, 9 * lanes, 64, 255] {
            let change =
                |_: &mut Bench, request: &mut Request| request.msm.windows_per_pass = windows;
            case.ends(change, Status::UnsupportedParameter, 5);
        }
        for stride in [0, 8, 15, 20, 17, 1032, 0xfff8] {
            let change = |_: &mut Bench, request: &mut Request| request.msm.stride = stride;
            case.ends(change, Status::UnsupportedParameter, 5);
        }
        if lanes == 2 {
            let change = |_: &mut Bench, request: &mut Request| request.msm.windows_per_pass = 3;
            case.ends(change, Status::UnsupportedParameter, 5);
        }
    });
}

#[test]
fn alignment() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 20);
        for off in [1, 8, 32] {
            let scalars = |_: &mut Bench, request: &mut Request| request.msm.scalars += off;
            case.ends(scalars, Status::Misaligned, 2);
            let results = |_: &mut Bench, request: &mut Request| request.msm.results += off;
            case.ends(results, Status::Misaligned, 6);
        }
        for streamed in [false, true] {
            case.job.streamed = streamed;
            for off in [1, 4] {
                let bases = |_: &mut Bench, request: &mut Request| request.msm.bases_offset += off;
                case.ends(bases, Status::Misaligned, 4);
            }
        }
    });
}

#[test]
fn bounds_of_the_bases() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 20);
        case.job.stride = 24;
        // the last base needs no room for what would follow it
        let length = 20 * 24 - 8;
        case.bench
            .check(case.group, &case.scalars, &case.bases, case.job);
        for offset in [16, 24, length, length + 8, 1 << 40, u64::MAX - 7] {
            let change = |_: &mut Bench, request: &mut Request| request.msm.bases_offset = offset;
            case.ends(change, Status::RegionBounds, 4);
        }
        for length in [0, 8, length - 8, length - 1] {
            let change = |_: &mut Bench, request: &mut Request| request.bases_length = length;
            case.ends(change, Status::RegionBounds, 4);
        }
    });
}

#[test]
fn scratch() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 40);
        (case.job.window, case.job.windows) = (3, case.bench.lanes);
        // every pair leaves a record, and 40 of them fit
        for records in [0, 1, 20, 39] {
            let change = |_: &mut Bench, request: &mut Request| {
                request.scratch_length = (RECORD * records + RECORD / 2) as u64;
            };
            case.ends(change, Status::RegionBounds, 7);
        }
    });
}

#[test]
fn bounds_of_resident_scalars() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 20);
        case.job.resident = Some(24);
        let room = 20 * RECORD as u64;
        for offset in [room + 32, 1 << 40, u64::MAX - 7] {
            let change = |_: &mut Bench, request: &mut Request| request.msm.scalars = offset;
            case.ends(change, Status::RegionBounds, 2);
        }
        for length in [0, 8, room + 24 + 159] {
            let change = |_: &mut Bench, request: &mut Request| request.scratch_length = length;
            case.ends(change, Status::RegionBounds, 2);
        }
        for off in [1, 4] {
            let change = |_: &mut Bench, request: &mut Request| request.msm.scalars -= off;
            case.ends(change, Status::Misaligned, 2);
        }
        // the records end where the scalars begin
        (case.job.window, case.job.windows) = (3, case.bench.lanes);
        for (records, gap) in [(0, 0), (1, 8), (19, 56)] {
            let change = move |bench: &mut Bench, request: &mut Request| {
                let (from, to) = (request.msm.scalars as usize, RECORD * records + gap);
                let from = SCRATCH + from..SCRATCH + from + 8 * 20;
                bench.card.bytes.copy_within(from, SCRATCH + to);
                request.msm.scalars = to as u64;
            };
            case.ends(change, Status::RegionBounds, 7);
        }
    });
}

#[test]
fn resident_scalars_out_of_range() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 20);
        case.job.resident = Some(8);
        for index in [0, 10, 19] {
            let change = |bench: &mut Bench, request: &mut Request| {
                let place = SCRATCH + request.msm.scalars as usize + 8 * index;
                bench.card.bytes[place..][..8].copy_from_slice(&group.order.to_le_bytes());
            };
            case.ends(change, Status::NonCanonicalScalar, index);
        }
    });
}

#[test]
fn scalars_out_of_range() {
    on_all(|bench, group| {
        for count in [1, 20] {
            let mut case = Case::new(bench, group, count);
            for montgomery in [false, true] {
                case.job.montgomery = montgomery;
                for index in [0, count / 2, count - 1] {
                    for wrong in [group.order, group.order + 1, 0x100, u64::MAX] {
                        let change = |bench: &mut Bench, _: &mut Request| {
                            for place in [index, count - 1] {
                                bench.host.bytes[SCALARS + 8 * place..][..8]
                                    .copy_from_slice(&wrong.to_le_bytes());
                            }
                        };
                        case.ends(change, Status::NonCanonicalScalar, index);
                    }
                }
            }
        }
    });
}

#[test]
fn bases_out_of_range() {
    on_all(|bench, group| {
        for count in [1, 20] {
            let mut case = Case::new(bench, group, count);
            for index in [0, count / 2, count - 1] {
                for coordinate in [0, 8] {
                    for wrong in [group.modulus, 0x100, u64::MAX] {
                        let change = |bench: &mut Bench, _: &mut Request| {
                            for place in [index, count - 1] {
                                bench.card.bytes[BASES + 16 * place + coordinate..][..8]
                                    .copy_from_slice(&wrong.to_le_bytes());
                            }
                        };
                        case.ends(change, Status::NonCanonicalBase, index);
                    }
                }
            }
        }
    });
}

#[test]
fn host_memory() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 40);
        (case.job.window, case.job.windows) = (3, 2 * case.bench.lanes);
        let pass = case.job.windows as usize * 3 * 32;
        case.job.streamed = true;
        for (begin, first) in [(SCALARS, 0), (SCALARS, 160), (STREAMED, 0), (STREAMED, 632)] {
            let change = |bench: &mut Bench, _: &mut Request| {
                bench.host.unreadable = begin + first..begin + FAULT;
            };
            case.ends(change, Status::HostMemoryError, begin);
        }
        for (first, detail) in [(0, RESULTS), (pass - 8, RESULTS)] {
            let change = |bench: &mut Bench, _: &mut Request| {
                bench.host.unwritable = RESULTS + first..RESULTS + FAULT;
            };
            case.ends(change, Status::HostMemoryError, detail);
        }
        let change = |bench: &mut Bench, _: &mut Request| {
            bench.host.unwritable = STATISTICS..STATISTICS + 64;
        };
        case.ends(change, Status::HostMemoryError, STATISTICS);
        // in the second pass
        case.job.windows = case.bench.lanes;
        let pass = case.job.windows as usize * 3 * 32;
        let change = |bench: &mut Bench, _: &mut Request| {
            bench.host.unwritable = RESULTS + pass..RESULTS + FAULT;
        };
        case.ends(change, Status::HostMemoryError, RESULTS + pass);
    });
}

#[test]
fn card_memory() {
    on_all(|bench, group| {
        let mut case = Case::new(bench, group, 40);
        (case.job.window, case.job.windows) = (3, case.bench.lanes);
        for (begin, first) in [
            (BASES, 0),
            (BASES, 632),
            (SCRATCH, 0),
            (SCRATCH, 39 * RECORD),
        ] {
            let change = |bench: &mut Bench, _: &mut Request| {
                bench.card.unreadable = begin + first..begin + FAULT;
            };
            case.ends(change, Status::CardMemoryError, begin);
        }
        for first in [0, 20 * RECORD, 39 * RECORD] {
            let change = |bench: &mut Bench, _: &mut Request| {
                bench.card.unwritable = SCRATCH + first..SCRATCH + FAULT;
            };
            case.ends(change, Status::CardMemoryError, SCRATCH);
        }
        // resident scalars, the first and the last
        case.job.resident = Some(16);
        let place = SCRATCH + 40 * RECORD + 16;
        for first in [0, 8 * 39] {
            let change = |bench: &mut Bench, _: &mut Request| {
                bench.card.unreadable = place + first..place + FAULT;
            };
            case.ends(change, Status::CardMemoryError, place);
        }
        let change = |bench: &mut Bench, _: &mut Request| {
            bench.card.unreadable = SCRATCH..SCRATCH + RECORD;
        };
        case.ends(change, Status::CardMemoryError, SCRATCH);
    });
}
