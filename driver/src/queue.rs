//! A queue pair with the jobs that are in flight on it.

use crate::job::{Job, Promise, Ticket};
use crate::ring::Rings;
use crate::sync::{lock, wait_until};
use crate::{CardError, JobError, Loss};
use gristmill_protocol::{Completion, Descriptor, Opcode, Status};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// One queue, used from many threads.
///
/// A job's buffers stay in its slot until its completion has come, or until the card is known to be
/// at rest: neither a dropped ticket nor a passed deadline frees them.
pub(crate) struct Queue {
    pub(crate) domain: u8,
    state: Mutex<State>,
    space: Condvar,
}

struct State {
    rings: Rings,
    slots: Vec<Option<InFlight>>,
    sequence: u16,
    /// Why nothing is accepted; the slots are then held, not in flight.
    closed: Option<Loss>,
}

struct InFlight {
    tag: u32,
    opcode: Opcode,
    job: Job,
    promise: Arc<Promise>,
    /// Cycle counter when the job was first looked at, and cycles allowed from there.
    allowance: Option<(u64, u64)>,
}

/// What one look at the completion ring found.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) late: u64,
}

/// What is in flight on a queue.
#[derive(Clone, Copy, Default)]
pub(crate) struct Load {
    pub(crate) jobs: usize,
    /// Predicted cycles of all of them.
    pub(crate) cycles: u64,
    /// Predicted cycles of those that the queue engine itself does, in which no engine advances.
    pub(crate) quiet_cycles: u64,
}

impl Queue {
    /// A queue that is closed until [`Self::start`].
    pub(crate) fn new(rings: Rings, domain: u8) -> Self {
        let slots = (0..rings.entries()).map(|_| None).collect();
        let state = State {
            rings,
            slots,
            sequence: 0,
            closed: Some(Loss::Resetting),
        };
        Self {
            domain,
            state: Mutex::new(state),
            space: Condvar::new(),
        }
    }

    /// Gives the job to the card, waiting for a free slot at most until `deadline`.
    pub(crate) fn submit(&self, job: Job, deadline: Instant) -> Result<Ticket, CardError> {
        let begun = Instant::now();
        let mut state = lock(&self.state);
        let slot = loop {
            if let Some(loss) = &state.closed {
                return Err(loss.clone().into());
            }
            if let Some(slot) = state.slots.iter().position(Option::is_none) {
                break slot;
            }
            let in_time;
            (state, in_time) = wait_until(&self.space, state, deadline);
            if !in_time {
                return Err(CardError::QueueFull {
                    queue: state.rings.queue(),
                    waited: begun.elapsed(),
                });
            }
        };
        state.sequence = state.sequence.wrapping_add(1);
        let tag = u32::from(state.sequence) << 16 | slot as u32;
        let descriptor = Descriptor {
            tag,
            statistics: job.statistics,
            interrupt: true,
            operation: job.operation,
        };
        let promise = Arc::new(Promise::default());
        // Into the table first: once the card may know the job, its buffers are held.
        state.slots[slot] = Some(InFlight {
            tag,
            opcode: job.operation.opcode(),
            job,
            promise: promise.clone(),
            allowance: None,
        });
        let told = state.rings.push(descriptor.words());
        told.and_then(|()| state.rings.ring_doorbell())?;
        Ok(Ticket::new(promise))
    }

    /// Takes all completions that are there. Reads host memory, and writes one register if there were any.
    pub(crate) fn collect(&self) -> Result<Collected, Loss> {
        let mut collected = Collected::default();
        let mut done = Vec::new();
        let mut state = lock(&self.state);
        if state.closed.is_some() {
            return Ok(collected);
        }
        while let Some(completion) = state.rings.pop()? {
            let slot = (completion.tag & 0xffff) as usize;
            let known = state
                .slots
                .get_mut(slot)
                .and_then(|slot| slot.take_if(|in_flight| in_flight.tag == completion.tag));
            let Some(in_flight) = known else {
                return Err(Loss::UnknownTag {
                    queue: state.rings.queue(),
                    tag: completion.tag,
                });
            };
            done.push((in_flight, completion));
        }
        if done.is_empty() {
            return Ok(collected);
        }
        state.rings.release()?;
        drop(state);
        self.space.notify_all();
        // Outside the lock: a job's end may unpin regions and wake callers.
        for (in_flight, completion) in done {
            let outcome = in_flight.outcome(completion);
            let succeeded = outcome.is_ok();
            drop(in_flight.job);
            match in_flight.promise.settle(outcome) {
                false => collected.late += 1,
                true if succeeded => collected.succeeded += 1,
                true => collected.failed += 1,
            }
        }
        Ok(collected)
    }

    /// What is in flight.
    pub(crate) fn load(&self) -> Load {
        let state = lock(&self.state);
        let mut load = Load::default();
        if state.closed.is_none() {
            for in_flight in state.slots.iter().flatten() {
                load.jobs += 1;
                load.cycles += in_flight.job.cycles;
                if in_flight.opcode != Opcode::Msm {
                    load.quiet_cycles += in_flight.job.cycles;
                }
            }
        }
        load
    }

    /// Fails the jobs whose allowance has passed at cycle `now`; a job that is seen for the first
    /// time is allowed `allowance` cycles from now. They stay in flight. Returns how many failed.
    pub(crate) fn enforce(&self, now: u64, allowance: u64) -> u64 {
        let mut overdue = 0;
        let mut state = lock(&self.state);
        if state.closed.is_some() {
            return 0;
        }
        for in_flight in state.slots.iter_mut().flatten() {
            let (since, allowed) = *in_flight.allowance.get_or_insert((now, allowance));
            let elapsed = now.saturating_sub(since);
            if elapsed > allowed {
                let error = JobError::Overdue { elapsed, allowed };
                overdue += u64::from(in_flight.promise.settle(Err(error)));
            }
        }
        overdue
    }

    /// Fails unless the card runs the queue.
    pub(crate) fn check_running(&self) -> Result<(), Loss> {
        let state = lock(&self.state);
        match state.closed {
            Some(_) => Ok(()),
            None => state.rings.check_running(),
        }
    }

    /// Accepts nothing any more, and fails every waiter. The buffers are held. Returns how many failed.
    pub(crate) fn close(&self, loss: &Loss, error: &JobError) -> u64 {
        let mut failed = 0;
        let mut state = lock(&self.state);
        state.closed = Some(loss.clone());
        for in_flight in state.slots.iter().flatten() {
            failed += u64::from(in_flight.promise.settle(Err(error.clone())));
        }
        drop(state);
        self.space.notify_all();
        failed
    }

    /// Gives up the buffers of all jobs and starts the rings afresh. Only for a card that is at
    /// rest. The queue stays closed until [`Self::open`].
    pub(crate) fn start(&self) -> Result<(), Loss> {
        let mut state = lock(&self.state);
        let held: Vec<_> = state.slots.iter_mut().map(Option::take).collect();
        let started = state.rings.start();
        // Outside the lock: a job's end may unpin regions.
        drop(state);
        drop(held);
        started
    }

    /// Accepts jobs.
    pub(crate) fn open(&self) {
        lock(&self.state).closed = None;
    }

    /// Gives up all jobs of a closed queue. Unless the card is `at_rest`, what it may still write
    /// to is kept for ever.
    pub(crate) fn abandon(&self, at_rest: bool) {
        let mut state = lock(&self.state);
        let held: Vec<_> = state.slots.iter_mut().filter_map(Option::take).collect();
        if !at_rest {
            state.rings.leak();
            for in_flight in &held {
                std::mem::forget(in_flight.job.buffers.clone());
            }
        }
        drop(state);
        drop(held);
    }
}

impl InFlight {
    fn outcome(&self, completion: Completion) -> Result<Completion, JobError> {
        if completion.status == Status::Success.code() {
            return Ok(completion);
        }
        Err(JobError::Refused {
            opcode: self.opcode,
            code: completion.status,
            detail: completion.detail,
        })
    }
}
