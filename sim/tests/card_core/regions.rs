//! The region table.

use crate::core_bench::{Bench, MEMORY_BYTES, Queue, descriptor, everywhere};
use crate::{copy_to, random};
use gristmill_protocol::{Handle, Operation, RegionKind, Status};

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
