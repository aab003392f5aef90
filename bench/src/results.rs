//! What a run has measured so far: one file, written again after each measurement, so that an interrupted run keeps what
//! it has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::distribution::Distribution;
use crate::points::Measurement;
use crate::prover::ProofRun;

/// Version of the file's form.
pub const SCHEMA: u32 = 1;

/// All results of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Seconds since 1970 when the run began.
    pub began: u64,
    /// It came to its end; otherwise the results are partial.
    pub finished: bool,
    /// The largest sizes were asked for.
    pub full: bool,
    /// Where it ran.
    pub machine: Machine,
    /// Jobs on simulated cards.
    pub cards: Vec<Measurement>,
    /// Libraries on the CPU.
    pub cpu: Vec<CpuTime>,
    /// Whole proofs.
    pub proofs: Vec<ProofRun>,
    /// What the driver costs by itself.
    pub driver: Vec<DriverFigure>,
    /// What was not measured.
    pub missing: Vec<Missing>,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// As `/proc/cpuinfo` calls it.
    pub cpu: String,
    /// Hardware threads that the process may use.
    pub threads: usize,
    /// Vector extensions that the CPU libraries were built for.
    pub target_features: String,
    /// The compiler.
    pub rustc: String,
    /// The commit, with `-dirty` when files had changed.
    pub commit: String,
}

/// What a library computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A multi-scalar multiplication.
    Msm,
    /// A forward transform, natural order in and out.
    Ntt,
}

/// Time of a library on the CPU, in seconds, over criterion's samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CpuTime {
    /// What.
    pub operation: Operation,
    /// Curve or field, as the protocol names it.
    pub group: String,
    /// The library, its version and algorithm.
    pub library: String,
    /// Binary logarithm of the size.
    pub log2: u32,
    /// Of an MSM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scalars: Option<Distribution>,
    /// Threads.
    pub threads: usize,
    /// Samples.
    pub samples: usize,
    /// The least.
    pub min: f64,
    /// Half are less.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

/// A figure of the driver, with its spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverFigure {
    /// What.
    pub name: String,
    /// In what.
    pub unit: String,
    /// Samples.
    pub samples: usize,
    /// The least.
    pub min: f64,
    /// Half are less.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

/// Something that was not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The stage that ended early.
    pub stage: String,
    /// Why, and the command that helps where there is one.
    pub why: String,
}

/// Least, median and greatest of some samples; zeros for none.
pub fn spread(samples: &mut [f64]) -> [f64; 3] {
    samples.sort_by(f64::total_cmp);
    let middle = samples.get(samples.len() / 2);
    match (samples.first(), middle, samples.last()) {
        (Some(least), Some(median), Some(greatest)) => [*least, *median, *greatest],
        _ => [0.0; 3],
    }
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu.lines().find(|line| line.starts_with("model name"));
        let model = model
            .and_then(|line| line.split_once(": "))
            .map_or("unknown", |(_, name)| name);
        let output = |program: &str, arguments: &[&str]| -> String {
            let output = Command::new(program).args(arguments).output();
            let text =
                output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
            text.unwrap_or_default()
        };
        Self {
            cpu: model.into(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            target_features: target_features().join(" "),
            rustc: output("rustc", &["--version"]),
            commit: output("git", &["describe", "--always", "--dirty", "--exclude=*"]),
        }
    }
}

/// Of the vector extensions, those that this program was built for.
fn target_features() -> Vec<&'static str> {
    let all = [
        ("adx", cfg!(target_feature = "adx")),
        ("bmi2", cfg!(target_feature = "bmi2")),
        ("avx2", cfg!(target_feature = "avx2")),
        ("avx512f", cfg!(target_feature = "avx512f")),
        ("avx512ifma", cfg!(target_feature = "avx512ifma")),
        ("neon", cfg!(target_feature = "neon")),
    ];
    all.into_iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| name)
        .collect()
}

/// The folder of results in the repository.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

/// The results' file in it.
pub fn file() -> PathBuf {
    folder().join("results.json")
}

impl Results {
    /// An empty run on this machine.
    pub fn begin(full: bool) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            schema: SCHEMA,
            began: now.map_or(0, |now| now.as_secs()),
            full,
            machine: Machine::this(),
            ..Self::default()
        }
    }

    /// The results in a file.
    ///
    /// # Errors
    /// When it cannot be read, or has another form.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let results: Self = serde_json::from_str(&fs::read_to_string(path)?)?;
        match results.schema {
            SCHEMA => Ok(results),
            other => Err(format!("{}: schema {other}, expected {SCHEMA}", path.display()).into()),
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Failure> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = path.with_extension("json.new");
        fs::write(&new, self.text()?)?;
        fs::rename(new, path)?;
        Ok(())
    }

    /// As JSON, a line a measurement.
    fn text(&self) -> Result<String, Failure> {
        let serde_json::Value::Object(fields) = serde_json::to_value(self)? else {
            return Err("results are an object".into());
        };
        let line = |(name, value): (String, serde_json::Value)| match value {
            serde_json::Value::Array(items) if !items.is_empty() => {
                let items: Vec<String> = items.iter().map(|item| format!("  {item}")).collect();
                format!("\"{name}\": [\n{}\n]", items.join(",\n"))
            }
            value => format!("\"{name}\": {value}"),
        };
        let lines: Vec<String> = fields.into_iter().map(line).collect();
        Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
    }

    /// What is missing, in words; empty when the results are whole.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        if !self.finished {
            gaps.push("the run did not come to its end".into());
        }
        for missing in &self.missing {
            gaps.push(format!(
                "the stage {} ended early: {}",
                missing.stage, missing.why
            ));
        }
        for (what, none) in [
            ("jobs on simulated cards", self.cards.is_empty()),
            ("libraries on the CPU", self.cpu.is_empty()),
            ("whole proofs", self.proofs.is_empty()),
            ("the driver's cost", self.driver.is_empty()),
        ] {
            if none {
                gaps.push(format!("{what}: not measured"));
            }
        }
        gaps
    }

    /// Notes that a stage ended early.
    pub fn miss(&mut self, stage: impl Into<String>, why: impl ToString) {
        let (stage, why) = (stage.into(), why.to_string());
        self.missing.push(Missing { stage, why });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_back_from_their_file() {
        let mut results = Results::begin(true);
        results.miss("a thing", "it is not here");
        assert!(results.gaps()[1].contains("it is not here"));
        results.driver.push(DriverFigure {
            name: "empty job".into(),
            unit: "µs".into(),
            samples: 3,
            min: 1.0,
            median: 2.5,
            max: 7.0,
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        results.save(&path).unwrap();
        assert_eq!(Results::load(&path).unwrap(), results);
        results.schema = SCHEMA + 1;
        results.save(&path).unwrap();
        assert!(Results::load(&path).is_err());
    }

    #[test]
    fn a_spread_is_ordered() {
        assert_eq!(spread(&mut [3.0, 1.0, 2.0]), [1.0, 2.0, 3.0]);
        assert_eq!(spread(&mut []), [0.0; 3]);
    }
}
