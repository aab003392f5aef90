//! The client's memory, as far as it has let the card reach it.

use std::collections::{BTreeMap, HashMap};
use std::ptr::NonNull;
use std::sync::{Arc, Weak};

use gristmill_driver::{ForeignMemory, HostMemory, Rights};
use rustix::fd::OwnedFd;
use rustix::fs::{SealFlags, fcntl_get_seals, fstat};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// Most maps of a client: 16 GiB in pages of 4 KiB.
const LIMIT: usize = 1 << 22;
/// What addresses, sizes and offsets are multiples of.
const PAGE: u64 = 4096;

/// The maps that are alive.
pub struct Maps {
    memory: Arc<HostMemory>,
    /// By first address. Neighbours stay apart: a client unmaps what it mapped.
    maps: BTreeMap<u64, Map>,
    /// One mapping in this process for each file, however many maps lie in it.
    files: HashMap<FileId, Weak<Mapping>>,
}

/// Device and inode of a file, and whether its mapping is writable.
type FileId = (u64, u64, bool);

struct Map {
    last: u64,
    /// What the card reaches, held for as long as it may; `None` where the client sent no file: the card
    /// faults there.
    _backing: Option<Backing>,
}

#[expect(dead_code, reason = "held, not read")]
enum Backing {
    Mapping(Arc<Mapping>),
    File(Arc<File>),
}

impl Maps {
    /// No maps yet of what this memory will show.
    pub fn new(memory: Arc<HostMemory>) -> Self {
        Self {
            memory,
            maps: BTreeMap::new(),
            files: HashMap::new(),
        }
    }

    /// Shows `size` bytes of a file, from `offset` on, at `address`.
    ///
    /// # Errors
    /// `EINVAL` if a number is not a whole number of pages or ends beyond 2^64 or the file, `EEXIST` if the
    /// addresses are taken, `ENOSPC` for too many maps, and what the system says to the file.
    pub fn map(
        &mut self,
        address: u64,
        size: u64,
        file: Option<OwnedFd>,
        offset: u64,
        may: Rights,
    ) -> Result<(), Errno> {
        let whole = |number: u64| number.is_multiple_of(PAGE);
        let last = size
            .checked_sub(1)
            .and_then(|reach| address.checked_add(reach))
            .ok_or(Errno::INVAL)?;
        let end = offset.checked_add(size).ok_or(Errno::INVAL)?;
        let length = usize::try_from(size).map_err(|_| Errno::INVAL)?;
        if !whole(address) || !whole(size) || !whole(offset) {
            return Err(Errno::INVAL);
        }
        if self.maps.len() >= LIMIT {
            return Err(Errno::NOSPC);
        }
        if self.overlapping(address, last).next().is_some() {
            return Err(Errno::EXIST);
        }
        let backing = match file {
            None => None,
            Some(file) => Some(self.show(address, length, file, offset, end, may)?),
        };
        let map = Map {
            last,
            _backing: backing,
        };
        self.maps.insert(address, map);
        Ok(())
    }

    fn show(
        &mut self,
        address: u64,
        length: usize,
        file: OwnedFd,
        offset: u64,
        end: u64,
        may: Rights,
    ) -> Result<Backing, Errno> {
        let status = fstat(&file)?;
        if end > status.st_size as u64 {
            return Err(Errno::INVAL);
        }
        let sealed = fcntl_get_seals(&file).is_ok_and(|seals| seals.contains(SealFlags::SHRINK));
        let (shown, backing) = if sealed {
            let id = (status.st_dev, status.st_ino, may.write);
            let mapping = self.mapping(id, &file, end)?;
            // SAFETY: `end`, so `offset` too, is within the mapping.
            let pointer = unsafe { mapping.pointer.add(offset as usize) };
            // SAFETY: page-aligned; the file cannot shrink, so all its bytes stay valid until the mapping is
            // dropped, which `Backing` delays until after the unmapping; others are other processes.
            let shown = unsafe { self.memory.map(address, pointer, length, may) };
            (shown, Backing::Mapping(mapping))
        } else {
            let file = Arc::new(File { file, offset });
            let shown = self.memory.map_foreign(address, file.clone(), length, may);
            (shown, Backing::File(file))
        };
        if shown {
            Ok(backing)
        } else {
            Err(Errno::EXIST)
        }
    }

    /// The mapping of a file in this process, at least `end` bytes of it.
    fn mapping(&mut self, id: FileId, file: &OwnedFd, end: u64) -> Result<Arc<Mapping>, Errno> {
        let known = self.files.get(&id).and_then(Weak::upgrade);
        if let Some(mapping) = known.filter(|mapping| mapping.length as u64 >= end) {
            return Ok(mapping);
        }
        let length = fstat(file)?.st_size as usize;
        let mapping = Arc::new(Mapping::new(file, length, id.2)?);
        self.files.retain(|_, mapping| mapping.strong_count() > 0);
        self.files.insert(id, Arc::downgrade(&mapping));
        Ok(mapping)
    }

    /// Takes all maps within `address` to `last` away. No access to them is under way when this returns.
    ///
    /// # Errors
    /// `EINVAL`, and no change, if a map is only partly within.
    pub fn unmap(&mut self, address: u64, last: u64) -> Result<(), Errno> {
        let within: Vec<u64> = self
            .overlapping(address, last)
            .map(|(first, map)| {
                let whole = *first >= address && map.last <= last;
                whole.then_some(*first).ok_or(Errno::INVAL)
            })
            .collect::<Result<_, _>>()?;
        for first in within {
            self.memory.unmap(first);
            self.maps.remove(&first);
        }
        Ok(())
    }

    /// Takes all maps away.
    pub fn clear(&mut self) {
        for first in std::mem::take(&mut self.maps).into_keys() {
            self.memory.unmap(first);
        }
    }

    fn overlapping(&self, address: u64, last: u64) -> impl Iterator<Item = (&u64, &Map)> {
        let before = self.maps.range(..address).next_back();
        let before = before.filter(move |(_, map)| map.last >= address);
        let rest = (address <= last).then(|| self.maps.range(address..=last));
        before.into_iter().chain(rest.into_iter().flatten())
    }
}

impl Drop for Maps {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A file that cannot shrink, mapped as a whole.
struct Mapping {
    pointer: NonNull<u8>,
    length: usize,
}

// SAFETY: the pointer is reached only through `HostMemory`, by atomics.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(file: &OwnedFd, length: usize, write: bool) -> Result<Self, Errno> {
        let mut protection = ProtFlags::READ;
        protection.set(ProtFlags::WRITE, write);
        // SAFETY: a fresh mapping, at an address of the system's choice.
        let pointer = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                protection,
                MapFlags::SHARED,
                file,
                0,
            )?
        };
        let pointer = NonNull::new(pointer.cast()).ok_or(Errno::NOMEM)?;
        Ok(Self { pointer, length })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; no segment points into it any more.
        if let Err(error) = unsafe { munmap(self.pointer.as_ptr().cast(), self.length) } {
            tracing::error!(%error, "a client's memory cannot be unmapped");
        }
    }
}

/// A file that may shrink at any time: a mapping of it could kill this process.
struct File {
    file: OwnedFd,
    offset: u64,
}

impl ForeignMemory for File {
    fn read(&self, offset: u64, mut into: &mut [u8]) -> bool {
        let mut at = self.offset + offset;
        while !into.is_empty() {
            match rustix::io::pread(&self.file, &mut *into, at) {
                Ok(0) => return false,
                Ok(bytes) => {
                    at += bytes as u64;
                    into = &mut into[bytes..];
                }
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
        true
    }

    fn write(&self, offset: u64, mut from: &[u8]) -> bool {
        let mut at = self.offset + offset;
        // A write beyond the end would let the file grow again.
        let end = at.saturating_add(from.len() as u64);
        if fstat(&self.file).map_or(0, |status| status.st_size as u64) < end {
            return false;
        }
        while !from.is_empty() {
            match rustix::io::pwrite(&self.file, from, at) {
                Ok(0) => return false,
                Ok(bytes) => {
                    at += bytes as u64;
                    from = &from[bytes..];
                }
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gristmill_vfio::memory::SharedMemory;

    fn file_of(memory: &SharedMemory) -> Option<OwnedFd> {
        Some(memory.file().try_clone_to_owned().unwrap())
    }

    fn maps() -> (Arc<HostMemory>, Maps) {
        let host = HostMemory::new(48);
        (host.clone(), Maps::new(host))
    }

    #[test]
    fn the_card_reaches_what_is_mapped_and_nothing_else() {
        let (host, mut maps) = maps();
        let memory = SharedMemory::new(4 * PAGE as usize).unwrap();
        // pages in any order, side by side in the card's view
        for page in 0..4 {
            let offset = (3 - page) * PAGE;
            let address = 0x10_0000 + page * PAGE;
            maps.map(address, PAGE, file_of(&memory), offset, Rights::ALL)
                .unwrap();
        }
        let bytes: Vec<u8> = (0..2 * PAGE).map(|i| (i % 251) as u8).collect();
        host.write(0x10_0800, &bytes).unwrap();
        let mut back = vec![0; bytes.len()];
        host.read(0x10_0800, &mut back).unwrap();
        assert_eq!(back, bytes);
        let mut page = [0; 4];
        rustix::io::pread(memory.file(), &mut page, 3 * PAGE + 0x800).unwrap();
        assert_eq!(page, bytes[..4]);
        assert!(host.write(0x10_3fff, &[0; 2]).is_err());
        maps.unmap(0x10_1000, 0x10_1fff).unwrap();
        assert_eq!(host.read(0x10_0800, &mut back).unwrap_err().iova, 0x10_1000);
        maps.clear();
        assert!(host.read(0x10_0000, &mut [0]).is_err());
    }

    #[test]
    fn requests_that_make_no_sense_are_refused() {
        let (_, mut maps) = maps();
        let memory = SharedMemory::new(2 * PAGE as usize).unwrap();
        let mut map =
            |address, size, offset| maps.map(address, size, file_of(&memory), offset, Rights::ALL);
        for (address, size, offset) in [
            (0, 0, 0),
            (0, 3 * PAGE, 0),
            (0, PAGE, 2 * PAGE),
            (0, PAGE, u64::MAX - PAGE + 1),
            (0, u64::MAX, 0),
            (1, PAGE, 0),
            (0, 1, 0),
            (0, PAGE, 1),
            (u64::MAX - PAGE + 1, 2 * PAGE, 0),
        ] {
            assert_eq!(map(address, size, offset), Err(Errno::INVAL));
        }
        map(0x1000, 2 * PAGE, 0).unwrap();
        assert_eq!(map(0x2000, PAGE, 0), Err(Errno::EXIST));
        assert_eq!(map(0, 2 * PAGE, 0), Err(Errno::EXIST));
        assert_eq!(maps.unmap(0x1000, 0x1fff), Err(Errno::INVAL));
        assert_eq!(maps.unmap(0x2000, 0x2fff), Err(Errno::INVAL));
        assert_eq!(maps.unmap(0, u64::MAX), Ok(()));
        assert_eq!(maps.unmap(0, u64::MAX), Ok(()));
    }

    #[test]
    fn rights_are_kept() {
        let (host, mut maps) = maps();
        let memory = SharedMemory::new(PAGE as usize).unwrap();
        let read_only = Rights {
            read: true,
            write: false,
        };
        maps.map(0, PAGE, file_of(&memory), 0, read_only).unwrap();
        assert!(host.read(0, &mut [0; 8]).is_ok());
        assert!(host.write(0, &[0; 8]).is_err());
        maps.map(PAGE, PAGE, None, 0, Rights::ALL).unwrap();
        assert!(host.read(PAGE, &mut [0; 8]).is_err());
    }

    #[test]
    fn a_file_that_shrinks_faults() {
        let (host, mut maps) = maps();
        let file = tempfile::tempfile().unwrap();
        file.set_len(2 * PAGE).unwrap();
        let clone = file.try_clone().unwrap().into();
        maps.map(0, 2 * PAGE, Some(clone), 0, Rights::ALL).unwrap();
        host.write(PAGE, &[7; 8]).unwrap();
        let mut bytes = [0; 8];
        host.read(PAGE, &mut bytes).unwrap();
        assert_eq!(bytes, [7; 8]);
        file.set_len(PAGE).unwrap();
        assert!(host.read(PAGE, &mut bytes).is_err());
        assert!(host.write(PAGE, &[7; 8]).is_err());
        assert_eq!(file.metadata().unwrap().len(), PAGE);
    }

    #[test]
    fn gigabytes_in_small_pages() {
        let (host, mut maps) = maps();
        let memory = SharedMemory::new(PAGE as usize).unwrap();
        let pages = (1 << 30) / PAGE;
        for page in 0..pages {
            maps.map(page * PAGE, PAGE, file_of(&memory), 0, Rights::ALL)
                .unwrap();
        }
        host.write((pages - 1) * PAGE, &[3; 8]).unwrap();
        let mut bytes = [0; 8];
        host.read(17 * PAGE, &mut bytes).unwrap();
        assert_eq!(bytes, [3; 8]);
    }
}
