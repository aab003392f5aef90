//! Copies to the card through two bounded buffers: one is filled while the card reads the other.

use crate::job::{Job, Ticket};
use crate::object::{Pin, Specification};
use crate::session::Session;
use crate::{CardError, DmaVec, JobError};
use gristmill_protocol::{ALIGNMENT, Operation};
use std::io;
use std::time::Instant;

/// Cycles in which even a narrow card moves `bytes` bytes, and those around them.
pub(crate) fn copy_cycles(bytes: u64) -> u64 {
    1000 + bytes / 4
}

/// Bytes on their way to a region.
pub(crate) struct Copy<'a> {
    pub(crate) pin: &'a Pin,
    pub(crate) domain: u8,
    /// Where they go in the region, a multiple of 64.
    pub(crate) offset: u64,
    /// How many; zeros fill the last block.
    pub(crate) bytes: u64,
}

/// Loads the object that `pin` holds from its source, if it has one.
pub(crate) fn upload(
    session: &Session,
    specification: &Specification,
    pin: &Pin,
    deadline: Instant,
) -> Result<(), CardError> {
    let Some(source) = &specification.source else {
        return Ok(());
    };
    let whole = Copy {
        pin,
        domain: specification.domain,
        offset: 0,
        bytes: specification.bytes,
    };
    let read = |offset, into: &mut [u8]| source.read(offset, into);
    copy(session, &whole, read, deadline).map(drop)
}

/// Copies what `read` gives, which is told where among the bytes and fills all that it is given. Bytes over the link.
pub(crate) fn copy(
    session: &Session,
    copy: &Copy<'_>,
    read: impl Fn(u64, &mut [u8]) -> io::Result<()>,
    deadline: Instant,
) -> Result<u64, CardError> {
    let total = copy.bytes;
    let room = (session.options.staging_bytes as u64).max(ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    let room = room.min(total.next_multiple_of(ALIGNMENT));
    let mut stages = [Stage::new(session, room)?, Stage::new(session, room)?];
    let (mut offset, mut moved) = (0, 0);
    for turn in 0.. {
        if offset >= total {
            break;
        }
        let stage = &mut stages[turn % 2];
        moved += stage.settle(deadline)?;
        let bytes = room.min(total - offset);
        let padded = bytes.next_multiple_of(ALIGNMENT);
        let buffer = stage.buffer.as_mut_slice().ok_or(JobError::Aborted)?;
        let (contents, rest) = buffer.split_at_mut(bytes as usize);
        read(offset, contents).map_err(|error| CardError::Source {
            reason: error.to_string(),
        })?;
        rest.fill(0);
        if !copy.pin.is_current() {
            return Err(JobError::Aborted.into());
        }
        let host = stage.buffer.as_dma();
        let operation = Operation::CopyToCard {
            host: host.iova(),
            region: copy.pin.handle(),
            offset: copy.offset + offset,
            length: padded,
        };
        let mut job = Job::new(operation, copy_cycles(padded)).with_buffer(&host.buffer);
        // Should the copy outlast this call, the region must not go to another object.
        job.kept.push(Box::new(copy.pin.clone()));
        stage.ticket = Some(session.submit(copy.domain, job, deadline)?);
        offset += bytes;
    }
    for stage in &mut stages {
        moved += stage.settle(deadline)?;
    }
    Ok(moved)
}

struct Stage {
    buffer: DmaVec<u8>,
    ticket: Option<Ticket>,
}

impl Stage {
    fn new(session: &Session, bytes: u64) -> Result<Self, CardError> {
        let bytes = bytes as usize;
        let buffer = session.registers.transport().allocate(bytes)?;
        Ok(Self {
            buffer: DmaVec::new(buffer, bytes)?,
            ticket: None,
        })
    }

    /// Waits until the card has read the buffer. Bytes over the link.
    fn settle(&mut self, deadline: Instant) -> Result<u64, CardError> {
        match self.ticket.take() {
            Some(ticket) => Ok(ticket.wait(deadline)?.link_bytes),
            None => Ok(0),
        }
    }
}
