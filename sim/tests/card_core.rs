//! The core of a card without engines, on kind and hostile boards, at the least and the largest width.

mod core_bench;

use core_bench::{Bench, MEMORY_BYTES, Queue, board, descriptor, everywhere};
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::register::{self, queue_register, status_bits};
use gristmill_protocol::{
    Handle, IDENTITY, Msm, Operation, RegionKind, Status, VERSION_MAJOR, VERSION_MINOR,
};
use gristmill_sim::axi::{Link, Store};
use gristmill_sim::card::BoardOptions;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

fn random(bytes: usize, seed: u64) -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(seed);
    (0..bytes).map(|_| random.r#gen()).collect()
}

fn copy_to(bench: &mut Bench, data: &[u8], region: Handle, offset: u64) -> Operation {
    Operation::CopyToCard {
        host: bench.keep(data),
        region,
        offset,
        length: data.len() as u64,
    }
}

#[test]
fn registers_say_what_the_card_is() {
    everywhere(|mut bench| {
        assert_eq!(bench.read(register::IDENTITY), IDENTITY);
        let version = u32::from(VERSION_MAJOR) << 16 | u32::from(VERSION_MINOR);
        assert_eq!(bench.read(register::VERSION), version);
        assert_eq!(bench.read(register::STATUS), status_bits::READY);
        assert_eq!(bench.read(register::QUEUE_COUNT), 4);
        assert_eq!(bench.read(register::REGION_COUNT), 64);
        assert_eq!(bench.read(register::MEMORY_LOW), MEMORY_BYTES as u32);
        assert_eq!(bench.read(register::ADDRESS_BITS), 48);
        assert_eq!(bench.read(register::ENGINE_COUNT), 1);
        assert_eq!(bench.read(register::BUSY), 0);
        assert_eq!(bench.read(register::RESET_COUNT), 0);
        assert_eq!(bench.read(register::CAPABILITY_BASE), 1);
        assert_eq!(bench.read(register::CAPABILITY_BASE + 4 * 9), 254);
        assert_eq!(bench.read(register::CAPABILITY_BASE + 64), 0);
        assert_eq!(bench.read(0xffc), 0);
        bench.write(register::IDENTITY, 0);
        assert_eq!(bench.read(register::IDENTITY), IDENTITY);
        let before = bench.read(register::CYCLES_LOW);
        assert!(bench.read(register::CYCLES_LOW) > before);
        assert_eq!(bench.read(register::CYCLES_HIGH), 0);
        bench.write(register::INTERRUPT_TEST, 5);
        bench.write(register::INTERRUPT_TEST, 8);
        bench.settle();
        assert_eq!(bench.interrupts, [0, 0, 0, 0, 0, 1, 0, 0]);
    });
}

#[test]
fn rings_wrap_and_a_full_one_loses_nothing() {
    everywhere(|mut bench| {
        for log2 in [1, 3] {
            let entries = 1u16 << log2;
            let mut queue = Queue::open(&mut bench, log2, log2, 0);
            for round in 0..5 {
                // twice the ring is submitted before the host reads anything
                for _ in 0..2 {
                    for _ in 0..entries {
                        queue.put(descriptor(queue.tail.into(), Operation::Nop).words());
                    }
                    queue.ring(&mut bench);
                    bench.settle();
                }
                let fetched = queue.read(&mut bench, register::SUBMISSION_HEAD);
                assert_eq!(fetched as u16, queue.tail.wrapping_sub(entries), "{round}");
                for _ in 0..2 * entries {
                    let head = queue.head;
                    let completion = queue.wait(&mut bench);
                    assert_eq!(completion.tag, u32::from(head));
                    assert_eq!(completion.status, Status::Success.code());
                    assert_eq!(completion.link_bytes, 128);
                    assert!(completion.submission_head.wrapping_sub(head) >= 1);
                }
                bench.settle();
                assert!(queue.look().is_none());
            }
            assert_eq!(
                queue.read(&mut bench, register::COMPLETION_TAIL),
                u32::from(queue.head)
            );
            assert_eq!(bench.interrupts[log2 as usize], u32::from(queue.head));
        }
    });
}

#[test]
fn interrupts_can_be_declined() {
    everywhere(|mut bench| {
        let mut queue = Queue::open(&mut bench, 2, 2, 0);
        let mut silent = descriptor(7, Operation::Nop);
        silent.interrupt = false;
        queue.words(&mut bench, silent.words());
        bench.settle();
        assert_eq!(bench.interrupts[2], 0);
        let control = queue_register(2, register::CONTROL);
        bench.write(control, register::control_bits::ENABLE);
        queue.succeed(&mut bench, Operation::Nop);
        bench.settle();
        assert_eq!(bench.interrupts[2], 0);
        bench.write(control, 3);
        queue.succeed(&mut bench, Operation::Nop);
        bench.settle();
        assert_eq!(bench.interrupts[2], 1);
    });
}

#[test]
fn malformed_descriptors_are_refused_and_the_next_one_is_served() {
    everywhere(|mut bench| {
        let mut queue = Queue::open(&mut bench, 1, 4, 0);
        let nop = descriptor(9, Operation::Nop).words();
        let with = |word: usize, bits: u64| {
            let mut words = nop;
            words[word] ^= bits;
            words
        };
        let cases = [
            (with(0, 3 << 8), Status::WrongVersion, 2),
            (with(0, 0xee), Status::UnknownOpcode, 0xee),
            (with(0, 0x7f), Status::UnknownOpcode, 0x7f),
            (with(0, 1 << 16), Status::ReservedNotZero, 0),
            (
                with(0, u64::from(flag::SCATTER_LIST) << 16),
                Status::ReservedNotZero,
                0,
            ),
            (with(2, 1), Status::ReservedNotZero, 2),
            (with(7, 1 << 63), Status::ReservedNotZero, 7),
            (with(1, 8), Status::Misaligned, 1),
            (with(1, 64), Status::Success, 0),
        ];
        for (words, status, detail) in cases {
            let completion = queue.words(&mut bench, words);
            assert_eq!(
                (completion.named_status(), completion.detail),
                (Some(status), detail),
                "{words:x?}"
            );
        }
        let set = Operation::RegionClear { index: 3 };
        queue.fail(&mut bench, set, Status::NotPermitted, 3);
        queue.succeed(&mut bench, Operation::Nop);
    });
}

#[test]
fn bytes_go_to_the_card_and_come_back() {
    everywhere(|mut bench| {
        let mut admin = Queue::open(&mut bench, 0, 3, 5);
        let base = 0x12_3440;
        let bytes = 64 * 400;
        let region = admin.region(&mut bench, 9, 5, base, bytes, false);
        let mut expected = vec![0; bytes as usize];
        for (i, blocks) in [1usize, 2, 7, 16, 65, 200].into_iter().enumerate() {
            let data = random(64 * blocks, i as u64);
            let offset = 64 * (blocks as u64 % 13);
            expected[offset as usize..][..data.len()].copy_from_slice(&data);
            let to = copy_to(&mut bench, &data, region, offset);
            let completion = admin.succeed(&mut bench, to);
            assert_eq!(completion.link_bytes, data.len() as u64 + 128);
            assert!(completion.cycles > 0);
        }
        let mut card = vec![0; expected.len()];
        bench.board.card_memory().read(base, &mut card).unwrap();
        assert!(card == expected, "card memory");
        let buffer = bench.buffer(expected.len());
        let from = Operation::CopyFromCard {
            host: buffer.iova(),
            region,
            offset: 0,
            length: bytes,
        };
        admin.succeed(&mut bench, from);
        let mut back = vec![0; expected.len()];
        buffer.read(0, &mut back).unwrap();
        assert!(back == expected, "host memory");

        // a wipe
        let wiped = admin.region(&mut bench, 9, 5, base + 64, 64 * 37, true);
        assert_eq!(wiped.generation, region.generation + 1);
        expected[64..][..64 * 37].fill(0);
        bench.board.card_memory().read(base, &mut card).unwrap();
        assert!(card == expected, "wiped memory");
    });
}

#[test]
fn copies_are_checked() {
    everywhere(|mut bench| {
        let mut admin = Queue::open(&mut bench, 0, 3, 1);
        let region = admin.region(&mut bench, 0, 1, 0, 4096, false);
        let host = bench.keep(&[0; 8192]);
        let copy = |host, offset, length| Operation::CopyToCard {
            host,
            region,
            offset,
            length,
        };
        let cases = [
            (copy(host + 32, 0, 64), Status::Misaligned, 2),
            (copy(host, 32, 64), Status::Misaligned, 4),
            (copy(host, 0, 96), Status::Misaligned, 5),
            (copy(host, 0, 0), Status::SizeLimit, 0),
            (copy(host, 0, 4160), Status::RegionBounds, 5),
            (copy(host, 4096, 64), Status::RegionBounds, 5),
            (copy(host, 4160, 64), Status::RegionBounds, 5),
            (copy(host, !63, 64), Status::RegionBounds, 5),
            (copy(host, 64, !63), Status::RegionBounds, 5),
            (copy(1 << 48, 0, 64), Status::UnsupportedParameter, 2),
            (
                copy((1 << 48) - 64, 0, 128),
                Status::UnsupportedParameter,
                2,
            ),
        ];
        for (operation, status, detail) in cases {
            admin.fail(&mut bench, operation, status, detail);
        }
        let hole = 0x1234_5678_0000;
        admin.fail(
            &mut bench,
            copy(hole, 0, 4096),
            Status::HostMemoryError,
            hole,
        );
        let from = Operation::CopyFromCard {
            host: hole,
            region,
            offset: 0,
            length: 4096,
        };
        admin.fail(&mut bench, from, Status::HostMemoryError, hole);
        admin.succeed(&mut bench, copy(host, 0, 4096));
    });
}

#[test]
fn regions_belong_to_a_domain_and_a_generation() {
    everywhere(|mut bench| {
        let mut admin = Queue::open(&mut bench, 0, 3, 1);
        let mut other = Queue::open(&mut bench, 3, 3, 2);
        let set = |index, base, length| Operation::RegionSet {
            index,
            kind: RegionKind::Bases,
            domain: 1,
            base,
            length,
            wipe: false,
        };
        let cases = [
            (set(64, 0, 64), Status::RegionInvalid, 64),
            (set(1, 8, 64), Status::Misaligned, 3),
            (set(1, 0, 65), Status::Misaligned, 4),
            (set(1, 0, 0), Status::SizeLimit, 0),
            (set(1, MEMORY_BYTES, 64), Status::RegionBounds, 4),
            (set(1, MEMORY_BYTES + 64, 64), Status::RegionBounds, 4),
            (set(1, 0, MEMORY_BYTES + 64), Status::RegionBounds, 4),
        ];
        for (operation, status, detail) in cases {
            admin.fail(&mut bench, operation, status, detail);
        }
        let mine = admin.region(&mut bench, 63, 1, 0, MEMORY_BYTES, false);
        let theirs = admin.region(&mut bench, 7, 2, 4096, 64, true);
        let data = random(64, 1);
        let to = |bench: &mut Bench, region| copy_to(bench, &data, region, 0);
        let allowed = to(&mut bench, mine);
        admin.succeed(&mut bench, allowed);
        other.fail(&mut bench, allowed, Status::NotPermitted, 63);
        let allowed = to(&mut bench, theirs);
        other.succeed(&mut bench, allowed);
        admin.fail(&mut bench, allowed, Status::NotPermitted, 7);
        let renewed = admin.region(&mut bench, 7, 2, 4096, 64, false);
        assert_eq!(renewed.generation, theirs.generation + 1);
        other.fail(&mut bench, allowed, Status::StaleGeneration, 7);
        admin.succeed(&mut bench, Operation::RegionClear { index: 7 });
        let cleared = to(&mut bench, renewed);
        other.fail(&mut bench, cleared, Status::RegionInvalid, 7);
        let far = Handle {
            index: 64,
            generation: 1,
        };
        let far = to(&mut bench, far);
        admin.fail(&mut bench, far, Status::RegionInvalid, 64);
    });
}

#[test]
fn a_look_up_behind_a_change_sees_it() {
    everywhere(|mut bench| {
        let mut admin = Queue::open(&mut bench, 0, 4, 1);
        for _ in 0..4 {
            let region = admin.region(&mut bench, 4, 1, 0, 64, false);
            let copy = copy_to(&mut bench, &[1; 64], region, 0);
            let clear = Operation::RegionClear { index: 4 };
            for operation in [copy, clear, copy] {
                admin.put(descriptor(admin.tail.into(), operation).words());
            }
            admin.ring(&mut bench);
            let statuses = [(); 3].map(|()| admin.wait(&mut bench).status);
            assert_eq!(statuses, [0, 0, Status::RegionInvalid.code()]);
        }
    });
}

#[test]
fn a_busy_executor_does_not_block_another_queue() {
    everywhere(|mut bench| {
        let mut admin = Queue::open(&mut bench, 0, 3, 1);
        let mut second = Queue::open(&mut bench, 1, 3, 1);
        let mut third = Queue::open(&mut bench, 2, 3, 1);
        let region = admin.region(&mut bench, 4, 1, 0, 1 << 15, false);
        let large = copy_to(&mut bench, &random(1 << 15, 3), region, 0);
        let small = copy_to(&mut bench, &random(64, 4), region, 0);
        admin.put(descriptor(1, large).words());
        admin.ring(&mut bench);
        for _ in 0..200 {
            bench.step();
        }
        second.put(descriptor(2, small).words());
        second.ring(&mut bench);
        third.succeed(&mut bench, Operation::Nop);
        assert!(admin.look().is_none() && second.look().is_none());
        assert_eq!(admin.wait(&mut bench).tag, 1);
        assert_eq!(second.wait(&mut bench).tag, 2);
    });
}

#[test]
fn rings_are_checked_when_a_queue_is_enabled() {
    everywhere(|mut bench| {
        let try_rings = |bench: &mut Bench, submission: u64, completion: u64, log2: u32| {
            let settings = [
                (register::CONTROL, 0),
                (register::SUBMISSION_LOW, submission as u32),
                (register::SUBMISSION_HIGH, (submission >> 32) as u32),
                (register::COMPLETION_LOW, completion as u32),
                (register::COMPLETION_HIGH, (completion >> 32) as u32),
                (register::SIZE_LOG2, log2),
                (register::CONTROL, 1),
            ];
            for (offset, value) in settings {
                bench.write(queue_register(1, offset), value);
            }
            bench.read(queue_register(1, register::STATE))
        };
        let (address, overlap) = (Status::RingAddress as u32, Status::RingOverlap as u32);
        let top = 1 << 48;
        let cases = [
            (0x1000, 0x2000, 0, address),
            (0x1000, 0x2000, 13, address),
            (0x1000, 0x2000, 0x8000_0001, address),
            (0x1020, 0x2000, 1, address),
            (0x1000, 0x2001, 1, address),
            (top, 0x2000, 1, address),
            (0x1000, top - 64, 1, address),
            (0x1000, u64::MAX - 63, 1, address),
            (0x1000, 0x1000, 1, overlap),
            (0x1000, 0x1040, 1, overlap),
            (0x1fc0, 0x1000, 6, overlap),
            (0x1000, 0x1080, 1, register::STATE_RUNNING),
            (top - 128, 0x1000, 1, register::STATE_RUNNING),
        ];
        for (submission, completion, log2, state) in cases {
            assert_eq!(
                try_rings(&mut bench, submission, completion, log2),
                state,
                "{submission:#x} {completion:#x} {log2}"
            );
        }
        // a ring that is not there stops its queue only
        assert_eq!(
            try_rings(&mut bench, 0x5000_0000_1000, 0x5000_0000_2000, 1),
            register::STATE_RUNNING
        );
        bench.write(queue_register(1, register::SUBMISSION_TAIL), 1);
        bench.settle();
        assert_eq!(
            bench.read(queue_register(1, register::STATE)),
            Status::HostMemoryError as u32
        );
        bench.write(queue_register(1, register::CONTROL), 0);
        Queue::open(&mut bench, 1, 1, 0).succeed(&mut bench, Operation::Nop);
    });
}

#[test]
fn a_soft_reset_in_the_middle_of_a_copy_leaves_a_working_card() {
    let mut delay = 0;
    everywhere(|mut bench| {
        for round in 1..=4 {
            let mut admin = Queue::open(&mut bench, 0, 3, 1);
            let region = admin.region(&mut bench, 4, 1, 0, 1 << 16, false);
            let data = random(1 << 14, 3);
            let to = copy_to(&mut bench, &data, region, 0);
            let target = bench.buffer(data.len());
            let from = Operation::CopyFromCard {
                host: target.iova(),
                region,
                offset: 0,
                length: data.len() as u64,
            };
            for operation in [to, from] {
                admin.put(descriptor(0, operation).words());
            }
            admin.ring(&mut bench);
            delay = (delay + 37) % 400;
            for _ in 0..delay {
                bench.step();
            }
            bench.soft_reset();
            assert_eq!(bench.read(register::STATUS), status_bits::READY);
            assert_eq!(bench.read(register::RESET_COUNT), round);
            assert_eq!(bench.read(queue_register(0, register::STATE)), 0);
            target.clear();
            bench.settle();
            let mut after = vec![1; data.len()];
            target.read(0, &mut after).unwrap();
            assert!(after.iter().all(|byte| *byte == 0), "a write after reset");

            let mut admin = Queue::open(&mut bench, 0, 3, 1);
            admin.fail(&mut bench, to, Status::RegionInvalid, 4);
            let renewed = admin.region(&mut bench, 4, 1, 0, 1 << 16, false);
            assert_eq!(renewed.generation, region.generation + 2);
            admin.fail(&mut bench, to, Status::StaleGeneration, 4);
            let again = copy_to(&mut bench, &data, renewed, 64);
            admin.succeed(&mut bench, again);
            let mut card = vec![0; data.len()];
            bench.board.card_memory().read(64, &mut card).unwrap();
            assert!(card == data);
            bench.soft_reset();
            bench.write(register::RESET, register::RESET_KEY ^ 1);
            assert_eq!(bench.read(register::RESET_COUNT), round + 1);
            bench.board.reset().unwrap();
            bench.wake();
            for _ in 1..=round {
                bench.soft_reset();
            }
        }
    });
}

/// A job for the echo.
fn echo(
    bases: Option<Handle>,
    offset: u64,
    slots: u32,
    results: u64,
    scratch: Handle,
) -> Operation {
    Operation::Msm(Msm {
        scalars: 0,
        montgomery: false,
        bases,
        bases_offset: offset,
        length: slots,
        stride: 0,
        window: 0,
        windows_per_pass: 0,
        results,
        scratch,
    })
}

#[test]
fn an_engine_has_its_job_its_regions_and_its_ports() {
    everywhere(|mut bench| {
        let mut admin = Queue::open(&mut bench, 0, 3, 1);
        let mut other = Queue::open(&mut bench, 1, 3, 2);
        let none = Handle::default();
        let bases = admin.region(&mut bench, 5, 1, 4096, 1 << 15, false);
        let scratch = admin.region(&mut bench, 6, 1, 1 << 20, 1 << 12, true);
        let data = random(1 << 15, 9);
        let to = copy_to(&mut bench, &data, bases, 0);
        admin.succeed(&mut bench, to);
        let target = bench.buffer(data.len());
        for (offset, slots, second) in [(0, 1, none), (64, 5, scratch), (128, 300, scratch)] {
            let job = echo(Some(bases), offset, slots, target.iova(), second);
            let completion = admin.succeed(&mut bench, job);
            assert_eq!(completion.busy, u64::from(slots));
            assert_eq!(completion.detail, if second == none { 0 } else { 1 << 12 });
            let mut back = vec![0; 64 * slots as usize];
            target.read(0, &mut back).unwrap();
            assert!(back == data[offset as usize..][..back.len()]);
        }
        let job = echo(Some(bases), 0, 1, target.iova(), scratch);
        other.fail(&mut bench, job, Status::NotPermitted, 5);
        let stale = Handle {
            generation: scratch.generation + 1,
            ..scratch
        };
        let job = echo(Some(bases), 0, 1, target.iova(), stale);
        admin.fail(&mut bench, job, Status::StaleGeneration, 6);
        let streamed = echo(None, 0, 1, target.iova(), none);
        admin.succeed(&mut bench, streamed);
    });
}

#[test]
fn a_region_waits_for_the_job_that_uses_it() {
    everywhere(|mut bench| {
        let mut admin = Queue::open(&mut bench, 0, 3, 1);
        let mut user = Queue::open(&mut bench, 1, 3, 1);
        let bases = admin.region(&mut bench, 5, 1, 0, 1 << 15, false);
        let free = admin.region(&mut bench, 6, 1, 1 << 15, 64, false);
        let target = bench.buffer(1 << 15);
        let job = echo(Some(bases), 0, 512, target.iova(), Handle::default());
        user.put(descriptor(1, job).words());
        user.ring(&mut bench);
        for _ in 0..400 {
            bench.step();
        }
        assert_eq!(bench.read(register::BUSY) & 1, 1);
        let index = free.index;
        admin.succeed(&mut bench, Operation::RegionClear { index });
        assert!(user.look().is_none(), "an unrelated region does not wait");
        let index = bases.index;
        admin.succeed(&mut bench, Operation::RegionClear { index });
        assert_eq!(user.look().map(|done| done.status), Some(0));
    });
}

#[test]
fn a_soft_reset_stops_an_engine() {
    everywhere(|mut bench| {
        for delay in [50, 200, 450] {
            let mut admin = Queue::open(&mut bench, 0, 3, 1);
            let bases = admin.region(&mut bench, 5, 1, 0, 1 << 15, false);
            let target = bench.buffer(1 << 15);
            let job = echo(Some(bases), 0, 512, target.iova(), Handle::default());
            admin.put(descriptor(1, job).words());
            admin.ring(&mut bench);
            for _ in 0..delay {
                bench.step();
            }
            bench.soft_reset();
            assert_eq!(bench.read(register::STATUS), status_bits::READY);
            assert_eq!(bench.read(register::BUSY), 0);
            assert!(admin.look().is_none());
            bench.settle();
        }
        let mut admin = Queue::open(&mut bench, 0, 3, 1);
        let bases = admin.region(&mut bench, 5, 1, 0, 64, false);
        let results = bench.keep(&[0; 64]);
        let job = echo(Some(bases), 0, 1, results, Handle::default());
        admin.succeed(&mut bench, job);
    });
}

#[test]
fn card_memory_that_is_not_there_is_an_error_of_the_job() {
    for width in [64, 512] {
        let half = BoardOptions {
            memory_bytes: MEMORY_BYTES / 2,
            ..board(BoardOptions::hostile(4))
        };
        let mut bench = Bench::new(width, &half);
        bench.wake();
        let mut admin = Queue::open(&mut bench, 0, 3, 1);
        let base = MEMORY_BYTES / 2;
        let region = admin.region(&mut bench, 1, 1, base, 4096, false);
        let to = copy_to(&mut bench, &[3; 1024], region, 64);
        admin.fail(&mut bench, to, Status::CardMemoryError, base + 64);
        let from = Operation::CopyFromCard {
            host: bench.keep(&[0; 1024]),
            region,
            offset: 128,
            length: 1024,
        };
        admin.fail(&mut bench, from, Status::CardMemoryError, base + 128);
        let wipe = Operation::RegionSet {
            index: 2,
            kind: RegionKind::Data,
            domain: 1,
            base,
            length: 64,
            wipe: true,
        };
        admin.fail(&mut bench, wipe, Status::CardMemoryError, base);
        admin.succeed(&mut bench, Operation::Nop);
    }
}

#[test]
fn a_bus_that_does_not_drain_needs_a_function_reset() {
    let mut options = board(BoardOptions::default());
    options.host_link = Link {
        read_latency: 1_000_000_000..=1_000_000_000,
        ..Link::ideal()
    };
    let mut bench = Bench::new(512, &options);
    bench.wake();
    let queue = Queue::open(&mut bench, 0, 3, 1);
    bench.write(queue_register(queue.number, register::SUBMISSION_TAIL), 1);
    for _ in 0..50 {
        bench.step();
    }
    for _ in 0..2 {
        bench.soft_reset();
        assert_eq!(
            bench.read(register::STATUS),
            status_bits::NEEDS_FUNCTION_RESET
        );
        assert_eq!(bench.read(register::RESET_COUNT), 0);
    }
    bench.board.reset().unwrap();
    bench.wake();
}
