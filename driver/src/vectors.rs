//! Vectors of field elements that stay in card memory from one job to the next.

use crate::job::Job;
use crate::object::{Object, Pin, Specification};
use crate::{Card, CardError, JobError, NttDirection, NttPlan, NttShape, NttUsage, staging};
use gristmill_protocol::capability::feature;
use gristmill_protocol::{
    ALIGNMENT, Completion, EngineKind, FieldId, Handle, MultiplySubtract, NttStatistics, Operation,
    RegionKind, SLOT_BYTES, format,
};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Cycles around the beats of an element-wise job.
const AROUND: u64 = 1000;

/// Vectors of one field and one length in card memory, side by side in one region. They stay there, and nothing else
/// has their room, until this is dropped and the last job that uses them has ended. A reset of the card takes them:
/// then every use fails with [`JobError::Aborted`].
///
/// What they hold before the first upload is of no use to anybody: nothing, or other vectors of the same domain.
pub struct CardVectors {
    object: Object,
    pin: Pin,
    field: FieldId,
    length: usize,
    count: usize,
    /// Bytes in front of the first vector, for the records of sums and the scratch area of transforms.
    room: u64,
    /// Bytes from one vector to the next.
    stride: u64,
}

/// How vectors are transformed where they are; elements are in memory form.
#[derive(Clone, Copy, Debug)]
pub struct VectorTransform<'a> {
    /// Direction.
    pub direction: NttDirection,
    /// The coset offset, not zero; `None` for 1.
    pub offset: Option<&'a [u8]>,
    /// A factor of every result, not zero; `None` for 1. It costs nothing.
    pub scale: Option<&'a [u8]>,
}

impl CardVectors {
    /// The field.
    pub fn field(&self) -> FieldId {
        self.field
    }

    /// Elements of a vector.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Number of vectors.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Bytes of a vector's elements.
    fn bytes(&self) -> usize {
        self.length * self.field.element_bytes()
    }

    fn domain(&self) -> u8 {
        self.object.specification().domain
    }

    fn handle(&self) -> Handle {
        self.pin.handle()
    }

    /// Byte offset of a vector in the region.
    fn offset(&self, vector: usize) -> Result<u64, CardError> {
        match vector < self.count {
            true => Ok(self.room + vector as u64 * self.stride),
            false => Err(CardError::Argument {
                what: "the number of the vector",
                value: vector as u64,
                expected: "there are fewer",
            }),
        }
    }

    /// Fails if the card was reset since.
    fn check_current(&self) -> Result<(), CardError> {
        match self.pin.is_current() {
            true => Ok(()),
            false => Err(JobError::Aborted.into()),
        }
    }

    fn keep(&self, mut job: Job) -> Job {
        job.kept.push(Box::new(self.pin.clone()));
        job
    }
}

/// Elements of resident vectors as the scalars of a sum.
pub(crate) struct ResidentScalars {
    pub(crate) pin: Pin,
    pub(crate) domain: u8,
    /// Byte offset in their region.
    pub(crate) offset: u64,
}

impl Card {
    /// Reserves card memory for `count` vectors of `length` elements, with room in front of them for what later jobs
    /// need besides: the records of a sum of `length` pairs, and the scratch area of transforms of all of them.
    /// Waits at most `patience` for others' memory.
    ///
    /// # Errors
    /// [`CardError::Argument`] without an element, [`CardError::OutOfMemory`] and [`CardError::OutOfRegions`].
    pub fn vectors(
        &self,
        field: FieldId,
        length: usize,
        count: usize,
        patience: Duration,
    ) -> Result<CardVectors, CardError> {
        let areas = self.areas(field, length, count);
        let (room, stride, all) = areas.ok_or(CardError::Argument {
            what: "the number of elements",
            value: length as u64,
            expected: "one is needed, and all must be addressable",
        })?;
        let specification = Specification {
            bytes: room.saturating_add(all),
            kind: RegionKind::Data,
            domain: self.session.options.queue_domains[0],
            source: None,
        };
        let object = Object::new(&self.memory, specification);
        let pin = object.pin(Instant::now() + patience)?;
        Ok(CardVectors {
            object,
            pin,
            field,
            length,
            count,
            room,
            stride,
        })
    }

    /// Whether this card transforms and multiplies `count` vectors of `length` elements of this field, takes them as
    /// scalars of sums, and has room for them beside as many points.
    pub fn keeps_vectors(&self, field: FieldId, length: usize, count: usize) -> bool {
        let fits = |kind| {
            self.engine(kind).is_ok_and(|engine| {
                engine.group == field as u32 && length as u64 <= 1 << engine.size_log2.min(63)
            })
        };
        let sums = self.engine(EngineKind::Msm).is_ok_and(|engine| {
            let areas = self.areas(field, length, count);
            let points = 2 * u64::from(engine.element_bytes) * length as u64;
            let bytes = areas.map(|(room, _, all)| room.saturating_add(all).saturating_add(points));
            engine.features & feature::SCALARS_RESIDENT != 0
                && usize::from(engine.scalar_bytes) == field.element_bytes()
                && length as u64 <= 1 << engine.size_log2.min(63)
                && bytes.is_some_and(|bytes| bytes <= self.capabilities().memory_bytes)
        });
        fits(EngineKind::Ntt) && fits(EngineKind::Pointwise) && sums
    }

    /// Bytes in front of vectors, from one to the next, and of all of them; `None` where there are none, or too many.
    fn areas(&self, field: FieldId, length: usize, count: usize) -> Option<(u64, u64, u64)> {
        let vector = length.checked_mul(field.element_bytes());
        let vector = vector.filter(|bytes| *bytes > 0 && count > 0)?;
        let stride = (vector as u64).checked_next_multiple_of(ALIGNMENT)?;
        let all = stride.checked_mul(count as u64)?;
        let mut room = 0;
        if let Ok(engine) = self.engine(EngineKind::Msm) {
            let bytes =
                format::record_bytes(engine.element_bytes.into(), engine.scalar_bytes.into());
            room = (length as u64).saturating_mul(bytes as u64);
        }
        if let Ok(engine) = self.engine(EngineKind::Ntt)
            && length as u64 > 1 << engine.pass_log2.min(63)
        {
            room = room.max(all);
        }
        Some((room, stride, all))
    }

    /// Copies elements in memory form to the front of a vector; what is behind them stays as it is. Bytes over the
    /// link.
    ///
    /// # Errors
    /// [`CardError::Argument`] for more elements than the vector has, or part of one; [`CardError::Job`] and
    /// [`CardError::TimedOut`].
    pub fn upload(
        &self,
        vectors: &CardVectors,
        vector: usize,
        elements: &[u8],
        patience: Duration,
    ) -> Result<u64, CardError> {
        self.check_vectors(vectors)?;
        let at = vectors.offset(vector)?;
        check_elements(vectors, elements.len())?;
        let copy = staging::Copy {
            pin: &vectors.pin,
            domain: vectors.domain(),
            offset: at,
            bytes: elements.len() as u64,
        };
        let read = |offset: u64, into: &mut [u8]| {
            let offset = offset as usize;
            into.copy_from_slice(&elements[offset..offset + into.len()]);
            Ok(())
        };
        staging::copy(&self.session, &copy, read, Instant::now() + patience)
    }

    /// Copies the front of a vector to `elements`. Bytes over the link.
    ///
    /// # Errors
    /// As [`Self::upload`].
    pub fn download(
        &self,
        vectors: &CardVectors,
        vector: usize,
        elements: &mut [u8],
        patience: Duration,
    ) -> Result<u64, CardError> {
        self.check_vectors(vectors)?;
        let at = vectors.offset(vector)?;
        check_elements(vectors, elements.len())?;
        let deadline = Instant::now() + patience;
        let piece =
            (self.session.options.staging_bytes as u64).max(ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        let piece = piece.min((elements.len() as u64).next_multiple_of(ALIGNMENT));
        let transport = self.session.registers.transport();
        let buffer = Arc::new(transport.allocate(piece as usize)?);
        let mut moved = 0;
        for (part, offset) in elements
            .chunks_mut(piece as usize)
            .zip((at..).step_by(piece as usize))
        {
            let length = (part.len() as u64).next_multiple_of(ALIGNMENT);
            let operation = Operation::CopyFromCard {
                host: buffer.iova(),
                region: vectors.handle(),
                offset,
                length,
            };
            let job = Job::new(operation, staging::copy_cycles(length)).with_buffer(&buffer);
            moved += self.run(vectors, job, deadline)?.link_bytes;
            buffer.read(0, part)?;
        }
        Ok(moved)
    }

    /// Transforms some of the vectors where they are, as one job. Their length is a power of two.
    ///
    /// # Errors
    /// [`CardError::Argument`] for vectors that are not there or not of a power of two, [`CardError::NoEngine`] and
    /// [`CardError::NoTransform`], [`CardError::OutOfMemory`] for the tables; [`CardError::Job`] and
    /// [`CardError::TimedOut`]: the vectors then hold anything.
    pub fn transform_vectors(
        &self,
        vectors: &CardVectors,
        range: Range<usize>,
        transform: &VectorTransform<'_>,
        patience: Duration,
    ) -> Result<NttUsage, CardError> {
        self.check_vectors(vectors)?;
        let batch = range.end.saturating_sub(range.start);
        let input = vectors.offset(range.start)?;
        vectors.offset(range.end.max(1) - 1)?;
        let tight = vectors.stride == vectors.bytes() as u64 || batch == 1;
        if batch == 0 || !vectors.length.is_power_of_two() || !tight {
            return Err(CardError::Argument {
                what: "the number of elements",
                value: vectors.length as u64,
                expected: "a power of two is needed, and whole blocks of 64 bytes for several vectors",
            });
        }
        let engine = self.engine(EngineKind::Ntt)?;
        let shape = NttShape {
            field: vectors.field,
            size_log2: vectors.length.ilog2(),
            extension_log2: None,
            batch,
            columns: false,
        };
        let plan = NttPlan::choose(engine, self.capabilities().memory_bytes, &shape)?;
        let (mut ntt, _) = shape.place(batch, engine.pass_log2, true);
        (ntt.input, ntt.output, ntt.scratch) = (input, input, 0);
        ntt.inverse = transform.direction == NttDirection::Inverse;
        let deadline = Instant::now() + patience;
        let VectorTransform {
            direction,
            offset,
            scale,
        } = *transform;
        let tables = self.tables(vectors.domain(), &shape, direction, offset, scale)?;
        let tables = tables.pin(deadline)?;
        (ntt.data, ntt.tables) = (vectors.handle(), tables.handle());
        let transport = self.session.registers.transport();
        let block = Arc::new(transport.allocate(SLOT_BYTES)?);
        let cycles = plan.cycles.saturating_mul(plan.jobs as u64);
        let mut job = Job::new(Operation::Ntt(ntt), cycles).with_buffer(&block);
        job.statistics = block.iova();
        if !tables.is_current() {
            return Err(JobError::Aborted.into());
        }
        job.kept.push(Box::new(tables));
        let completion = self.run(vectors, job, deadline)?;
        let mut statistics = [0; SLOT_BYTES];
        block.read(0, &mut statistics)?;
        let statistics = NttStatistics::from_words(format::slot_words(&statistics));
        Ok(NttUsage {
            jobs: vec![(completion, statistics)],
            copied_bytes: 0,
        })
    }

    /// Vector `a` becomes `a` times `b` less `c`, element by element, on the card.
    ///
    /// # Errors
    /// [`CardError::Argument`] for vectors that are not there or when `a` is one of the others,
    /// [`CardError::NoEngine`]; [`CardError::Job`] and [`CardError::TimedOut`]: `a` then holds anything.
    pub fn multiply_subtract(
        &self,
        vectors: &CardVectors,
        [a, b, c]: [usize; 3],
        patience: Duration,
    ) -> Result<Completion, CardError> {
        self.check_vectors(vectors)?;
        let engine = self.engine(EngineKind::Pointwise)?;
        let fits = engine.group == vectors.field as u32
            && vectors.length as u64 <= 1 << engine.size_log2.min(31);
        if a == b || a == c || !fits {
            return Err(CardError::Argument {
                what: "the number of the vector",
                value: a as u64,
                expected: "it is none of its factors, and of the engine's field and sizes",
            });
        }
        let job = MultiplySubtract {
            data: vectors.handle(),
            a: vectors.offset(a)?,
            b: vectors.offset(b)?,
            c: vectors.offset(c)?,
            length: vectors.length as u32,
        };
        let beats = vectors.length as u64 / u64::from(engine.lanes.max(1));
        // Card memory may be half as fast as the engine.
        let cycles = 6 * beats + AROUND + u64::from(engine.latency);
        let job = Job::new(Operation::MultiplySubtract(job), cycles);
        self.run(vectors, job, Instant::now() + patience)
    }

    /// `count` elements of a vector, from element `first` on, as scalars.
    pub(crate) fn resident_scalars(
        &self,
        vectors: &CardVectors,
        vector: usize,
        first: usize,
        count: usize,
    ) -> Result<ResidentScalars, CardError> {
        self.check_vectors(vectors)?;
        let engine = self.engine(EngineKind::Msm)?;
        if first
            .checked_add(count)
            .is_none_or(|end| end > vectors.length)
        {
            return Err(CardError::Argument {
                what: "the number of pairs",
                value: count as u64,
                expected: "there are fewer elements from the first one on",
            });
        }
        let bytes = vectors.field.element_bytes();
        let taken = engine.features & feature::SCALARS_RESIDENT != 0
            && usize::from(engine.scalar_bytes) == bytes
            && bytes.is_multiple_of(8);
        if !taken {
            return Err(CardError::Argument {
                what: "the size of the elements",
                value: bytes as u64,
                expected: "the engine takes others, or takes scalars from host memory only",
            });
        }
        Ok(ResidentScalars {
            pin: vectors.pin.clone(),
            domain: vectors.domain(),
            offset: vectors.offset(vector)? + (first * bytes) as u64,
        })
    }

    fn check_vectors(&self, vectors: &CardVectors) -> Result<(), CardError> {
        if !vectors.object.is_in(&self.memory) {
            return Err(CardError::Argument {
                what: "the number of vectors on this card",
                value: 0,
                expected: "vectors belong to the card that has them",
            });
        }
        vectors.check_current()
    }

    /// Runs a job on vectors to its end.
    fn run(
        &self,
        vectors: &CardVectors,
        job: Job,
        deadline: Instant,
    ) -> Result<Completion, CardError> {
        vectors.check_current()?;
        let job = vectors.keep(job);
        let ticket = self.session.submit(vectors.domain(), job, deadline)?;
        ticket.wait(deadline)
    }
}

fn check_elements(vectors: &CardVectors, bytes: usize) -> Result<(), CardError> {
    match bytes.is_multiple_of(vectors.field.element_bytes()) && bytes <= vectors.bytes() {
        true => Ok(()),
        false => Err(CardError::Argument {
            what: "the number of bytes of the elements",
            value: bytes as u64,
            expected: "whole elements are needed, and no more than the vector has",
        }),
    }
}
