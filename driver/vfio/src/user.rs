//! The transport over vfio-user: a card that another process serves on a socket.

use crate::client::{Client, ClientError};
use crate::configuration::{self, Configuration};
use crate::events::{Events, Notices};
use crate::memory::{Addresses, SharedMemory};
use crate::wire::{irq, region};
use gristmill_driver::{DmaBacking, DmaBuffer, Transport, TransportError};
use gristmill_protocol::{pci, register};
use rustix::io::Errno;
use std::path::{Path, PathBuf};
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Wall time in which a server answers any request but a reset.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A card behind a socket.
pub struct VfioUser {
    path: PathBuf,
    events: Events,
    notices: Notices,
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    addresses: Mutex<Addresses>,
}

impl VfioUser {
    /// Connects to the server at `path`, and readies the function: it may then master the bus and raise interrupts.
    ///
    /// # Errors
    /// [`TransportError::Down`] if nobody answers there, [`TransportError::Refused`] if the server has another
    /// client or the function is no Gristmill card.
    pub fn connect(path: &Path) -> Result<Self, TransportError> {
        Self::connect_with(path, PATIENCE)
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// See [`Self::connect`].
    pub fn connect_with(path: &Path, patience: Duration) -> Result<Self, TransportError> {
        let client = Client::connect(path, patience).map_err(|error| match error {
            ClientError::Refused {
                error: Errno::BUSY, ..
            } => TransportError::Refused {
                operation: "opening the card",
                reason: format!("{} serves another process", path.display()),
            },
            ClientError::Connect(error) => TransportError::Down {
                reason: format!("{}: {error}", path.display()),
            },
            other => failure("opening the card", other),
        })?;
        let broken = |error| failure("opening the card", error);
        client.device_info().map_err(broken)?;
        let registers = client.region_info(pci::REGISTER_BAR).map_err(broken)?;
        if registers.size < u64::from(register::BAR_BYTES) {
            return Err(configuration::not_a_card(&format!(
                "its register BAR has {} bytes",
                registers.size
            )));
        }
        configuration::check_identity(&client)?;
        let vectors = client.irq_info(irq::MSIX).map_err(broken)?.count;
        let events = Events::new(vectors).map_err(|error| TransportError::Refused {
            operation: "making eventfds",
            reason: error.to_string(),
        })?;
        let mut word = [0; 4];
        client
            .read(pci::REGISTER_BAR, register::ADDRESS_BITS.into(), &mut word)
            .map_err(broken)?;
        let bits = u32::from_le_bytes(word);
        let notices = Notices::connect(|kind, events| {
            let known = client.irq_info(kind).map_err(broken)?.count > 0;
            if known {
                client
                    .set_interrupts(kind, &events.files())
                    .map_err(broken)?;
            }
            Ok(known)
        })?;
        let card = Self {
            path: path.into(),
            events,
            notices,
            shared: Arc::new(Shared {
                client,
                addresses: Mutex::new(Addresses::new([(0, u64::MAX)], bits)),
            }),
        };
        card.enable()?;
        Ok(card)
    }

    /// What a reset takes away: bus mastering, and the interrupts' eventfds.
    fn enable(&self) -> Result<(), TransportError> {
        let client = &self.shared.client;
        configuration::enable(client)?;
        client
            .set_interrupts(irq::MSIX, &self.events.files())
            .map_err(|error| failure("connecting the interrupts", error))
    }

    fn register(offset: u32) -> Result<u64, TransportError> {
        if offset.is_multiple_of(4) && offset < register::BAR_BYTES {
            Ok(offset.into())
        } else {
            Err(TransportError::NoRegister { offset })
        }
    }
}

impl Transport for VfioUser {
    fn name(&self) -> String {
        format!("vfio-user:{}", self.path.display())
    }

    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        let mut word = [0; 4];
        self.shared
            .client
            .read(pci::REGISTER_BAR, Self::register(offset)?, &mut word)
            .map_err(|error| failure("a register read", error))?;
        Ok(u32::from_le_bytes(word))
    }

    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        let offset = Self::register(offset)?;
        // The socket orders too; the fence says that this is meant.
        fence(Ordering::SeqCst);
        self.shared
            .client
            .write(pci::REGISTER_BAR, offset, &value.to_le_bytes())
            .map_err(|error| failure("a register write", error))
    }

    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        let refuse = |reason: String| TransportError::Allocate { bytes, reason };
        let memory = SharedMemory::new(bytes).map_err(|error| refuse(error.to_string()))?;
        let iova = self
            .shared
            .addresses()
            .take(memory.length(), memory.page())
            .ok_or_else(|| refuse("the card's addresses are used up".into()))?;
        let mapped = self
            .shared
            .client
            .map(iova, memory.length(), memory.file(), 0);
        match mapped {
            Ok(()) => {}
            Err(error @ ClientError::Refused { .. }) => {
                self.shared.addresses().give(iova, memory.length());
                return Err(refuse(error.to_string()));
            }
            Err(error) => {
                // Whether the server maps it is not known: it keeps the memory, and nobody the address.
                std::mem::forget(memory);
                return Err(failure("mapping DMA memory", error));
            }
        }
        let pointer = memory.pointer();
        let backing = Box::new(Mapped {
            shared: self.shared.clone(),
            memory: Some(memory),
            iova,
        });
        // SAFETY: page-aligned and as long as `bytes` at least, mapped until the backing is released, and
        // known to nobody else in this process.
        Ok(unsafe { DmaBuffer::new(pointer, bytes, iova, backing) })
    }

    fn wait_interrupt(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        if self.events.wait(vector, deadline)? {
            return Ok(true);
        }
        self.check()?;
        Ok(false)
    }

    fn check(&self) -> Result<(), TransportError> {
        // first what the server said before it hung up
        self.notices.check()?;
        if self.shared.client.hung_up() {
            return Err(TransportError::Down {
                reason: "the server closed the connection".into(),
            });
        }
        Ok(())
    }

    fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        self.shared
            .client
            .reset(deadline)
            .map_err(|error| failure("a function reset", error))?;
        self.enable()
    }
}

impl Shared {
    fn addresses(&self) -> MutexGuard<'_, Addresses> {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Configuration for Client {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), TransportError> {
        Client::read(self, region::CONFIGURATION, offset, into)
            .map_err(|error| failure("reading the configuration space", error))
    }

    fn write(&self, offset: u64, from: &[u8]) -> Result<(), TransportError> {
        Client::write(self, region::CONFIGURATION, offset, from)
            .map_err(|error| failure("writing the configuration space", error))
    }
}

/// Memory that the server maps.
struct Mapped {
    shared: Arc<Shared>,
    /// `None` once it was released, or must be kept for ever.
    memory: Option<SharedMemory>,
    iova: u64,
}

impl DmaBacking for Mapped {
    fn release(&mut self) -> Result<(), TransportError> {
        let Some(memory) = self.memory.take() else {
            return Ok(());
        };
        match self.shared.client.unmap(self.iova, memory.length()) {
            Ok(()) => {
                self.shared.addresses().give(self.iova, memory.length());
                Ok(())
            }
            Err(error) => {
                std::mem::forget(memory);
                Err(TransportError::Unmap {
                    iova: self.iova,
                    reason: error.to_string(),
                })
            }
        }
    }
}

fn failure(operation: &'static str, error: ClientError) -> TransportError {
    match error {
        ClientError::TimedOut { waited, .. } => TransportError::TimedOut {
            what: operation,
            waited,
        },
        ClientError::Refused { .. } => TransportError::Refused {
            operation,
            reason: error.to_string(),
        },
        ClientError::Connect(_) | ClientError::Broken(_) => TransportError::Down {
            reason: error.to_string(),
        },
    }
}
