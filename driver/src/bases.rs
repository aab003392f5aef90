//! Points that stay on the card between jobs.

use std::io;

/// Where the bytes of resident points come from, each time they have to be loaded again: after an
/// eviction or a reset.
pub trait BasesSource: Send + Sync {
    /// Bytes of all points.
    fn bytes(&self) -> u64;
    /// Fills `into` with the bytes from `offset` on. The same bytes each time.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

impl BasesSource for Vec<u8> {
    fn bytes(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).ok().and_then(|offset| {
            let end = offset.checked_add(into.len())?;
            self.get(offset..end)
        });
        into.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// Points that the card keeps, as long as there is room, and loads again when it needs them.
pub struct Bases {
    stride: u16,
    count: usize,
}

impl Bases {
    /// Bytes from one point to the next.
    pub fn stride(&self) -> u16 {
        self.stride
    }

    /// Number of points.
    pub fn count(&self) -> usize {
        self.count
    }
}
