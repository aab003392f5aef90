//! Multi-scalar multiplication by buckets, one window after the other.

use super::execute::{Refusal, check_aligned};
use super::state::State;
use super::{Mutation, Shared};
use crate::curve::{Curve, Point};
use gristmill_protocol::Handle;
use gristmill_protocol::capability::feature;
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::{
    ALIGNMENT, Completion, CurveId, EngineCapability, EngineKind, Msm, SLOT_WORDS, Status, format,
};
use num_bigint::BigUint;
use num_traits::{One, Zero};

/// Cycles around the additions of a job.
const OVERHEAD: u64 = 500;

impl Shared {
    pub(super) fn msm(
        &self,
        state: &mut State,
        queue: usize,
        words: [u64; SLOT_WORDS],
        completion: &mut Completion,
    ) -> Result<u64, Refusal> {
        let (mut msm, statistics) = (unpack(words), words[1]);
        let engine = self.engine(EngineKind::Msm);
        let engine = engine.map(|(_, engine)| engine).unwrap_or_default();
        let curve = CurveId::from_code(engine.group).map(Curve::of);
        let curve = curve.ok_or((Status::UnknownOpcode, words[0] & 0xff))?;
        let windows = self.check_shape(&msm, statistics, &engine)?;
        // Only a mutation lets another number through.
        msm.windows_per_pass = msm.windows_per_pass.max(1);
        if msm.scalars_resident && engine.features & feature::SCALARS_RESIDENT == 0 {
            return Err((Status::ReservedNotZero, 0));
        }
        let pairs = self.pairs(state, queue, &msm, &curve)?;
        self.check_scratch(state, queue, &msm, &engine, windows)?;

        let c = u32::from(msm.window);
        let passes = windows.div_ceil(msm.windows_per_pass.into());
        let mut digits = 0;
        let mut slots = Vec::new();
        for window in 0..windows as usize {
            let lost = window >= msm.windows_per_pass.into()
                && self.mutated_plainly(&msm, Mutation::SecondPass);
            for slot in self.window(&curve, &pairs, window, c as usize, lost, &mut digits) {
                slots.extend(curve.encode_slot(&slot));
            }
        }
        let sweep = u64::from(windows) << c;
        completion.busy = digits + sweep;
        completion.cycles += completion.busy + OVERHEAD * u64::from(passes);
        completion.link_bytes += slots.len() as u64;
        if !msm.scalars_resident {
            completion.link_bytes += u64::from(msm.length) * u64::from(engine.scalar_bytes);
        }
        let written = self.host_write(state, msm.results, &slots);
        written.or_else(|error| self.unless(Mutation::MsmHostMemoryError, error))?;
        if statistics != 0 && !self.mutated(Mutation::Statistics) {
            let points = pairs.iter().filter(|pair| !pair.scalar.is_zero());
            let block = [
                digits + OVERHEAD,
                sweep,
                digits,
                points.count() as u64,
                passes.into(),
                0,
                0,
                0,
            ];
            self.host_write(state, statistics, &format::slot_bytes(block))?;
        }
        Ok(windows.into())
    }

    /// Checks what can be seen without memory; the number of windows.
    fn check_shape(
        &self,
        msm: &Msm,
        statistics: u64,
        engine: &EngineCapability,
    ) -> Result<u32, Refusal> {
        let length = u64::from(msm.length);
        let size_ok = length > 0 && length <= 1 << engine.size_log2;
        if !size_ok && !self.mutated(Mutation::Length) {
            return Err((Status::SizeLimit, length));
        }
        let (c, k) = (u32::from(msm.window), u32::from(msm.windows_per_pass));
        let widths = engine.window_min..=engine.window_max;
        let width_ok = widths.contains(&msm.window);
        let windows_ok = width_ok
            && (1..=engine.windows_per_pass).contains(&k)
            && k.is_multiple_of(engine.adders)
            && u64::from(k.div_ceil(engine.adders)) << (c - 1) <= 1 << engine.buckets_log2;
        if !width_ok || (!windows_ok && !self.mutated(Mutation::Window)) {
            return Err((Status::UnsupportedParameter, 5));
        }
        let stride_ok = msm.stride >= 2 * engine.element_bytes && msm.stride.is_multiple_of(8);
        if !stride_ok && !self.mutated(Mutation::Stride) {
            return Err((Status::UnsupportedParameter, 5));
        }
        check_aligned(statistics, 1)?;
        match msm.scalars_resident {
            true if !msm.scalars.is_multiple_of(8) => return Err((Status::Misaligned, 2)),
            true => {}
            false => check_aligned(msm.scalars, 2)?,
        }
        check_aligned(msm.results, 6)?;
        if !msm.bases_offset.is_multiple_of(8) && !self.mutated(Mutation::MsmAlignment) {
            return Err((Status::Misaligned, 4));
        }
        Ok(format::windows(engine.scalar_bits, c))
    }

    fn check_scratch(
        &self,
        state: &State,
        queue: usize,
        msm: &Msm,
        engine: &EngineCapability,
        windows: u32,
    ) -> Result<(), Refusal> {
        if windows <= msm.windows_per_pass.into() {
            return Ok(());
        }
        let record = format::record_bytes(engine.element_bytes.into(), engine.scalar_bytes.into());
        let bytes = u64::from(msm.length) * record as u64;
        let room = match msm.scalars_resident {
            true => msm.scalars,
            false => self.region(state, queue, msm.scratch.pack())?.length,
        };
        // A record at the end of the room that does not fit is none.
        if bytes > room / record as u64 * record as u64
            && !self.mutated_plainly(msm, Mutation::Scratch)
        {
            return Err((Status::RegionBounds, 7));
        }
        Ok(())
    }

    /// Reads and checks the scalars and the points.
    fn pairs(
        &self,
        state: &mut State,
        queue: usize,
        msm: &Msm,
        curve: &Curve,
    ) -> Result<Vec<Pair>, Refusal> {
        let point_bytes = 2 * curve.element_bytes;
        let stride = match self.mutated(Mutation::WideStride) {
            true => point_bytes,
            false => usize::from(msm.stride),
        };
        let count = msm.length as usize;
        let span = (count.max(1) - 1) * usize::from(msm.stride) + point_bytes;
        let mut points = vec![0; span];
        match msm.bases {
            Some(handle) => {
                let region = self.region(state, queue, handle.pack())?;
                let at = self.place(state, region, msm.bases_offset, span as u64, 4)?;
                points.copy_from_slice(&state.memory[at..at + span]);
            }
            None => self.host_read(state, msm.bases_offset, &mut points)?,
        }
        if self.mutated_plainly(msm, Mutation::Streamed) && msm.bases.is_none() {
            points.rotate_left(stride.min(span));
        }
        let mut scalars = vec![0; count * curve.scalar_bytes];
        match msm.scalars_resident {
            true => self.resident_scalars(state, queue, msm, &mut scalars)?,
            false => self.host_read(state, msm.scalars, &mut scalars)?,
        }
        let montgomery = msm.montgomery && !self.mutated_plainly(msm, Mutation::Montgomery);
        let mut pairs = Vec::with_capacity(count);
        for (i, scalar) in scalars.chunks_exact(curve.scalar_bytes).enumerate() {
            let scalar = match curve.decode_scalar(scalar, montgomery) {
                Some(scalar) => scalar,
                None if self.mutated_plainly(msm, Mutation::ScalarRange) => BigUint::zero(),
                None => return Err((Status::NonCanonicalScalar, i as u64)),
            };
            let bytes = &points[i * stride..][..point_bytes];
            let point = match curve.decode_point(bytes) {
                Some(point) => point,
                None if self.mutated(Mutation::BaseRange) => curve.zero(),
                None => return Err((Status::NonCanonicalBase, i as u64)),
            };
            let infinite = bytes.iter().all(|byte| *byte == 0);
            pairs.push(Pair {
                scalar,
                point,
                infinite,
            });
        }
        self.spoil(&mut pairs, curve);
        Ok(pairs)
    }

    /// Whether this mutation concerns the job: one whose scalars are the host's.
    fn mutated_plainly(&self, msm: &Msm, mutation: Mutation) -> bool {
        self.mutated(mutation) && !msm.scalars_resident
    }

    /// Reads scalars that are in card memory.
    fn resident_scalars(
        &self,
        state: &State,
        queue: usize,
        msm: &Msm,
        scalars: &mut [u8],
    ) -> Result<(), Refusal> {
        let beyond = (Status::RegionBounds, 2);
        if msm.scratch.pack() == 0 {
            return Err(beyond);
        }
        let region = self.region(state, queue, msm.scratch.pack())?;
        let end = msm.scalars.checked_add(scalars.len() as u64);
        let inside = end.is_some_and(|end| end <= region.length);
        if !inside && !self.mutated(Mutation::ResidentBounds) {
            return Err(beyond);
        }
        let offset = match self.mutated(Mutation::ResidentScalars) {
            true => msm.scalars / ALIGNMENT * ALIGNMENT,
            false => msm.scalars,
        };
        let at = (region.base.saturating_add(offset) as usize).min(state.memory.len());
        for (scalar, byte) in scalars.iter_mut().zip(&state.memory[at..]) {
            *scalar = *byte;
        }
        Ok(())
    }

    /// The sums of one window by weight.
    fn window(
        &self,
        curve: &Curve,
        pairs: &[Pair],
        window: usize,
        c: usize,
        lost: bool,
        digits: &mut u64,
    ) -> Vec<Point> {
        let mut buckets = vec![curve.zero(); (1 << (c - 1)) + 1];
        for pair in pairs.iter().filter(|_| !lost) {
            let digit = curve
                .digits(&pair.scalar, c)
                .get(window)
                .copied()
                .unwrap_or(0);
            if digit == 0 {
                continue;
            }
            *digits += 1;
            let signed = match digit < 0 {
                true => curve.negate(&pair.point),
                false => pair.point.clone(),
            };
            let bucket = &mut buckets[digit.unsigned_abs() as usize];
            *bucket = curve.add(bucket, &signed);
        }
        let of_weight = |weight: usize| {
            let with_bit = buckets
                .iter()
                .enumerate()
                .filter(|(i, _)| i >> weight & 1 == 1);
            with_bit.fold(curve.zero(), |sum, (_, bucket)| curve.add(&sum, bucket))
        };
        (0..c).map(of_weight).collect()
    }

    /// Applies the mutations that concern the values of the pairs.
    fn spoil(&self, pairs: &mut Vec<Pair>, curve: &Curve) {
        match self.options.mutation {
            Some(Mutation::SmallResult) if pairs.len() == 13 => pairs.truncate(12),
            Some(Mutation::Infinity) => {
                for pair in pairs.iter_mut().filter(|pair| pair.infinite) {
                    pair.point = curve.generator();
                }
            }
            Some(Mutation::Opposite) => {
                let opposite = pairs.windows(2).position(|two| {
                    two[0].scalar == two[1].scalar
                        && !two[0].infinite
                        && curve.equal(&two[0].point, &curve.negate(&two[1].point))
                });
                if let Some(first) = opposite {
                    pairs[first].scalar = BigUint::zero();
                }
            }
            Some(Mutation::LargestScalar) => {
                for pair in pairs.iter_mut() {
                    if pair.scalar == &curve.order - 1u32 {
                        pair.scalar = BigUint::one();
                    }
                }
            }
            Some(Mutation::Equal) => {
                let same = pairs.windows(2).all(|two| {
                    two[0].scalar == two[1].scalar && curve.equal(&two[0].point, &two[1].point)
                });
                if same {
                    pairs.truncate(1);
                }
            }
            _ => {}
        }
    }
}

struct Pair {
    scalar: BigUint,
    point: Point,
    infinite: bool,
}

/// The descriptor's fields; reserved bits have been checked.
fn unpack(words: [u64; SLOT_WORDS]) -> Msm {
    let [
        head,
        _,
        scalars,
        bases,
        bases_offset,
        shape,
        results,
        scratch,
    ] = words;
    let flags = (head >> 16) as u16;
    Msm {
        scalars,
        scalars_resident: flags & flag::SCALARS_RESIDENT != 0,
        montgomery: flags & flag::SCALARS_MONTGOMERY != 0,
        bases: (flags & flag::BASES_STREAMED == 0).then(|| Handle::unpack(bases)),
        bases_offset,
        length: shape as u32,
        stride: (shape >> 32) as u16,
        window: (shape >> 48) as u8,
        windows_per_pass: (shape >> 56) as u8,
        results,
        scratch: Handle::unpack(scratch),
    }
}
