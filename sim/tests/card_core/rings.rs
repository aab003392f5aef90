//! Submission and completion rings.

use crate::core_bench::{Bench, Queue, descriptor, everywhere};
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::register::{self, queue_register};
use gristmill_protocol::{Operation, Status};

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
