//! The formats of the MSM engine as wires.

use gristmill_hdl::msm::wiring::{Counters, RecordJoin, RecordSplit, ResultSlot};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::both::{Both, random};

const VECTORS: usize = 40;

/// Records of magnitudes of M bits and points of E bits, in scalars of `scalar` bits.
fn records<const M: usize, const E: usize, const R: usize>(scalar: usize, name: &str) {
    let mut join = Both::combinational(RecordJoin::<M, E, R>::new(scalar), &format!("{name}_join"));
    let mut split = Both::combinational(
        RecordSplit::<M, E, R>::new(scalar),
        &format!("{name}_split"),
    );
    let mut source = SmallRng::seed_from_u64(M as u64);
    for _ in 0..VECTORS {
        let magnitude = random::<M>(&mut source);
        let (length, affine) = (random::<9>(&mut source), random::<E>(&mut source));
        let flags = random::<2>(&mut source);
        let (carry, negative) = (flags.get_bit(0), flags.get_bit(1));
        join.rust.magnitude.next = magnitude;
        join.rust.length.next = length;
        join.rust.carry.next = carry;
        join.rust.negative.next = negative;
        join.rust.affine.next = affine;
        join.set("magnitude", magnitude);
        join.set("length", length);
        join.set_bit("carry", carry);
        join.set_bit("negative", negative);
        join.set("affine", affine);
        join.settle();
        let record = join.rust.record.val();
        assert_eq!(record, join.get("record"));

        // what was joined comes apart again, but the bits that a record has no room for
        split.rust.record.next = record;
        split.set("record", record);
        split.settle();
        assert_eq!(split.rust.magnitude.val(), split.get("magnitude"));
        assert_eq!(split.rust.length.val(), split.get("length"));
        assert_eq!(split.rust.carry.val(), split.get_bit("carry"));
        assert_eq!(split.rust.negative.val(), split.get_bit("negative"));
        assert_eq!(split.rust.affine.val(), split.get("affine"));
        let kept = M.min(scalar - 11);
        let mut rest = magnitude;
        (kept..M).for_each(|bit| rest = rest.replace_bit(bit, false));
        assert_eq!(split.rust.magnitude.val(), rest);
        assert_eq!(
            (split.rust.length.val(), split.rust.affine.val()),
            (length, affine)
        );
        assert_eq!(
            (split.rust.carry.val(), split.rust.negative.val()),
            (carry, negative)
        );

        // any record, whatever is in its spare bits
        let record = random::<R>(&mut source);
        split.rust.record.next = record;
        split.set("record", record);
        split.settle();
        assert_eq!(split.rust.magnitude.val(), split.get("magnitude"));
        assert_eq!(split.rust.affine.val(), split.get("affine"));
    }
}

#[test]
fn records_are_joined_and_split() {
    records::<8, 128, 512>(64, "record_toy");
    records::<254, 512, 1024>(256, "record_bn254");
    records::<255, 768, 1024>(256, "record_bls12_381");
}

fn result_slot<const P: usize, const T: usize>(name: &str) {
    let mut both = Both::combinational(ResultSlot::<P, T>::default(), name);
    let mut source = SmallRng::seed_from_u64(P as u64);
    for _ in 0..VECTORS {
        let point = random::<P>(&mut source);
        both.rust.point.next = point;
        both.set("point", point);
        both.settle();
        let slot = both.rust.slot.val();
        assert_eq!(slot, both.get("slot"));
        for bit in 0..T {
            let (coordinate, place) = (bit / (T / 4), bit % (T / 4));
            let inside = coordinate < 3 && place < P / 3;
            let expected = inside && point.get_bit(coordinate * (P / 3) + place);
            assert_eq!(slot.get_bit(bit), expected, "bit {bit}");
        }
    }
}

#[test]
fn points_lie_in_their_slots() {
    result_slot::<24, 256>("slot_toy");
    result_slot::<762, 1024>("slot_bn254");
    result_slot::<1143, 1536>("slot_bls12_381");
}

#[test]
fn counters_lie_in_their_words() {
    let mut both = Both::combinational(Counters::default(), "counter_words");
    let mut source = SmallRng::seed_from_u64(1);
    for _ in 0..VECTORS {
        let wide = [0; 3].map(|_| random::<64>(&mut source));
        let narrow = [0; 5].map(|_| random::<32>(&mut source));
        let statistics = [0; 6].map(|_| random::<64>(&mut source));
        let rust = &mut both.rust;
        let ports = [&mut rust.cycles, &mut rust.busy, &mut rust.link_bytes];
        ports
            .into_iter()
            .zip(wide)
            .for_each(|(port, value)| port.next = value);
        let ports = [
            &mut rust.stall_input,
            &mut rust.stall_memory,
            &mut rust.stall_collision,
            &mut rust.stall_output,
            &mut rust.drain,
        ];
        ports
            .into_iter()
            .zip(narrow)
            .for_each(|(port, value)| port.next = value);
        let ports = rust.statistic.iter_mut();
        ports
            .zip(statistics)
            .for_each(|(port, value)| port.word.next = value);
        for (name, value) in ["cycles", "busy", "link_bytes"].into_iter().zip(wide) {
            both.set(name, value);
        }
        let names = [
            "stall_input",
            "stall_memory",
            "stall_collision",
            "stall_output",
            "drain",
        ];
        for (name, value) in names.into_iter().zip(narrow) {
            both.set(name, value);
        }
        for (index, value) in statistics.into_iter().enumerate() {
            both.set(&format!("statistic_{index}_word"), value);
        }
        both.settle();
        assert_eq!(both.rust.counters.val(), both.get("counters"));
        assert_eq!(both.rust.statistics.val(), both.get("statistics"));
        let counters = both.rust.counters.val();
        for (index, value) in wide.into_iter().enumerate() {
            assert_eq!(counters.get_bits::<64>(64 * index), value);
        }
        for (index, value) in narrow.into_iter().enumerate() {
            assert_eq!(counters.get_bits::<32>(192 + 32 * index), value);
        }
        for (index, value) in statistics.into_iter().enumerate() {
            assert_eq!(both.rust.statistics.val().get_bits::<64>(64 * index), value);
        }
    }
}
