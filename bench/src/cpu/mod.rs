//! Libraries on the CPU, timed by criterion. Each result is compared with arkworks' before it is timed.

mod msm;
mod ntt;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::Criterion;
use serde::Deserialize;

use crate::Failure;
use crate::results::{CpuTime, spread};

pub use msm::measure as measure_msm;
pub use ntt::measure as measure_ntt;

/// Samples of each measurement.
const SAMPLES: usize = 10;
/// What criterion warms up for, and measures for, at least.
const WARM_UP: Duration = Duration::from_millis(100);
const MEASURE: Duration = Duration::from_millis(400);

/// Sizes, threads, and where measurements go.
pub struct Timer<'a> {
    /// Binary logarithms of the sizes.
    pub sizes: Vec<u32>,
    /// Numbers of threads.
    pub threads: Vec<usize>,
    done: &'a mut dyn FnMut(CpuTime) -> Result<(), Failure>,
    criterion: Criterion,
    folder: PathBuf,
}

/// Characters of the name of a folder of Criterion's.
const NAME_LENGTH: usize = 64;

/// Criterion's file of samples.
#[derive(Deserialize)]
struct Samples {
    iters: Vec<f64>,
    times: Vec<f64>,
}

impl<'a> Timer<'a> {
    /// Sizes 2^8 to 2^18 in steps of two, or to 2^22; one thread and all.
    pub fn new(full: bool, done: &'a mut dyn FnMut(CpuTime) -> Result<(), Failure>) -> Self {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        let mut threads = vec![1, all];
        threads.dedup();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/criterion");
        let criterion = Criterion::default()
            .sample_size(SAMPLES)
            .warm_up_time(WARM_UP)
            .measurement_time(MEASURE)
            .without_plots()
            .output_directory(&folder);
        Self {
            sizes: (8..=if full { 22 } else { 18 }).step_by(2).collect(),
            threads,
            done,
            criterion,
            folder,
        }
    }

    /// Times `work` in a pool of `what.threads` threads, and hands `what` on with the times in it.
    fn time<T: Send>(
        &mut self,
        what: CpuTime,
        mut work: impl FnMut() -> T + Send,
    ) -> Result<(), Failure> {
        self.time_with(what, || (), |()| work())
    }

    /// The same with an input that is not timed.
    fn time_with<I: Send, T: Send>(
        &mut self,
        mut what: CpuTime,
        mut input: impl FnMut() -> I + Send,
        mut work: impl FnMut(I) -> T + Send,
    ) -> Result<(), Failure> {
        // what tells runs of one library apart comes first: Criterion cuts names
        let name = format!(
            "{} {} {:?} {:?} {} {}",
            what.threads, what.log2, what.scalars, what.operation, what.group, what.library
        );
        let name: String = name
            .chars()
            .take(NAME_LENGTH)
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(what.threads)
            .build()?;
        self.criterion.bench_function(&name, |bencher| {
            bencher.iter_custom(|iterations| {
                pool.install(|| {
                    (0..iterations).fold(Duration::ZERO, |sum, _| {
                        let input = input();
                        let started = Instant::now();
                        let output = black_box(work(black_box(input)));
                        let elapsed = started.elapsed();
                        drop(output);
                        sum + elapsed
                    })
                })
            });
        });
        let file = self.folder.join(&name).join("new/sample.json");
        let samples: Samples = serde_json::from_str(&std::fs::read_to_string(&file)?)?;
        let of_each = samples.iters.iter().zip(&samples.times);
        let mut seconds: Vec<f64> = of_each.map(|(n, t)| t / n / 1e9).collect();
        what.samples = seconds.len();
        [what.min, what.median, what.max] = spread(&mut seconds);
        (self.done)(what)
    }
}
