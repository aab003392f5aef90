//! What can go wrong between a caller and a card.

use crate::TransportError;
use gristmill_protocol::{EngineKind, FieldId, Opcode, Status};
use std::time::Duration;

/// Why a card is lost. It stays lost until [`Card::recover`](crate::Card::recover) succeeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// Registers read as all-ones or as something else than a card: it left the bus.
    #[error("the card is gone: its identity reads {identity:#010x}")]
    Gone {
        /// What the identity register reads.
        identity: u32,
    },
    /// The card's clock runs and a job is in flight, but nothing advances.
    #[error("the card hangs: {} has not advanced for {cycles} cycles", unit(*.engine))]
    Hung {
        /// The busy engine that stands still; `None` for the queue engine.
        engine: Option<u32>,
        /// Core cycles without progress.
        cycles: u64,
    },
    /// A job is in flight and neither the cycle counter nor any engine moves.
    #[error("the card has stopped: its cycle counter has stood still for {waited:?}")]
    Stopped {
        /// Wall time without a change.
        waited: Duration,
    },
    /// The card stopped a queue.
    #[error("the card stopped queue {queue}: {}", status_text(*.code))]
    QueueStopped {
        /// The queue.
        queue: u32,
        /// Code of the reason, see [`Status`].
        code: u16,
    },
    /// A completion names a job that is not in flight.
    #[error("queue {queue} completed an unknown job, tag {tag:#010x}")]
    UnknownTag {
        /// The queue.
        queue: u32,
        /// The completion's tag.
        tag: u32,
    },
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Transport(#[from] TransportError),
    /// A reset did not bring the card to rest; the buffers of its jobs are kept for ever.
    #[error("the reset failed: {reason}")]
    ResetFailed {
        /// What was seen.
        reason: String,
    },
    /// A reset is under way.
    #[error("the card is being reset")]
    Resetting,
    /// The card was closed.
    #[error("the card was closed")]
    Closed,
}

/// How a job failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// The card completed the job with an error.
    #[error("the card refused {opcode:?}: {} ({detail:#x})", status_text(*.code))]
    Refused {
        /// What was asked.
        opcode: Opcode,
        /// Code of the reason; [`Self::status`] names it.
        code: u16,
        /// The completion's detail, by status.
        detail: u64,
    },
    /// The job took more cycles than predicted for it and the jobs ahead, times the margin. It may
    /// still be running; its buffers stay with the card until it ends or a reset.
    #[error("the job is overdue: {elapsed} cycles, where {allowed} were allowed")]
    Overdue {
        /// Core cycles since the job was seen in flight.
        elapsed: u64,
        /// Core cycles that it was given.
        allowed: u64,
    },
    /// The card was reset before the job completed.
    #[error("the card was reset in mid-job")]
    Aborted,
    /// The card was lost before the job completed.
    #[error("the card was lost in mid-job: {0}")]
    Lost(#[source] Loss),
}

impl JobError {
    /// The card's reason, if the card refused the job with a code that has a name.
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Refused { code, .. } => Status::from_code(*code),
            _ => None,
        }
    }
}

/// What an operation of a [`Card`](crate::Card) ended with instead of a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The transport failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// What answers is no Gristmill card.
    #[error("no Gristmill card: the identity register reads {identity:#010x}")]
    NotACard {
        /// What the identity register reads.
        identity: u32,
    },
    /// The card speaks another major version of the protocol.
    #[error("the card speaks protocol {major}.{minor}, this driver {ours}.x", ours = gristmill_protocol::VERSION_MAJOR)]
    Version {
        /// Its major version.
        major: u16,
        /// Its minor version.
        minor: u16,
    },
    /// The card's registers contradict the protocol or each other.
    #[error("the card's {what} is {value}, which cannot be")]
    Capability {
        /// Which figure.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// The card was lost before the operation began.
    #[error(transparent)]
    Lost(#[from] Loss),
    /// A job failed.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Every slot of the queue stayed taken until the deadline.
    #[error("queue {queue} stayed full for {waited:?}")]
    QueueFull {
        /// The queue.
        queue: u32,
        /// Wall time waited.
        waited: Duration,
    },
    /// The caller's deadline passed; the job goes on.
    #[error("{what} did not finish within {waited:?}")]
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// Wall time waited.
        waited: Duration,
    },
    /// Card memory has no room, even after everything that may leave has left.
    #[error("no room for {wanted} bytes in card memory: {free} free, {largest} in one piece")]
    OutOfMemory {
        /// Bytes asked for.
        wanted: u64,
        /// Bytes free or evictable.
        free: u64,
        /// Bytes of the largest piece of them.
        largest: u64,
    },
    /// All entries of the region table are in use.
    #[error("all {regions} regions of the card are in use")]
    OutOfRegions {
        /// Entries of the table.
        regions: u32,
    },
    /// The card has no engine for the operation.
    #[error("the card has no {kind:?} engine")]
    NoEngine {
        /// The kind that is missing.
        kind: EngineKind,
    },
    /// The card's NTT engine has another field, or its sizes are too small.
    #[error("the card does not transform 2^{size_log2} elements of {}", .field.name())]
    NoTransform {
        /// The field asked for.
        field: FieldId,
        /// Binary logarithm of the size asked for, with its extension.
        size_log2: u32,
    },
    /// No queue of the card serves the domain.
    #[error("no queue of this card serves domain {domain}")]
    NoDomain {
        /// The domain.
        domain: u8,
    },
    /// An argument does not fit the card or the other arguments.
    #[error("{what} is {value}, {expected}")]
    Argument {
        /// Which argument.
        what: &'static str,
        /// Its value.
        value: u64,
        /// What would fit.
        expected: &'static str,
    },
    /// A host source could not deliver its bytes.
    #[error("the host copy cannot be read: {reason}")]
    Source {
        /// What the source said.
        reason: String,
    },
    /// The system refused a thread or the like.
    #[error("{operation} failed: {reason}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        reason: String,
    },
}

fn unit(engine: Option<u32>) -> String {
    match engine {
        Some(engine) => format!("engine {engine}"),
        None => "the queue engine".into(),
    }
}

fn status_text(code: u16) -> String {
    match Status::from_code(code) {
        Some(status) => format!("{status:?}: {}", status.meaning()),
        None => format!("status {code}, which has no name"),
    }
}
