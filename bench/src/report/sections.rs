//! The tables and plots of the report.

use gristmill_hdl::config::CardConfig;

use super::plot::Series;
use super::table::Table;
use crate::distribution::Distribution;
use crate::points::{Measurement, Work};
use crate::results::{CpuTime, Operation, Results};

/// Curves, and the card of each.
pub const CURVES: [(&str, &str); 2] = [("bn254.g1", "bn254"), ("bls12-381.g1", "bls12_381")];
/// Fields, and the card of each.
pub const FIELDS: [(&str, &str); 5] = [
    ("bn254.fr", "ntt_bn254"),
    ("bls12-381.fr", "ntt_bls12_381"),
    ("goldilocks", "ntt_goldilocks"),
    ("baby-bear", "ntt_baby_bear"),
    ("koala-bear", "ntt_koala_bear"),
];

/// The clock that the card's file assumes, in Hz.
pub fn clock(card: &str) -> f64 {
    CardConfig::load(card).map_or(f64::NAN, |config| 1e3 * f64::from(config.clock_kilohertz))
}

/// "at an assumed 250 MHz".
pub fn clock_in_words(card: &str) -> String {
    format!("at an assumed {} MHz", clock(card) / 1e6)
}

/// Bytes a second of PCIe Gen3 x16, as the simulated board has it.
const GEN3: f64 = 12.8e9;

/// Milliseconds with three figures.
pub fn milliseconds(seconds: f64) -> String {
    let ms = 1e3 * seconds;
    match ms {
        100.0.. => format!("{ms:.0}"),
        10.0.. => format!("{ms:.1}"),
        1.0.. => format!("{ms:.2}"),
        _ => format!("{ms:.3}"),
    }
}

fn with_spread(time: &CpuTime) -> String {
    let [min, median, max] = [time.min, time.median, time.max].map(milliseconds);
    format!("{median} ({min} to {max})")
}

fn log2(measured: &Measurement) -> u32 {
    measured.point.elements().ilog2()
}

/// The MSMs of a card with these scalars, by size.
fn msms<'a>(results: &'a Results, card: &str, scalars: Distribution) -> Vec<&'a Measurement> {
    let is = |measured: &&Measurement| {
        measured.point.place.card == card
            && matches!(measured.point.work, Work::Msm { scalars: found, .. } if found == scalars)
    };
    results.cards.iter().filter(is).collect()
}

fn ntts<'a>(results: &'a Results, card: &str) -> Vec<&'a Measurement> {
    let is = |measured: &&Measurement| {
        measured.point.place.card == card && matches!(measured.point.work, Work::Ntt { .. })
    };
    results.cards.iter().filter(is).collect()
}

fn cpu<'a>(
    results: &'a Results,
    operation: Operation,
    group: &str,
    scalars: Option<Distribution>,
) -> Vec<&'a CpuTime> {
    let is = |time: &&CpuTime| {
        time.operation == operation && time.group == group && time.scalars == scalars
    };
    results.cpu.iter().filter(is).collect()
}

/// Libraries with their threads, in the order in which they were timed.
fn libraries<'a>(times: &[&'a CpuTime]) -> Vec<(&'a str, usize)> {
    let mut libraries = Vec::new();
    for time in times {
        let library = (time.library.as_str(), time.threads);
        if !libraries.contains(&library) {
            libraries.push(library);
        }
    }
    libraries
}

fn threads(threads: usize) -> String {
    if threads == 1 {
        "1 thread".into()
    } else {
        format!("{threads} threads")
    }
}

/// Seconds of a job at the card's assumed clock.
pub fn card_seconds(measured: &Measurement) -> f64 {
    measured.cycles as f64 / clock(&measured.point.place.card)
}

/// The same with the copies of a transform's data over the link, before and after it.
fn with_copies(measured: &Measurement) -> f64 {
    card_seconds(measured) + measured.link_bytes as f64 / GEN3
}

fn cpu_series(times: &[&CpuTime]) -> Vec<Series> {
    let series = |(library, count): (&str, usize)| {
        let of = times
            .iter()
            .filter(|time| time.library == library && time.threads == count);
        Series {
            name: format!("{library}, {}", threads(count)),
            points: of
                .map(|time| {
                    (
                        f64::from(time.log2),
                        [time.min, time.median, time.max].map(|t| 1e3 * t),
                    )
                })
                .collect(),
            modelled: false,
        }
    };
    libraries(times).into_iter().map(series).collect()
}

/// The title of [`msm_series`]' plot.
pub fn msm_title(card: &str) -> String {
    format!(
        "MSM, uniform scalars: simulated card {card} {}, beside CPUs",
        clock_in_words(card)
    )
}

/// Milliseconds of MSMs with uniform scalars, card first.
pub fn msm_series(results: &Results, curve: &str) -> Vec<Series> {
    let card = CURVES
        .iter()
        .find(|(name, _)| *name == curve)
        .map_or("", |(_, card)| card);
    let points = msms(results, card, Distribution::Uniform)
        .into_iter()
        .map(|measured| (f64::from(log2(measured)), [1e3 * card_seconds(measured); 3]));
    let mut series = vec![Series {
        name: format!("card {card}, simulated, {}", clock_in_words(card)),
        points: points.collect(),
        modelled: false,
    }];
    let uniform = Some(Distribution::Uniform);
    series.extend(cpu_series(&cpu(results, Operation::Msm, curve, uniform)));
    series
}

/// Milliseconds of transforms, card first.
pub fn ntt_series(results: &Results, field: &str) -> Vec<Series> {
    let card = FIELDS
        .iter()
        .find(|(name, _)| *name == field)
        .map_or("", |(_, card)| card);
    let of = |name: &str, seconds: fn(&Measurement) -> f64| Series {
        name: format!("card, {name}, {}", clock_in_words(card)),
        points: ntts(results, card)
            .into_iter()
            .map(|measured| (f64::from(log2(measured)), [1e3 * seconds(measured); 3]))
            .collect(),
        modelled: false,
    };
    let mut series = vec![
        of("data on the card", card_seconds),
        of("with copies", with_copies),
    ];
    series.extend(cpu_series(&cpu(results, Operation::Ntt, field, None)));
    series
}

/// Sizes by which a table has its rows.
fn sizes(cards: &[&Measurement], times: &[&CpuTime]) -> Vec<u32> {
    let mut sizes: Vec<u32> = cards.iter().map(|measured| log2(measured)).collect();
    sizes.extend(times.iter().map(|time| time.log2));
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn cpu_cells(times: &[&CpuTime], libraries: &[(&str, usize)], size: u32) -> Vec<String> {
    let cell = |(library, count): &(&str, usize)| {
        let is = |time: &&&CpuTime| {
            time.library == *library && time.threads == *count && time.log2 == size
        };
        times
            .iter()
            .find(is)
            .map_or("-".into(), |time| with_spread(time))
    };
    libraries.iter().map(cell).collect()
}

fn cpu_heads(libraries: &[(&str, usize)]) -> Vec<String> {
    let head = |(library, count): &(&str, usize)| format!("{library}, {}, ms", threads(*count));
    libraries.iter().map(head).collect()
}

/// MSMs: the card beside the libraries.
pub fn msm_table(results: &Results, curve: &str, card: &str, scalars: Distribution) -> Table {
    let (cards, times) = (
        msms(results, card, scalars),
        cpu(results, Operation::Msm, curve, Some(scalars)),
    );
    let libraries = libraries(&times);
    let mut table = Table::new(1, &["pairs", "card, cycles", "cycles a pair"]);
    table
        .head
        .push(format!("card, ms {}", clock_in_words(card)));
    table.head.extend(cpu_heads(&libraries));
    for size in sizes(&cards, &times) {
        let mut row = vec![format!("2^{size}")];
        match cards.iter().find(|measured| log2(measured) == size) {
            Some(measured) => row.extend([
                measured.cycles.to_string(),
                format!(
                    "{:.2}",
                    measured.cycles as f64 / measured.point.elements() as f64
                ),
                milliseconds(card_seconds(measured)),
            ]),
            None => row.extend(["-".into(), "-".into(), "-".into()]),
        }
        row.extend(cpu_cells(&times, &libraries, size));
        table.rows.push(row);
    }
    table
}

/// Transforms: the card beside the libraries.
pub fn ntt_table(results: &Results, field: &str, card: &str) -> Table {
    let (cards, times) = (
        ntts(results, card),
        cpu(results, Operation::Ntt, field, None),
    );
    let libraries = libraries(&times);
    let mut table = Table::new(1, &["elements", "card, cycles", "elements a cycle"]);
    let clock = clock_in_words(card);
    table
        .head
        .push(format!("card, ms {clock}, data in its memory"));
    table
        .head
        .push(format!("card, ms {clock}, with copies over Gen3 x16"));
    table.head.extend(cpu_heads(&libraries));
    for size in sizes(&cards, &times) {
        let mut row = vec![format!("2^{size}")];
        match cards.iter().find(|measured| log2(measured) == size) {
            Some(measured) => row.extend([
                measured.cycles.to_string(),
                format!(
                    "{:.2}",
                    measured.point.elements() as f64 / measured.cycles as f64
                ),
                milliseconds(card_seconds(measured)),
                milliseconds(with_copies(measured)),
            ]),
            None => row.extend((0..4).map(|_| "-".into())),
        }
        row.extend(cpu_cells(&times, &libraries, size));
        table.rows.push(row);
    }
    table
}

/// Where the cycles of MSMs go, as the completions say.
pub fn msm_causes(results: &Results) -> Table {
    let mut table = Table::new(
        1,
        &[
            "MSM",
            "c",
            "K",
            "passes",
            "cycles",
            "streaming",
            "sweep and results",
            "of it drain",
            "starved of input",
            "of memory",
            "collisions",
            "of output",
            "adder busy, %",
            "link bytes a pair",
        ],
    );
    for measured in &results.cards {
        let Some(msm) = &measured.msm else { continue };
        table.rows.push(vec![
            measured.point.to_string(),
            msm.window.to_string(),
            msm.windows_per_pass.to_string(),
            msm.passes.to_string(),
            measured.cycles.to_string(),
            msm.stream.to_string(),
            msm.sweep.to_string(),
            measured.drain.to_string(),
            measured.stall_input.to_string(),
            measured.stall_memory.to_string(),
            measured.stall_collision.to_string(),
            measured.stall_output.to_string(),
            format!(
                "{:.1}",
                100.0 * measured.busy as f64 / measured.cycles as f64
            ),
            format!(
                "{:.1}",
                measured.link_bytes as f64 / measured.point.elements() as f64
            ),
        ]);
    }
    table
}

/// Where the cycles of transforms go.
pub fn ntt_causes(results: &Results) -> Table {
    let mut table = Table::new(
        1,
        &[
            "transform",
            "cycles",
            "feeding, by pass",
            "beats a cycle, by pass",
            "starved of memory",
            "waiting to write",
            "drain",
            "card memory bytes",
            "link bytes with copies",
        ],
    );
    for measured in &results.cards {
        let Some(ntt) = &measured.ntt else { continue };
        let cycles: Vec<String> = ntt
            .passes
            .iter()
            .map(|(cycles, _)| cycles.to_string())
            .collect();
        let rate = |(cycles, beats): &(u64, u64)| format!("{:.2}", *beats as f64 / *cycles as f64);
        let rates: Vec<String> = ntt.passes.iter().map(rate).collect();
        table.rows.push(vec![
            measured.point.to_string(),
            measured.cycles.to_string(),
            cycles.join(", "),
            rates.join(", "),
            measured.stall_memory.to_string(),
            measured.stall_output.to_string(),
            measured.drain.to_string(),
            ntt.memory_bytes.to_string(),
            measured.link_bytes.to_string(),
        ]);
    }
    table
}

/// Simulated cycles a second of each card.
pub fn simulation(results: &Results) -> Table {
    let mut table = Table::new(1, &["card", "jobs", "cycles", "seconds", "cycles a second"]);
    let mut cards: Vec<&str> = Vec::new();
    for measured in &results.cards {
        if !cards.contains(&measured.point.place.card.as_str()) {
            cards.push(&measured.point.place.card);
        }
    }
    for card in cards {
        let of: Vec<_> = results
            .cards
            .iter()
            .filter(|m| m.point.place.card == card)
            .collect();
        let cycles: u64 = of.iter().map(|measured| measured.simulated).sum();
        let wall: f64 = of.iter().map(|measured| measured.wall).sum();
        table.rows.push(vec![
            card.into(),
            of.len().to_string(),
            cycles.to_string(),
            format!("{wall:.1}"),
            format!("{:.0}", cycles as f64 / wall),
        ]);
    }
    table
}

/// The driver's own cost.
pub fn driver(results: &Results) -> Table {
    let mut table = Table::new(
        2,
        &["what", "unit", "samples", "least", "median", "greatest"],
    );
    let number = |value: f64| match value.abs() {
        1000.0.. => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    };
    for figure in &results.driver {
        table.rows.push(vec![
            figure.name.clone(),
            figure.unit.clone(),
            figure.samples.to_string(),
            number(figure.min),
            number(figure.median),
            number(figure.max),
        ]);
    }
    table
}

/// The README's table: the largest simulated size of each operation, card and fastest library.
pub fn summary(results: &Results) -> Table {
    let mut table = Table::new(
        2,
        &[
            "operation",
            "size",
            "card, cycles",
            "card, ms",
            "fastest library, all threads, ms",
        ],
    );
    let mut add = |name: String,
                   cards: Vec<&Measurement>,
                   times: Vec<&CpuTime>,
                   seconds: fn(&Measurement) -> f64| {
        let Some(largest) = cards.iter().max_by_key(|measured| log2(measured)) else {
            return;
        };
        let size = log2(largest);
        let all = times.iter().map(|time| time.threads).max();
        let of_size = times
            .iter()
            .filter(|time| time.log2 == size && Some(time.threads) == all);
        let fastest = of_size.min_by(|a, b| a.median.total_cmp(&b.median));
        table.rows.push(vec![
            name,
            format!("2^{size}"),
            largest.cycles.to_string(),
            milliseconds(seconds(largest)),
            fastest.map_or("-".into(), |time| {
                format!("{} ({})", milliseconds(time.median), time.library)
            }),
        ]);
    };
    for (curve, card) in CURVES {
        for scalars in [Distribution::Uniform, Distribution::Witness] {
            add(
                format!("MSM {curve}, {scalars}"),
                msms(results, card, scalars),
                cpu(results, Operation::Msm, curve, Some(scalars)),
                card_seconds,
            );
        }
    }
    for (field, card) in FIELDS {
        let times = cpu(results, Operation::Ntt, field, None);
        add(
            format!("NTT {field}, with copies"),
            ntts(results, card),
            times,
            with_copies,
        );
    }
    table
}

/// What the figures stand on, in a sentence or two.
pub fn conditions(results: &Results) -> String {
    let machine = &results.machine;
    let clocks: Vec<f64> = CURVES.iter().map(|(_, card)| clock(card) / 1e6).collect();
    format!(
        "The card's cycles are those of its RTL in simulation, behind a modelled PCIe Gen3 x16 link and with modelled DDR4-2400; \
         its milliseconds assume a clock of {} MHz, which no board has shown yet. The CPU is {} ({}, built for {}); medians. \
         `make bench` measures all of it, and `make report` makes this page from the numbers.",
        clocks.first().copied().unwrap_or_default(),
        machine.cpu,
        threads(machine.threads),
        if machine.target_features.is_empty() {
            "its base instruction set"
        } else {
            &machine.target_features
        },
    )
}
