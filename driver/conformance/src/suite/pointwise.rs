//! Element-wise arithmetic: the values are right, and what must be refused is.

use super::Miss;
use super::bench::{Bench, Queue, demand, told};
use crate::field::Field;
use gristmill_protocol::{
    ALIGNMENT, EngineCapability, EngineKind, FieldId, MultiplySubtract, Operation, Status, register,
};
use num_bigint::{BigUint, RandBigInt};

/// Entry of the region table of a job, and what stands where no element does.
const REGION: u16 = 7;
const BACKGROUND: u8 = 0xff;

/// Three vectors, and where they are.
pub(super) struct Vectors {
    field: Field,
    operands: [Vec<BigUint>; 3],
    /// b and c are one vector.
    shared: bool,
    /// First byte of card memory that is used.
    pub(super) base: u64,
}

pub(super) fn engine(bench: &Bench) -> Result<EngineCapability, Miss> {
    let mut engines = bench.engines.iter();
    let found = engines.find(|engine| engine.kind == EngineKind::Pointwise as u32);
    let missing = || Miss::Skipped("the card has no engine of element-wise arithmetic".into());
    found.copied().ok_or_else(missing)
}

impl Vectors {
    pub(super) fn random(bench: &mut Bench, length: usize) -> Result<Self, Miss> {
        let engine = engine(bench)?;
        let id = FieldId::from_code(engine.group)
            .ok_or_else(|| Miss::Failed(format!("the engine's field is {}", engine.group)))?;
        let field = Field::of(id);
        let random = &mut bench.random;
        let operands = std::array::from_fn(|_| {
            let elements = (0..length).map(|_| random.gen_biguint_below(&field.modulus));
            elements.collect()
        });
        Ok(Self {
            field,
            operands,
            shared: false,
            base: 0,
        })
    }

    /// Places with a block before, between and behind the areas.
    fn job(&self) -> MultiplySubtract {
        let mut job = MultiplySubtract {
            length: self.operands[0].len() as u32,
            ..MultiplySubtract::default()
        };
        let step = job.area_bytes(self.field.element_bytes) + ALIGNMENT;
        (job.b, job.a) = (ALIGNMENT, ALIGNMENT + step);
        job.c = match self.shared {
            true => job.b,
            false => job.a + step,
        };
        job
    }

    fn contents(&self, job: &MultiplySubtract) -> Vec<u8> {
        let bytes = self.field.element_bytes;
        let end = ALIGNMENT + 3 * (job.area_bytes(bytes) + ALIGNMENT);
        let mut contents = vec![BACKGROUND; end as usize];
        for (offset, elements) in [job.a, job.b, job.c].into_iter().zip(&self.operands) {
            for (i, element) in elements.iter().enumerate() {
                let at = offset as usize + i * bytes;
                contents[at..at + bytes].copy_from_slice(&self.field.encode(element));
            }
        }
        contents
    }

    /// Puts the vectors in their places; the job.
    pub(super) fn place(&self, bench: &Bench, queue: &mut Queue) -> Result<MultiplySubtract, Miss> {
        let job = self.job();
        Ok(MultiplySubtract {
            data: queue.region(bench, REGION, self.base, &self.contents(&job))?,
            ..job
        })
    }

    fn compare(&self, found: &[u8], offset: u64) -> Result<(), Miss> {
        let (p, bytes) = (&self.field.modulus, self.field.element_bytes);
        let [a, b, c] = &self.operands;
        for (i, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate() {
            let wanted = (a * b + p - c) % p;
            let at = offset as usize + i * bytes;
            let element = self.field.decode(&found[at..]);
            demand(element.as_ref() == Some(&wanted), || {
                format!(
                    "element {i} of {} is {element:?}, not {wanted}",
                    self.operands[0].len()
                )
            })?;
        }
        Ok(())
    }

    /// Runs the job, and compares its results.
    fn check(&self, bench: &Bench, queue: &mut Queue) -> Result<(), Miss> {
        let job = self.place(bench, queue)?;
        let words = queue.words(Operation::MultiplySubtract(job));
        let detail = queue.succeed_with(words, || format!("{job:?}"))?;
        demand(detail == 0, || format!("the detail of success is {detail}"))?;
        let area = job.area_bytes(self.field.element_bytes);
        let found = queue.read_back(bench, job.data, job.a, area)?;
        self.compare(&found, 0)
    }
}

pub(super) fn values(bench: &mut Bench) -> Result<(), Miss> {
    let lanes = engine(bench)?.lanes as usize;
    let mut queue = bench.queue()?;
    let run = 64 * lanes;
    let short = [1, 2, lanes + 1, run - 1, run, run + 1, 3 * run + lanes + 1];
    let long: &[usize] = if bench.options.long { &[3000] } else { &[] };
    for length in short.iter().chain(long) {
        let mut vectors = Vectors::random(bench, *length)?;
        let most = &vectors.field.modulus - 1u32;
        for (i, corner) in [BigUint::ZERO, 1u32.into(), most].into_iter().enumerate() {
            for (k, operand) in vectors.operands.iter_mut().enumerate() {
                if let Some(element) = operand.get_mut(i + k) {
                    *element = corner.clone();
                }
            }
        }
        vectors.check(bench, &mut queue)?;
        vectors.shared = true;
        vectors.operands[2] = vectors.operands[1].clone();
        vectors.check(bench, &mut queue)?;
    }
    Ok(())
}

/// What stands around the areas, and the operands that are only read, stay.
pub(super) fn neighbours(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    for length in [1, 9, 70] {
        let vectors = Vectors::random(bench, length)?;
        let job = vectors.place(bench, &mut queue)?;
        let before = vectors.contents(&job);
        queue.succeed(Operation::MultiplySubtract(job))?;
        let after = queue.read_back(bench, job.data, 0, before.len() as u64)?;
        let area = job.a as usize..(job.a + job.area_bytes(vectors.field.element_bytes)) as usize;
        let same =
            after[..area.start] == before[..area.start] && after[area.end..] == before[area.end..];
        demand(same, || format!("{job:?} wrote to a neighbour"))?;
    }
    Ok(())
}

pub(super) fn progress(bench: &mut Bench) -> Result<(), Miss> {
    let wanted = engine(bench)?;
    let index = bench.engines.iter().position(|engine| *engine == wanted);
    let offset = register::progress_register(index.unwrap_or(0) as u32);
    let vectors = Vectors::random(bench, 40)?;
    let mut queue = bench.queue()?;
    let before = bench.registers.read(offset)?;
    vectors.check(bench, &mut queue)?;
    let after = bench.registers.read(offset)?;
    demand(before != after, || {
        "PROGRESS did not change over a job".into()
    })
}

/// Runs the changed job, which must be refused like this, and then the good one.
fn refuse(
    bench: &mut Bench,
    change: &dyn Fn(&mut MultiplySubtract),
    status: Status,
    detail: u64,
) -> Result<(), Miss> {
    let vectors = Vectors::random(bench, 40)?;
    let mut queue = bench.queue()?;
    let mut job = vectors.place(bench, &mut queue)?;
    change(&mut job);
    let words = queue.words(Operation::MultiplySubtract(job));
    queue.refuse(words, &format!("{job:?}"), status, detail)?;
    vectors.check(bench, &mut queue)
}

pub(super) fn size(bench: &mut Bench) -> Result<(), Miss> {
    let over = (1u64 << engine(bench)?.size_log2) + 1;
    refuse(bench, &|job| job.length = 0, Status::SizeLimit, 0)?;
    for length in [over, u32::MAX.into()] {
        let change = |job: &mut MultiplySubtract| job.length = length as u32;
        refuse(bench, &change, Status::SizeLimit, length)?;
    }
    Ok(())
}

pub(super) fn misaligned(bench: &mut Bench) -> Result<(), Miss> {
    engine(bench)?;
    for off in [1, 8, 32] {
        refuse(bench, &|job| job.a += off, Status::Misaligned, 2)?;
        refuse(bench, &|job| job.b += off, Status::Misaligned, 4)?;
        refuse(bench, &|job| job.c += off, Status::Misaligned, 6)?;
    }
    Ok(())
}

pub(super) fn bounds(bench: &mut Bench) -> Result<(), Miss> {
    let vectors = Vectors::random(bench, 40)?;
    let job = vectors.job();
    let end = vectors.contents(&job).len() as u64;
    let area = job.area_bytes(vectors.field.element_bytes);
    for offset in [end - area + 64, end, 1 << 40, u64::MAX - 63] {
        refuse(bench, &|job| job.a = offset, Status::RegionBounds, 2)?;
        refuse(bench, &|job| job.b = offset, Status::RegionBounds, 4)?;
        refuse(bench, &|job| job.c = offset, Status::RegionBounds, 6)?;
    }
    let mut queue = bench.queue()?;
    let job = vectors.place(bench, &mut queue)?;
    for (change, status) in [
        (1u64 << 16, Status::StaleGeneration),
        (0x7fff, Status::RegionInvalid),
    ] {
        let mut words = queue.words(Operation::MultiplySubtract(job));
        words[3] = words[3].wrapping_add(change);
        let index = words[3] & 0xffff;
        queue.refuse(words, "a wrong handle", status, index)?;
    }
    vectors.check(bench, &mut queue)
}

pub(super) fn overlap(bench: &mut Bench) -> Result<(), Miss> {
    let vectors = Vectors::random(bench, 40)?;
    let area = vectors.job().area_bytes(vectors.field.element_bytes);
    for distance in [0, 64, area - 64] {
        let b = |job: &mut MultiplySubtract| job.b = job.a - distance;
        let c = |job: &mut MultiplySubtract| job.c = job.a + distance;
        refuse(bench, &b, Status::Overlap, 4)?;
        refuse(bench, &c, Status::Overlap, 6)?;
    }
    // Neighbours do not overlap, and b and c may.
    let mut queue = bench.queue()?;
    let mut vectors = vectors;
    vectors.operands[2] = vectors.operands[1].clone();
    let mut job = vectors.job();
    job.b = job.a - area;
    job.c = job.b;
    job.data = queue.region(bench, REGION, 0, &vectors.contents(&job))?;
    queue.succeed(Operation::MultiplySubtract(job))?;
    let found = queue.read_back(bench, job.data, job.a, area)?;
    vectors.compare(&found, 0)?;
    vectors.check(bench, &mut queue)
}

pub(super) fn element_range(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let mut vectors = Vectors::random(bench, 41)?;
    let bytes = vectors.field.element_bytes;
    let mut modulus = vectors.field.modulus.to_bytes_le();
    modulus.resize(bytes, 0);
    for (operand, index, word) in [
        (0, 0, modulus.clone()),
        (1, 17, vec![0xff; bytes]),
        (2, 40, modulus),
    ] {
        let mut job = vectors.job();
        let mut contents = vectors.contents(&job);
        let at = [job.a, job.b, job.c][operand] as usize + index * bytes;
        contents[at..at + bytes].copy_from_slice(&word);
        job.data = queue.region(bench, REGION, 0, &contents)?;
        let words = queue.words(Operation::MultiplySubtract(job));
        if vectors.field.id == FieldId::Goldilocks {
            // Any word is taken, for its residue; what comes back is below the modulus.
            queue.succeed_with(words, || "a word above the modulus".into())?;
            let residue = BigUint::from_bytes_le(&word) % &vectors.field.modulus;
            vectors.operands[operand][index] = residue;
            let found = queue.read_back(bench, job.data, 0, contents.len() as u64)?;
            vectors.compare(&found, job.a)?;
            continue;
        }
        let completion = queue.run(words)?;
        let known = [index as u64, u64::MAX].contains(&completion.detail);
        let refused = completion.named_status() == Some(Status::NonCanonicalElement);
        demand(refused && known, || {
            format!(
                "element {index} is not below the modulus: {}",
                told(&completion)
            )
        })?;
        vectors.check(bench, &mut queue)?;
    }
    vectors.check(bench, &mut queue)
}
