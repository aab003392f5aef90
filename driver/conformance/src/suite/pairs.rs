//! Scalars and points of which the sum is known, and the job that computes it.

use super::Miss;
use super::bench::{Bench, Queue, demand};
use crate::curve::{Curve, Point};
use gristmill_driver::{Density, DmaBuffer, Plan};
use gristmill_protocol::{
    CurveId, EngineCapability, EngineKind, Handle, Msm, MsmStatistics, Operation, SLOT_BYTES,
    format,
};
use num_bigint::{BigUint, RandBigInt};

/// Entries of the region table that a job uses.
const BASES: u16 = 0;
const SCRATCH: u16 = 1;

/// Pairs, and how they are given to the card.
pub(super) struct Pairs {
    pub(super) curve: Curve,
    pub(super) engine: EngineCapability,
    /// The points, by their logarithm to the generator; `None` for infinity.
    pub(super) logarithms: Vec<Option<BigUint>>,
    pub(super) scalars: Vec<BigUint>,
    pub(super) stride: usize,
    pub(super) montgomery: bool,
    pub(super) streamed: bool,
    /// Bytes between the records' room and the scalars, where those are in card memory.
    pub(super) resident: Option<u64>,
    pub(super) plan: Plan,
}

/// A job whose parts are where the card finds them.
pub(super) struct Placed {
    pub(super) msm: Msm,
    pub(super) results: DmaBuffer,
    pub(super) statistics: DmaBuffer,
    /// Scalars and, if streamed, points: kept for the card.
    _inputs: Vec<DmaBuffer>,
}

impl Pairs {
    /// Random points and scalars, in the plainest form, in one pass if possible.
    pub(super) fn random(bench: &mut Bench, count: usize) -> Result<Self, Miss> {
        let engines = &bench.engines;
        let is_msm = |engine: &&EngineCapability| engine.kind == EngineKind::Msm as u32;
        let engine = *engines
            .iter()
            .find(is_msm)
            .ok_or_else(|| Miss::Skipped("the card has no MSM engine".into()))?;
        let id = CurveId::from_code(engine.group)
            .ok_or_else(|| Miss::Failed(format!("the engine's group is {}", engine.group)))?;
        let curve = Curve::of(id);
        let count = count.min(1 << engine.size_log2);
        let random = &mut bench.random;
        // Small enough that no two are opposite by accident, even on the smallest curve.
        let logarithms =
            (0..count).map(|_| Some(random.gen_biguint_range(&1u32.into(), &100u32.into())));
        let logarithms = logarithms.collect();
        let scalars = (0..count)
            .map(|_| random.gen_biguint_below(&curve.order))
            .collect();
        let plans = (engine.window_min..=engine.window_max)
            .filter_map(|c| Plan::with_window(&engine, c, count, Density::UNIFORM));
        let plan = plans
            .min_by_key(|plan| (plan.passes, plan.cycles))
            .ok_or_else(|| Miss::Failed("the engine's capabilities allow no window".into()))?;
        Ok(Self {
            stride: 2 * curve.element_bytes,
            curve,
            engine,
            logarithms,
            scalars,
            montgomery: false,
            streamed: false,
            resident: None,
            plan,
        })
    }

    /// The sum that the card should find.
    pub(super) fn sum(&self) -> Point {
        let products = self.logarithms.iter().zip(&self.scalars);
        let products = products.filter_map(|(k, s)| k.as_ref().map(|k| k * s));
        let sum = products.sum::<BigUint>() % &self.curve.order;
        self.curve.multiply(&sum, &self.curve.generator())
    }

    pub(super) fn encoded_scalars(&self) -> Vec<u8> {
        let encode = |scalar| self.curve.encode_scalar(scalar, self.montgomery);
        self.scalars.iter().flat_map(encode).collect()
    }

    pub(super) fn encoded_points(&self) -> Vec<u8> {
        let generator = self.curve.generator();
        let mut points = Vec::new();
        for logarithm in &self.logarithms {
            let point = match logarithm {
                Some(k) => self.curve.multiply(k, &generator),
                None => self.curve.zero(),
            };
            points.extend(self.curve.encode_point(&point));
            // What stands between the points is not theirs, and must not matter.
            points.resize(
                points.len() + self.stride - 2 * self.curve.element_bytes,
                0xcc,
            );
        }
        points
    }

    /// Bytes of scratch memory for all pairs.
    pub(super) fn scratch_bytes(&self) -> u64 {
        let record = format::record_bytes(self.curve.element_bytes, self.curve.scalar_bytes);
        (self.scalars.len() * record) as u64
    }

    /// Puts scalars, points and results in their places.
    pub(super) fn place(&self, bench: &Bench, queue: &mut Queue) -> Result<Placed, Miss> {
        self.place_encoded(
            bench,
            queue,
            &self.encoded_scalars(),
            &self.encoded_points(),
        )
    }

    pub(super) fn place_encoded(
        &self,
        bench: &Bench,
        queue: &mut Queue,
        scalars: &[u8],
        points: &[u8],
    ) -> Result<Placed, Miss> {
        let slots = self.plan.slots() * format::result_slot_bytes(self.curve.element_bytes);
        let results = bench.buffer(&vec![0; slots])?;
        let mut inputs = vec![bench.buffer(scalars)?];
        let bases = match self.streamed {
            true => {
                inputs.push(bench.buffer(points)?);
                None
            }
            false => Some(queue.region(bench, BASES, 0, points)?),
        };
        let base = (points.len() as u64).next_multiple_of(64);
        let several = self.plan.passes > 1;
        let mut place = inputs[0].iova();
        let scratch = match self.resident {
            Some(gap) => {
                place = gap + if several { self.scratch_bytes() } else { 0 };
                // What stands before and behind the scalars is none of them.
                let mut contents = vec![0xff; place as usize];
                contents.extend(scalars);
                contents.resize(contents.len().next_multiple_of(64), 0xff);
                queue.region(bench, SCRATCH, base, &contents)?
            }
            None if several => queue.set_region(SCRATCH, base, self.scratch_bytes(), 0, false)?,
            None => Handle::default(),
        };
        let msm = Msm {
            scalars: place,
            scalars_resident: self.resident.is_some(),
            montgomery: self.montgomery,
            bases,
            bases_offset: if self.streamed { inputs[1].iova() } else { 0 },
            length: self.scalars.len() as u32,
            stride: self.stride as u16,
            window: self.plan.window,
            windows_per_pass: self.plan.windows_per_pass,
            results: results.iova(),
            scratch,
        };
        Ok(Placed {
            msm,
            results,
            statistics: bench.buffer(&[0; SLOT_BYTES])?,
            _inputs: inputs,
        })
    }

    /// Runs the job and compares the sum; the statistics block.
    pub(super) fn run(&self, bench: &Bench, queue: &mut Queue) -> Result<MsmStatistics, Miss> {
        let placed = self.place(bench, queue)?;
        let mut words = queue.words(Operation::Msm(placed.msm));
        words[1] = placed.statistics.iova();
        let windows = queue.succeed_with(words, || format!("{:?}", placed.msm))?;
        self.compare(&placed, windows)?;
        let mut block = [0; SLOT_BYTES];
        placed.statistics.read(0, &mut block)?;
        Ok(MsmStatistics::from_words(format::slot_words(&block)))
    }

    /// As [`Self::run`].
    pub(super) fn check(&self, bench: &Bench, queue: &mut Queue) -> Result<(), Miss> {
        self.run(bench, queue).map(drop)
    }

    /// Compares the first `windows` windows of the results with the sum.
    pub(super) fn compare(&self, placed: &Placed, windows: u64) -> Result<(), Miss> {
        let possible = self.plan.written_windows();
        demand(windows <= possible.into(), || {
            format!("{windows} windows written, {possible} are possible")
        })?;
        let c = usize::from(self.plan.window);
        let slot = format::result_slot_bytes(self.curve.element_bytes);
        let mut slots = vec![0; windows as usize * c * slot];
        placed.results.read(0, &mut slots)?;
        let sum = self.curve.sum_of_slots(&slots, c);
        let sum = sum.ok_or_else(|| Miss::Failed("a result slot is no point".into()))?;
        demand(self.curve.equal(&sum, &self.sum()), || {
            let shape = (self.plan.window, self.plan.windows_per_pass);
            format!(
                "wrong sum of {} pairs, (c, K) = {shape:?}",
                self.scalars.len()
            )
        })
    }
}
