//! A run: everything that the report shows, in one go, each result kept as soon as it is there.

use std::path::Path;
use std::time::Instant;

use clap::ValueEnum;
use gristmill_hdl::config::TRANSFORM_CARDS;

use crate::Failure;
use crate::distribution::Distribution;
use crate::points::{Place, Point, measure};
use crate::results::{Machine, Results};
use crate::{driver, prover};

/// What is measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Jobs on simulated cards.
    Cards,
    /// Whole proofs.
    Proofs,
    /// The driver's own cost.
    Driver,
    /// Libraries on the CPU.
    Cpu,
}

/// The jobs on simulated cards: 2^8 to 2^16, behind PCIe Gen3 x16 and with DDR4.
pub fn points(full: bool) -> Vec<Point> {
    let sizes = || (8..=if full { 18 } else { 16 }).step_by(2);
    let mut points = Vec::new();
    for card in ["bn254", "bls12_381"] {
        for scalars in [Distribution::Uniform, Distribution::Witness] {
            let of = |log2: u32| Point::msm(Place::usual(card), 1 << log2, scalars);
            points.extend(sizes().map(of));
        }
    }
    for card in TRANSFORM_CARDS {
        points.extend(sizes().map(|log2| Point::ntt(Place::usual(card), log2)));
    }
    points
}

/// Runs the stages and returns the results, which are in the file at `path` all along. What fails is noted as missing,
/// and the rest goes on.
///
/// # Errors
/// When the file cannot be written.
pub fn run(stages: &[Stage], full: bool, path: &Path) -> Result<Results, Failure> {
    // a part of a run adds to what is there
    let mut results = match stages.len() == Stage::value_variants().len() {
        true => Results::begin(full),
        false => Results::load(path).unwrap_or_else(|_| Results::begin(full)),
    };
    results.finished = false;
    if stages.contains(&Stage::Cpu) {
        // before the results are written, which git would call a change
        results.machine = Machine::this();
    }
    results.save(path)?;
    for stage in stages {
        let started = Instant::now();
        let name = format!("{stage:?}").to_lowercase();
        eprintln!("==> {name}");
        results.missing.retain(|missing| missing.stage != name);
        if let Err(error) = run_stage(*stage, full, &mut results, path) {
            eprintln!("{name}: {error}");
            results.miss(&name, error);
        }
        results.save(path)?;
        eprintln!("<== {name} ({} s)", started.elapsed().as_secs());
    }
    results.finished = true;
    results.save(path)?;
    Ok(results)
}

fn run_stage(stage: Stage, full: bool, results: &mut Results, path: &Path) -> Result<(), Failure> {
    match stage {
        Stage::Cards => {
            results.cards.clear();
            measure(&points(full), |measured| {
                eprintln!("{}: {} cycles", measured.point, measured.cycles);
                results.cards.push(measured);
                results.save(path)
            })
        }
        Stage::Proofs => {
            results.proofs.clear();
            prover::measure(&[12, 14, 16], |proof| {
                eprintln!("proof of {:?}, 2^{}", proof.witness, proof.log2);
                results.proofs.push(proof);
                results.save(path)
            })
        }
        Stage::Driver => {
            results.driver = driver::measure()?;
            Ok(())
        }
        Stage::Cpu => cpu(full, results, path),
    }
}

#[cfg(feature = "cpu")]
fn cpu(full: bool, results: &mut Results, path: &Path) -> Result<(), Failure> {
    results.cpu.clear();
    let mut done = |time: crate::results::CpuTime| {
        eprintln!(
            "{} 2^{} {}, {} threads: {:.3} ms",
            time.group,
            time.log2,
            time.library,
            time.threads,
            1e3 * time.median
        );
        results.cpu.push(time);
        results.save(path)
    };
    let mut timer = crate::cpu::Timer::new(full, &mut done);
    crate::cpu::measure_ntt(&mut timer)?;
    crate::cpu::measure_msm(&mut timer)
}

#[cfg(not(feature = "cpu"))]
fn cpu(_: bool, _: &mut Results, _: &Path) -> Result<(), Failure> {
    Err("the CPU libraries are not in this build; `make bench` builds them".into())
}
