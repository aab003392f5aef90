//! The memories keep AXI's rules themselves, whatever their links are like, and are as fast as they say.

mod axi_master;

use axi_master::{Job, Master, run};
use gristmill_sim::axi::{Address, DramConfig, Link, Memory, SparseMemory, Store};
use proptest::prelude::*;

const SPACE: u64 = 1 << 20;

fn jobs(beat_bytes: usize) -> impl Strategy<Value = Vec<Job>> {
    let job = (0..4_u32, 0..SPACE / 4096, 1..=80_u8, any::<u8>(), 0..10_u8).prop_map(
        move |(id, page, beats, fill, fault)| {
            let beats = beats.min((4096 / beat_bytes).min(255) as u8);
            let fails = fault == 0;
            let base = page * 4096 + if fails { SPACE } else { 0 };
            let bytes = usize::from(beats) * beat_bytes;
            let data = (0..bytes)
                .map(|byte| fill.wrapping_add(byte as u8))
                .collect();
            Job {
                address: Address::incrementing(id, base, beats, beat_bytes),
                data,
                fails,
            }
        },
    );
    proptest::collection::vec(job, 1..60).prop_map(|mut jobs| {
        jobs.sort_by_key(|job| job.address.address);
        jobs.dedup_by_key(|job| job.address.address);
        jobs
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_link_keeps_the_rules_and_the_data(
        (beat_bytes, jobs) in prop_oneof![Just(8_usize), Just(32), Just(64)].prop_flat_map(|width| (Just(width), jobs(width))),
        kind in 0..5,
        seed in any::<u64>(),
        pause in 0.0..0.8,
    ) {
        let (link, dram) = match kind {
            0 => (Link::ideal(), None),
            1 => (Link::pcie_gen3_x16(250_000), None),
            2 => (Link::hostile(seed), None),
            3 => (Link::ideal(), Some(DramConfig::ddr4_2400(250_000))),
            _ => (Link::hostile(seed), Some(DramConfig::hbm2(250_000))),
        };
        let mut memory = Memory::new("test", beat_bytes, link, SparseMemory::new(SPACE));
        if let Some(dram) = dram {
            memory = memory.with_dram(dram);
        }
        let mut master = Master::new(beat_bytes, pause, seed);
        jobs.iter().cloned().for_each(|job| master.write(job));
        run(&mut master, &mut memory);
        jobs.iter().cloned().for_each(|job| master.read(job));
        run(&mut master, &mut memory);
        let bytes: u64 = jobs.iter().map(|job| job.data.len() as u64).sum();
        prop_assert_eq!((memory.counters().read.bytes, memory.counters().write.bytes), (bytes, bytes));
        let failed = jobs.iter().filter(|job| job.fails).count() as u64;
        prop_assert_eq!((memory.counters().read.errors, memory.counters().write.errors), (failed, failed));
    }
}

fn stream(link: Link, bytes: u64, write: bool) -> f64 {
    let mut memory = Memory::new("test", 64, link, SparseMemory::new(bytes));
    let mut master = Master::new(64, 0.0, 1);
    for burst in 0..bytes / 512 {
        let address = Address::incrementing(0, burst * 512, 8, 64);
        let job = Job {
            address,
            data: vec![0; 512],
            fails: false,
        };
        if write {
            master.write(job)
        } else {
            master.read(job)
        }
    }
    let cycles = run(&mut master, &mut memory);
    bytes as f64 / cycles as f64
}

#[test]
fn an_ideal_memory_moves_a_beat_a_cycle() {
    for write in [false, true] {
        let rate = stream(Link::ideal(), 1 << 20, write);
        assert!(rate > 63.9, "{rate} bytes a cycle");
    }
}

#[test]
fn a_link_moves_what_it_says() {
    for (link, limit) in [
        (Link::pcie_gen3_x16(250_000), 51.2),
        (Link::pcie_gen3_x16(300_000), 42.67),
    ] {
        for write in [false, true] {
            let rate = stream(link.clone(), 4 << 20, write);
            assert!(
                rate < limit * 1.001 && rate > limit * 0.97,
                "{rate} of {limit} bytes a cycle"
            );
        }
    }
}

#[test]
fn what_is_in_flight_bounds_the_rate() {
    let link = Link {
        read_latency: 400..=400,
        read_bytes_in_flight: 4096,
        ..Link::ideal()
    };
    let rate = stream(link, 1 << 20, false);
    assert!(
        rate < 4096.0 / 400.0 && rate > 4096.0 / 480.0,
        "{rate} bytes a cycle"
    );
}

#[test]
fn a_read_does_not_see_an_unanswered_write() {
    let link = Link {
        write_latency: 50..=50,
        ..Link::ideal()
    };
    let mut memory = Memory::new("test", 8, link, SparseMemory::new(SPACE));
    let mut master = Master::new(8, 0.0, 1);
    let address = Address::incrementing(0, 64, 1, 8);
    master.write(Job {
        address,
        data: vec![7; 8],
        fails: false,
    });
    master.read(Job {
        address,
        data: vec![0; 8],
        fails: false,
    });
    run(&mut master, &mut memory);
    let mut bytes = [0; 8];
    memory.store().read(64, &mut bytes).unwrap();
    assert_eq!(bytes, [7; 8]);
}

#[test]
fn only_strobed_bytes_are_written() {
    let mut memory = Memory::new("test", 8, Link::ideal(), SparseMemory::new(SPACE));
    let mut master = Master::new(8, 0.0, 1);
    let address = Address::incrementing(0, 0, 2, 8);
    master.write(Job {
        address,
        data: (1..=16).collect(),
        fails: false,
    });
    master.beats[0].strobes = 0b1010_0110;
    master.beats[1].strobes = 0;
    run(&mut master, &mut memory);
    let mut bytes = [9; 16];
    memory.store().read(0, &mut bytes).unwrap();
    assert_eq!(bytes, [0, 2, 3, 0, 0, 6, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(memory.counters().write.bytes, 4);
}
