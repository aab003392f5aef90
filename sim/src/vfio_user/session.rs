//! One client's view of the card: each request, and its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytemuck::{Pod, bytes_of};
use gristmill_driver::Rights;
use gristmill_protocol::{pci, register};
use gristmill_vfio::connection::Message;
use gristmill_vfio::wire::{
    self, Command, DeviceInfo, DmaMap, DmaUnmap, IrqInfo, MAX_TRANSFER, RegionAccess, RegionInfo,
    SetIrqs, Version, device_flags, flags, irq, irq_info_flags, map_flags, region, region_flags,
    split, unmap_flags,
};
use rustix::io::Errno;

use super::ServedCard;
use super::function::{BYTES, Function};
use super::interrupts::Vectors;
use super::maps::Maps;

/// Wall time in which the card resets.
const RESET_PATIENCE: Duration = Duration::from_secs(10);

/// The card, as one client has set it up. Dropping it takes everything of the client's away from the card.
pub struct Session {
    card: Arc<dyn ServedCard>,
    function: Function,
    vectors: Vectors,
    /// The error interrupt, and whether it was raised.
    error: Vectors,
    failed: bool,
    /// The request interrupt.
    request: Vectors,
    maps: Maps,
    agreed: bool,
}

/// The message is not one of a client's: the connection is useless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message of type {0}, where commands are expected")]
pub struct NoCommand(u32);

impl Session {
    /// The card for a new client: reset, reaching nothing.
    pub fn new(card: Arc<dyn ServedCard>) -> Self {
        let vectors = card.vectors();
        card.host_memory().connect(false);
        let mut session = Self {
            maps: Maps::new(card.host_memory().clone()),
            function: Function::new(vectors),
            vectors: Vectors::new(vectors),
            error: Vectors::new(1),
            failed: false,
            request: Vectors::new(1),
            card,
            agreed: false,
        };
        if session.reset().is_err() {
            tracing::error!("the card does not reset for a new client");
        }
        session
    }

    /// Does what a message asks for: the payload of its answer, or an error number. `None` if it wants no answer.
    ///
    /// # Errors
    /// The message is no command.
    pub fn handle(
        &mut self,
        message: Message,
    ) -> Result<Option<Result<Vec<u8>, Errno>>, NoCommand> {
        let header = message.header;
        let kind = header.flags & flags::TYPE;
        if kind != flags::COMMAND {
            return Err(NoCommand(kind));
        }
        let answer = match Command::from_code(header.command) {
            Some(Command::Version) => self.version(&message.payload),
            Some(_) if !self.agreed => Err(Errno::INVAL),
            Some(command) => self.execute(command, message),
            None => Err(Errno::OPNOTSUPP),
        };
        Ok((header.flags & flags::NO_REPLY == 0).then_some(answer))
    }

    /// The card raised these vectors.
    pub fn raise(&mut self, vectors: &[u32]) {
        for vector in vectors {
            self.vectors.raise(*vector);
        }
        self.deliver();
    }

    /// The card, or the connection, has failed for good: raises the error interrupt, once.
    pub fn fail(&mut self, why: &str) {
        if !std::mem::replace(&mut self.failed, true) {
            tracing::error!(why, "raising the error interrupt");
            self.error.raise(0);
            self.deliver();
        }
    }

    /// Raises the request interrupt: the card is wanted back.
    pub fn request_removal(&mut self) {
        self.request.raise(0);
        self.deliver();
    }

    fn deliver(&mut self) {
        let function = &self.function;
        self.vectors.deliver(|vector| function.is_masked(vector));
        // these two are no messages of the function's
        self.error.deliver(|_| false);
        self.request.deliver(|_| false);
    }

    fn version(&mut self, payload: &[u8]) -> Result<Vec<u8>, Errno> {
        let (version, text) = split::<Version>(payload).ok_or(Errno::INVAL)?;
        if version.major != wire::VERSION.0 || text.last().is_some_and(|last| *last != 0) {
            return Err(Errno::INVAL);
        }
        self.agreed = true;
        let (major, minor) = wire::VERSION;
        let version = Version {
            major,
            minor: minor.min(version.minor),
        };
        let mut answer = bytes_of(&version).to_vec();
        answer.extend(wire::capabilities());
        Ok(answer)
    }

    fn execute(&mut self, command: Command, message: Message) -> Result<Vec<u8>, Errno> {
        let Message { payload, files, .. } = message;
        match command {
            Command::Version => self.version(&payload),
            Command::DmaMap => {
                let (map, _) = fixed::<DmaMap>(&payload)?;
                let may = Rights {
                    read: map.flags & map_flags::READ != 0,
                    write: map.flags & map_flags::WRITE != 0,
                };
                let file = files.into_iter().next();
                self.maps
                    .map(map.address, map.size, file, map.offset, may)?;
                Ok(Vec::new())
            }
            Command::DmaUnmap => {
                let (unmap, _) = fixed::<DmaUnmap>(&payload)?;
                self.unmap(unmap)?;
                Ok(bytes_of(&unmap).to_vec())
            }
            Command::DeviceGetInfo => {
                fixed::<DeviceInfo>(&payload)?;
                Ok(bytes_of(&DeviceInfo {
                    argsz: size_of::<DeviceInfo>() as u32,
                    flags: device_flags::RESET | device_flags::PCI,
                    regions: region::COUNT,
                    irqs: irq::COUNT,
                })
                .to_vec())
            }
            Command::DeviceGetRegionInfo => {
                let (info, _) = fixed::<RegionInfo>(&payload)?;
                region_info(info.index).map(|info| bytes_of(&info).to_vec())
            }
            Command::DeviceGetIrqInfo => {
                let (info, _) = fixed::<IrqInfo>(&payload)?;
                self.irq_info(info.index)
                    .map(|info| bytes_of(&info).to_vec())
            }
            Command::DeviceSetIrqs => {
                let (set, data) = fixed::<SetIrqs>(&payload)?;
                let vectors = match set.index {
                    irq::MSIX => &mut self.vectors,
                    irq::ERROR => &mut self.error,
                    irq::REQUEST => &mut self.request,
                    // the card has none of these
                    0..irq::COUNT if set.count == 0 => return Ok(Vec::new()),
                    _ => return Err(Errno::INVAL),
                };
                vectors.set(set.flags, set.start, set.count, data, files)?;
                self.deliver();
                Ok(Vec::new())
            }
            Command::RegionRead => {
                let (access, _) = split::<RegionAccess>(&payload).ok_or(Errno::INVAL)?;
                let range = range(access)?;
                let mut answer = bytes_of(&access).to_vec();
                let start = answer.len();
                answer.resize(start + range.len(), 0);
                self.read(access.region, range.start, &mut answer[start..])?;
                Ok(answer)
            }
            Command::RegionWrite => {
                let (access, data) = split::<RegionAccess>(&payload).ok_or(Errno::INVAL)?;
                let range = range(access)?;
                if data.len() != range.len() {
                    return Err(Errno::INVAL);
                }
                self.write(access.region, range.start, data)?;
                Ok(bytes_of(&access).to_vec())
            }
            Command::DeviceReset => {
                self.reset()?;
                Ok(Vec::new())
            }
        }
    }

    fn unmap(&mut self, unmap: DmaUnmap) -> Result<(), Errno> {
        match unmap.flags {
            0 => {
                let reach = unmap.size.checked_sub(1).ok_or(Errno::INVAL)?;
                // QEMU takes whole address spaces away, whose size is 2^64 - 1 or so
                let last = unmap.address.saturating_add(reach);
                self.maps.unmap(unmap.address, last)
            }
            unmap_flags::ALL if unmap.address == 0 && unmap.size == 0 => {
                self.maps.clear();
                Ok(())
            }
            _ => Err(Errno::INVAL),
        }
    }

    fn irq_info(&self, index: u32) -> Result<IrqInfo, Errno> {
        let count = match index {
            irq::MSIX => self.card.vectors(),
            irq::ERROR | irq::REQUEST => 1,
            0..irq::COUNT => 0,
            _ => return Err(Errno::INVAL),
        };
        Ok(IrqInfo {
            argsz: size_of::<IrqInfo>() as u32,
            flags: irq_info_flags::EVENTFD | irq_info_flags::MASKABLE,
            index,
            count,
        })
    }

    /// The client has checked that `into` is in the region.
    fn read(&self, index: u32, start: usize, into: &mut [u8]) -> Result<(), Errno> {
        match index {
            pci::REGISTER_BAR => {
                for (offset, word) in words(start, into.len())?.zip(into.chunks_exact_mut(4)) {
                    let value = match self.function.is_awake() {
                        true => self.card.read_register(offset),
                        false => Ok(u32::MAX),
                    };
                    // a card that does not answer reads as all-ones
                    word.copy_from_slice(&value.unwrap_or(u32::MAX).to_le_bytes());
                }
            }
            pci::MSIX_BAR if self.function.is_awake() => {
                let pending = self.vectors.pending();
                self.function.read_msix(start, into, pending);
            }
            pci::MSIX_BAR => into.fill(0xff),
            _ => self.function.read(start, into),
        }
        Ok(())
    }

    fn write(&mut self, index: u32, start: usize, from: &[u8]) -> Result<(), Errno> {
        match index {
            pci::REGISTER_BAR => {
                for (offset, word) in words(start, from.len())?.zip(from.as_chunks::<4>().0) {
                    let value = u32::from_le_bytes(*word);
                    if self.function.is_awake()
                        && let Err(error) = self.card.write_register(offset, value)
                    {
                        tracing::debug!(%error, offset, "the card takes no write");
                    }
                }
            }
            pci::MSIX_BAR if self.function.is_awake() => {
                self.function.write_msix(start, from);
                self.deliver();
            }
            pci::MSIX_BAR => {}
            _ => {
                if self.function.write(start, from).reset {
                    self.reset()?;
                }
                let master = self.function.masters_bus();
                self.card.host_memory().connect(master);
                self.deliver();
            }
        }
        Ok(())
    }

    /// Resets the function: the card, the configuration space, the interrupts; not the client's maps.
    fn reset(&mut self) -> Result<(), Errno> {
        self.card.host_memory().connect(false);
        self.function = Function::new(self.card.vectors());
        let reset = self.card.reset(Instant::now() + RESET_PATIENCE);
        // what was raised before the reset is not raised after it
        self.card.interrupts().take_all(Instant::now());
        self.vectors.drop_pending();
        reset.map_err(|error| {
            tracing::error!(%error, "the card does not reset");
            Errno::IO
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.card.host_memory().connect(false);
        self.maps.clear();
    }
}

/// A payload's fixed part, which says its own size, and the rest.
fn fixed<T: Pod>(payload: &[u8]) -> Result<(T, &[u8]), Errno> {
    let argsz: u32 = split(payload).ok_or(Errno::INVAL)?.0;
    if (argsz as usize) < size_of::<T>() {
        return Err(Errno::INVAL);
    }
    split(payload).ok_or(Errno::INVAL)
}

fn region_bytes(index: u32) -> Result<u32, Errno> {
    match index {
        pci::REGISTER_BAR => Ok(register::BAR_BYTES),
        pci::MSIX_BAR => Ok(pci::MSIX_BAR_BYTES),
        region::CONFIGURATION => Ok(BYTES as u32),
        _ if index < region::COUNT => Ok(0),
        _ => Err(Errno::INVAL),
    }
}

fn region_info(index: u32) -> Result<RegionInfo, Errno> {
    let size = region_bytes(index)?;
    let flags = match size {
        0 => 0,
        _ => region_flags::READ | region_flags::WRITE,
    };
    Ok(RegionInfo {
        argsz: size_of::<RegionInfo>() as u32,
        flags,
        index,
        capabilities: 0,
        size: size.into(),
        offset: 0,
    })
}

/// The bytes of an access, if the region has them.
fn range(access: RegionAccess) -> Result<std::ops::Range<usize>, Errno> {
    let bytes = u64::from(region_bytes(access.region)?);
    let end = access.offset.checked_add(access.count.into());
    match end {
        Some(end) if end <= bytes && access.count as usize <= MAX_TRANSFER => {
            Ok(access.offset as usize..end as usize)
        }
        _ => Err(Errno::INVAL),
    }
}

/// The offsets of the registers in a range of whole words.
fn words(start: usize, length: usize) -> Result<impl Iterator<Item = u32>, Errno> {
    if !start.is_multiple_of(4) || !length.is_multiple_of(4) {
        return Err(Errno::INVAL);
    }
    Ok((start as u32..(start + length) as u32).step_by(4))
}
