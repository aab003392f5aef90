//! What an I/O address space of `/dev/iommu` can map. The crate `iommufd-ioctls` has no call for it.

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

/// `IOMMUFD_TYPE` and `IOMMUFD_CMD_IOAS_IOVA_RANGES` of the kernel's `linux/iommufd.h`.
const IOVA_RANGES: Opcode = opcode::none(b';', 0x84);
/// More ranges than any machine has: each is the room between two windows that devices or firmware reserve.
const LIMIT: usize = 4096;

/// `struct iommu_ioas_iova_ranges`.
#[repr(C)]
#[derive(Default)]
struct IovaRanges {
    size: u32,
    space: u32,
    count: u32,
    reserved: u32,
    ranges: u64,
    alignment: u64,
}

/// `struct iommu_iova_range`: first and last byte.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Range {
    first: u64,
    last: u64,
}

/// The addresses that the address space with number `space` maps for the devices that are attached to it now,
/// first and last byte of each range.
///
/// # Errors
/// What the kernel says.
pub fn address_ranges(file: BorrowedFd<'_>, space: u32) -> Result<Vec<(u64, u64)>, Errno> {
    let mut ranges = vec![Range::default(); 16];
    loop {
        let mut question = IovaRanges {
            size: size_of::<IovaRanges>() as u32,
            space,
            count: ranges.len() as u32,
            ranges: ranges.as_mut_ptr() as u64,
            ..IovaRanges::default()
        };
        // SAFETY: the kernel updates the structure, whose size it is told, and writes at most `count` ranges into
        // the vector, which has as many.
        let answer = unsafe { ioctl(file, Updater::<IOVA_RANGES, _>::new(&mut question)) };
        let count = question.count as usize;
        match answer {
            Ok(()) => {
                let ranges = ranges.iter().take(count);
                return Ok(ranges.map(|range| (range.first, range.last)).collect());
            }
            // there are `count`
            Err(Errno::MSGSIZE) if ranges.len() < count && count <= LIMIT => {
                ranges.resize(count, Range::default());
            }
            Err(error) => return Err(error),
        }
    }
}
