//! The transport through the kernel's VFIO: a card in a slot, behind the machine's IOMMU.

mod device;
mod iommu;
pub mod sysfs;

use crate::configuration;
use crate::events::Events;
use crate::memory::{Addresses, SharedMemory};
use device::{Device, refused};
use gristmill_driver::{DmaBacking, DmaBuffer, Transport, TransportError};
use gristmill_protocol::register;
use rustix::fd::{BorrowedFd, IntoRawFd};
use rustix::process::{Resource, getrlimit};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::Path;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use sysfs::{Obstacle, Slot};
use vfio_bindings::bindings::vfio::{
    VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_REQ_IRQ_INDEX,
};
use vfio_ioctls::{VfioContainer, VfioDevice, VfioError, VfioOps};
use vmm_sys_util::eventfd::EventFd;

/// Wall time that the reset of an opening may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A card in a slot.
pub struct VfioKernel {
    address: String,
    vectors: Events,
    /// The card failed, and the system wants the card back.
    failed: Option<Events>,
    asked_back: Option<Events>,
    shared: Arc<Shared>,
}

struct Shared {
    // before the container: the device leaves its group first
    device: Device,
    container: Arc<VfioContainer>,
    addresses: Mutex<Addresses>,
}

impl VfioKernel {
    /// Opens the card at a PCI address such as `0000:3b:00.0`, through the kernel's groups and containers.
    ///
    /// # Errors
    /// [`TransportError::Refused`] with what is in the way, and the command that mends it.
    pub fn open(address: &str) -> Result<Self, TransportError> {
        let slot = Slot::look(address);
        if let Some(obstacle) = &slot.obstacle {
            return Err(blocked(&slot, obstacle));
        }
        let container = VfioContainer::new(None).map_err(|error| explain(address, &error))?;
        let container = Arc::new(container);
        let folder = Path::new("/sys/bus/pci/devices").join(address);
        let operations: Arc<dyn VfioOps> = container.clone();
        let device =
            VfioDevice::new(&folder, operations, true).map_err(|error| explain(address, &error))?;
        let vectors = device
            .get_irq_info(VFIO_PCI_MSIX_IRQ_INDEX)
            .map_or(0, |irq| irq.count);
        let device = Device::new(device)?;
        configuration::check_identity(&device)?;
        configuration::enable(&device)?;
        let bits = device.read_register(register::ADDRESS_BITS);
        // SAFETY: the container's file is open as long as the container lives.
        let file = unsafe { BorrowedFd::borrow_raw(container.as_raw_fd()) };
        let ranges = iommu::address_ranges(file)
            .map_err(|error| refused("asking the IOMMU for its addresses", error))?;
        let eventfds =
            |count| Events::new(count).map_err(|error| refused("making eventfds", error));
        let mut card = Self {
            address: address.into(),
            vectors: eventfds(vectors)?,
            failed: None,
            asked_back: None,
            shared: Arc::new(Shared {
                addresses: Mutex::new(Addresses::new(ranges, bits)),
                device,
                container,
            }),
        };
        for (index, events) in [
            (VFIO_PCI_ERR_IRQ_INDEX, &mut card.failed),
            (VFIO_PCI_REQ_IRQ_INDEX, &mut card.asked_back),
        ] {
            let one = eventfds(1)?;
            // not every machine has them
            *events = connect(&card.shared.device, index, &one)
                .is_ok()
                .then_some(one);
        }
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

    /// What the system has to say about the card meanwhile.
    fn check_notices(&self) -> Result<(), TransportError> {
        let raised = |events: &Option<Events>| match events {
            Some(events) => events.wait(0, Instant::now()),
            None => Ok(false),
        };
        let reason = if raised(&self.failed)? {
            "the bus reports an error that the card does not recover from"
        } else if raised(&self.asked_back)? {
            "the system asks for the card back"
        } else {
            return Ok(());
        };
        Err(TransportError::Down {
            reason: reason.into(),
        })
    }
}

impl Transport for VfioKernel {
    fn name(&self) -> String {
        format!("vfio:{}", self.address)
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
        let mapped = unsafe {
            self.shared
                .container
                .vfio_dma_map(iova, memory.length() as usize, pointer.as_ptr())
        };
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
        self.check_notices()?;
        Ok(false)
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
            reason: format!("{address}: {error}"),
        },
    }
}

/// Why memory could not be mapped; the usual reason is a limit of the process.
fn explain_map(error: &VfioError) -> String {
    let limit = getrlimit(Resource::Memlock).current;
    match (error, limit) {
        (VfioError::IommuDmaMap(cause), Some(limit)) if cause.errno() == NO_MEMORY => format!(
            "the process may lock {limit} bytes of memory (memlock), and a card's memory is locked; \
             raise it with `ulimit -l` or LimitMEMLOCK= in the systemd unit"
        ),
        _ => error.to_string(),
    }
}

/// The error number with which the kernel says that a limit is reached.
const NO_MEMORY: i32 = rustix::io::Errno::NOMEM.raw_os_error();

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
        match self
            .shared
            .container
            .vfio_dma_unmap(self.iova, length as usize)
        {
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
