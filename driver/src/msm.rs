//! Multi-scalar multiplications: the request and what comes back.

use crate::job::{Job, Ticket};
use crate::vectors::ResidentScalars;
use crate::{
    Bases, Card, CardError, CardVectors, Density, DmaBuffer, DmaSlice, JobError, Plan, object,
    staging,
};
use gristmill_protocol::{
    ALIGNMENT, Completion, EngineCapability, EngineKind, Handle, Msm, MsmStatistics, Operation,
    SLOT_BYTES, format,
};
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// Where the points are.
#[derive(Clone, Copy)]
pub enum MsmBases<'a> {
    /// On the card, from this point of them on.
    Resident {
        /// The points.
        bases: &'a Bases,
        /// Index of the first one to use.
        first: usize,
    },
    /// In host memory, read once.
    Streamed {
        /// The points, the first one first.
        points: &'a DmaSlice,
        /// Bytes from one point to the next, a multiple of 8, at least two elements.
        stride: u16,
    },
}

/// Where the scalars are.
#[derive(Clone, Copy)]
pub enum MsmScalars<'a> {
    /// In DMA memory: nothing is copied.
    Dma(&'a DmaSlice),
    /// Anywhere: they are copied into DMA memory first.
    Bytes(&'a [u8]),
    /// In card memory: nothing is moved. For engines with resident scalars, and elements of their scalars' size.
    Resident {
        /// The vectors.
        vectors: &'a CardVectors,
        /// Which of them.
        vector: usize,
        /// Index of the first element to use.
        first: usize,
    },
}

/// Scalars where the card finds them.
enum Placed {
    Host(DmaSlice),
    Card(ResidentScalars),
}

/// A multi-scalar multiplication.
#[derive(Clone, Copy)]
pub struct MsmRequest<'a> {
    /// The points.
    pub bases: MsmBases<'a>,
    /// The scalars, little-endian, of the engine's scalar bytes each, below the group's order.
    pub scalars: MsmScalars<'a>,
    /// Scalars are in Montgomery form.
    pub montgomery: bool,
    /// Number of pairs; 0 is answered without the card.
    pub count: usize,
    /// How many scalars are cheap; sampled from them when `None`, none where they are in card memory.
    pub density: Option<Density>,
    /// Window width and windows a pass; chosen when `None`.
    pub plan: Option<Plan>,
    /// Wall time to wait for a place in the queue and for the result.
    pub patience: Duration,
}

/// What the card wrote. The sum is Σ_w 2^(c w) Σ_l 2^l slot(w c + l), see [`gristmill_protocol::format`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MsmResult {
    /// `windows * window` result slots.
    pub slots: Vec<u8>,
    /// Windows written.
    pub windows: u32,
    /// Window width c in bits.
    pub window: u32,
    /// The job's completion, with its counters.
    pub completion: Completion,
    /// The engine's own counters.
    pub statistics: MsmStatistics,
}

/// A multiplication that was submitted. Waiting is by [`Self::wait`] or by `.await`; dropping it
/// drops the result, not the job.
#[must_use = "the job's failure is only told to its ticket"]
pub struct MsmTicket {
    /// `None` when there was nothing to do.
    pending: Option<Pending>,
}

struct Pending {
    ticket: Ticket,
    results: Arc<DmaBuffer>,
    slot_bytes: usize,
    statistics_at: usize,
    plan: Plan,
}

impl MsmTicket {
    /// Waits for the result, at most until `deadline`. It may be waited for again.
    ///
    /// # Errors
    /// [`CardError::TimedOut`] when the deadline passed first: the job goes on. [`CardError::Job`]
    /// when it failed.
    pub fn wait(&self, deadline: Instant) -> Result<MsmResult, CardError> {
        match &self.pending {
            None => Ok(MsmResult::default()),
            Some(pending) => pending.result(pending.ticket.wait(deadline)?),
        }
    }
}

impl Future for MsmTicket {
    type Output = Result<MsmResult, CardError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(pending) = &mut self.pending else {
            return Poll::Ready(Ok(MsmResult::default()));
        };
        let outcome = ready!(Pin::new(&mut pending.ticket).poll(context));
        Poll::Ready(
            outcome
                .map_err(CardError::from)
                .and_then(|done| pending.result(done)),
        )
    }
}

impl Pending {
    fn result(&self, completion: Completion) -> Result<MsmResult, CardError> {
        let windows = completion.detail;
        if windows > u64::from(self.plan.written_windows()) {
            return Err(CardError::Capability {
                what: "number of windows written",
                value: windows,
            });
        }
        let window = u32::from(self.plan.window);
        let mut slots = vec![0; windows as usize * window as usize * self.slot_bytes];
        self.results.read(0, &mut slots)?;
        let mut statistics = [0; SLOT_BYTES];
        self.results.read(self.statistics_at, &mut statistics)?;
        Ok(MsmResult {
            slots,
            windows: windows as u32,
            window,
            completion,
            statistics: MsmStatistics::from_words(format::slot_words(&statistics)),
        })
    }
}

impl Card {
    /// Computes a multi-scalar multiplication, and waits for the result.
    ///
    /// # Errors
    /// As [`Self::submit_msm`] and [`MsmTicket::wait`].
    pub fn msm(&self, request: &MsmRequest) -> Result<MsmResult, CardError> {
        let deadline = Instant::now() + request.patience;
        self.submit_msm(request)?.wait(deadline)
    }

    /// Submits a multi-scalar multiplication. Bases that are not on the card are loaded first.
    ///
    /// # Errors
    /// [`CardError::Argument`] when the request contradicts itself or the engine,
    /// [`CardError::NoEngine`], [`CardError::OutOfMemory`] for the bases or the scratch memory,
    /// [`CardError::QueueFull`] and [`CardError::TimedOut`] when the request's patience ends first.
    pub fn submit_msm(&self, request: &MsmRequest) -> Result<MsmTicket, CardError> {
        let engine = self.engine(EngineKind::Msm)?;
        if request.count == 0 {
            return Ok(MsmTicket { pending: None });
        }
        let deadline = Instant::now() + request.patience;
        let scalar_bytes = usize::from(engine.scalar_bytes);
        let length = check_count(request.count, engine)?;
        let scalars = self.place_scalars(request, scalar_bytes)?;
        let plan = request.plan.or_else(|| {
            let sample = || match &scalars {
                Placed::Host(slice) => {
                    Density::sample(slice.as_bytes(), scalar_bytes, request.montgomery)
                }
                Placed::Card(_) => Density::UNIFORM,
            };
            let density = request.density.unwrap_or_else(sample);
            Plan::choose(engine, request.count, density)
        });
        let plan = plan.ok_or(CardError::Capability {
            what: "largest window",
            value: engine.window_max.into(),
        })?;
        let slot_bytes = format::result_slot_bytes(engine.element_bytes.into());
        let statistics_at = (plan.slots() * slot_bytes).next_multiple_of(SLOT_BYTES);
        let transport = self.session.registers.transport();
        let results = Arc::new(transport.allocate(statistics_at + SLOT_BYTES)?);

        let mut msm = Msm {
            scalars: 0,
            scalars_resident: false,
            montgomery: request.montgomery,
            bases: None,
            bases_offset: 0,
            length,
            stride: 0,
            window: plan.window,
            windows_per_pass: plan.windows_per_pass,
            results: results.iova(),
            scratch: Handle::default(),
        };
        let mut buffers = vec![results.clone()];
        let mut pins = Vec::new();
        let domain = match request.bases {
            MsmBases::Resident { bases, first } => {
                self.check_bases(bases, first, request.count)?;
                let pin = bases.object.pin(deadline)?;
                msm.bases = Some(pin.handle());
                msm.bases_offset = first as u64 * u64::from(bases.stride);
                msm.stride = bases.stride;
                pins.push(pin);
                bases.domain()
            }
            MsmBases::Streamed { points, stride } => {
                self.check_stride(stride)?;
                check_bytes(
                    "the number of bytes of the points",
                    points.len(),
                    request.count * usize::from(stride),
                )?;
                msm.bases_offset = points.iova();
                msm.stride = stride;
                buffers.push(points.buffer.clone());
                self.session.options.queue_domains[0]
            }
        };
        let mut kept: Vec<Box<dyn Any + Send>> = Vec::new();
        let record = format::record_bytes(engine.element_bytes.into(), scalar_bytes);
        let records = request.count as u64 * record as u64;
        let mut moved = request.count * usize::from(msm.stride);
        match scalars {
            Placed::Host(scalars) => {
                msm.scalars = scalars.iova();
                buffers.push(scalars.buffer.clone());
                moved += request.count * scalar_bytes;
            }
            Placed::Card(scalars) => {
                if scalars.domain != domain || (plan.passes > 1 && scalars.offset < records) {
                    return Err(CardError::Argument {
                        what: "the domain of the scalars",
                        value: scalars.domain.into(),
                        expected: "it is that of the points, and their vectors have room for records",
                    });
                }
                (msm.scalars, msm.scalars_resident) = (scalars.offset, true);
                msm.scratch = scalars.pin.handle();
                pins.push(scalars.pin);
            }
        }
        if plan.passes > 1 && !msm.scalars_resident {
            let scratch = self.scratch(domain, records);
            let pin = scratch.pin(deadline)?;
            msm.scratch = pin.handle();
            pins.push(pin);
            kept.push(Box::new(scratch));
        }
        if !pins.iter().all(object::Pin::is_current) {
            return Err(JobError::Aborted.into());
        }
        kept.push(Box::new(pins));
        let job = Job {
            operation: Operation::Msm(msm),
            statistics: results.iova() + statistics_at as u64,
            buffers,
            kept,
            cycles: plan.cycles + staging::copy_cycles(moved as u64),
        };
        let ticket = self.session.submit(domain, job, deadline)?;
        let pending = Pending {
            ticket,
            results,
            slot_bytes,
            statistics_at,
            plan,
        };
        Ok(MsmTicket {
            pending: Some(pending),
        })
    }

    /// The request's scalars in DMA memory, or in card memory if they are there.
    fn place_scalars(
        &self,
        request: &MsmRequest,
        scalar_bytes: usize,
    ) -> Result<Placed, CardError> {
        const WHAT: &str = "the number of bytes of the scalars";
        let bytes = request.count * scalar_bytes;
        match request.scalars {
            MsmScalars::Dma(scalars) => {
                check_bytes(WHAT, scalars.len(), bytes)?;
                if !scalars.iova().is_multiple_of(ALIGNMENT) {
                    return Err(CardError::Argument {
                        what: "the address of the scalars",
                        value: scalars.iova(),
                        expected: "a multiple of 64 is needed",
                    });
                }
                Ok(Placed::Host(scalars.clone()))
            }
            MsmScalars::Bytes(scalars) => {
                check_bytes(WHAT, scalars.len(), bytes)?;
                let mut staged = self.alloc::<u8>(bytes)?;
                if let Some(staged) = staged.as_mut_slice() {
                    staged.copy_from_slice(&scalars[..bytes]);
                }
                Ok(Placed::Host(staged.as_dma()))
            }
            MsmScalars::Resident {
                vectors,
                vector,
                first,
            } => {
                let scalars = self.resident_scalars(vectors, vector, first, request.count)?;
                Ok(Placed::Card(scalars))
            }
        }
    }

    fn check_bases(&self, bases: &Bases, first: usize, count: usize) -> Result<(), CardError> {
        if !bases.object.is_in(&self.memory) {
            return Err(CardError::Argument {
                what: "the number of bases on this card",
                value: 0,
                expected: "bases belong to the card that loaded them",
            });
        }
        if first.checked_add(count).is_none_or(|end| end > bases.count) {
            return Err(CardError::Argument {
                what: "the number of pairs",
                value: count as u64,
                expected: "there are fewer bases from the first one on",
            });
        }
        Ok(())
    }
}

fn check_count(count: usize, engine: &EngineCapability) -> Result<u32, CardError> {
    let most = 1u64 << engine.size_log2.min(31);
    match u32::try_from(count) {
        Ok(length) if u64::from(length) <= most => Ok(length),
        _ => Err(CardError::Argument {
            what: "the number of pairs",
            value: count as u64,
            expected: "the engine's limit is lower",
        }),
    }
}

fn check_bytes(what: &'static str, found: usize, wanted: usize) -> Result<(), CardError> {
    if found < wanted {
        return Err(CardError::Argument {
            what,
            value: found as u64,
            expected: "every pair needs its own",
        });
    }
    Ok(())
}
