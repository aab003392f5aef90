//! How a multi-scalar multiplication is cut into windows and passes.

use gristmill_protocol::{EngineCapability, format};

/// How many of the scalars are cheap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// Fraction that is zero.
    pub zero: f64,
    /// Fraction that has one digit, such as 1 and -1.
    pub light: f64,
}

impl Density {
    /// No scalar is cheap.
    pub const UNIFORM: Self = Self {
        zero: 0.0,
        light: 0.0,
    };

    /// An estimate from every 64th scalar, at most 4096 of them. In Montgomery form only zeros are recognised, since
    /// 1 looks like any other scalar there; a caller who knows the field can do better.
    pub fn sample(scalars: &[u8], scalar_bytes: usize, montgomery: bool) -> Self {
        let count = scalars.len() / scalar_bytes.max(1);
        let step = 64.max(count.div_ceil(4096));
        let (mut zero, mut light, mut seen) = (0, 0, 0);
        for scalar in scalars.chunks_exact(scalar_bytes.max(1)).step_by(step) {
            seen += 1;
            if scalar.iter().all(|byte| *byte == 0) {
                zero += 1;
            } else if !montgomery && scalar[1..].iter().all(|byte| *byte == 0) {
                light += 1;
            }
        }
        let seen = f64::from(seen.max(1));
        Self {
            zero: f64::from(zero) / seen,
            light: f64::from(light) / seen,
        }
    }
}

/// Records that the card writes in one go.
pub const RUN_RECORDS: f64 = 32.0;
/// Cycles from run to run in which no beat moves: the request, the first record, the response.
pub const RUN_CYCLES: f64 = 25.0;

/// Window width and windows a pass, with the cycles that the model predicts for them.
///
/// With n scalars, W = ⌈bits / c⌉ windows, A adders and K windows a pass:
/// * every scalar costs a cycle in the first pass, and a dense one K / A in each, a cycle for each window of an adder;
/// * a pass that is not the last writes a record for each dense scalar, which takes R cycles: its beats of 64
///   bytes, and its part of the [`RUN_CYCLES`] between runs of [`RUN_RECORDS`]. So a pass of few windows waits for memory:
///   n_cheap + n_dense * ((P - 1) * max(K / A, R) + K / A) with P passes;
/// * the sweep adds every bucket twice: 2 * 2^(c-1) * W / A;
/// * a pass ends with about c + 8 latencies of the adder, one for each level of the sweep and some
///   for the last collisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Window width c in bits.
    pub window: u8,
    /// Windows a pass K, over all adders.
    pub windows_per_pass: u8,
    /// Windows W of a full scalar.
    pub windows: u32,
    /// Passes ⌈W / K⌉ of a full scalar.
    pub passes: u32,
    /// Predicted cycles.
    pub cycles: u64,
}

impl Plan {
    /// The plan with the fewest predicted cycles, for `count` scalars. `None` when the capability
    /// allows no window at all.
    pub fn choose(engine: &EngineCapability, count: usize, density: Density) -> Option<Self> {
        (engine.window_min..=engine.window_max)
            .filter_map(|window| Self::with_window(engine, window, count, density))
            .min_by_key(|plan| plan.cycles)
    }

    /// The best plan of this window width; `None` when the engine cannot do it.
    pub fn with_window(
        engine: &EngineCapability,
        window: u8,
        count: usize,
        density: Density,
    ) -> Option<Self> {
        let c = u32::from(window);
        let adders = engine.adders.max(1);
        if c == 0 || c - 1 > engine.buckets_log2 {
            return None;
        }
        let windows = format::windows(engine.scalar_bits, c);
        let fits = 1u64 << (engine.buckets_log2 - (c - 1)).min(32);
        let most_each = fits
            .min(u64::from(engine.windows_per_pass / adders))
            .min(u64::from(windows.div_ceil(adders)));
        // Passes that are equally full beat a last one that is nearly empty.
        let passes = u64::from(windows.div_ceil(adders)).div_ceil(most_each.max(1));
        let each = u64::from(windows.div_ceil(adders)).div_ceil(passes);
        let each = each.max(u64::from(engine.pass_bits_min.div_ceil(c * adders)));
        if most_each == 0 {
            return None;
        }
        let cheap = (density.zero + density.light).clamp(0.0, 1.0);
        let dense = (count as f64 * (1.0 - cheap)).ceil() as u64;
        let record = format::record_bytes(engine.element_bytes.into(), engine.scalar_bytes.into());
        let record = record as f64 / 64.0 + RUN_CYCLES / RUN_RECORDS;
        let of_dense = (passes - 1) as f64 * record.max(each as f64) + each as f64;
        let stream =
            (count as u64 - dense.min(count as u64)) + (dense as f64 * of_dense).ceil() as u64;
        let sweep = (each * passes) << c;
        let drain = passes * u64::from(c + 8) * u64::from(engine.latency);
        Some(Self {
            window,
            windows_per_pass: u8::try_from(each * u64::from(adders)).ok()?,
            windows,
            passes: passes as u32,
            cycles: stream + sweep + drain,
        })
    }

    /// The same window width with as few windows a pass as the engine can do.
    pub fn narrowest(self, engine: &EngineCapability) -> Self {
        let adders = engine.adders.max(1);
        let least = engine.pass_bits_min.div_ceil(u32::from(self.window)).max(1);
        let windows_per_pass = least
            .next_multiple_of(adders)
            .min(self.windows_per_pass.into());
        Self {
            windows_per_pass: windows_per_pass as u8,
            passes: self.windows.div_ceil(windows_per_pass),
            ..self
        }
    }

    /// Windows that the card may write: those of all passes, the last one filled up.
    pub fn written_windows(&self) -> u32 {
        self.passes * u32::from(self.windows_per_pass)
    }

    /// Result slots that the card may write: c for each window.
    pub fn slots(&self) -> usize {
        self.written_windows() as usize * usize::from(self.window)
    }
}
