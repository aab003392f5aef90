//! The address space in which a card sees its host's memory, by either of the kernel's interfaces.

use super::sysfs::Interface;
use super::{iommu, iommufd};
use iommufd_ioctls::IommuFd;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use std::error::Error;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::Arc;
use vfio_ioctls::{VfioContainer, VfioError, VfioIommufd, VfioOps};
use vmm_sys_util::errno;

/// What the IOMMU translates for one card.
pub enum AddressSpace {
    Container(Arc<VfioContainer>),
    Iommufd(Arc<VfioIommufd>),
}

impl AddressSpace {
    /// An empty one, for a device that is to be opened with its [operations](Self::operations).
    pub fn new(interface: Interface) -> Result<Self, VfioError> {
        match interface {
            Interface::Group => VfioContainer::new(None).map(|new| Self::Container(Arc::new(new))),
            Interface::Iommufd => {
                let file = IommuFd::new().map_err(VfioError::NewVfioIommufd)?;
                let space = VfioIommufd::new(Arc::new(file), None, None)?;
                Ok(Self::Iommufd(Arc::new(space)))
            }
        }
    }

    /// It as the crate's devices take it.
    pub fn operations(&self) -> Arc<dyn VfioOps> {
        match self {
            Self::Container(container) => container.clone(),
            Self::Iommufd(space) => space.clone(),
        }
    }

    /// The addresses that it maps, first and last byte of each range: they are known once its device is opened.
    pub fn ranges(&self) -> Result<Vec<(u64, u64)>, Errno> {
        match self {
            Self::Container(container) => {
                // SAFETY: the container's file is open as long as the container lives.
                iommu::address_ranges(unsafe { BorrowedFd::borrow_raw(container.as_raw_fd()) })
            }
            Self::Iommufd(space) => {
                // SAFETY: as above.
                let file = unsafe { BorrowedFd::borrow_raw(space.iommufd().as_raw_fd()) };
                iommufd::address_ranges(file, space.ioas().id())
            }
        }
    }

    /// Shows `bytes` bytes of this process to the card, at `iova`.
    ///
    /// # Safety
    /// Until [`Self::unmap`] has succeeded for it, the memory stays mapped, and is reached by atomics or under the
    /// exclusion of the card only.
    pub unsafe fn map(&self, iova: u64, bytes: u64, pointer: NonNull<u8>) -> Result<(), VfioError> {
        let (bytes, pointer) = (bytes as usize, pointer.as_ptr());
        match self {
            // SAFETY: the caller's.
            Self::Container(container) => unsafe { container.vfio_dma_map(iova, bytes, pointer) },
            // SAFETY: the caller's.
            Self::Iommufd(space) => unsafe { space.vfio_dma_map(iova, bytes, pointer) },
        }
    }

    /// Takes what was mapped at `iova` away.
    pub fn unmap(&self, iova: u64, bytes: u64) -> Result<(), VfioError> {
        match self {
            Self::Container(container) => container.vfio_dma_unmap(iova, bytes as usize),
            Self::Iommufd(space) => space.vfio_dma_unmap(iova, bytes as usize),
        }
    }
}

/// The kernel's error number behind an error of the crates, which wrap it at different depths.
pub fn system_error(error: &VfioError) -> Option<Errno> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(system) = error.downcast_ref::<errno::Error>() {
            return Some(Errno::from_raw_os_error(system.errno()));
        }
        if let Some(system) = error.downcast_ref::<std::io::Error>() {
            return system.raw_os_error().map(Errno::from_raw_os_error);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use iommufd_ioctls::IommufdError;

    #[test]
    fn the_kernels_reason_is_found_at_any_depth() {
        let limit = || errno::Error::new(Errno::NOMEM.raw_os_error());
        let denied = std::io::Error::from_raw_os_error(Errno::ACCESS.raw_os_error());
        let errors = [
            (VfioError::IommuDmaMap(limit()), Some(Errno::NOMEM)),
            (
                VfioError::IommufdIoctlError(IommufdError::IommuIoasMap(limit())),
                Some(Errno::NOMEM),
            ),
            (
                VfioError::NewVfioIommufd(IommufdError::OpenIommufd(denied)),
                Some(Errno::ACCESS),
            ),
            (VfioError::GroupViable, None),
        ];
        for (error, reason) in errors {
            assert_eq!(system_error(&error), reason, "{error}");
        }
    }
}
