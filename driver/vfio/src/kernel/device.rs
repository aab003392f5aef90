//! One function, opened: its regions, its reset. What `vfio-ioctls` swallows is done here by the system call.

use crate::configuration::Configuration;
use gristmill_driver::TransportError;
use gristmill_protocol::{pci, register};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::ioctl::{NoArg, ioctl, opcode};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::mpsc;
use std::time::Instant;
use vfio_bindings::bindings::vfio::{
    VFIO_BASE, VFIO_PCI_CONFIG_REGION_INDEX, VFIO_REGION_INFO_FLAG_MMAP, VFIO_TYPE,
};
use vfio_ioctls::VfioDevice;

/// A function that the kernel has handed over.
pub struct Device {
    device: ManuallyDrop<VfioDevice>,
    /// The same file, for calls of our own.
    file: OwnedFd,
    registers: Registers,
}

/// How BAR 0 is reached.
enum Registers {
    /// Mapped: an access is a load or a store.
    Mapped(NonNull<u8>),
    /// By calls, at this offset in the device's file.
    Called(u64),
}

// SAFETY: the mapping is reached by volatile accesses only.
unsafe impl Send for Device {}
// SAFETY: as above; each access is one aligned word.
unsafe impl Sync for Device {}

impl Device {
    /// Takes a device of the crate's over.
    ///
    /// # Errors
    /// If the function has no BAR 0 like a card's.
    pub fn new(device: VfioDevice) -> Result<Self, TransportError> {
        // SAFETY: the file is open as long as the device lives, which is longer than this borrow.
        let file = unsafe { BorrowedFd::borrow_raw(device.as_raw_fd()) }
            .try_clone_to_owned()
            .map_err(|error| refused("opening the card", error))?;
        let bar = pci::REGISTER_BAR;
        let (size, offset) = (device.get_region_size(bar), device.get_region_offset(bar));
        if size < register::BAR_BYTES.into() {
            return Err(crate::configuration::not_a_card(&format!(
                "its register BAR has {size} bytes"
            )));
        }
        let mut registers = Registers::Called(offset);
        if device.get_region_flags(bar) & VFIO_REGION_INFO_FLAG_MMAP != 0 {
            // SAFETY: a fresh mapping, at an address of the system's choice.
            let mapped = unsafe {
                mmap(
                    std::ptr::null_mut(),
                    register::BAR_BYTES as usize,
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::SHARED,
                    &file,
                    offset,
                )
            };
            match mapped.map(|pointer| NonNull::new(pointer.cast())) {
                Ok(Some(pointer)) => registers = Registers::Mapped(pointer),
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "the registers are reached by calls"),
            }
        }
        Ok(Self {
            device: ManuallyDrop::new(device),
            file,
            registers,
        })
    }

    /// The crate's device, for what it does well.
    pub fn vfio(&self) -> &VfioDevice {
        &self.device
    }

    /// Reads a register. One that cannot be read reads as all-ones, as on a bus without the card.
    pub fn read_register(&self, offset: u32) -> u32 {
        match self.registers {
            Registers::Mapped(base) => {
                // SAFETY: the caller has checked that the offset is a register's; the mapping is the whole BAR.
                u32::from_le(unsafe {
                    base.as_ptr()
                        .add(offset as usize)
                        .cast::<u32>()
                        .read_volatile()
                })
            }
            Registers::Called(base) => {
                let mut word = [0xff; 4];
                match rustix::io::pread(&self.file, &mut word, base + u64::from(offset)) {
                    Ok(4) => u32::from_le_bytes(word),
                    _ => u32::MAX,
                }
            }
        }
    }

    /// Writes a register. A write that cannot be made is lost, as on a bus without the card.
    pub fn write_register(&self, offset: u32, value: u32) {
        match self.registers {
            Registers::Mapped(base) => {
                // SAFETY: as for reads.
                unsafe {
                    base.as_ptr()
                        .add(offset as usize)
                        .cast::<u32>()
                        .write_volatile(value.to_le());
                }
            }
            Registers::Called(base) => {
                let at = base + u64::from(offset);
                if let Err(error) = rustix::io::pwrite(&self.file, &value.to_le_bytes(), at) {
                    tracing::debug!(%error, offset, "a register takes no write");
                }
            }
        }
    }

    /// Function-level reset, by `deadline`. The kernel waits for a dead card for more than a minute and then
    /// reports success: the call has a thread of its own, and the caller reads a register afterwards.
    ///
    /// # Errors
    /// What the kernel says, or that it said nothing in time.
    pub fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        const WHAT: &str = "a function reset";
        let started = Instant::now();
        let file = self
            .file
            .try_clone()
            .map_err(|error| refused(WHAT, error))?;
        let (said, hears) = mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("vfio reset".into())
            .spawn(move || {
                const RESET: u32 = opcode::none(VFIO_TYPE, (VFIO_BASE + 11) as u8);
                // SAFETY: VFIO_DEVICE_RESET takes no argument.
                let result = unsafe { ioctl(&file, NoArg::<RESET>::new()) };
                // whoever asked may have given up
                let _ = said.try_send(result);
            })
            .map_err(|error| refused(WHAT, error))?;
        let left = deadline.saturating_duration_since(Instant::now());
        match hears.recv_timeout(left) {
            Ok(result) => result.map_err(|error| refused(WHAT, error)),
            Err(_) => Err(TransportError::TimedOut {
                what: WHAT,
                waited: started.elapsed(),
            }),
        }
    }

    fn configuration(&self) -> u64 {
        self.device.get_region_offset(VFIO_PCI_CONFIG_REGION_INDEX)
    }
}

impl Configuration for Device {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), TransportError> {
        let wanted = into.len();
        match rustix::io::pread(&self.file, into, self.configuration() + offset) {
            Ok(bytes) if bytes == wanted => Ok(()),
            Ok(_) => Err(refused("reading the configuration space", Errno::IO)),
            Err(error) => Err(refused("reading the configuration space", error)),
        }
    }

    fn write(&self, offset: u64, from: &[u8]) -> Result<(), TransportError> {
        rustix::io::pwrite(self.file.as_fd(), from, self.configuration() + offset)
            .map(drop)
            .map_err(|error| refused("writing the configuration space", error))
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // A mapping that stays keeps the group busy for whoever opens it next.
        if let Registers::Mapped(base) = self.registers {
            // SAFETY: mapped by `new` with this length; nobody reaches it after this.
            let unmapped = unsafe { munmap(base.as_ptr().cast(), register::BAR_BYTES as usize) };
            if let Err(error) = unmapped {
                tracing::error!(%error, "the registers cannot be unmapped");
            }
        }
        // SAFETY: dropped once, here.
        let dropped = catch_unwind(AssertUnwindSafe(|| unsafe {
            ManuallyDrop::drop(&mut self.device);
        }));
        if dropped.is_err() {
            // the crate panics where the function has left the machine
            tracing::warn!("the card left before it was closed");
        }
    }
}

pub fn refused(operation: &'static str, error: impl std::fmt::Display) -> TransportError {
    TransportError::Refused {
        operation,
        reason: error.to_string(),
    }
}
