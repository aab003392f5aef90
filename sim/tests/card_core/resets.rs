//! Resets in the middle of work.

use crate::core_bench::{Bench, Queue, board, descriptor, everywhere};
use crate::{copy_to, echo, random};
use gristmill_protocol::register::{self, queue_register, status_bits};
use gristmill_protocol::{Handle, Operation, Status};
use gristmill_sim::axi::{Link, Store};
use gristmill_sim::card::BoardOptions;

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
