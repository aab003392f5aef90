//! The two rings of a queue pair, in DMA memory, and their doorbells.

use crate::registers::Registers;
use crate::{CardError, DmaBuffer, Loss, TransportError};
use gristmill_protocol::register::{self, STATE_RUNNING, control_bits};
use gristmill_protocol::{Completion, RING_LOG2_ENTRIES, SLOT_BYTES, SLOT_WORDS};
use std::sync::Arc;

/// How a queue pair is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingOptions {
    /// Which queue of the card.
    pub queue: u32,
    /// Binary logarithm of the entries of each ring, 1 to 12.
    pub log2_entries: u32,
    /// Domain that the queue serves.
    pub domain: u8,
    /// Interrupt vector of its completions, or none: then the rings have to be looked at.
    pub vector: Option<u32>,
}

/// The rings of one queue. It knows nothing of jobs: who pushes keeps count of what is in flight,
/// at most [`Self::entries`], since the rings do not.
pub struct Rings {
    registers: Registers,
    options: RingOptions,
    submission: Arc<DmaBuffer>,
    completion: Arc<DmaBuffer>,
    tail: u16,
    head: u16,
}

impl Rings {
    /// Allocates the rings; the card does not know them before [`Self::start`].
    pub fn new(registers: &Registers, options: RingOptions) -> Result<Self, CardError> {
        if !RING_LOG2_ENTRIES.contains(&options.log2_entries) {
            return Err(CardError::Argument {
                what: "the binary logarithm of the ring's entries",
                value: options.log2_entries.into(),
                expected: "1 to 12 are possible",
            });
        }
        let bytes = SLOT_BYTES << options.log2_entries;
        Ok(Self {
            registers: registers.clone(),
            options,
            submission: Arc::new(registers.transport().allocate(bytes)?),
            completion: Arc::new(registers.transport().allocate(bytes)?),
            tail: 0,
            head: 0,
        })
    }

    /// Zeroes the rings, tells the card where they are and turns the queue on. The queue must be
    /// off, as it is after a reset.
    ///
    /// # Errors
    /// [`Loss::QueueStopped`] when the card does not accept the rings.
    pub fn start(&mut self) -> Result<(), Loss> {
        self.submission.clear();
        self.completion.clear();
        (self.tail, self.head) = (0, 0);
        let (submission, completion) = (self.submission.iova(), self.completion.iova());
        let mut control = control_bits::ENABLE;
        if self.options.vector.is_some() {
            control |= control_bits::INTERRUPT;
        }
        for (offset, value) in [
            (register::SUBMISSION_LOW, submission as u32),
            (register::SUBMISSION_HIGH, (submission >> 32) as u32),
            (register::COMPLETION_LOW, completion as u32),
            (register::COMPLETION_HIGH, (completion >> 32) as u32),
            (register::SIZE_LOG2, self.options.log2_entries),
            (register::VECTOR, self.options.vector.unwrap_or(0)),
            (register::DOMAIN, self.options.domain.into()),
            (register::SUBMISSION_TAIL, 0),
            (register::COMPLETION_HEAD, 0),
            (register::CONTROL, control),
        ] {
            self.registers
                .write_queue(self.options.queue, offset, value)?;
        }
        self.check_running()
    }

    /// Fails with [`Loss::QueueStopped`] unless the queue runs.
    pub fn check_running(&self) -> Result<(), Loss> {
        let queue = self.options.queue;
        match self.registers.read_queue(queue, register::STATE)? {
            u32::MAX => Err(Loss::Gone { identity: u32::MAX }),
            state if state & STATE_RUNNING != 0 => Ok(()),
            state => Err(Loss::QueueStopped {
                queue,
                code: state as u16,
            }),
        }
    }

    /// Which queue of the card.
    pub fn queue(&self) -> u32 {
        self.options.queue
    }

    /// Entries of each ring.
    pub fn entries(&self) -> usize {
        1 << self.options.log2_entries
    }

    /// Writes a descriptor into the next slot. The card sees it after [`Self::ring_doorbell`].
    pub fn push(&mut self, words: [u64; SLOT_WORDS]) -> Result<(), TransportError> {
        let at = self.slot(self.tail);
        for (i, word) in words.into_iter().enumerate() {
            self.submission.store(at + 8 * i, word)?;
        }
        self.tail = self.tail.wrapping_add(1);
        Ok(())
    }

    /// Tells the card of all descriptors pushed so far.
    pub fn ring_doorbell(&self) -> Result<(), TransportError> {
        let queue = self.options.queue;
        self.registers
            .write_queue(queue, register::SUBMISSION_TAIL, self.tail.into())
    }

    /// The next completion, if the card has written it. Reads host memory only.
    pub fn pop(&mut self) -> Result<Option<Completion>, TransportError> {
        let at = self.slot(self.head);
        let mut words = [0; SLOT_WORDS];
        // The card writes the last word last; acquiring it makes the others visible.
        words[7] = self.completion.load(at + 56)?;
        let completion = Completion::from_words(words);
        let odd_round = (self.head >> self.options.log2_entries) & 1 == 1;
        if completion.phase == odd_round {
            return Ok(None);
        }
        for (i, word) in words[..7].iter_mut().enumerate() {
            *word = self.completion.load(at + 8 * i)?;
        }
        self.head = self.head.wrapping_add(1);
        Ok(Some(Completion::from_words(words)))
    }

    /// Tells the card that everything popped so far may be overwritten.
    pub fn release(&self) -> Result<(), TransportError> {
        let queue = self.options.queue;
        self.registers
            .write_queue(queue, register::COMPLETION_HEAD, self.head.into())
    }

    /// Keeps the rings mapped for ever: for a card that may still write to them.
    pub fn leak(&self) {
        std::mem::forget((self.submission.clone(), self.completion.clone()));
    }

    fn slot(&self, count: u16) -> usize {
        (usize::from(count) & (self.entries() - 1)) * SLOT_BYTES
    }
}
