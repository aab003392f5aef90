//! Objects that live in card memory as long as there is room, and return when they are needed.

use crate::memory::{Memory, Reserved};
use crate::sync::lock;
use crate::{BasesSource, CardError, staging};
use gristmill_protocol::{Handle, RegionKind};
use std::sync::Arc;
use std::time::Instant;

/// What an object is.
pub(crate) struct Specification {
    pub(crate) bytes: u64,
    pub(crate) kind: RegionKind,
    pub(crate) domain: u8,
    /// Where its contents come from; nothing for scratch memory.
    pub(crate) source: Option<Arc<dyn BasesSource>>,
}

/// An object. Dropping it lets it go from the card when its last pin is gone.
pub(crate) struct Object {
    memory: Arc<Memory>,
    id: u64,
    specification: Specification,
}

impl Object {
    /// An object that will be loaded at its first use.
    pub(crate) fn new(memory: &Arc<Memory>, specification: Specification) -> Self {
        Self {
            memory: memory.clone(),
            id: memory.register(),
            specification,
        }
    }

    pub(crate) fn specification(&self) -> &Specification {
        &self.specification
    }

    /// Whether it is an object of this card.
    pub(crate) fn is_in(&self, memory: &Arc<Memory>) -> bool {
        Arc::ptr_eq(&self.memory, memory)
    }

    /// Makes sure that the object is on the card, and keeps it there while the pin lives.
    pub(crate) fn pin(&self, deadline: Instant) -> Result<Pin, CardError> {
        let pin = match self
            .memory
            .reserve(self.id, &self.specification, deadline)?
        {
            Reserved::Ready(pin) => return Ok(pin),
            Reserved::Empty(pin) => pin,
        };
        let session = &self.memory.session;
        let loaded = staging::upload(session, &self.specification, &pin, deadline);
        self.memory.loaded(self.id, &pin, loaded.is_ok());
        loaded?;
        lock(&session.counters).loads += 1;
        Ok(pin)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.memory.orphan(self.id);
    }
}

/// While it lives, the object stays where it is, unless the card is reset.
#[derive(Clone)]
pub(crate) struct Pin {
    memory: Arc<Memory>,
    token: Option<Arc<()>>,
    handle: Handle,
    epoch: u64,
}

impl Pin {
    pub(crate) fn new(memory: Arc<Memory>, token: Arc<()>, handle: Handle, epoch: u64) -> Self {
        Self {
            memory,
            token: Some(token),
            handle,
            epoch,
        }
    }

    /// Names the object to the card.
    pub(crate) fn handle(&self) -> Handle {
        self.handle
    }

    /// Whether the card was not reset since.
    pub(crate) fn is_current(&self) -> bool {
        self.memory.session.epoch() == self.epoch
    }

    pub(crate) fn holds(&self, token: &Arc<()>) -> bool {
        self.token
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, token))
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.token = None;
        self.memory.unpinned();
    }
}
