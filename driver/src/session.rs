//! What all parts of an open card share: its queues, its state, and the thread that watches it.

use crate::card::{CardOptions, Counters};
use crate::job::{Job, Ticket};
use crate::liveness::{Limits, Sample, Watch};
use crate::queue::{Load, Queue};
use crate::registers::Registers;
use crate::ring::{RingOptions, Rings};
use crate::sync::{lock, wait_until};
use crate::{CardError, JobError, Loss, TransportError};
use gristmill_protocol::register;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// The interrupt vector of all queues: one thread serves them all.
const VECTOR: u32 = 0;
/// Longest sleep of the watching thread while nothing is in flight.
const NAP: Duration = Duration::from_secs(1);
/// How long an interrupt may trail the completion that was found without it.
const GRACE: Duration = Duration::from_millis(1);
/// Cycles allowed to a job beyond its prediction, for what no prediction covers.
const ALLOWANCE_FLOOR: u64 = 1_000_000;

pub(crate) struct Session {
    pub(crate) registers: Registers,
    pub(crate) options: CardOptions,
    pub(crate) counters: Mutex<Counters>,
    queues: Vec<Queue>,
    engines: u32,
    next_queue: AtomicUsize,
    loss: Mutex<Option<Loss>>,
    recovery: Mutex<()>,
    /// Completions taken, late ones included.
    completed: AtomicU64,
    /// Counts resets: what was on the card before the last one is not there any more.
    epoch: AtomicU64,
    work: Mutex<Work>,
    work_changed: Condvar,
}

#[derive(Default)]
struct Work {
    submissions: u64,
    closing: bool,
}

impl Session {
    /// Resets the card and starts its queues.
    pub(crate) fn open(
        registers: Registers,
        options: CardOptions,
        engines: u32,
    ) -> Result<Self, CardError> {
        let queues = (0..)
            .zip(&options.queue_domains)
            .map(|(queue, domain)| {
                let rings = RingOptions {
                    queue,
                    log2_entries: options.ring_log2,
                    domain: *domain,
                    vector: Some(VECTOR),
                };
                Ok(Queue::new(Rings::new(&registers, rings)?, *domain))
            })
            .collect::<Result<_, CardError>>()?;
        let session = Self {
            registers,
            options,
            counters: Mutex::default(),
            queues,
            engines,
            next_queue: AtomicUsize::new(0),
            loss: Mutex::new(Some(Loss::Resetting)),
            recovery: Mutex::new(()),
            completed: AtomicU64::new(0),
            epoch: AtomicU64::new(0),
            work: Mutex::default(),
            work_changed: Condvar::new(),
        };
        match session.bring_up() {
            Ok(()) => Ok(session),
            Err(error) => {
                session.close();
                Err(error)
            }
        }
    }

    /// Number of resets so far.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Why the card is lost, if it is.
    pub(crate) fn loss(&self) -> Option<Loss> {
        lock(&self.loss).clone()
    }

    /// Whether a queue serves this domain.
    pub(crate) fn serves(&self, domain: u8) -> bool {
        self.queues.iter().any(|queue| queue.domain == domain)
    }

    /// Submits to the admin queue.
    pub(crate) fn submit_admin(&self, job: Job, deadline: Instant) -> Result<Ticket, CardError> {
        self.submit_to(0, job, deadline)
    }

    /// Submits to one of the domain's queues, in turn.
    pub(crate) fn submit(
        &self,
        domain: u8,
        job: Job,
        deadline: Instant,
    ) -> Result<Ticket, CardError> {
        let turn = self.next_queue.fetch_add(1, Ordering::Relaxed);
        let serving: Vec<_> = (0..self.queues.len())
            .filter(|queue| self.queues[*queue].domain == domain)
            .collect();
        if serving.is_empty() {
            return Err(CardError::NoDomain { domain });
        }
        self.submit_to(serving[turn % serving.len()], job, deadline)
    }

    fn submit_to(&self, queue: usize, job: Job, deadline: Instant) -> Result<Ticket, CardError> {
        let epoch = self.epoch();
        let submitted = self.queues[queue].submit(job, deadline);
        if let Err(CardError::Transport(error)) = &submitted {
            self.lose(error.clone().into(), epoch);
        }
        let ticket = submitted?;
        lock(&self.counters).submitted += 1;
        lock(&self.work).submissions += 1;
        self.work_changed.notify_all();
        Ok(ticket)
    }

    /// Gives the card up for something seen in `epoch`: fails all waiters, and all submissions
    /// from now on. What was seen before a reset says nothing of the card after it.
    fn lose(&self, loss: Loss, epoch: u64) {
        let mut current = lock(&self.loss);
        if current.is_some() || epoch != self.epoch() {
            return;
        }
        tracing::error!(%loss, card = self.registers.transport().name(), "card lost");
        *current = Some(loss.clone());
        let failed = self.close_queues(&loss, &JobError::Lost(loss.clone()));
        let mut counters = lock(&self.counters);
        counters.losses += 1;
        counters.failed += failed;
    }

    /// Resets the card, whatever its state, and starts its queues again. Jobs in flight fail with
    /// [`JobError::Aborted`].
    pub(crate) fn recover(&self) -> Result<(), CardError> {
        let _alone = lock(&self.recovery);
        {
            let mut current = lock(&self.loss);
            if *current == Some(Loss::Closed) {
                return Err(Loss::Closed.into());
            }
            *current = Some(Loss::Resetting);
            let failed = self.close_queues(&Loss::Resetting, &JobError::Aborted);
            lock(&self.counters).failed += failed;
        }
        self.bring_up().inspect_err(|error| {
            let loss = match error {
                CardError::Lost(loss) => loss.clone(),
                other => Loss::ResetFailed {
                    reason: other.to_string(),
                },
            };
            self.close_queues(&loss, &JobError::Aborted);
            *lock(&self.loss) = Some(loss);
        })?;
        lock(&self.counters).recoveries += 1;
        Ok(())
    }

    /// Brings the card to rest, keeping everything that it may still write to if that fails.
    pub(crate) fn close(&self) {
        let _alone = lock(&self.recovery);
        *lock(&self.loss) = Some(Loss::Closed);
        self.close_queues(&Loss::Closed, &JobError::Lost(Loss::Closed));
        let reset = self.registers.reset(self.options.patience);
        if let Err(loss) = &reset {
            tracing::warn!(%loss, "closing a card that is not at rest: its buffers are kept");
        }
        for queue in &self.queues {
            queue.abandon(reset.is_ok());
        }
        lock(&self.work).closing = true;
        self.work_changed.notify_all();
    }

    fn bring_up(&self) -> Result<(), CardError> {
        self.registers.reset(self.options.patience)?;
        // An error that the bus reported is what the reset is for; a removal stays announced.
        if let Err(error @ TransportError::RemovalRequested) = self.registers.transport().check() {
            return Err(Loss::from(error).into());
        }
        self.registers.check_identity()?;
        for queue in &self.queues {
            queue.start()?;
        }
        self.epoch.fetch_add(1, Ordering::AcqRel);
        let mut loss = lock(&self.loss);
        self.queues.iter().for_each(Queue::open);
        *loss = None;
        Ok(())
    }

    fn close_queues(&self, loss: &Loss, error: &JobError) -> u64 {
        let closed = self.queues.iter().map(|queue| queue.close(loss, error));
        closed.sum()
    }

    fn load(&self) -> Load {
        let mut total = Load::default();
        for load in self.queues.iter().map(Queue::load) {
            total.jobs += load.jobs;
            total.cycles += load.cycles;
            total.quiet_cycles += load.quiet_cycles;
        }
        total
    }

    /// The watching thread: collects completions and judges the card, until the session closes.
    pub(crate) fn watch(&self) {
        let mut watch = Watch::new(Limits {
            stopped_after: self.options.stopped_after,
            hung_after_cycles: self.options.hung_after_cycles,
        });
        let mut next_look = Instant::now();
        let mut seen = 0;
        let mut watched = 0;
        loop {
            let epoch = self.epoch();
            if epoch != watched {
                watch.rest();
                watched = epoch;
            }
            if self.load().jobs == 0 {
                watch.rest();
                if let Err(error) = self.registers.transport().check() {
                    self.lose(error.into(), epoch);
                }
                let mut work = lock(&self.work);
                if work.closing {
                    return;
                }
                if work.submissions == seen {
                    (work, _) = wait_until(&self.work_changed, work, Instant::now() + NAP);
                }
                seen = work.submissions;
                continue;
            }
            let result = self.collect_once().and_then(|()| {
                let now = Instant::now();
                if now < next_look {
                    return Ok(());
                }
                next_look = now + self.options.liveness_interval;
                self.look(&mut watch)
            });
            if let Err(loss) = result {
                self.lose(loss, epoch);
            }
        }
    }

    /// One bounded wait for the interrupt, and one look at the rings whether it came or not.
    fn collect_once(&self) -> Result<(), Loss> {
        let transport = self.registers.transport();
        let patience = self.options.interrupt_patience;
        let raised = transport.wait_interrupt(VECTOR, Instant::now() + patience)?;
        let mut found = 0;
        for queue in &self.queues {
            let collected = queue.collect()?;
            let mut counters = lock(&self.counters);
            counters.succeeded += collected.succeeded;
            counters.failed += collected.failed;
            counters.late_completions += collected.late;
            found += collected.succeeded + collected.failed + collected.late;
        }
        self.completed.fetch_add(found, Ordering::Relaxed);
        if found > 0 && !raised && !transport.wait_interrupt(VECTOR, Instant::now() + GRACE)? {
            lock(&self.counters).lost_interrupts += found;
        }
        Ok(())
    }

    /// Judges the card by its registers, and its jobs by its cycle counter.
    fn look(&self, watch: &mut Watch) -> Result<(), Loss> {
        let load = self.load();
        if load.jobs == 0 {
            return Ok(());
        }
        self.registers.transport().check()?;
        self.registers.check_alive()?;
        let cycles = self.registers.cycles()?;
        let progress = (0..self.engines)
            .map(|engine| self.registers.read(register::progress_register(engine)))
            .collect::<Result<_, _>>()?;
        let sample = Sample {
            at: Instant::now(),
            cycles,
            busy: self.registers.read(register::BUSY)?,
            progress,
            completed: self.completed.load(Ordering::Relaxed),
        };
        // Read last: had the card vanished in between, the sample would be all-ones.
        self.registers.check_alive()?;
        for queue in &self.queues {
            queue.check_running()?;
        }
        let margin = self.options.deadline_margin;
        watch.judge(sample, load.quiet_cycles.saturating_mul(margin))?;
        let allowance = load.cycles.saturating_add(ALLOWANCE_FLOOR);
        for queue in &self.queues {
            let overdue = queue.enforce(cycles, allowance.saturating_mul(margin));
            lock(&self.counters).failed += overdue;
        }
        Ok(())
    }
}
