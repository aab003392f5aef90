//! What the driver costs by itself, on the simulated card in this process: wall times, which hold the simulator's.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use gristmill::CardProvider;
use gristmill_conformance::latency;
use gristmill_driver::Card;

use crate::Failure;
use crate::path::jobs_a_second;
use crate::points::{LinkKind, MemoryKind, Place};
use crate::results::{DriverFigure, spread};

/// Tries of each latency.
const TRIES: usize = 500;
/// Rounds of each throughput.
const ROUNDS: usize = 5;
/// Empty jobs of a round.
const JOBS: usize = 500;
/// Bytes that are staged.
const BYTES: usize = 16 << 20;

fn figure(name: impl Into<String>, unit: &str, mut samples: Vec<f64>) -> DriverFigure {
    let [min, median, max] = spread(&mut samples);
    DriverFigure {
        name: name.into(),
        unit: unit.into(),
        samples: samples.len(),
        min,
        median,
        max,
    }
}

/// Measures all of it.
///
/// # Errors
/// When the card cannot be simulated, or a job fails.
pub fn measure() -> Result<Vec<DriverFigure>, Failure> {
    let place = Place {
        card: "bn254".into(),
        link: LinkKind::Gen3,
        memory: MemoryKind::Flat,
    };
    let simulated = place.simulated();
    let transport = Arc::new(simulated.start()?);
    let mut figures = Vec::new();
    for latency in latency::measure(transport, TRIES)? {
        let times = latency.times.iter().map(|time| time.as_secs_f64() * 1e6);
        figures.push(figure(latency.what, "µs", times.collect()));
    }
    let simulation = Arc::new(simulated.start()?);
    let card = Card::open(simulation.clone(), simulated.options())?;
    let cycles = |work: &mut dyn FnMut() -> Result<(), Failure>| -> Result<f64, Failure> {
        let before = simulation.cycles();
        work()?;
        Ok((simulation.cycles() - before) as f64)
    };
    let mut of_jobs = Vec::new();
    for _ in 0..TRIES {
        of_jobs.push(cycles(&mut || {
            let deadline = Instant::now() + simulated.patience();
            Ok(card.ping(0, deadline)?.wait(deadline).map(drop)?)
        })?);
    }
    let name = "empty job, simulated from doorbell to rest (64 quiet cycles included)";
    figures.push(figure(name, "cycles", of_jobs));
    for threads in [1, 8] {
        let rounds: Result<Vec<f64>, _> = (0..ROUNDS)
            .map(|_| jobs_a_second(&card, threads, JOBS))
            .collect();
        figures.push(figure(
            format!("empty jobs, {threads} threads"),
            "jobs a second",
            rounds?,
        ));
    }
    figures.extend(staging(&card)?);
    Ok(figures)
}

/// Copies into DMA memory, and between two vectors.
fn staging(card: &Card) -> Result<[DriverFigure; 2], Failure> {
    let source = vec![7_u8; BYTES];
    let mut plain = vec![1_u8; BYTES];
    let mut staged = card.alloc::<u8>(BYTES)?;
    let target = staged.as_mut_slice().ok_or("the new vector is in use")?;
    let (mut copies, mut stagings) = (Vec::new(), Vec::new());
    let rate = |target: &mut [u8]| {
        let started = Instant::now();
        target.copy_from_slice(black_box(&source));
        black_box(target);
        BYTES as f64 / started.elapsed().as_secs_f64() / 1e9
    };
    for _ in 0..20 {
        copies.push(rate(&mut plain));
        stagings.push(rate(target));
    }
    Ok([
        figure("staging into DMA memory, 16 MiB", "GB/s", stagings),
        figure("copy between vectors, 16 MiB", "GB/s", copies),
    ])
}
