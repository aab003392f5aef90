//! The DRAM model: its rules, its speed under the traffic of an NTT, and what it counts.

#[path = "../axi_master/mod.rs"]
mod axi_master;
mod checker;
mod traffic;

use checker::{DDR4_2400, Figures, HBM2, broken};
use gristmill_sim::axi::DramConfig;
use gristmill_sim::axi::dram::{Command, Mapping, Timing};
use traffic::{
    Access, KILOHERTZ, PORT, all, memory, mixed, on, random, read, sequential, tiles, write,
};

const PRESETS: [fn(u32) -> DramConfig; 2] = [DramConfig::ddr4_2400, DramConfig::hbm2];

/// DDR4 with one channel, whose 19.2 GB/s are little more than the port's 16 GB/s each way.
fn one_channel() -> DramConfig {
    DramConfig::ddr4_2400(KILOHERTZ).with_channels(1)
}

fn unhashed(config: DramConfig) -> DramConfig {
    let mapping = Mapping {
        hash: false,
        ..config.mapping
    };
    DramConfig { mapping, ..config }
}

fn broken_by(config: DramConfig, figures: &Figures, accesses: &[Access]) -> Vec<&'static str> {
    let run = all(
        DramConfig {
            log: true,
            ..config
        },
        accesses.iter().copied(),
    );
    let log = run.memory.dram().unwrap().commands();
    assert!(!log.is_empty());
    let channel = |index| -> Vec<Command> {
        let commands = log.iter().filter(|command| command.place.channel == index);
        commands.copied().collect()
    };
    let channels = 0..config.mapping.channels;
    let rules: std::collections::BTreeSet<_> = channels
        .flat_map(|index| broken(&channel(index), figures))
        .collect();
    rules.into_iter().collect()
}

#[test]
fn the_commands_keep_the_rules() {
    for (config, figures) in [
        (DramConfig::ddr4_2400(KILOHERTZ), DDR4_2400),
        (DramConfig::hbm2(KILOHERTZ), HBM2),
    ] {
        for hash in [true, false] {
            let mapping = Mapping {
                hash,
                ..config.mapping
            };
            let config = DramConfig { mapping, ..config };
            for seed in 0..4 {
                assert_eq!(broken_by(config, &figures, &mixed(3000, seed)), [""; 0]);
            }
        }
        assert_eq!(broken_by(config, &figures, &random(4000, 9)), [""; 0]);
        assert_eq!(
            broken_by(config, &figures, &sequential(1 << 20, write)),
            [""; 0]
        );
    }
}

/// A way to make the model too fast.
type Mutation = fn(&mut Timing);

#[test]
fn every_broken_rule_is_seen() {
    let cases: [(&str, Mutation); 16] = [
        ("tRCD", |timing| timing.t_rcd -= 1),
        ("tRP", |timing| timing.t_rp -= 1),
        ("tRAS", |timing| timing.t_ras -= 1),
        ("tRC", |timing| {
            timing.t_rc -= 1;
            timing.t_ras -= 1;
        }),
        ("tRRD_S", |timing| timing.t_rrd_s -= 1),
        ("tRRD_L", |timing| timing.t_rrd_l -= 1),
        ("tFAW", |timing| timing.t_faw -= 1),
        ("tCCD_S", |timing| timing.t_ccd_s -= 1),
        ("tCCD_L", |timing| timing.t_ccd_l -= 1),
        ("tWTR_S", |timing| timing.t_wtr_s -= 1),
        ("tWTR_L", |timing| timing.t_wtr_l -= 1),
        ("tRTW", |timing| timing.t_rtw -= 1),
        ("tRTP", |timing| timing.t_rtp -= 1),
        ("tWR", |timing| timing.t_wr -= 1),
        ("tRFC", |timing| timing.t_rfc -= 1),
        ("tREFI", |timing| timing.t_refi *= 10),
    ];
    let config = DramConfig::ddr4_2400(KILOHERTZ);
    let mapping = Mapping {
        channels: 1,
        ..config.mapping
    };
    for (rule, mutate) in cases {
        let mut config = DramConfig { mapping, ..config };
        mutate(&mut config.timing);
        let seen = broken_by(config, &DDR4_2400, &mixed(12_000, 1));
        assert!(seen.contains(&rule), "{rule}: {seen:?}");
    }
}

#[test]
fn a_stream_is_as_fast_as_the_port() {
    for config in PRESETS
        .map(|preset| preset(KILOHERTZ))
        .into_iter()
        .chain([one_channel()])
    {
        for access in [read, write] {
            let run = all(config, sequential(4 << 20, access));
            assert!(run.rate() > 0.95 * PORT, "{config:?}: {}", run.rate());
            assert!(run.dram.hit_rate() > 0.9, "{:?}", run.dram);
        }
    }
}

/// 32 beats may be under way at once: a latency of 100 ns is 25 cycles, and each beat opens a row of its own.
#[test]
fn beats_anywhere_are_slower_and_one_at_a_time_far_slower() {
    for (config, least, most) in [
        (DramConfig::ddr4_2400(KILOHERTZ), 40.0, 52.0),
        (DramConfig::hbm2(KILOHERTZ), 18.0, 28.0),
        (one_channel(), 32.0, 44.0),
    ] {
        let run = all(config, random(16 << 10, 3));
        let rate = run.rate();
        assert!(rate > least && rate < most, "{config:?}: {rate}");
        assert!(run.dram.hit_rate() < 0.01, "{:?}", run.dram);
        let mut memory = memory(config);
        let alone = random(500, 4)
            .into_iter()
            .map(|access| on(&mut memory, [access]));
        let (cycles, bytes) = alone.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let rate = bytes as f64 / cycles as f64;
        assert!(rate < 0.05 * PORT, "{config:?}: {rate} alone");
    }
}

/// Reads, writes, and both at once of tiles with a stride: bytes a cycle.
fn tile_rates(config: DramConfig, stride: u64) -> [f64; 3] {
    let reads = tiles(stride, 64, 64, read);
    let writes = tiles(stride, 64, 64, |address, bytes| {
        write(address + (1 << 33), bytes)
    });
    let both = [reads.clone(), writes.clone()].concat();
    [reads, writes, both].map(|accesses| all(config, accesses).rate())
}

#[test]
fn a_transposer_keeps_the_port_busy_where_channels_are_interleaved() {
    for config in PRESETS.map(|preset| preset(KILOHERTZ)) {
        for stride in 14..=20 {
            let [reads, writes, both] = tile_rates(config, 1 << stride);
            println!(
                "{}, stride 2^{stride}: {reads:.1} {writes:.1} {both:.1}",
                config.name
            );
            assert!(reads > 0.95 * PORT && writes > 0.95 * PORT && both > 0.95 * 2.0 * PORT);
        }
    }
}

#[test]
fn a_transposer_on_one_channel_pays_for_rows_and_turnarounds() {
    let peak = one_channel().peak_bytes_per_second() / (1e3 * f64::from(KILOHERTZ));
    for stride in 14..=20 {
        let [reads, writes, both] = tile_rates(one_channel(), 1 << stride);
        println!("one channel, stride 2^{stride}: {reads:.1} {writes:.1} {both:.1}");
        assert!(reads > 0.9 * PORT && writes > 0.85 * PORT);
        assert!(both > 0.6 * peak && both < 0.85 * peak, "{both} of {peak}");
    }
}

/// Without the hash strides from 2^19 bytes on stay in one pair of banks of one or two channels.
#[test]
fn strides_without_a_hash_are_slow() {
    for config in [
        DramConfig::ddr4_2400(KILOHERTZ),
        DramConfig::hbm2(KILOHERTZ),
        one_channel(),
    ] {
        for stride in 19..=20 {
            let [reads, writes, both] = tile_rates(unhashed(config), 1 << stride);
            println!(
                "{}, stride 2^{stride}, no hash: {reads:.1} {writes:.1} {both:.1}",
                config.name
            );
            let bounds = [0.75 * PORT, 0.6 * PORT, 1.2 * PORT];
            assert!(reads < bounds[0] && writes < bounds[1] && both < bounds[2]);
            assert!(both > 0.2 * PORT);
        }
    }
}

/// The measured idle latencies of soft DDR4 and hard HBM2 controllers are 73, 90, 107 ns and, with the switch, about
/// 137, 152, 168 ns for an open row, a closed bank, and another open row.
#[test]
fn idle_reads_take_what_was_measured() {
    for (config, measured) in [
        (DramConfig::ddr4_2400(KILOHERTZ), [73.3, 89.9, 106.6]),
        (DramConfig::hbm2(KILOHERTZ), [136.7, 152.2, 167.8]),
    ] {
        let config = unhashed(config);
        let mut memory = memory(config);
        let row = config.mapping.row_bytes * 16 * config.mapping.channels as u64;
        let mut nanoseconds = |address| 4.0 * on(&mut memory, [read(address, 64)]).0 as f64;
        let closed = nanoseconds(0);
        let open = nanoseconds(128);
        let conflict = nanoseconds(row);
        for (found, measured) in [open, closed, conflict].into_iter().zip(measured) {
            println!("{}: {found} ns, measured {measured}", config.name);
            // The master's own cycles, and the rounding to cycles.
            let range = measured - 8.0..measured + 20.0;
            assert!(
                range.contains(&found),
                "{}: {found} ns, measured {measured}",
                config.name
            );
        }
    }
}

#[test]
fn refreshes_come_in_time_also_when_nothing_else_does() {
    for preset in PRESETS {
        let config = preset(KILOHERTZ);
        let mut memory = memory(config);
        let cycles = 100_000;
        for _ in 0..cycles {
            memory.clock(&Default::default()).unwrap();
        }
        let clocks = cycles * config.clock_kilohertz / config.core_kilohertz;
        let each = clocks / config.timing.t_refi;
        let counters = memory.dram().unwrap().counters();
        let expected = each * config.mapping.channels as u64;
        // The channels begin at different times.
        assert!(
            counters.refreshes <= expected
                && counters.refreshes + config.mapping.channels as u64 >= expected
        );
        assert_eq!((counters.refresh_stalls, counters.busy_clocks), (0, 0));
    }
}

#[test]
fn a_read_behind_a_write_of_the_same_burst_waits_for_it() {
    let accesses = (0..64).flat_map(|step| [write(step << 12, 64), read(step << 12, 64)]);
    let run = all(one_channel(), accesses);
    assert_eq!((run.dram.bytes_read, run.dram.bytes_written), (4096, 4096));
    assert!(run.dram.turnarounds > 2, "{:?}", run.dram);
}
