//! Number-theoretic transforms: the request, and its jobs.

mod packed;
mod plan;
mod tables;
mod ticket;

pub use plan::{NttPlan, NttShape};
pub use tables::table_set;
pub use ticket::{NttResult, NttTicket};

pub(crate) use tables::TableCache;

use crate::job::Job;
use crate::object::{Object, Specification};
use crate::{Card, CardError, DmaSlice, JobError, staging};
use gristmill_protocol::{
    ALIGNMENT, Completion, EngineKind, NttStatistics, Operation, RegionKind, SLOT_BYTES,
};
use packed::Packed;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ticket::{Step, Work};

/// Which way a transform goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NttDirection {
    /// From coefficients to values.
    Forward,
    /// From values to coefficients.
    Inverse,
}

/// Where the element with index i stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NttOrder {
    /// At place i.
    #[default]
    Natural,
    /// At the place that is i with its bits reversed.
    BitReversed,
}

/// Where the elements are, in memory form ([`gristmill_protocol::field`]).
#[derive(Clone, Copy)]
pub enum NttInput<'a> {
    /// In DMA memory: nothing is copied. Not for columns whose rows are no multiple of 64 bytes, nor for a
    /// batch that is cut into several jobs.
    Dma(&'a DmaSlice),
    /// Anywhere, tightly packed.
    Bytes(&'a [u8]),
}

/// A batch of transforms.
#[derive(Clone, Copy)]
pub struct NttRequest<'a> {
    /// Field, sizes and layout. An extension goes from values of an input in natural order to
    /// coefficients, and from those, with zeros behind them, forward.
    pub shape: NttShape,
    /// Direction; forward for an extension.
    pub direction: NttDirection,
    /// Order of the input.
    pub input_order: NttOrder,
    /// Order of the output.
    pub output_order: NttOrder,
    /// The coset offset in memory form, not zero; `None` for 1. That of an extension's second half.
    pub offset: Option<&'a [u8]>,
    /// The elements.
    pub input: NttInput<'a>,
    /// Wall time to wait for a place in a queue, for card memory, and for the result.
    pub patience: Duration,
}

/// What a batch cost on the card; sums over its jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NttUsage {
    /// Completion and statistics of each job of transforms.
    pub jobs: Vec<(Completion, NttStatistics)>,
    /// Bytes over the link for the copies of input and output.
    pub copied_bytes: u64,
}

impl Card {
    /// Computes a batch of transforms, and waits for all of it. `output` takes the results, tightly packed
    /// like the input. A large batch is cut into jobs ([`NttPlan`]), two of them under way at once.
    ///
    /// # Errors
    /// As [`Self::submit_ntt`] and [`NttTicket::wait`]; `output` then holds anything.
    pub fn ntt(&self, request: &NttRequest, output: &mut [u8]) -> Result<NttUsage, CardError> {
        let shape = &request.shape;
        check_room(
            "the number of bytes of the output",
            output.len(),
            shape.output_bytes(),
        )?;
        if shape.batch == 0 {
            return Ok(NttUsage::default());
        }
        let plan = self.ntt_plan(shape)?;
        let deadline = Instant::now() + request.patience;
        let input = match request.input {
            NttInput::Bytes(bytes) if plan.jobs > 1 => {
                check_room(
                    "the number of bytes of the input",
                    bytes.len(),
                    shape.input_bytes(),
                )?;
                bytes
            }
            _ => {
                let result = self.submit_ntt(request)?.wait(deadline)?;
                result.read(output)?;
                return Ok(NttUsage {
                    jobs: vec![(result.completion, result.statistics)],
                    copied_bytes: result.copied_bytes,
                });
            }
        };
        let (next, output) = (AtomicUsize::new(0), Mutex::new(output));
        let work = || -> Result<NttUsage, CardError> {
            let mut usage = NttUsage::default();
            loop {
                let job = next.fetch_add(1, Ordering::Relaxed);
                if job >= plan.jobs {
                    return Ok(usage);
                }
                let first = job * plan.batch;
                let batch = plan.batch.min(shape.batch - first);
                let part = Part { first, batch };
                let ticket = self.submit_part(request, &plan, part, input);
                // The other worker finds nothing more to do.
                let result = ticket.and_then(|ticket| ticket.wait(deadline));
                let result = result.inspect_err(|_| next.store(plan.jobs, Ordering::Relaxed))?;
                result.read_part(&mut crate::sync::lock(&output), shape, part)?;
                usage.jobs.push((result.completion, result.statistics));
                usage.copied_bytes += result.copied_bytes;
            }
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(work);
            let mut usage = work()?;
            let other = other.join().map_err(|_| CardError::System {
                operation: "computing half of the jobs",
                reason: "the thread panicked".into(),
            })??;
            usage.jobs.extend(other.jobs);
            usage.copied_bytes += other.copied_bytes;
            Ok(usage)
        })
    }

    /// How a batch would be cut into jobs on this card.
    ///
    /// # Errors
    /// As [`NttPlan::choose`], and [`CardError::NoEngine`].
    pub fn ntt_plan(&self, shape: &NttShape) -> Result<NttPlan, CardError> {
        let engine = self.engine(EngineKind::Ntt)?;
        NttPlan::choose(engine, self.capabilities().memory_bytes, shape)
    }

    /// Submits a batch of transforms as one job. Table sets that are not on the card are loaded first.
    ///
    /// # Errors
    /// [`CardError::Argument`] when the request contradicts itself or is more than one job,
    /// [`CardError::NoEngine`] and [`CardError::NoTransform`], [`CardError::OutOfMemory`],
    /// [`CardError::QueueFull`] and [`CardError::TimedOut`] when the request's patience ends first.
    pub fn submit_ntt(&self, request: &NttRequest) -> Result<NttTicket, CardError> {
        if request.shape.batch == 0 {
            return Ok(NttTicket::new(None));
        }
        let plan = self.ntt_plan(&request.shape)?;
        if plan.jobs > 1 {
            return Err(CardError::Argument {
                what: "the number of transforms",
                value: request.shape.batch as u64,
                expected: "one job of this card has fewer",
            });
        }
        let all = Part {
            first: 0,
            batch: request.shape.batch,
        };
        let bytes = match request.input {
            NttInput::Bytes(bytes) => bytes,
            NttInput::Dma(slice) => slice.as_bytes(),
        };
        check_room(
            "the number of bytes of the input",
            bytes.len(),
            request.shape.input_bytes(),
        )?;
        self.submit_part(request, &plan, all, bytes)
    }

    fn submit_part(
        &self,
        request: &NttRequest,
        plan: &NttPlan,
        part: Part,
        input: &[u8],
    ) -> Result<NttTicket, CardError> {
        let (shape, engine) = (&request.shape, self.engine(EngineKind::Ntt)?);
        let deadline = Instant::now() + request.patience;
        let inverse = request.direction == NttDirection::Inverse;
        let input_reversed = request.input_order == NttOrder::BitReversed;
        if shape.extension_log2.is_some() && (inverse || input_reversed) {
            return Err(CardError::Argument {
                what: "the extension's direction or input order",
                value: 1,
                expected: "it goes forward, from natural order",
            });
        }
        let (mut ntt, data_bytes) = shape.place(part.batch, engine.pass_log2, true);
        ntt.inverse = inverse;
        ntt.input_reversed = input_reversed;
        ntt.output_reversed = request.output_order == NttOrder::BitReversed;
        let element_bytes = shape.field.element_bytes();
        let bytes = (
            ntt.input_bytes(element_bytes),
            ntt.output_bytes(element_bytes),
        );
        let packed = |size_log2| Packed::new(&ntt, element_bytes, size_log2);
        let (packed_input, packed_output) =
            (packed(shape.size_log2), packed(shape.output_size_log2()));

        let transport = self.session.registers.transport();
        let room = bytes.0.max(bytes.1) as usize + SLOT_BYTES;
        let buffer = Arc::new(transport.allocate(room)?);
        let mut buffers = vec![buffer.clone()];
        let host = match request.input {
            NttInput::Dma(slice) => {
                let right = slice.iova().is_multiple_of(ALIGNMENT)
                    && slice.len() as u64 >= bytes.0
                    && packed_input.is_tight();
                if !right {
                    return Err(CardError::Argument {
                        what: "the address or the length of the input",
                        value: slice.iova(),
                        expected: "whole blocks of 64 bytes are needed",
                    });
                }
                buffers.push(slice.buffer.clone());
                slice.iova()
            }
            NttInput::Bytes(_) => {
                packed_input.write(&buffer, input, shape, part)?;
                buffer.iova()
            }
        };
        let domain = self.session.options.queue_domains[0];
        let tables = self.tables(domain, shape, request.direction, request.offset, None)?;
        let tables = tables.pin(deadline)?;
        let data = Object::new(
            &self.memory,
            Specification {
                bytes: data_bytes,
                kind: RegionKind::Data,
                domain,
                source: None,
            },
        );
        let pin = data.pin(deadline)?;
        (ntt.data, ntt.tables) = (pin.handle(), tables.handle());
        let pins = vec![tables, pin];
        if !pins.iter().all(|pin| pin.is_current()) {
            return Err(JobError::Aborted.into());
        }
        let job = Job {
            operation: Operation::CopyToCard {
                host,
                region: ntt.data,
                offset: ntt.input,
                length: bytes.0,
            },
            statistics: 0,
            buffers,
            kept: vec![Box::new(pins.clone())],
            cycles: staging::copy_cycles(bytes.0),
        };
        let upload = self.session.submit(domain, job, deadline)?;
        Ok(NttTicket::new(Some(Work {
            session: self.session.clone(),
            domain,
            ntt,
            cycles: plan.cycles,
            bytes,
            buffer,
            output: packed_output,
            pins,
            _data: data,
            patience: request.patience,
            step: Step::Upload(upload),
            copied_bytes: 0,
            completion: Completion::default(),
        })))
    }
}

/// Some transforms of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    first: usize,
    batch: usize,
}

fn check_room(what: &'static str, found: usize, wanted: Option<usize>) -> Result<(), CardError> {
    match wanted {
        Some(wanted) if wanted <= found => Ok(()),
        _ => Err(CardError::Argument {
            what,
            value: found as u64,
            expected: "every element needs its own",
        }),
    }
}
