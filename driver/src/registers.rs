//! The card's registers by meaning.

use crate::{CardError, Loss, Transport, TransportError};
use gristmill_protocol::capability::{ENGINE_WORDS, EngineCapability};
use gristmill_protocol::register::{self, status_bits};
use gristmill_protocol::{Capabilities, IDENTITY, VERSION_MAJOR};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two looks at a register that is waited for.
const LOOK_AGAIN: Duration = Duration::from_micros(200);

/// Registers of one card. Each method is one or a few reads or writes over the link.
#[derive(Clone)]
pub struct Registers {
    transport: Arc<dyn Transport>,
}

impl Registers {
    /// The registers behind `transport`.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    /// The way to the card.
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// One register.
    pub fn read(&self, offset: u32) -> Result<u32, TransportError> {
        self.transport.read_register(offset)
    }

    /// One register.
    pub fn write(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.transport.write_register(offset, value)
    }

    /// A register of a queue, by its offset in the queue's block.
    pub fn read_queue(&self, queue: u32, offset: u32) -> Result<u32, TransportError> {
        self.read(register::queue_register(queue, offset))
    }

    /// A register of a queue, by its offset in the queue's block.
    pub fn write_queue(&self, queue: u32, offset: u32, value: u32) -> Result<(), TransportError> {
        self.write(register::queue_register(queue, offset), value)
    }

    /// Fails unless a card answers that speaks this driver's protocol.
    pub fn check_identity(&self) -> Result<(), CardError> {
        self.check_alive()?;
        let version = self.read(register::VERSION)?;
        let (major, minor) = ((version >> 16) as u16, version as u16);
        if major != VERSION_MAJOR {
            return Err(CardError::Version { major, minor });
        }
        Ok(())
    }

    /// Fails unless a card answers.
    pub fn check_alive(&self) -> Result<(), Loss> {
        match self.read(register::IDENTITY)? {
            IDENTITY => Ok(()),
            identity => Err(Loss::Gone { identity }),
        }
    }

    /// Core cycles since power-up.
    pub fn cycles(&self) -> Result<u64, TransportError> {
        let low = self.read(register::CYCLES_LOW)?;
        let high = self.read(register::CYCLES_HIGH)?;
        Ok(u64::from(high) << 32 | u64::from(low))
    }

    /// What the card says of itself, checked against the register map's room.
    pub fn capabilities(&self) -> Result<Capabilities, CardError> {
        let memory_low = self.read(register::MEMORY_LOW)?;
        let memory_high = self.read(register::MEMORY_HIGH)?;
        let capabilities = Capabilities {
            build: self.read(register::BUILD)?,
            clock_kilohertz: self.read(register::CLOCK_KILOHERTZ)?,
            queues: self.read(register::QUEUE_COUNT)?,
            regions: self.read(register::REGION_COUNT)?,
            memory_bytes: u64::from(memory_high) << 32 | u64::from(memory_low),
            address_bits: self.read(register::ADDRESS_BITS)?,
            vectors: self.read(register::VECTOR_COUNT)?,
            engines: self.read(register::ENGINE_COUNT)?,
        };
        let figures = [
            (
                "number of queues",
                capabilities.queues,
                1,
                register::MAX_QUEUES,
            ),
            ("number of regions", capabilities.regions, 1, 1 << 16),
            ("number of address bits", capabilities.address_bits, 12, 64),
            ("number of interrupt vectors", capabilities.vectors, 1, 2048),
            (
                "number of engines",
                capabilities.engines,
                0,
                register::MAX_ENGINES,
            ),
        ];
        for (what, value, least, most) in figures {
            if value < least || value > most {
                let value = u64::from(value);
                return Err(CardError::Capability { what, value });
            }
        }
        Ok(capabilities)
    }

    /// The first `count` entries of the capability table.
    pub fn engines(&self, count: u32) -> Result<Vec<EngineCapability>, TransportError> {
        (0..count)
            .map(|engine| {
                let base = register::CAPABILITY_BASE + engine * 4 * ENGINE_WORDS as u32;
                let mut words = [0; ENGINE_WORDS];
                for (offset, word) in (base..).step_by(4).zip(&mut words) {
                    *word = self.read(offset)?;
                }
                Ok(EngineCapability::from_words(words))
            })
            .collect()
    }

    /// Soft reset: stops the engines, drains the buses, bumps every generation, turns all queues
    /// off. `Ok` means that the card touches no memory of the host any more.
    ///
    /// # Errors
    /// [`Loss::ResetFailed`] when the card is not at rest by `deadline` or says that it cannot drain.
    pub fn soft_reset(&self, deadline: Instant) -> Result<(), Loss> {
        let begun = Instant::now();
        self.check_alive()?;
        let resets = self.read(register::RESET_COUNT)?;
        self.write(register::RESET, register::RESET_KEY)?;
        loop {
            let status = self.read(register::STATUS)?;
            if status == u32::MAX {
                self.check_alive()?;
            }
            let done = self.read(register::RESET_COUNT)? != resets;
            if done && status & status_bits::RESETTING == 0 {
                return match status & status_bits::NEEDS_FUNCTION_RESET {
                    0 => Ok(()),
                    _ => Err(Loss::ResetFailed {
                        reason: "the card cannot drain its buses".into(),
                    }),
                };
            }
            if Instant::now() >= deadline {
                let waited = begun.elapsed();
                return Err(Loss::ResetFailed {
                    reason: format!("STATUS is still {status:#x} after {waited:?}"),
                });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Brings the card to rest: a soft reset, and where that fails a function reset with another
    /// soft reset behind it.
    pub fn reset(&self, patience: Duration) -> Result<(), Loss> {
        let soft = match self.soft_reset(Instant::now() + patience) {
            Err(failed @ Loss::ResetFailed { .. }) => failed,
            other => return other,
        };
        tracing::warn!(%soft, "trying a function reset");
        self.transport.reset(Instant::now() + patience)?;
        self.soft_reset(Instant::now() + patience)
    }
}
