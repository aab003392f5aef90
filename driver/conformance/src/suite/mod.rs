//! Named checks of a card through its transport, below the driver's [`Card`](gristmill_driver::Card): what is written here
//! is what the protocol demands.

mod bench;
mod descriptors;
mod interrupts;
mod msm;
mod msm_errors;
mod ntt;
mod ntt_errors;
mod pairs;
mod pointwise;
mod random;
mod regions;
mod registers;
mod reset;
mod rings;
mod transforms;

use bench::Bench;
use gristmill_driver::Transport;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How the suite is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// More and larger cases.
    pub long: bool,
    /// Seed of everything random.
    pub seed: u64,
    /// Wall time for one job or one reset; a simulated card needs more than one on a bus.
    pub patience: Duration,
    /// Binary logarithm of the longest transform that is tried. Its values are computed here too, from the definition's
    /// big integers: on a slow host that takes longer than all other checks.
    pub longest_transform_log2: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            long: false,
            seed: 1,
            patience: Duration::from_secs(30),
            longest_transform_log2: u32::MAX,
        }
    }
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The card does what the protocol demands.
    Passed,
    /// It does not; what was seen.
    Failed(String),
    /// The card lacks what the check is about.
    Skipped(String),
}

/// One check's result.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// Name of the check.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Wall time.
    pub time: Duration,
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, text) = match &self.outcome {
            Outcome::Passed => ("pass", ""),
            Outcome::Failed(text) => ("FAIL", text.as_str()),
            Outcome::Skipped(text) => ("skip", text.as_str()),
        };
        let seconds = self.time.as_secs_f64();
        write!(f, "{mark} {:<24} {seconds:8.3} s  {text}", self.name)
    }
}

/// All results, in order.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One for each check.
    pub results: Vec<CheckResult>,
}

impl Report {
    /// Whether no check failed.
    pub fn passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Names of the checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = &'static str> {
        let failed = |result: &&CheckResult| matches!(result.outcome, Outcome::Failed(_));
        self.results.iter().filter(failed).map(|result| result.name)
    }
}

/// Why a check did not pass.
#[derive(Debug)]
enum Miss {
    Failed(String),
    Skipped(String),
}

impl<E: std::error::Error> From<E> for Miss {
    fn from(error: E) -> Self {
        Miss::Failed(error.to_string())
    }
}

type Check = fn(&mut Bench) -> Result<(), Miss>;

const CHECKS: &[(&str, Check)] = &[
    ("identity", registers::identity),
    ("capability table", registers::capability_table),
    ("cycle counter", registers::cycle_counter),
    ("read-only registers", registers::read_only),
    ("queue registers", registers::queue_registers),
    ("nop", rings::nop),
    ("ring wrap", rings::wrap),
    ("ring counters", rings::counters),
    ("ring full", rings::full),
    ("ring address", rings::address),
    ("ring overlap", rings::overlap),
    ("queue off", rings::off),
    ("several queues", rings::several),
    ("unknown opcode", descriptors::unknown_opcode),
    ("reserved bits", descriptors::reserved_bits),
    ("wrong version", descriptors::wrong_version),
    ("size limit", descriptors::size_limit),
    ("misaligned", descriptors::misaligned),
    ("host memory error", descriptors::host_memory_error),
    ("copies", regions::copies),
    ("region bounds", regions::bounds),
    ("stale generation", regions::stale_generation),
    ("region cleared", regions::cleared),
    ("region domain", regions::domain),
    ("admin queue", regions::admin_queue),
    ("wipe", regions::wipe),
    ("interrupt test", interrupts::test_register),
    ("interrupt", interrupts::completion),
    ("interrupt suppressed", interrupts::suppressed),
    ("interrupt masked", interrupts::masked),
    ("reset key", reset::key),
    ("reset in mid-job", reset::mid_job),
    ("handles after reset", reset::handles),
    ("msm random", msm::random),
    ("msm infinity", msm::infinity),
    ("msm opposite points", msm::opposite),
    ("msm corner scalars", msm::corner_scalars),
    ("msm all equal", msm::all_equal),
    ("msm montgomery", msm::montgomery),
    ("msm streamed", msm::streamed),
    ("msm wide stride", msm::wide_stride),
    ("msm resident scalars", msm::resident),
    ("msm several passes", msm::several_passes),
    ("msm statistics", msm::statistics),
    ("msm progress", msm::progress),
    ("msm length", msm_errors::length),
    ("msm window", msm_errors::window),
    ("msm stride", msm_errors::stride),
    ("msm scratch", msm_errors::scratch),
    ("msm bounds", msm_errors::bounds),
    ("msm misaligned", msm_errors::misaligned),
    ("msm scalar range", msm_errors::scalar_range),
    ("msm base range", msm_errors::base_range),
    ("msm resident errors", msm_errors::resident),
    ("msm host memory error", msm_errors::host_memory_error),
    ("ntt sizes", ntt::sizes),
    ("ntt orders", ntt::orders),
    ("ntt coset", ntt::coset),
    ("ntt factor", ntt::factor),
    ("ntt batch", ntt::batch),
    ("ntt columns", ntt::columns),
    ("ntt extension", ntt::extension),
    ("ntt two passes", ntt::two_passes),
    ("ntt in place", ntt::in_place),
    ("ntt in flight", ntt::in_flight),
    ("ntt neighbours", ntt::neighbours),
    ("ntt statistics", ntt::statistics),
    ("ntt progress", ntt::progress),
    ("ntt size limit", ntt_errors::size),
    ("ntt unused fields", ntt_errors::unused),
    ("ntt misaligned", ntt_errors::misaligned),
    ("ntt bounds", ntt_errors::bounds),
    ("ntt overlap", ntt_errors::overlap),
    ("ntt stride", ntt_errors::stride),
    ("ntt tables", ntt_errors::tables),
    ("ntt flags", ntt_errors::flags),
    ("ntt element range", ntt_errors::element_range),
    ("pointwise values", pointwise::values),
    ("pointwise neighbours", pointwise::neighbours),
    ("pointwise progress", pointwise::progress),
    ("pointwise size limit", pointwise::size),
    ("pointwise misaligned", pointwise::misaligned),
    ("pointwise bounds", pointwise::bounds),
    ("pointwise overlap", pointwise::overlap),
    ("pointwise element range", pointwise::element_range),
    ("random descriptors", random::mixed),
];

/// Names of all checks, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|(name, _)| *name)
}

/// Runs all checks, each on a freshly reset card, and tells `report` of each one. A card that
/// fails one check is still given the others.
pub fn run(
    transport: Arc<dyn Transport>,
    options: Options,
    report: &mut dyn FnMut(&CheckResult),
) -> Report {
    let mut bench = Bench::new(transport, options);
    let mut all = Report::default();
    for (name, check) in CHECKS {
        let begun = Instant::now();
        let outcome = match bench.reset().and_then(|()| check(&mut bench)) {
            Ok(()) => Outcome::Passed,
            Err(Miss::Failed(text)) => Outcome::Failed(text),
            Err(Miss::Skipped(text)) => Outcome::Skipped(text),
        };
        let result = CheckResult {
            name,
            outcome,
            time: begun.elapsed(),
        };
        report(&result);
        all.results.push(result);
    }
    all
}
