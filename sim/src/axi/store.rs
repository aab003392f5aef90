use std::collections::HashMap;

use super::signals::Response;

/// What memory answers to an access that it cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is nothing at the address.
    #[error("nothing at the address")]
    Decode,
    /// The device failed.
    #[error("the device failed")]
    Device,
}

impl From<Fault> for Response {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Decode => Response::DecodeError,
            Fault::Device => Response::SlaveError,
        }
    }
}

/// The bytes behind a memory.
pub trait Store {
    /// Reads bytes; after a fault their value is of no meaning.
    fn read(&mut self, address: u64, into: &mut [u8]) -> Result<(), Fault>;
    /// Writes bytes, ascending.
    fn write(&mut self, address: u64, from: &[u8]) -> Result<(), Fault>;
}

const PAGE: usize = 1 << 16;

/// Memory of any size that takes space only where it was written; it is zero elsewhere.
#[derive(Debug)]
pub struct SparseMemory {
    pages: HashMap<u64, Box<[u8]>>,
    bytes: u64,
}

impl SparseMemory {
    /// Memory at the addresses below `bytes`.
    pub fn new(bytes: u64) -> Self {
        Self {
            pages: HashMap::new(),
            bytes,
        }
    }

    /// Its size.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of the machine that it takes.
    pub fn resident_bytes(&self) -> usize {
        self.pages.len() * PAGE
    }

    fn check(&self, address: u64, length: usize) -> Result<(), Fault> {
        match address.checked_add(length as u64) {
            Some(end) if end <= self.bytes => Ok(()),
            _ => Err(Fault::Decode),
        }
    }
}

/// The page, the place in it, and how many of `length` bytes are in it.
fn locate(address: u64, length: usize) -> (u64, usize, usize) {
    let offset = (address % PAGE as u64) as usize;
    (address / PAGE as u64, offset, length.min(PAGE - offset))
}

impl Store for SparseMemory {
    fn read(&mut self, mut address: u64, mut into: &mut [u8]) -> Result<(), Fault> {
        self.check(address, into.len())?;
        while !into.is_empty() {
            let (page, offset, length) = locate(address, into.len());
            let (now, later) = into.split_at_mut(length);
            match self.pages.get(&page) {
                Some(page) => now.copy_from_slice(&page[offset..][..length]),
                None => now.fill(0),
            }
            address += length as u64;
            into = later;
        }
        Ok(())
    }

    fn write(&mut self, mut address: u64, mut from: &[u8]) -> Result<(), Fault> {
        self.check(address, from.len())?;
        while !from.is_empty() {
            let (page, offset, length) = locate(address, from.len());
            let (now, later) = from.split_at(length);
            let page = self
                .pages
                .entry(page)
                .or_insert_with(|| vec![0; PAGE].into_boxed_slice());
            page[offset..][..length].copy_from_slice(now);
            address += length as u64;
            from = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_memory_is_zero_until_written() {
        let mut memory = SparseMemory::new(1 << 40);
        let address = (1 << 39) + PAGE as u64 - 3;
        let mut bytes = [1; 6];
        memory.read(address, &mut bytes).unwrap();
        assert_eq!((bytes, memory.resident_bytes()), ([0; 6], 0));
        memory.write(address, &[1, 2, 3, 4, 5]).unwrap();
        memory.read(address, &mut bytes).unwrap();
        assert_eq!(
            (bytes, memory.resident_bytes()),
            ([1, 2, 3, 4, 5, 0], 2 * PAGE)
        );
    }

    #[test]
    fn sparse_memory_ends() {
        let mut memory = SparseMemory::new(100);
        assert_eq!(memory.write(96, &[0; 4]), Ok(()));
        assert_eq!(memory.write(97, &[0; 4]), Err(Fault::Decode));
        assert_eq!(memory.read(u64::MAX, &mut [0; 4]), Err(Fault::Decode));
    }
}
