//! A card in this process, served as a PCI function over vfio-user.
//!
//! [`Server`] takes one client at a time; a second one is told that the card is in use. What a client
//! leaves behind is cleared before the next: its memory, its interrupts, and the card by a reset. The
//! card reaches the client's memory through the maps that are alive, and only while the client lets it
//! master the bus. A client can do no more than lose its own connection.
//!
//! The error interrupt says that the card, or the connection, failed for good; the request interrupt, that the
//! [server](Server::request_removal) wants the card back.

mod function;
mod interrupts;
mod maps;
mod server;
mod session;

pub use server::{Server, ServerError};
pub use session::Session;

use std::sync::Arc;

use gristmill_driver::{HostMemory, Interrupts, Transport};

use crate::card::CardSimulation;

/// A card that can be served: its registers and its reset are those of its transport.
pub trait ServedCard: Transport {
    /// The memory that it reaches as its host's.
    fn host_memory(&self) -> &Arc<HostMemory>;

    /// Its interrupt vectors.
    fn interrupts(&self) -> &Interrupts;

    /// How many vectors it has.
    fn vectors(&self) -> u32;

    /// Why it has failed for good, if it has: its clients are told by the error interrupt. Whoever notices that it
    /// has raises a vector.
    fn failure(&self) -> Option<String>;
}

impl ServedCard for CardSimulation {
    fn host_memory(&self) -> &Arc<HostMemory> {
        self.host_memory()
    }

    fn interrupts(&self) -> &Interrupts {
        self.interrupts()
    }

    fn vectors(&self) -> u32 {
        self.vectors()
    }

    fn failure(&self) -> Option<String> {
        self.failure().map(|failure| failure.to_string())
    }
}
