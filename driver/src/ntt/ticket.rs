//! Transforms under way: the copy to the card, the transforms, the copy back, one after the other.

use super::Packed;
use crate::job::{Job, Ticket};
use crate::object::{Object, Pin};
use crate::session::Session;
use crate::{CardError, DmaBuffer, JobError, staging};
use gristmill_protocol::{Completion, Ntt, NttStatistics, Operation, SLOT_BYTES, format};
use std::future::Future;
use std::pin::Pin as Pinned;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// What the card computed.
pub struct NttResult {
    /// `None` when there was nothing to do.
    pub(super) output: Option<(Arc<DmaBuffer>, Packed)>,
    /// The completion of the transforms, with its counters.
    pub completion: Completion,
    /// The engine's own counters.
    pub statistics: NttStatistics,
    /// Bytes over the link for both copies.
    pub copied_bytes: u64,
}

impl NttResult {
    pub(super) fn empty() -> Self {
        Self {
            output: None,
            completion: Completion::default(),
            statistics: NttStatistics::default(),
            copied_bytes: 0,
        }
    }

    /// Copies the output, tightly packed, to the first bytes of `into`.
    ///
    /// # Errors
    /// [`CardError::Argument`] when there is no room.
    pub fn read(&self, into: &mut [u8]) -> Result<(), CardError> {
        match &self.output {
            Some((buffer, packed)) => packed.read(buffer, into),
            None => Ok(()),
        }
    }
}

/// Transforms that were submitted. Waiting is by [`Self::wait`] or by `.await`, and it is the waiter who
/// gives the card the next step; dropping it drops the result, not the step under way.
#[must_use = "the transforms go on only while their ticket is waited for"]
pub struct NttTicket {
    /// `None` when there was nothing to do.
    work: Option<Mutex<Work>>,
}

/// What the steps need, and the one under way.
pub(super) struct Work {
    pub(super) session: Arc<Session>,
    pub(super) domain: u8,
    pub(super) ntt: Ntt,
    pub(super) cycles: u64,
    /// Bytes of input and output areas.
    pub(super) bytes: (u64, u64),
    /// Where the output is to be, and behind it the statistics.
    pub(super) buffer: Arc<DmaBuffer>,
    pub(super) output: Packed,
    /// Tables and data.
    pub(super) pins: Vec<Pin>,
    pub(super) _data: Object,
    pub(super) patience: Duration,
    pub(super) step: Step,
    pub(super) copied_bytes: u64,
    pub(super) completion: Completion,
}

/// What the card is doing.
pub(super) enum Step {
    Upload(Ticket),
    Transform(Ticket),
    Download(Ticket),
}

impl Step {
    fn ticket(&mut self) -> &mut Ticket {
        match self {
            Self::Upload(ticket) | Self::Transform(ticket) | Self::Download(ticket) => ticket,
        }
    }
}

impl Work {
    /// Byte offset of the statistics in the buffer.
    fn statistics_at(&self) -> usize {
        self.buffer.len() - SLOT_BYTES
    }

    /// What follows the step that has ended with this completion: the result, or the next step.
    fn advance(&mut self, ended: Completion) -> Result<Option<NttResult>, CardError> {
        let operation = match &self.step {
            Step::Upload(_) => {
                self.copied_bytes += ended.link_bytes;
                Operation::Ntt(self.ntt)
            }
            Step::Transform(_) => {
                self.completion = ended;
                Operation::CopyFromCard {
                    host: self.buffer.iova(),
                    region: self.ntt.data,
                    offset: self.ntt.output,
                    length: self.bytes.1,
                }
            }
            Step::Download(_) => {
                self.copied_bytes += ended.link_bytes;
                let mut statistics = [0; SLOT_BYTES];
                self.buffer.read(self.statistics_at(), &mut statistics)?;
                return Ok(Some(NttResult {
                    output: Some((self.buffer.clone(), self.output)),
                    completion: self.completion,
                    statistics: NttStatistics::from_words(format::slot_words(&statistics)),
                    copied_bytes: self.copied_bytes,
                }));
            }
        };
        if !self.pins.iter().all(Pin::is_current) {
            return Err(JobError::Aborted.into());
        }
        let transform = matches!(operation, Operation::Ntt(_));
        let statistics = self.buffer.iova() + self.statistics_at() as u64;
        let job = Job {
            operation,
            statistics: if transform { statistics } else { 0 },
            buffers: vec![self.buffer.clone()],
            kept: vec![Box::new(self.pins.clone())],
            cycles: match transform {
                true => self.cycles,
                false => staging::copy_cycles(self.bytes.1),
            },
        };
        let deadline = Instant::now() + self.patience;
        let ticket = self.session.submit(self.domain, job, deadline)?;
        self.step = match transform {
            true => Step::Transform(ticket),
            false => Step::Download(ticket),
        };
        Ok(None)
    }
}

impl NttTicket {
    pub(super) fn new(work: Option<Work>) -> Self {
        Self {
            work: work.map(Mutex::new),
        }
    }

    /// Waits for the result, at most until `deadline`. It may be waited for again after a timeout.
    ///
    /// # Errors
    /// [`CardError::TimedOut`] when the deadline passed first: the step under way goes on.
    /// [`CardError::Job`] when one failed.
    pub fn wait(&self, deadline: Instant) -> Result<NttResult, CardError> {
        let Some(work) = &self.work else {
            return Ok(NttResult::empty());
        };
        let mut work = crate::sync::lock(work);
        loop {
            let ended = work.step.ticket().wait(deadline)?;
            if let Some(result) = work.advance(ended)? {
                return Ok(result);
            }
        }
    }
}

impl Future for NttTicket {
    type Output = Result<NttResult, CardError>;

    fn poll(self: Pinned<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &self.work else {
            return Poll::Ready(Ok(NttResult::empty()));
        };
        let mut work = crate::sync::lock(work);
        loop {
            let ended = ready!(Pinned::new(work.step.ticket()).poll(context))?;
            if let Some(result) = work.advance(ended)? {
                return Poll::Ready(Ok(result));
            }
        }
    }
}
