//! Points that stay on the card between jobs.

use crate::object::Object;
use std::io;

/// Where the bytes of resident points come from, each time they have to be loaded: at their first
/// use, after an eviction, after a reset.
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

/// Points that the card keeps as long as there is room, and loads again when it needs them.
/// Dropping it gives their room back when the last job that uses them has ended.
pub struct Bases {
    pub(crate) object: Object,
    pub(crate) stride: u16,
    pub(crate) count: usize,
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

    /// Domain that the points belong to.
    pub fn domain(&self) -> u8 {
        self.object.specification().domain
    }
}
