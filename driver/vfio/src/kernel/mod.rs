//! The transport through the kernel's VFIO: a card in a slot, behind the machine's IOMMU.

mod device;
mod iommu;
mod iommufd;
mod space;
pub mod sysfs;

use crate::configuration;
use crate::events::{Events, Notices};
use crate::memory::{Addresses, SharedMemory};
use device::{Device, refused};
use gristmill_driver::{DmaBacking, DmaBuffer, Transport, TransportError};
use gristmill_protocol::register;
use rustix::fd::IntoRawFd;
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use space::{AddressSpace, system_error};
use std::os::fd::FromRawFd;
use std::path::Path;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use sysfs::{Interface, Obstacle, Slot};
use vfio_bindings::bindings::vfio::VFIO_PCI_MSIX_IRQ_INDEX;
use vfio_ioctls::{VfioDevice, VfioError};
use vmm_sys_util::eventfd::EventFd;

/// Wall time that the reset of an opening may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A card in a slot.
pub struct VfioKernel {
    address: String,
    interface: Interface,
    vectors: Events,
    notices: Notices,
    shared: Arc<Shared>,
}

struct Shared {
    // before the address space: the device leaves it first
    device: Device,
    space: AddressSpace,
    addresses: Mutex<Addresses>,
}

impl VfioKernel {
    /// Opens the card at a PCI address such as `0000:3b:00.0`: through its IOMMU group, or, where the kernel has no
    /// groups for programs, through the function's own file and iommufd.
    ///
    /// # Errors
    /// [`TransportError::Refused`] with what is in the way, and the command that mends it.
    pub fn open(address: &str) -> Result<Self, TransportError> {
        let slot = Slot::look(address);
        if let Some(obstacle) = &slot.obstacle {
            return Err(blocked(&slot, obstacle));
        }
        let interface = slot.interface.unwrap_or(Interface::Group);
        let space = AddressSpace::new(interface).map_err(|error| explain(address, &error))?;
        let folder = Path::new("/sys/bus/pci/devices").join(address);
        let device = VfioDevice::new(&folder, space.operations(), true)
            .map_err(|error| explain(address, &error))?;
        let vectors = device
            .get_irq_info(VFIO_PCI_MSIX_IRQ_INDEX)
            .map_or(0, |irq| irq.count);
        let device = Device::new(device)?;
        configuration::check_identity(&device)?;
        configuration::enable(&device)?;
        let bits = device.read_register(register::ADDRESS_BITS);
        let ranges = space
            .ranges()
            .map_err(|error| refused("asking the IOMMU for its addresses", error))?;
        // not every machine has these
        let notices = Notices::connect(|kind, events| Ok(connect(&device, kind, events).is_ok()))?;
        let card = Self {
            address: address.into(),
            interface,
            vectors: Events::new(vectors).map_err(|error| refused("making eventfds", error))?,
            notices,
            shared: Arc::new(Shared {
                addresses: Mutex::new(Addresses::new(ranges, bits)),
                device,
                space,
            }),
        };
        card.reset(Instant::now() + PATIENCE)?;
        Ok(card)
    }

    fn check(offset: u32) -> Result<(), TransportError> {
        if offset.is_multiple_of(4) && offset < register::BAR_BYTES {
            Ok(())
        } else {
            Err(TransportError::NoRegister { offset })
        }
    }
}

impl Transport for VfioKernel {
    fn name(&self) -> String {
        format!("vfio:{} ({})", self.address, self.interface)
    }

    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        Self::check(offset)?;
        Ok(self.shared.device.read_register(offset))
    }

    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        Self::check(offset)?;
        // What was written to DMA memory is there before the card hears of it.
        fence(Ordering::SeqCst);
        self.shared.device.write_register(offset, value);
        Ok(())
    }

    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        let refuse = |reason: String| TransportError::Allocate { bytes, reason };
        let memory = SharedMemory::new(bytes).map_err(|error| refuse(error.to_string()))?;
        let iova = self
            .shared
            .addresses()
            .take(memory.length(), memory.page())
            .ok_or_else(|| refuse("the card's addresses are used up".into()))?;
        let pointer = memory.pointer();
        // SAFETY: the memory is mapped until it is unmapped here, is reached by atomics only, and no reference
        // into it exists but in `DmaVec`s that no job names.
        let mapped = unsafe { self.shared.space.map(iova, memory.length(), pointer) };
        if let Err(error) = mapped {
            self.shared.addresses().give(iova, memory.length());
            return Err(refuse(explain_map(&error)));
        }
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
        if self.vectors.wait(vector, deadline)? {
            return Ok(true);
        }
        self.check()?;
        Ok(false)
    }

    fn check(&self) -> Result<(), TransportError> {
        self.notices.check()
    }

    fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        self.shared.device.reset(deadline)?;
        configuration::enable(&self.shared.device)?;
        connect(&self.shared.device, VFIO_PCI_MSIX_IRQ_INDEX, &self.vectors)
    }
}

impl Shared {
    fn addresses(&self) -> MutexGuard<'_, Addresses> {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects the interrupts of a kind with eventfds.
fn connect(device: &Device, index: u32, events: &Events) -> Result<(), TransportError> {
    const WHAT: &str = "connecting the interrupts";
    let files = events.files().into_iter();
    let files: Vec<EventFd> = files
        .map(|file| {
            let file = file.try_clone_to_owned()?.into_raw_fd();
            // SAFETY: an eventfd that nobody else owns.
            Ok(unsafe { EventFd::from_raw_fd(file) })
        })
        .collect::<std::io::Result<_>>()
        .map_err(|error| refused(WHAT, error))?;
    device
        .vfio()
        .enable_irq(index, files.iter().collect())
        .map_err(|error| refused(WHAT, error))
}

fn blocked(slot: &Slot, obstacle: &Obstacle) -> TransportError {
    let remedy = obstacle.remedy(&slot.address);
    let remedy = remedy.map_or_else(String::new, |remedy| format!(" ({remedy})"));
    TransportError::Refused {
        operation: "opening the card",
        reason: format!("{}: {obstacle}{remedy}", slot.address),
    }
}

/// Why the crate could not open the card: it says little, so the state of the slot is looked at again.
fn explain(address: &str, error: &VfioError) -> TransportError {
    let slot = Slot::look(address);
    match &slot.obstacle {
        Some(obstacle) => blocked(&slot, obstacle),
        None => TransportError::Refused {
            operation: "opening the card",
            reason: match system_error(error) {
                Some(cause) => format!("{address}: {error}: {cause}"),
                None => format!("{address}: {error}"),
            },
        },
    }
}

/// Why memory could not be mapped; the usual reason is a limit of the process.
fn explain_map(error: &VfioError) -> String {
    let limit = getrlimit(Resource::Memlock).current;
    match (system_error(error), limit) {
        (Some(Errno::NOMEM), Some(limit)) => format!(
            "the process may lock {limit} bytes of memory (memlock), and a card's memory is locked; \
             raise it with `ulimit -l` or LimitMEMLOCK= in the systemd unit"
        ),
        (Some(cause), _) => format!("{error}: {cause}"),
        (None, _) => error.to_string(),
    }
}

/// Memory that the IOMMU maps.
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
        let length = memory.length();
        match self.shared.space.unmap(self.iova, length) {
            Ok(()) => {
                self.shared.addresses().give(self.iova, length);
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
