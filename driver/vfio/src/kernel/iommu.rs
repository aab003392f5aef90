//! What the IOMMU behind a container can map. The crate `vfio-ioctls` has no call for it.

use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl, opcode};
use vfio_bindings::bindings::vfio::{
    VFIO_BASE, VFIO_IOMMU_INFO_CAPS, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, VFIO_TYPE,
    vfio_info_cap_header, vfio_iommu_type1_info, vfio_iova_range,
};

/// Bytes that are enough for what any kernel has to say.
const BYTES: usize = 4096;

/// `VFIO_IOMMU_GET_INFO`: fills a buffer that begins with its own size.
struct GetInfo<'a> {
    buffer: &'a mut [u64; BYTES / 8],
}

// SAFETY: the kernel writes at most the `argsz` bytes that the buffer names in its first word, and the
// caller sets that to the buffer's size.
unsafe impl Ioctl for GetInfo<'_> {
    type Output = ();
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::none(VFIO_TYPE, (VFIO_BASE + 12) as u8)
    }

    fn as_ptr(&mut self) -> *mut rustix::ffi::c_void {
        self.buffer.as_mut_ptr().cast()
    }

    unsafe fn output_from_ptr(_: IoctlOutput, _: *mut rustix::ffi::c_void) -> Result<(), Errno> {
        Ok(())
    }
}

/// The addresses that a container's IOMMU maps, first and last byte of each range. An old kernel that does
/// not say is taken to map all but the interrupts' window of x86.
///
/// # Errors
/// What the kernel says.
pub fn address_ranges(container: BorrowedFd<'_>) -> Result<Vec<(u64, u64)>, Errno> {
    let mut buffer = [0; BYTES / 8];
    buffer[0] = BYTES as u64;
    // SAFETY: see `GetInfo`; the first word is the size.
    unsafe {
        ioctl(
            container.as_fd(),
            GetInfo {
                buffer: &mut buffer,
            },
        )?;
    }
    Ok(ranges(bytemuck::bytes_of(&buffer))
        .unwrap_or_else(|| vec![(0, 0xfedf_ffff), (0xfef0_0000, u64::MAX)]))
}

/// The ranges in an answer of the kernel's; `None` if it has none.
fn ranges(info: &[u8]) -> Option<Vec<(u64, u64)>> {
    let word = |at: usize| {
        let bytes = info.get(at..at + 4)?;
        bytes.try_into().ok().map(u32::from_ne_bytes)
    };
    let long = |at: usize| {
        let bytes = info.get(at..at + 8)?;
        bytes.try_into().ok().map(u64::from_ne_bytes)
    };
    if word(4)? & VFIO_IOMMU_INFO_CAPS == 0 {
        return None;
    }
    let mut at = word(std::mem::offset_of!(vfio_iommu_type1_info, cap_offset))? as usize;
    // a list that is longer than the buffer has room for runs in a circle
    for _ in 0..BYTES / size_of::<vfio_info_cap_header>() {
        if at == 0 {
            return None;
        }
        let (id, next) = (word(at)? & 0xffff, word(at + 4)?);
        if id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE {
            let count = word(at + 8)? as usize;
            let first = at + 16;
            let range = |i: usize| {
                let at = first + i * size_of::<vfio_iova_range>();
                Some((long(at)?, long(at + 8)?))
            };
            return (0..count).map(range).collect();
        }
        at = next as usize;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with a capability of another kind before the ranges.
    fn answer() -> Vec<u8> {
        let mut bytes = vec![0; 128];
        let mut put = |at: usize, value: u32| {
            bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
        };
        put(4, VFIO_IOMMU_INFO_CAPS);
        put(16, 24);
        put(24, 3 | 1 << 16);
        put(28, 40);
        put(40, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE | 1 << 16);
        put(48, 2);
        put(60, 0);
        put(64, 0xfedf_ffff);
        put(72, 0xfef0_0000);
        put(80, u32::MAX);
        put(84, u32::MAX);
        bytes
    }

    #[test]
    fn ranges_are_found_behind_other_capabilities() {
        assert_eq!(
            ranges(&answer()),
            Some(vec![(0, 0xfedf_ffff), (0xfef0_0000, u64::MAX)])
        );
    }

    #[test]
    fn answers_without_ranges_or_cut_short_have_none() {
        let mut circle = answer();
        circle[28..32].copy_from_slice(&24u32.to_ne_bytes());
        assert_eq!(ranges(&circle), None);
        let mut silent = answer();
        silent[4] = 0;
        assert_eq!(ranges(&silent), None);
        for length in 0..88 {
            assert_eq!(ranges(&answer()[..length]), None);
        }
    }
}
