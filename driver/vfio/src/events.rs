//! Interrupt vectors as eventfds.

use crate::connection::wait_for;
use crate::wire::irq;
use gristmill_driver::TransportError;
use rustix::event::{EventfdFlags, PollFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use std::sync::atomic::{AtomicBool, Ordering};
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

    /// Whether the only vector was raised since the last look.
    fn raised(&self) -> Result<bool, TransportError> {
        self.wait(0, Instant::now())
    }
}

/// VFIO's two interrupts that are not the card's: the bus failed, and the system wants the function back.
#[derive(Debug)]
pub(crate) struct Notices {
    error: Option<Events>,
    request: Option<Events>,
    requested: AtomicBool,
}

impl Notices {
    /// Connects both, as far as the function has them: `connect` is given the kind, one of [`irq`], and
    /// says whether it is there.
    pub(crate) fn connect(
        mut connect: impl FnMut(u32, &Events) -> Result<bool, TransportError>,
    ) -> Result<Self, TransportError> {
        let mut one = |kind| {
            let events = Events::new(1).map_err(|error| TransportError::Refused {
                operation: "making eventfds",
                reason: error.to_string(),
            })?;
            Ok::<_, TransportError>(connect(kind, &events)?.then_some(events))
        };
        Ok(Self {
            error: one(irq::ERROR)?,
            request: one(irq::REQUEST)?,
            requested: AtomicBool::new(false),
        })
    }

    /// As [`Transport::check`](gristmill_driver::Transport::check).
    pub(crate) fn check(&self) -> Result<(), TransportError> {
        let raised = |events: &Option<Events>| events.as_ref().map_or(Ok(false), Events::raised);
        if raised(&self.request)? {
            self.requested.store(true, Ordering::Relaxed);
        }
        if self.requested.load(Ordering::Relaxed) {
            Err(TransportError::RemovalRequested)
        } else if raised(&self.error)? {
            Err(TransportError::BusError)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_once_and_a_request_from_then_on() {
        let mut raise = Vec::new();
        let notices = Notices::connect(|_, events| {
            raise.push(events.files()[0].try_clone_to_owned().unwrap());
            Ok(true)
        })
        .unwrap();
        let [error, request] = &raise[..] else {
            panic!("{} kinds", raise.len());
        };
        let one = 1u64.to_ne_bytes();
        assert_eq!(notices.check(), Ok(()));
        rustix::io::write(error, &one).unwrap();
        assert_eq!(notices.check(), Err(TransportError::BusError));
        assert_eq!(notices.check(), Ok(()));
        rustix::io::write(request, &one).unwrap();
        for _ in 0..2 {
            assert_eq!(notices.check(), Err(TransportError::RemovalRequested));
        }
    }

    #[test]
    fn a_function_without_them_has_nothing_to_say() {
        let notices = Notices::connect(|_, _| Ok(false)).unwrap();
        assert_eq!(notices.check(), Ok(()));
    }
}
