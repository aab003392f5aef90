//! Cycle baselines: the cycles that listed points took when they were last accepted. Cycles are exact, so any difference
//! is a change of the RTL, of the driver's plans, or of the simulated board.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::distribution::Distribution;
use crate::points::{Measurement, Place, Point, Work, measure};

/// What a listed point may cost more than recorded, as a fraction.
pub const TOLERANCE: f64 = 0.02;

/// Where a point is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// By `cargo test`.
    Test,
    /// By `make bench-check` only.
    Bench,
}

/// The recorded cycles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Why they were recorded the last time.
    pub reason: String,
    /// Cycles by the text of their point.
    pub cycles: std::collections::BTreeMap<String, u64>,
}

/// A listed point that costs too much.
#[derive(Clone, Debug, PartialEq)]
pub struct Excess {
    /// The point.
    pub point: String,
    /// Recorded cycles; `None` when there are none.
    pub recorded: Option<u64>,
    /// Cycles now.
    pub now: u64,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.recorded {
            None => write!(
                f,
                "{}: {} cycles, of which there is no record",
                self.point, self.now
            ),
            Some(recorded) => write!(
                f,
                "{}: {} cycles, recorded {recorded}: {:+.2} %",
                self.point,
                self.now,
                100.0 * (self.now as f64 / recorded as f64 - 1.0)
            ),
        }
    }
}

/// The points, all on an ideal link with flat memory.
pub fn listed() -> Vec<(Point, When)> {
    let msm = |card, count, scalars| Point::msm(Place::ideal(card), count, scalars);
    let with_plan = |card, count, plan| Point {
        place: Place::ideal(card),
        work: Work::Msm {
            count,
            scalars: Distribution::Uniform,
            plan: Some(plan),
        },
    };
    let ntt = |card, log2| Point::ntt(Place::ideal(card), log2);
    use Distribution::{Uniform, Witness};
    use When::{Bench, Test};
    vec![
        (msm("toy", 4096, Uniform), Test),
        (with_plan("toy", 2048, (4, 2)), Test),
        (msm("toy2", 4096, Uniform), Test),
        (msm("bn254", 256, Uniform), Test),
        (msm("bn254", 1024, Uniform), Test),
        (msm("bn254", 1024, Witness), Test),
        (with_plan("bn254", 512, (8, 16)), Test),
        (msm("bn254", 16384, Uniform), Bench),
        (msm("bn254", 16384, Witness), Bench),
        (msm("bn254", 65536, Uniform), Bench),
        (msm("bls12_381", 4096, Uniform), Bench),
        (ntt("ntt_toy", 4), Test),
        (ntt("ntt_toy", 8), Test),
        (ntt("ntt_toy4", 8), Test),
        (ntt("ntt_bn254", 14), Bench),
        (ntt("ntt_bn254", 16), Bench),
        (ntt("ntt_bls12_381", 16), Bench),
        (ntt("ntt_goldilocks", 16), Bench),
        (ntt("ntt_baby_bear", 16), Bench),
        (ntt("ntt_baby_bear_8", 16), Bench),
        (ntt("ntt_koala_bear", 16), Bench),
        (ntt("ntt_koala_bear_8", 16), Bench),
    ]
}

/// The file of the baseline.
pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/baseline.json")
}

/// The points that are measured now: those of the tests, or all.
///
/// # Errors
/// When a card cannot be simulated, or fails a job.
pub fn measure_listed(all: bool) -> Result<Vec<Measurement>, Failure> {
    let points: Vec<Point> = listed()
        .into_iter()
        .filter(|(_, when)| all || *when == When::Test)
        .map(|(point, _)| point)
        .collect();
    let mut measurements = Vec::new();
    measure(&points, |measured| {
        measurements.push(measured);
        Ok(())
    })?;
    Ok(measurements)
}

impl Baseline {
    /// The recorded one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn recorded() -> Result<Self, Failure> {
        Ok(serde_json::from_str(&std::fs::read_to_string(file())?)?)
    }

    /// The measurements that are over [`TOLERANCE`], or of which there is no record.
    pub fn exceeded(&self, measurements: &[Measurement]) -> Vec<Excess> {
        let excess = |measured: &Measurement| {
            let point = measured.point.to_string();
            let recorded = self.cycles.get(&point).copied();
            let most = recorded.map(|cycles| cycles as f64 * (1.0 + TOLERANCE));
            let over = most.is_none_or(|most| measured.cycles as f64 > most);
            over.then_some(Excess {
                point,
                recorded,
                now: measured.cycles,
            })
        };
        measurements.iter().filter_map(excess).collect()
    }

    /// Records all listed points, for this reason.
    ///
    /// # Errors
    /// When there is no reason, a card cannot be simulated, or the file cannot be written.
    pub fn accept(reason: &str) -> Result<Self, Failure> {
        if reason.trim().is_empty() {
            return Err("a new baseline needs its reason".into());
        }
        let measurements = measure_listed(true)?;
        let of = |measured: &Measurement| (measured.point.to_string(), measured.cycles);
        let baseline = Self {
            reason: reason.trim().into(),
            cycles: measurements.iter().map(of).collect(),
        };
        std::fs::write(file(), serde_json::to_string_pretty(&baseline)? + "\n")?;
        Ok(baseline)
    }
}
