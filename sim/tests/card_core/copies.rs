//! Copies between host and card memory.

use crate::core_bench::{Bench, MEMORY_BYTES, Queue, board, descriptor, everywhere};
use crate::{copy_to, random};
use gristmill_protocol::{Operation, RegionKind, Status};
use gristmill_sim::axi::Store;
use gristmill_sim::card::BoardOptions;

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
