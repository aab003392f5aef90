//! The host memory that a card in this process sees behind its AXI master.

use crate::dma::DmaBacking;
use crate::sync::{read, write};
use crate::{DmaBuffer, TransportError, shared};
use std::alloc::Layout;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::{Arc, RwLock};

/// Segments of memory by the address under which a card knows them (IOVA).
///
/// A simulated card reads and writes through [`Self::read`] and [`Self::write`] from its own thread
/// while the host works with the [`DmaBuffer`]s. What makes this sound:
/// * a segment stays valid while it is in the map, and leaves the map under the write lock, so that
///   no access of the card is under way then;
/// * the card's accesses are atomic (64-bit words, bytes at the edges), and so are the host's to
///   what the card may touch: rings, results, statistics;
/// * the host makes plain references only into [`DmaVec`](crate::DmaVec)s, and mutable ones only
///   while no job names the vector; the doorbell orders them against the card's reads.
pub struct HostMemory {
    segments: RwLock<Segments>,
    address_bits: u32,
}

struct Segments {
    by_address: BTreeMap<u64, Segment>,
    cursor: u64,
    disconnected: bool,
}

struct Segment {
    place: Place,
    length: usize,
    may: Rights,
}

/// Where the bytes of a segment are.
enum Place {
    Pointer(NonNull<u8>),
    Foreign(Arc<dyn ForeignMemory>),
}

// SAFETY: the pointer is only used under the map's lock, by atomics.
unsafe impl Send for Place {}
// SAFETY: as above.
unsafe impl Sync for Place {}

/// What a card may do with a segment that was mapped for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// It may read.
    pub read: bool,
    /// It may write.
    pub write: bool,
}

impl Rights {
    /// Both.
    pub const ALL: Self = Self {
        read: true,
        write: true,
    };
}

/// Memory that is reached by calls, since a pointer into it could become invalid at any time.
pub trait ForeignMemory: Send + Sync {
    /// Fills `into` from byte `offset`; `false` if some of it cannot be read.
    fn read(&self, offset: u64, into: &mut [u8]) -> bool;

    /// Copies `from` to byte `offset`, ascending; `false` if some of it cannot be written.
    fn write(&self, offset: u64, from: &[u8]) -> bool;
}

/// An address that no segment covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no host memory at {iova:#x}")]
pub struct HostFault {
    /// The first address that is not mapped.
    pub iova: u64,
}

/// Segments are spaced by at least this many bytes, so that an overrun faults.
const GUARD: u64 = 4096;
/// Lowest address that is given out: a small number is never a good address.
const BASE: u64 = 1 << 20;

impl HostMemory {
    /// An empty map of addresses below 2^`address_bits`.
    pub fn new(address_bits: u32) -> Arc<Self> {
        Arc::new(Self {
            segments: RwLock::new(Segments {
                by_address: BTreeMap::new(),
                cursor: BASE,
                disconnected: false,
            }),
            address_bits: address_bits.min(63),
        })
    }

    /// Zeroed memory under a fresh address. Addresses are reused as late as possible, so that an
    /// access to a freed buffer faults.
    pub fn allocate(self: &Arc<Self>, bytes: usize) -> Result<DmaBuffer, TransportError> {
        let refuse = |reason: &str| TransportError::Allocate {
            bytes,
            reason: reason.into(),
        };
        let layout = Layout::from_size_align(bytes.max(1).next_multiple_of(64), 64)
            .map_err(|error| refuse(&error.to_string()))?;
        let mut segments = write(&self.segments);
        let iova = segments
            .place(layout.size() as u64, 1 << self.address_bits)
            .ok_or_else(|| refuse("the card's addresses are used up"))?;
        // SAFETY: the layout's size is not zero.
        let pointer = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
            .ok_or_else(|| refuse("out of memory"))?;
        let length = layout.size();
        let segment = Segment {
            place: Place::Pointer(pointer),
            length,
            may: Rights::ALL,
        };
        segments.by_address.insert(iova, segment);
        let backing = Box::new(Owned {
            memory: self.clone(),
            pointer,
            layout,
            iova,
        });
        // SAFETY: aligned to 64 by its layout, valid until the backing frees it, known to nobody else.
        Ok(unsafe { DmaBuffer::new(pointer, bytes, iova, backing) })
    }

    /// Lets the card reach memory that someone else owns (a client's, on a vfio-user server).
    /// `false`, and no change, when the addresses overlap with a segment or end beyond 2^64.
    ///
    /// # Safety
    /// `pointer` is aligned to 8 bytes and valid for the accesses of `may` to `length` bytes until
    /// [`Self::unmap`] returned, and is accessed by others only atomically or from other processes.
    pub unsafe fn map(&self, iova: u64, pointer: NonNull<u8>, length: usize, may: Rights) -> bool {
        self.insert(iova, Place::Pointer(pointer), length, may)
    }

    /// The same for memory that is reached by calls.
    pub fn map_foreign(
        &self,
        iova: u64,
        memory: Arc<dyn ForeignMemory>,
        length: usize,
        may: Rights,
    ) -> bool {
        self.insert(iova, Place::Foreign(memory), length, may)
    }

    fn insert(&self, iova: u64, place: Place, length: usize, may: Rights) -> bool {
        let mut segments = write(&self.segments);
        let free = length > 0 && segments.is_free(iova, length as u64);
        if free {
            let segment = Segment { place, length, may };
            segments.by_address.insert(iova, segment);
        }
        free
    }

    /// Whether the card reaches anything at all, as bus mastering decides on PCI; `true` at first. No access
    /// is under way when `connect(false)` returns.
    pub fn connect(&self, connected: bool) {
        write(&self.segments).disconnected = !connected;
    }

    /// Forgets the segment that begins at `iova`; `false` when there is none. No access to it is
    /// under way when this returns.
    pub fn unmap(&self, iova: u64) -> bool {
        write(&self.segments).by_address.remove(&iova).is_some()
    }

    /// The card reads from `iova`. On a fault nothing was read, unless foreign memory failed in the middle.
    pub fn read(&self, iova: u64, into: &mut [u8]) -> Result<(), HostFault> {
        let segments = read(&self.segments);
        segments.check(iova, into.len() as u64, |may| may.read)?;
        let mut rest = into;
        let mut at = iova;
        while !rest.is_empty() {
            let (segment, offset) = segments.find(at)?;
            let bytes = segment.length - offset;
            let (now, later) = rest.split_at_mut(bytes.min(rest.len()));
            match &segment.place {
                // SAFETY: the segment is mapped and at least `now.len()` bytes long from `offset`.
                Place::Pointer(pointer) => unsafe {
                    shared::read(pointer.as_ptr().add(offset), now);
                },
                Place::Foreign(memory) => {
                    if !memory.read(offset as u64, now) {
                        return Err(HostFault { iova: at });
                    }
                }
            }
            at += now.len() as u64;
            rest = later;
        }
        Ok(())
    }

    /// The card writes to `iova`, ascending, the last aligned word last and with release ordering.
    /// On a fault nothing was written, unless foreign memory failed in the middle.
    pub fn write(&self, iova: u64, from: &[u8]) -> Result<(), HostFault> {
        let segments = read(&self.segments);
        segments.check(iova, from.len() as u64, |may| may.write)?;
        let mut rest = from;
        let mut at = iova;
        while !rest.is_empty() {
            let (segment, offset) = segments.find(at)?;
            let bytes = segment.length - offset;
            let (now, later) = rest.split_at(bytes.min(rest.len()));
            match &segment.place {
                // SAFETY: the segment is mapped and at least `now.len()` bytes long from `offset`.
                Place::Pointer(pointer) => unsafe {
                    shared::write(pointer.as_ptr().add(offset), now);
                },
                Place::Foreign(memory) => {
                    if !memory.write(offset as u64, now) {
                        return Err(HostFault { iova: at });
                    }
                }
            }
            at += now.len() as u64;
            rest = later;
        }
        Ok(())
    }
}

impl Segments {
    /// A free range of `bytes`, with guards, from the cursor on, and once more from the bottom.
    fn place(&mut self, bytes: u64, end: u64) -> Option<u64> {
        for start in [self.cursor, BASE] {
            let mut at = start;
            while at
                .checked_add(bytes + GUARD)
                .is_some_and(|last| last <= end)
            {
                let blocking = self.by_address.range(..at + bytes + GUARD).next_back();
                match blocking.map(|(base, segment)| base + segment.length as u64) {
                    Some(top) if top + GUARD > at => {
                        at = (top + GUARD).next_multiple_of(4096);
                    }
                    _ => {
                        self.cursor = (at + bytes + GUARD).next_multiple_of(4096);
                        return Some(at);
                    }
                }
            }
        }
        None
    }

    fn is_free(&self, iova: u64, bytes: u64) -> bool {
        let Some(end) = iova.checked_add(bytes) else {
            return false;
        };
        self.by_address
            .range(..end)
            .next_back()
            .is_none_or(|(base, segment)| base + segment.length as u64 <= iova)
    }

    /// The segment with byte `iova`, and where in it that is.
    fn find(&self, iova: u64) -> Result<(&Segment, usize), HostFault> {
        let (base, segment) = self
            .by_address
            .range(..=iova)
            .next_back()
            .ok_or(HostFault { iova })?;
        let offset = usize::try_from(iova - base).map_err(|_| HostFault { iova })?;
        if offset >= segment.length {
            return Err(HostFault { iova });
        }
        Ok((segment, offset))
    }

    /// Whether segments that allow it cover the whole range.
    fn check(
        &self,
        iova: u64,
        bytes: u64,
        allows: impl Fn(Rights) -> bool,
    ) -> Result<(), HostFault> {
        let mut at = iova;
        let end = iova.checked_add(bytes).ok_or(HostFault { iova })?;
        while at < end {
            let (segment, offset) = self.find(at)?;
            if self.disconnected || !allows(segment.may) {
                return Err(HostFault { iova: at });
            }
            at += (segment.length - offset) as u64;
        }
        Ok(())
    }
}

/// Memory that [`HostMemory::allocate`] made.
struct Owned {
    memory: Arc<HostMemory>,
    pointer: NonNull<u8>,
    layout: Layout,
    iova: u64,
}

// SAFETY: the pointer is used only to free it.
unsafe impl Send for Owned {}
// SAFETY: as above; nothing is done through `&self`.
unsafe impl Sync for Owned {}

impl DmaBacking for Owned {
    fn release(&mut self) -> Result<(), TransportError> {
        self.memory.unmap(self.iova);
        // SAFETY: allocated with this layout; released once; the card can no longer reach it.
        unsafe { std::alloc::dealloc(self.pointer.as_ptr(), self.layout) };
        Ok(())
    }
}
