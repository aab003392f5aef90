//! Cycles, as the card counts them, with ideal card memory and with four channels of DDR4-2400. The large cards take minutes:
//! `cargo test --release -p gristmill-sim --test ntt_engine -- --ignored --nocapture rates`.

use crate::bench::{Bench, Placed, Shape};
use gristmill_hdl::config::{CardConfig, TRANSFORM_CARDS};
use gristmill_hdl::datapath::Fill;
use gristmill_protocol::{NttStatistics, Status};
use gristmill_sim::card::BoardOptions;
use gristmill_sim::simulated::SimulatedMemory;
use std::time::{Duration, Instant};

/// Least elements a cycle in the steady state of a pass, in lanes.
const RATE: f64 = 0.95;
/// The same with DRAM, which a refresh stops for 4.5 % of the time.
const RATE_DRAM: f64 = 0.94;
/// Most cycles from completion to completion of transforms in one pass, in n / L.
const INTERVAL: f64 = 1.15;
/// Most cycles of one alone, in n / L: it goes through the pipeline once it has come.
const ALONE: f64 = 2.3;
/// The same with 16 lanes: beside the 1024 beats of 2^14 the latencies count.
const ALONE_WIDE: f64 = 2.45;
/// Most cycles of one in two passes, in 2 n / L.
const TWO_PASSES: f64 = 1.15;
/// The same with 16 lanes: a tile of 128 columns is an eighth of a pass over 2^20, and nothing is fed before
/// the first has come, nor written before the last has left.
const TWO_PASSES_WIDE: f64 = 1.25;

fn natural(size: u32, inverse: bool) -> Shape {
    Shape {
        size,
        batch: 1,
        inverse,
        output_reversed: true,
        ..Shape::default()
    }
}

/// Beats a cycle of each pass.
fn rates(statistics: &NttStatistics) -> Vec<f64> {
    let passes = statistics.passes.iter().filter(|pass| pass.beats > 0);
    passes
        .map(|pass| f64::from(pass.beats) / f64::from(pass.feed_cycles))
        .collect()
}

/// Time that this thread has been on a processor.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Simulated cycles of one job, a second of wall time and a second of this thread's time on a processor.
fn speed(bench: &mut Bench, shape: Shape) -> [f64; 2] {
    let input = bench.random_input(&shape);
    let placed = bench.place(shape, input, 0);
    bench.queue.put(bench.descriptor(&placed, 0).words());
    let (begin, wall, processor) = (bench.host.board.cycles(), Instant::now(), processor_time());
    bench.queue.ring(&mut bench.host);
    let completion = bench.queue.wait(&mut bench.host);
    let times = [wall.elapsed(), processor_time() - processor];
    assert_eq!(completion.named_status(), Some(Status::Success));
    let cycles = bench.host.board.cycles() - begin;
    times.map(|time| cycles as f64 / time.as_secs_f64())
}

/// Cycles from completion to completion of jobs that are given at once.
fn interval(bench: &mut Bench, shape: Shape, count: u64) -> f64 {
    let jobs: Vec<Placed> = (0..count)
        .map(|i| {
            let input = bench.random_input(&shape);
            let mut shape = shape;
            shape.in_place = true;
            bench.place(shape, input, i << 24)
        })
        .collect();
    for (tag, placed) in jobs.iter().enumerate() {
        bench
            .queue
            .put(bench.descriptor(placed, tag as u32).words());
    }
    bench.queue.ring(&mut bench.host);
    let mut ends = Vec::new();
    for _ in &jobs {
        let completion = bench.queue.wait(&mut bench.host);
        assert_eq!(completion.named_status(), Some(Status::Success));
        ends.push(bench.host.board.cycles());
    }
    for placed in &jobs {
        assert_eq!(bench.output(placed), bench.expected(placed));
    }
    // behind the first, whose way in nothing hides
    (ends[ends.len() - 1] - ends[0]) as f64 / (ends.len() - 1) as f64
}

/// Measures a card with one kind of card memory; what does not hold.
fn measure(card: &str, memory: SimulatedMemory, two: u32) -> Vec<String> {
    let kilohertz = CardConfig::load(card).unwrap().clock_kilohertz;
    let mut options = BoardOptions::default();
    if let Some(dram) = memory.dram(kilohertz) {
        options.memory_link = dram.link();
        options.dram = Some(dram);
    }
    let mut bench = Bench::new(card, Fill::Fast, options);
    let mut missed = Vec::new();
    let mut demand = |what: String, found: f64, limit: f64, most: bool| {
        println!("{card}, {memory:?}: {what}: {found:.3} (limit {limit})");
        if (found > limit) == most {
            missed.push(format!("{memory:?}, {what}: {found:.3}, limit {limit}"));
        }
    };
    let one = bench.pass_log2;
    let rate_limit = match memory {
        SimulatedMemory::Flat => RATE,
        _ => RATE_DRAM,
    };
    for inverse in [false, true] {
        let what = if inverse { "inverse" } else { "forward" };
        let beats = |size: u32, lanes: u64| (1u64 << size) as f64 / lanes as f64;
        let (completion, statistics) = bench.check(natural(one, inverse));
        let n = beats(one, bench.lanes);
        let cycles = completion.cycles as f64 / n;
        let limit = if bench.lanes < 16 { ALONE } else { ALONE_WIDE };
        demand(format!("{what} 2^{one} alone, n/L"), cycles, limit, true);
        for rate in rates(&statistics) {
            let what = format!("{what} 2^{one}, beats a cycle");
            demand(what, rate, rate_limit, false);
        }
        let found = interval(&mut bench, natural(one, inverse), 6) / n;
        let what_interval = format!("{what} 2^{one} interval, n/L");
        demand(what_interval, found, INTERVAL, true);
        for output_reversed in [true, false] {
            let shape = Shape {
                output_reversed,
                ..natural(two, inverse)
            };
            let (completion, statistics) = bench.check(shape);
            let cycles = completion.cycles as f64 / (2.0 * beats(two, bench.lanes));
            let what = format!("{what} 2^{two}, output reversed: {output_reversed}");
            let limit = if bench.lanes < 16 {
                TWO_PASSES
            } else {
                TWO_PASSES_WIDE
            };
            demand(format!("{what}, 2n/L"), cycles, limit, true);
            for (i, rate) in rates(&statistics).into_iter().enumerate() {
                demand(
                    format!("{what}, pass {i}, beats a cycle"),
                    rate,
                    rate_limit,
                    false,
                );
            }
        }
    }
    missed
}

fn holds(card: &str, two: u32) {
    let missed = [SimulatedMemory::Flat, SimulatedMemory::Ddr4]
        .map(|memory| measure(card, memory, two))
        .concat();
    assert_eq!(missed, [""; 0]);
}

#[test]
#[ignore = "a measurement, with nothing beside it on the machine"]
fn simulated_cycles_a_second() {
    for card in TRANSFORM_CARDS {
        let mut bench = Bench::new(card, Fill::Fast, BoardOptions::default());
        let [wall, processor] = speed(&mut bench, natural(20, false));
        println!(
            "{card}: {wall:.0} cycles a second of wall time, {processor:.0} of processor time"
        );
    }
}

#[test]
#[ignore = "takes minutes"]
fn rates_of_goldilocks() {
    holds("ntt_goldilocks", 20);
}

#[test]
#[ignore = "takes minutes"]
fn rates_of_baby_bear() {
    holds("ntt_baby_bear", 20);
}

#[test]
#[ignore = "takes minutes"]
fn rates_of_baby_bear_with_half_as_many_lanes() {
    holds("ntt_baby_bear_8", 20);
}

#[test]
#[ignore = "takes minutes"]
fn rates_of_koala_bear() {
    holds("ntt_koala_bear", 20);
}

#[test]
#[ignore = "takes minutes"]
fn rates_of_koala_bear_with_half_as_many_lanes() {
    holds("ntt_koala_bear_8", 20);
}

#[test]
#[ignore = "takes minutes"]
fn rates_of_bn254() {
    holds("ntt_bn254", 20);
}

#[test]
#[ignore = "takes minutes"]
fn rates_of_bls12_381() {
    holds("ntt_bls12_381", 20);
}
