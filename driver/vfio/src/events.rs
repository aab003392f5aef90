//! Interrupt vectors as eventfds.

use crate::connection::wait_for;
use gristmill_driver::TransportError;
use rustix::event::{EventfdFlags, PollFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use std::time::Instant;

/// One eventfd for each vector.
#[derive(Debug)]
pub(crate) struct Events {
    files: Vec<OwnedFd>,
}

impl Events {
    pub(crate) fn new(vectors: u32) -> Result<Self, Errno> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let files = (0..vectors).map(|_| eventfd(0, flags));
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn files(&self) -> Vec<BorrowedFd<'_>> {
        self.files.iter().map(AsFd::as_fd).collect()
    }

    /// As [`Transport::wait_interrupt`](gristmill_driver::Transport::wait_interrupt).
    pub(crate) fn wait(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        let file = self
            .files
            .get(vector as usize)
            .ok_or(TransportError::NoVector { vector })?;
        let refused = |error: Errno| TransportError::Refused {
            operation: "waiting for an interrupt",
            reason: error.to_string(),
        };
        loop {
            match rustix::io::read(file, &mut [0; 8]) {
                Ok(_) => return Ok(true),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(refused(error)),
            }
            if !wait_for(file.as_fd(), PollFlags::IN, deadline).map_err(refused)? {
                return Ok(false);
            }
        }
    }
}
