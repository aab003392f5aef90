//! Messages over a socket: whole ones, with their files, each by its deadline.

use crate::wire::{Header, MAX_FILES, MAX_MESSAGE};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// One message.
#[derive(Debug, Default)]
pub struct Message {
    /// Its header; `size` is filled in when it is sent.
    pub header: Header,
    /// What follows the header.
    pub payload: Vec<u8>,
    /// The files that came with it.
    pub files: Vec<OwnedFd>,
}

/// Why a message did not get through. The stream is useless after any of these but [`Self::Idle`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// No message began before the deadline.
    #[error("no message came within {0:?}")]
    Idle(Duration),
    /// A message did not get through whole before the deadline.
    #[error("a message stood still for {0:?}")]
    Stalled(Duration),
    /// The other side closed the connection.
    #[error("the other side closed the connection")]
    Closed,
    /// The message's size is one that no message has.
    #[error("a message of {0} bytes")]
    Size(u32),
    /// More files than a message may bring.
    #[error("more than {MAX_FILES} files with a message")]
    Files,
    /// What the system said.
    #[error("{0}")]
    System(Errno),
}

/// A stream of messages.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
}

impl Connection {
    /// Messages over this stream.
    ///
    /// # Errors
    /// What the system says to making it non-blocking.
    pub fn new(stream: UnixStream) -> std::io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream })
    }

    /// The stream's file, to poll it.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Sends a message whole, with these files, by `deadline`.
    ///
    /// # Errors
    /// See [`ConnectionError`].
    pub fn send(
        &self,
        mut header: Header,
        payload: &[u8],
        files: &[BorrowedFd<'_>],
        deadline: Instant,
    ) -> Result<(), ConnectionError> {
        let started = Instant::now();
        header.size = (size_of::<Header>() + payload.len()) as u32;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !files.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(files)) {
            return Err(ConnectionError::Files);
        }
        let mut sent = 0;
        while sent < header.size as usize {
            let head = bytemuck::bytes_of(&header);
            let parts = [
                IoSlice::new(&head[sent.min(head.len())..]),
                IoSlice::new(&payload[sent.saturating_sub(head.len())..]),
            ];
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match sendmsg(&self.stream, &parts, &mut ancillary, flags) {
                Ok(bytes) => {
                    sent += bytes;
                    ancillary.clear();
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT, started, deadline, sent > 0)?,
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(ConnectionError::Closed),
                Err(error) => return Err(ConnectionError::System(error)),
            }
        }
        Ok(())
    }

    /// Receives a message: it begins by `deadline`, and is there `patience` after its beginning.
    ///
    /// # Errors
    /// See [`ConnectionError`].
    pub fn receive(
        &self,
        deadline: Instant,
        patience: Duration,
    ) -> Result<Message, ConnectionError> {
        let mut message = Message::default();
        self.wait(PollFlags::IN, Instant::now(), deadline, false)?;
        let deadline = Instant::now() + patience;
        let mut header = [0; size_of::<Header>()];
        self.fill(&mut header, &mut message.files, deadline)?;
        message.header = bytemuck::pod_read_unaligned(&header);
        let size = message.header.size;
        if !(header.len()..=MAX_MESSAGE).contains(&(size as usize)) {
            return Err(ConnectionError::Size(size));
        }
        message.payload = vec![0; size as usize - header.len()];
        self.fill(&mut message.payload, &mut message.files, deadline)?;
        Ok(message)
    }

    fn fill(
        &self,
        mut into: &mut [u8],
        files: &mut Vec<OwnedFd>,
        deadline: Instant,
    ) -> Result<(), ConnectionError> {
        let started = Instant::now();
        while !into.is_empty() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
            let mut parts = [IoSliceMut::new(into)];
            match recvmsg(&self.stream, &mut parts, &mut ancillary, flags) {
                Ok(received) => {
                    for part in ancillary.drain() {
                        if let RecvAncillaryMessage::ScmRights(received) = part {
                            files.extend(received);
                        }
                    }
                    if files.len() > MAX_FILES
                        || received.flags.contains(rustix::net::ReturnFlags::CTRUNC)
                    {
                        return Err(ConnectionError::Files);
                    }
                    if received.bytes == 0 {
                        return Err(ConnectionError::Closed);
                    }
                    into = &mut into[received.bytes..];
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::IN, started, deadline, true)?,
                Err(Errno::CONNRESET) => return Err(ConnectionError::Closed),
                Err(error) => return Err(ConnectionError::System(error)),
            }
        }
        Ok(())
    }

    /// Waits until the stream can go on, or the deadline has passed.
    fn wait(
        &self,
        events: PollFlags,
        started: Instant,
        deadline: Instant,
        begun: bool,
    ) -> Result<(), ConnectionError> {
        match wait_for(self.stream.as_fd(), events, deadline) {
            Ok(true) => Ok(()),
            Ok(false) if begun => Err(ConnectionError::Stalled(started.elapsed())),
            Ok(false) => Err(ConnectionError::Idle(started.elapsed())),
            Err(error) => Err(ConnectionError::System(error)),
        }
    }
}

/// Waits until a file is ready, at most until `deadline`; `false` when that has passed. A file that
/// is ready at once is seen even if the deadline has passed.
pub(crate) fn wait_for(
    file: BorrowedFd<'_>,
    events: PollFlags,
    deadline: Instant,
) -> Result<bool, Errno> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).unwrap_or(Timespec {
            tv_sec: 3600,
            tv_nsec: 0,
        });
        let mut files = [PollFd::from_borrowed_fd(file, events)];
        match poll(&mut files, Some(&left)) {
            Ok(0) if Instant::now() >= deadline => return Ok(false),
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::flags;
    use std::io::Write;

    const PATIENCE: Duration = Duration::from_millis(50);

    fn pair() -> (Connection, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Connection::new(ours).unwrap(), theirs)
    }

    fn soon() -> Instant {
        Instant::now() + PATIENCE
    }

    #[test]
    fn a_message_arrives_as_it_left() {
        let (ours, theirs) = pair();
        let theirs = Connection::new(theirs).unwrap();
        let header = Header {
            id: 7,
            command: 9,
            flags: flags::NO_REPLY,
            ..Header::default()
        };
        let file = std::fs::File::open("/dev/null").unwrap();
        ours.send(header, b"payload", &[file.as_fd()], soon())
            .unwrap();
        let message = theirs.receive(soon(), PATIENCE).unwrap();
        assert_eq!(message.payload, b"payload");
        assert_eq!(
            message.header,
            Header {
                size: 16 + 7,
                ..header
            }
        );
        assert_eq!(message.files.len(), 1);
    }

    #[test]
    fn a_large_message_waits_for_its_reader() {
        let (ours, theirs) = pair();
        let theirs = Connection::new(theirs).unwrap();
        let payload = vec![5; 1 << 20];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let deadline = Instant::now() + Duration::from_secs(10);
                ours.send(Header::default(), &payload, &[], deadline)
                    .unwrap();
            });
            let patience = Duration::from_secs(10);
            let message = theirs.receive(Instant::now() + patience, patience).unwrap();
            assert_eq!(message.payload, payload);
        });
    }

    #[test]
    fn nothing_waits_for_ever() {
        let (ours, mut theirs) = pair();
        let idle = ours.receive(soon(), PATIENCE).unwrap_err();
        assert!(matches!(idle, ConnectionError::Idle(_)), "{idle}");
        theirs.write_all(&[1; 7]).unwrap();
        let stalled = ours.receive(soon(), PATIENCE).unwrap_err();
        assert!(matches!(stalled, ConnectionError::Stalled(_)), "{stalled}");
        let full = loop {
            if let Err(error) = ours.send(Header::default(), &[0; 1 << 16], &[], soon()) {
                break error;
            }
        };
        assert!(matches!(
            full,
            ConnectionError::Stalled(_) | ConnectionError::Idle(_)
        ));
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        for size in [0, 15, MAX_MESSAGE as u32 + 1, u32::MAX] {
            let (ours, mut theirs) = pair();
            let header = Header {
                size,
                ..Header::default()
            };
            theirs.write_all(bytemuck::bytes_of(&header)).unwrap();
            let error = ours.receive(soon(), PATIENCE).unwrap_err();
            assert_eq!(error, ConnectionError::Size(size));
        }
    }

    #[test]
    fn a_closed_stream_says_so() {
        let (ours, theirs) = pair();
        drop(theirs);
        let closed = ours.receive(soon(), PATIENCE).unwrap_err();
        assert_eq!(closed, ConnectionError::Closed);
        let closed = ours.send(Header::default(), &[], &[], soon()).unwrap_err();
        assert_eq!(closed, ConnectionError::Closed);
    }
}
