//! Jobs: what is given to the card, and the ticket that is given back.

use crate::sync::{lock, wait_until};
use crate::{CardError, DmaBuffer, JobError};
use gristmill_protocol::{Completion, Operation};
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// One job for the card. It owns a share of every buffer that its operation names, until the card
/// is done with them.
pub(crate) struct Job {
    /// What to do.
    pub operation: Operation,
    /// Host address of a statistics block, or 0.
    pub statistics: u64,
    /// Buffers that the operation and `statistics` name.
    pub buffers: Vec<Arc<DmaBuffer>>,
    /// Other things to keep until the card is done, such as a region's pin.
    pub kept: Vec<Box<dyn Any + Send>>,
    /// Predicted core cycles.
    pub cycles: u64,
}

impl Job {
    /// A job that names no host memory.
    pub(crate) fn new(operation: Operation, cycles: u64) -> Self {
        Self {
            operation,
            statistics: 0,
            buffers: Vec::new(),
            kept: Vec::new(),
            cycles,
        }
    }

    /// The same job with a share of `buffer`.
    pub(crate) fn with_buffer(mut self, buffer: &Arc<DmaBuffer>) -> Self {
        self.buffers.push(buffer.clone());
        self
    }
}

/// Result of a job: its completion, with status success, or why there is none.
pub(crate) type Outcome = Result<Completion, JobError>;

/// A job that was submitted. Waiting is by [`Self::wait`] or by `.await`; dropping it drops the
/// result, not the job.
#[must_use = "the job's failure is only told to its ticket"]
pub struct Ticket {
    promise: Arc<Promise>,
}

/// The other end of a [`Ticket`].
#[derive(Default)]
pub(crate) struct Promise {
    state: Mutex<State>,
    settled: Condvar,
}

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

impl Promise {
    /// The first outcome stays; later ones are ignored. Whether this was the first.
    pub(crate) fn settle(&self, outcome: Outcome) -> bool {
        let mut state = lock(&self.state);
        if state.outcome.is_some() {
            return false;
        }
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.settled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }
}

impl Ticket {
    pub(crate) fn new(promise: Arc<Promise>) -> Self {
        Self { promise }
    }

    /// Waits for the result, at most until `deadline`. It may be waited for again.
    ///
    /// # Errors
    /// [`CardError::TimedOut`] when the deadline passed first: the job goes on and keeps its
    /// buffers. [`CardError::Job`] when the job failed.
    pub fn wait(&self, deadline: Instant) -> Result<Completion, CardError> {
        let begun = Instant::now();
        let mut state = lock(&self.promise.state);
        loop {
            if let Some(outcome) = &state.outcome {
                return Ok(outcome.clone()?);
            }
            let in_time;
            (state, in_time) = wait_until(&self.promise.settled, state, deadline);
            if !in_time {
                return Err(CardError::TimedOut {
                    what: "the job",
                    waited: begun.elapsed(),
                });
            }
        }
    }
}

impl Future for Ticket {
    type Output = Result<Completion, JobError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.promise.state);
        match &state.outcome {
            Some(outcome) => Poll::Ready(outcome.clone()),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
