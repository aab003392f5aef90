//! An engine behind its socket: an echo that copies.

use crate::core_bench::{Queue, descriptor, everywhere};
use crate::{copy_to, echo, random};
use gristmill_protocol::register::{self};
use gristmill_protocol::{Handle, Operation, Status};

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
