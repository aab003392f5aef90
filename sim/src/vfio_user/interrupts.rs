//! The client's ends of the interrupt vectors.

use gristmill_vfio::wire::set_irqs_flags as flags;
use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// One vector.
#[derive(Debug, Default)]
struct Vector {
    event: Option<OwnedFd>,
    masked: bool,
    pending: bool,
}

/// The vectors of MSI-X, each with an eventfd once the client has sent one.
#[derive(Debug)]
pub struct Vectors {
    vectors: Vec<Vector>,
}

impl Vectors {
    /// Unconnected vectors.
    pub fn new(count: u32) -> Self {
        Self {
            vectors: (0..count).map(|_| Vector::default()).collect(),
        }
    }

    /// Forgets everything that a client has set, and what is pending.
    pub fn clear(&mut self) {
        self.vectors.fill_with(Vector::default);
    }

    /// Forgets what is pending.
    pub fn drop_pending(&mut self) {
        for vector in &mut self.vectors {
            vector.pending = false;
        }
    }

    /// The card raises a vector. It is pending until it is delivered.
    pub fn raise(&mut self, vector: u32) {
        if let Some(vector) = self.vectors.get_mut(vector as usize) {
            vector.pending = true;
        }
    }

    /// Delivers what is pending, connected, and masked neither here nor by `is_masked`.
    pub fn deliver(&mut self, is_masked: impl Fn(u32) -> bool) {
        for (number, vector) in (0..).zip(&mut self.vectors) {
            if vector.pending
                && !vector.masked
                && !is_masked(number)
                && let Some(event) = &vector.event
            {
                // An eventfd that is full or broken is its owner's loss.
                vector.pending = false;
                if let Err(error) = rustix::io::write(event, &1u64.to_ne_bytes()) {
                    tracing::debug!(%error, number, "an eventfd takes no interrupt");
                }
            }
        }
    }

    /// The pending vectors, as MSI-X shows them.
    pub fn pending(&self) -> u64 {
        let bits = (0..).zip(&self.vectors);
        bits.fold(0, |bits, (number, vector)| {
            bits | u64::from(vector.pending) << number
        })
    }

    /// Does what a client asks for with `DEVICE_SET_IRQS`: `data` are its bytes behind the fixed part.
    ///
    /// # Errors
    /// `EINVAL` for vectors that do not exist, for an eventfd that is none, and for flags that make no sense.
    pub fn set(
        &mut self,
        flags: u32,
        start: u32,
        count: u32,
        data: &[u8],
        files: Vec<OwnedFd>,
    ) -> Result<(), Errno> {
        const DATA: u32 = flags::DATA_NONE | flags::DATA_BOOL | flags::DATA_EVENTFD;
        let (kind, action) = (flags & DATA, flags & !DATA);
        let all = self.vectors.len() as u32;
        if start.checked_add(count).is_none_or(|end| end > all) {
            return Err(Errno::INVAL);
        }
        if (kind, action, count) == (flags::DATA_NONE, flags::ACTION_TRIGGER, 0) {
            self.clear();
            return Ok(());
        }
        let range = start as usize..(start + count) as usize;
        let chosen = |i: usize| match kind {
            flags::DATA_NONE => Some(true),
            flags::DATA_BOOL => data.get(i).map(|byte| *byte != 0),
            _ => None,
        };
        match (kind, action) {
            (flags::DATA_EVENTFD, flags::ACTION_TRIGGER) => {
                // no files disconnect; else there is one a vector
                if !files.is_empty() && files.len() != count as usize
                    || !files.iter().all(is_eventfd)
                {
                    return Err(Errno::INVAL);
                }
                let mut files = files.into_iter();
                for vector in &mut self.vectors[range] {
                    vector.event = files.next();
                }
            }
            (_, flags::ACTION_MASK | flags::ACTION_UNMASK | flags::ACTION_TRIGGER) => {
                let chosen: Option<Vec<bool>> = (0..count as usize).map(chosen).collect();
                let chosen = chosen.ok_or(Errno::INVAL)?;
                for (vector, _) in self.vectors[range]
                    .iter_mut()
                    .zip(chosen)
                    .filter(|(_, chosen)| *chosen)
                {
                    match action {
                        flags::ACTION_TRIGGER => vector.pending = true,
                        _ => vector.masked = action == flags::ACTION_MASK,
                    }
                }
            }
            _ => return Err(Errno::INVAL),
        }
        Ok(())
    }
}

/// Whether a file is an eventfd: whatever else a client sends is not written to.
fn is_eventfd(file: &OwnedFd) -> bool {
    use std::os::fd::AsRawFd;
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    std::fs::read_link(link).is_ok_and(|target| target.as_os_str() == "anon_inode:[eventfd]")
        && rustix::fs::fcntl_getfl(file)
            .and_then(|flags| rustix::fs::fcntl_setfl(file, flags | rustix::fs::OFlags::NONBLOCK))
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};

    fn connected() -> (Vectors, OwnedFd) {
        let event = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
        let mut vectors = Vectors::new(4);
        let theirs = event.try_clone().unwrap();
        let set = flags::DATA_EVENTFD | flags::ACTION_TRIGGER;
        vectors.set(set, 2, 1, &[], vec![theirs]).unwrap();
        (vectors, event)
    }

    fn arrived(event: &OwnedFd) -> bool {
        rustix::io::read(event, &mut [0; 8]).is_ok()
    }

    #[test]
    fn a_masked_interrupt_waits() {
        let (mut vectors, event) = connected();
        vectors.raise(2);
        vectors.deliver(|vector| vector == 2);
        assert!(!arrived(&event));
        assert_eq!(vectors.pending(), 4);
        let masked = flags::DATA_NONE | flags::ACTION_MASK;
        vectors.set(masked, 0, 4, &[], Vec::new()).unwrap();
        vectors.deliver(|_| false);
        assert!(!arrived(&event));
        let unmasked = flags::DATA_BOOL | flags::ACTION_UNMASK;
        vectors.set(unmasked, 1, 2, &[0, 1], Vec::new()).unwrap();
        vectors.deliver(|_| false);
        assert!(arrived(&event));
        assert_eq!(vectors.pending(), 0);
    }

    #[test]
    fn requests_that_make_no_sense_are_refused() {
        let (mut vectors, _event) = connected();
        let connect = flags::DATA_EVENTFD | flags::ACTION_TRIGGER;
        let null = || vec![std::fs::File::open("/dev/null").unwrap().into()];
        for (flags, start, count, files) in [
            (connect, 0, 1, null()),
            (connect, 0, 2, null()),
            (connect, 4, 1, Vec::new()),
            (connect, u32::MAX, 2, Vec::new()),
            (flags::DATA_BOOL | flags::ACTION_MASK, 0, 1, Vec::new()),
            (0, 0, 1, Vec::new()),
            (u32::MAX, 0, 1, Vec::new()),
        ] {
            let refused = vectors.set(flags, start, count, &[], files);
            assert_eq!(refused, Err(Errno::INVAL), "{flags:#x} {start} {count}");
        }
    }

    #[test]
    fn what_a_client_set_is_forgotten() {
        let (mut vectors, event) = connected();
        vectors.clear();
        vectors.raise(2);
        vectors.deliver(|_| false);
        assert!(!arrived(&event));
    }
}
