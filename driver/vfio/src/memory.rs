//! Memory that another process, or the kernel, can reach: files that live in memory.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::collections::BTreeMap;
use std::ptr::NonNull;

/// Bytes of an ordinary page.
pub const PAGE: u64 = 4096;
/// Bytes of a huge page.
pub const HUGE_PAGE: u64 = 2 << 20;

/// Zeroed memory in a file, mapped here. The file's size is sealed, so that whoever maps it too
/// cannot be killed by its shrinking.
#[derive(Debug)]
pub struct SharedMemory {
    file: OwnedFd,
    pointer: NonNull<u8>,
    length: usize,
    page: u64,
}

// SAFETY: the pointer is owned; what is behind it is reached only through `DmaBuffer`, by atomics.
unsafe impl Send for SharedMemory {}
// SAFETY: as above.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// At least `bytes` bytes, a whole number of pages: huge ones, if `bytes` fill one and the system
    /// has any to spare.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(bytes: usize) -> Result<Self, Errno> {
        let bytes = bytes.max(1) as u64;
        if bytes >= HUGE_PAGE {
            let flags = MemfdFlags::HUGETLB | MemfdFlags::HUGE_2MB;
            if let Ok(memory) = Self::with_pages(bytes, HUGE_PAGE, flags) {
                return Ok(memory);
            }
        }
        Self::with_pages(bytes, PAGE, MemfdFlags::empty())
    }

    fn with_pages(bytes: u64, page: u64, flags: MemfdFlags) -> Result<Self, Errno> {
        let length = bytes.checked_next_multiple_of(page).ok_or(Errno::NOMEM)?;
        let flags = flags | MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("gristmill", flags)?;
        ftruncate(&file, length)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let length = usize::try_from(length).map_err(|_| Errno::NOMEM)?;
        // SAFETY: a fresh mapping, at an address of the system's choice.
        let pointer = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED | MapFlags::POPULATE,
                &file,
                0,
            )?
        };
        let pointer = NonNull::new(pointer.cast()).ok_or(Errno::NOMEM)?;
        Ok(Self {
            file,
            pointer,
            length,
            page,
        })
    }

    /// The file.
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The first byte.
    pub fn pointer(&self) -> NonNull<u8> {
        self.pointer
    }

    /// Bytes, a multiple of [`Self::page`].
    pub fn length(&self) -> u64 {
        self.length as u64
    }

    /// Bytes of its pages.
    pub fn page(&self) -> u64 {
        self.page
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: mapped by `with_pages` with this length, and nobody holds a reference into it.
        if let Err(error) = unsafe { munmap(self.pointer.as_ptr().cast(), self.length) } {
            tracing::error!(%error, "memory cannot be unmapped");
        }
    }
}

/// Addresses in the card's view (IOVA). A range is given out again as late as possible, so that
/// an access to memory that is gone faults.
#[derive(Debug)]
pub struct Addresses {
    /// Last bytes by first byte; neither overlapping nor adjacent.
    free: BTreeMap<u64, u64>,
    cursor: u64,
}

impl Addresses {
    /// Those in these ranges, first to last byte, that are below 2^`bits`. The first MiB is left out: a
    /// small number is never a good address.
    pub fn new(ranges: impl IntoIterator<Item = (u64, u64)>, bits: u32) -> Self {
        const LOWEST: u64 = 1 << 20;
        let highest = u64::MAX.checked_shr(64 - bits.min(64)).unwrap_or(0);
        let free = ranges
            .into_iter()
            .map(|(first, last)| (first.max(LOWEST), last.min(highest)))
            .filter(|(first, last)| first <= last)
            .collect();
        Self { free, cursor: 0 }
    }

    /// A range of `bytes`, its first byte a multiple of `alignment` (a power of two).
    pub fn take(&mut self, bytes: u64, alignment: u64) -> Option<u64> {
        let reach = bytes.checked_sub(1)?;
        let fit = |(first, last): (&u64, &u64), from: u64| {
            let start = (*first).max(from).checked_next_multiple_of(alignment)?;
            (start.checked_add(reach)? <= *last).then_some((start, *first, *last))
        };
        let from = self.cursor;
        let (start, first, last) = self
            .free
            .iter()
            .find_map(|range| fit(range, from))
            .or_else(|| self.free.iter().find_map(|range| fit(range, 0)))?;
        self.free.remove(&first);
        if first < start {
            self.free.insert(first, start - 1);
        }
        if start + reach < last {
            self.free.insert(start + reach + 1, last);
        }
        self.cursor = start.saturating_add(bytes);
        Some(start)
    }

    /// Gives back what [`Self::take`] gave.
    pub fn give(&mut self, first: u64, bytes: u64) {
        let (mut first, mut last) = (first, first + (bytes - 1));
        if let Some(behind) = last.checked_add(1)
            && let Some(end) = self.free.remove(&behind)
        {
            last = end;
        }
        if let Some((before, end)) = self.free.range(..first).next_back()
            && *end + 1 == first
        {
            first = *before;
        }
        self.free.insert(first, last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_do_not_overlap_and_come_back_late() {
        let mut addresses = Addresses::new([(0, (4 << 20) - 1)], 64);
        let first = addresses.take(PAGE, PAGE).unwrap();
        assert_eq!(first, 1 << 20);
        addresses.give(first, PAGE);
        assert_ne!(addresses.take(PAGE, PAGE), Some(first));
        let huge = addresses.take(HUGE_PAGE, HUGE_PAGE).unwrap();
        assert_eq!(huge, 2 << 20);
        assert_eq!(addresses.take(HUGE_PAGE, PAGE), None);
        // what was given back is found when nothing else is left
        let rest: Vec<_> = std::iter::from_fn(|| addresses.take(PAGE, PAGE)).collect();
        assert_eq!(rest.len(), 255);
        assert!(rest.contains(&first));
    }

    #[test]
    fn neighbours_join() {
        let mut addresses = Addresses::new([(1 << 20, (1 << 20) + 4 * PAGE - 1)], 64);
        let pages: Vec<_> = (0..4)
            .map(|_| addresses.take(PAGE, PAGE).unwrap())
            .collect();
        for index in [1, 3, 0, 2] {
            addresses.give(pages[index], PAGE);
        }
        assert_eq!(addresses.take(4 * PAGE, PAGE), Some(1 << 20));
    }

    #[test]
    fn the_cards_bits_and_the_iommus_holes_bound_them() {
        let mut addresses = Addresses::new([(0, 0xfedf_ffff), (0xfef0_0000, u64::MAX)], 32);
        assert_eq!(addresses.take(1 << 33, PAGE), None);
        let below = addresses.take(0xfed0_0000, PAGE).unwrap();
        assert!(below + 0xfed0_0000 <= 0xfee0_0000);
        let above = addresses.take(PAGE, PAGE).unwrap();
        assert_eq!(above, 0xfef0_0000);
        assert!(
            Addresses::new([(0, u64::MAX)], 64)
                .take(1 << 63, 1 << 63)
                .is_some()
        );
    }

    #[test]
    fn memory_is_zero_sealed_and_whole_pages() {
        let memory = SharedMemory::new(5000).unwrap();
        assert_eq!((memory.length(), memory.page()), (2 * PAGE, PAGE));
        assert!(ftruncate(memory.file(), PAGE).is_err());
        let mut bytes = [1; 8192];
        rustix::io::pread(memory.file(), &mut bytes, 0).unwrap();
        assert_eq!(bytes, [0; 8192]);
    }
}
