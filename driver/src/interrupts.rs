//! Interrupt vectors of a card in this process.

use crate::TransportError;
use crate::sync::{lock, wait_until};
use std::sync::{Condvar, Mutex};
use std::time::Instant;

/// One pending bit for each vector: the card raises, the driver waits.
pub struct Interrupts {
    pending: Mutex<Vec<bool>>,
    raised: Condvar,
}

impl Interrupts {
    /// `vectors` vectors, none of them raised.
    pub fn new(vectors: u32) -> Self {
        Self {
            pending: Mutex::new(vec![false; vectors as usize]),
            raised: Condvar::new(),
        }
    }

    /// The card raises `vector`; a vector that does not exist is ignored, as a bus would.
    pub fn raise(&self, vector: u32) {
        if let Some(pending) = lock(&self.pending).get_mut(vector as usize) {
            *pending = true;
            self.raised.notify_all();
        }
    }

    /// The vectors that were raised, taken all at once; waits for one, at most until `deadline`.
    pub fn take_all(&self, deadline: Instant) -> Vec<u32> {
        let mut pending = lock(&self.pending);
        loop {
            let raised: Vec<u32> = (0..)
                .zip(pending.iter_mut())
                .filter_map(|(vector, bit)| std::mem::take(bit).then_some(vector))
                .collect();
            if !raised.is_empty() {
                return raised;
            }
            let in_time;
            (pending, in_time) = wait_until(&self.raised, pending, deadline);
            if !in_time {
                return raised;
            }
        }
    }

    /// As [`Transport::wait_interrupt`](crate::Transport::wait_interrupt).
    pub fn wait(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        let mut pending = lock(&self.pending);
        loop {
            let bit = pending
                .get_mut(vector as usize)
                .ok_or(TransportError::NoVector { vector })?;
            if std::mem::take(bit) {
                return Ok(true);
            }
            let in_time;
            (pending, in_time) = wait_until(&self.raised, pending, deadline);
            if !in_time {
                return Ok(false);
            }
        }
    }
}
