//! The client's side of vfio-user: strict, and never waiting for ever.

use crate::connection::{Connection, ConnectionError, Message};
use crate::wire::{
    Command, DeviceInfo, DmaMap, DmaUnmap, Header, IrqInfo, RegionAccess, RegionInfo, SetIrqs,
    VERSION, Version, capabilities, device_flags, flags, map_flags, set_irqs_flags, split,
};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Pause between two attempts to connect to a server whose queue of clients is full.
const RETRY: Duration = Duration::from_millis(10);

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// There is nobody at the socket.
    #[error("no server answers: {0}")]
    Connect(Errno),
    /// The server refused the request; the connection goes on.
    #[error("{command:?} was refused: {error}")]
    Refused {
        /// What was asked.
        command: Command,
        /// Why.
        error: Errno,
    },
    /// The server did not answer in time; the connection is given up.
    #[error("{command:?} was not answered within {waited:?}")]
    TimedOut {
        /// What was asked.
        command: Command,
        /// For how long.
        waited: Duration,
    },
    /// The server broke the protocol, or the stream broke; the connection is given up.
    #[error("{0}")]
    Broken(String),
}

/// A connection to a server.
///
/// One request at a time; each is answered by its deadline, or the connection is given up: a late
/// answer cannot be told from a wrong one. After that every request fails at once with the first cause.
#[derive(Debug)]
pub struct Client {
    state: Mutex<State>,
    /// For [`Self::hung_up`], which must not wait for a request that is under way.
    socket: UnixStream,
    patience: Duration,
}

#[derive(Debug)]
struct State {
    connection: Connection,
    id: u16,
    broken: Option<ClientError>,
}

impl Client {
    /// Connects to the server at `path` and agrees on the version. Every request may take `patience`.
    ///
    /// # Errors
    /// [`ClientError::Connect`]; [`ClientError::Refused`] with `EBUSY` if the server has a client already;
    /// [`ClientError::Broken`] for another protocol or version.
    pub fn connect(path: &Path, patience: Duration) -> Result<Self, ClientError> {
        let stream = dial(path, Instant::now() + patience).map_err(ClientError::Connect)?;
        let system = |error: std::io::Error| ClientError::Broken(error.to_string());
        let client = Self {
            socket: stream.try_clone().map_err(system)?,
            state: Mutex::new(State {
                connection: Connection::new(stream).map_err(system)?,
                id: 0,
                broken: None,
            }),
            patience,
        };
        let (major, minor) = VERSION;
        let mut payload = bytemuck::bytes_of(&Version { major, minor }).to_vec();
        payload.extend(capabilities());
        let reply = client.call(Command::Version, &payload, &[])?;
        match split::<Version>(&reply.payload) {
            Some((version, _)) if version.major == major => Ok(client),
            Some((version, _)) => Err(ClientError::Broken(format!(
                "the server speaks vfio-user {}.{}, this client {major}.{minor}",
                version.major, version.minor
            ))),
            None => Err(client.give_up("the answer to the version is cut short")),
        }
    }

    /// Whether the server has closed the connection.
    pub fn hung_up(&self) -> bool {
        use rustix::event::PollFlags;
        let closed = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
        crate::connection::wait_for(self.socket.as_fd(), closed, Instant::now()).unwrap_or(true)
    }

    /// The connection's file, to poll it for a hang-up.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// What the device is.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn device_info(&self) -> Result<DeviceInfo, ClientError> {
        let info = DeviceInfo {
            argsz: size_of::<DeviceInfo>() as u32,
            ..DeviceInfo::default()
        };
        let info: DeviceInfo = self.ask(Command::DeviceGetInfo, &info)?;
        if info.flags & device_flags::PCI == 0 {
            return Err(ClientError::Broken("the device is no PCI function".into()));
        }
        Ok(info)
    }

    /// What region `index` is. Its file, if it has one, is not used: all accesses are messages.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn region_info(&self, index: u32) -> Result<RegionInfo, ClientError> {
        let info = RegionInfo {
            argsz: size_of::<RegionInfo>() as u32,
            index,
            ..RegionInfo::default()
        };
        self.ask(Command::DeviceGetRegionInfo, &info)
    }

    /// How many interrupts of a kind there are.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn irq_info(&self, index: u32) -> Result<IrqInfo, ClientError> {
        let info = IrqInfo {
            argsz: size_of::<IrqInfo>() as u32,
            index,
            ..IrqInfo::default()
        };
        self.ask(Command::DeviceGetIrqInfo, &info)
    }

    /// Reads from a region.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn read(&self, region: u32, offset: u64, into: &mut [u8]) -> Result<(), ClientError> {
        let access = RegionAccess {
            offset,
            region,
            count: into.len() as u32,
        };
        let reply = self.call(Command::RegionRead, bytemuck::bytes_of(&access), &[])?;
        match split::<RegionAccess>(&reply.payload) {
            Some((echo, data)) if echo == access && data.len() == into.len() => {
                into.copy_from_slice(data);
                Ok(())
            }
            _ => Err(self.give_up("the answer to a read is not what was asked for")),
        }
    }

    /// Writes to a region, and waits until that is done.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn write(&self, region: u32, offset: u64, from: &[u8]) -> Result<(), ClientError> {
        let access = RegionAccess {
            offset,
            region,
            count: from.len() as u32,
        };
        let mut payload = bytemuck::bytes_of(&access).to_vec();
        payload.extend_from_slice(from);
        self.call(Command::RegionWrite, &payload, &[]).map(drop)
    }

    /// Lets the device read and write `size` bytes of a file, from `offset` on, at `address`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn map(
        &self,
        address: u64,
        size: u64,
        file: BorrowedFd<'_>,
        offset: u64,
    ) -> Result<(), ClientError> {
        let map = DmaMap {
            argsz: size_of::<DmaMap>() as u32,
            flags: map_flags::READ | map_flags::WRITE,
            offset,
            address,
            size,
        };
        self.call(Command::DmaMap, bytemuck::bytes_of(&map), &[file])
            .map(drop)
    }

    /// Takes the memory at `address` away. No access of the device is under way when this returns.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn unmap(&self, address: u64, size: u64) -> Result<(), ClientError> {
        let unmap = DmaUnmap {
            argsz: size_of::<DmaUnmap>() as u32,
            flags: 0,
            address,
            size,
        };
        self.call(Command::DmaUnmap, bytemuck::bytes_of(&unmap), &[])
            .map(drop)
    }

    /// Connects the interrupts of a kind, from the first one on, with eventfds; with none, disables them all.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn set_interrupts(&self, index: u32, events: &[BorrowedFd<'_>]) -> Result<(), ClientError> {
        let data = match events {
            [] => set_irqs_flags::DATA_NONE,
            _ => set_irqs_flags::DATA_EVENTFD,
        };
        let set = SetIrqs {
            argsz: size_of::<SetIrqs>() as u32,
            flags: data | set_irqs_flags::ACTION_TRIGGER,
            index,
            start: 0,
            count: events.len() as u32,
        };
        self.call(Command::DeviceSetIrqs, bytemuck::bytes_of(&set), events)
            .map(drop)
    }

    /// Resets the function, by `deadline`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn reset(&self, deadline: Instant) -> Result<(), ClientError> {
        self.call_by(Command::DeviceReset, &[], &[], deadline)
            .map(drop)
    }

    /// Gives the connection up for a fault of the server's.
    pub fn give_up(&self, why: &str) -> ClientError {
        let error = ClientError::Broken(why.into());
        self.lock().break_with(error.clone());
        error
    }

    fn ask<T: bytemuck::Pod>(&self, command: Command, question: &T) -> Result<T, ClientError> {
        let reply = self.call(command, bytemuck::bytes_of(question), &[])?;
        match split::<T>(&reply.payload) {
            Some((answer, _)) => Ok(answer),
            None => Err(self.give_up("an answer is cut short")),
        }
    }

    fn call(
        &self,
        command: Command,
        payload: &[u8],
        files: &[BorrowedFd<'_>],
    ) -> Result<Message, ClientError> {
        self.call_by(command, payload, files, Instant::now() + self.patience)
    }

    fn call_by(
        &self,
        command: Command,
        payload: &[u8],
        files: &[BorrowedFd<'_>],
        deadline: Instant,
    ) -> Result<Message, ClientError> {
        let mut state = self.lock();
        if let Some(broken) = &state.broken {
            return Err(broken.clone());
        }
        let result = state.exchange(command, payload, files, deadline);
        match &result {
            Ok(_) | Err(ClientError::Refused { .. }) => {}
            Err(error) => state.break_with(error.clone()),
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn exchange(
        &mut self,
        command: Command,
        payload: &[u8],
        files: &[BorrowedFd<'_>],
        deadline: Instant,
    ) -> Result<Message, ClientError> {
        let started = Instant::now();
        let failed = |error| match error {
            ConnectionError::Idle(_) | ConnectionError::Stalled(_) => ClientError::TimedOut {
                command,
                waited: started.elapsed(),
            },
            other => ClientError::Broken(other.to_string()),
        };
        self.id = self.id.wrapping_add(1);
        let header = Header {
            id: self.id,
            command: command as u16,
            flags: flags::COMMAND,
            ..Header::default()
        };
        self.connection
            .send(header, payload, files, deadline)
            .map_err(failed)?;
        let left = deadline.saturating_duration_since(Instant::now());
        let reply = self.connection.receive(deadline, left).map_err(failed)?;
        let expected = (self.id, command as u16, flags::REPLY);
        let found = (
            reply.header.id,
            reply.header.command,
            reply.header.flags & flags::TYPE,
        );
        if found != expected {
            return Err(ClientError::Broken(format!(
                "an answer that nobody asked for: message {}, command {}, type {}",
                found.0, found.1, found.2
            )));
        }
        if reply.header.flags & flags::ERROR != 0 {
            let error = match reply.header.error {
                0 => Errno::IO,
                code => Errno::from_raw_os_error(code as i32),
            };
            return Err(ClientError::Refused { command, error });
        }
        Ok(reply)
    }

    fn break_with(&mut self, error: ClientError) {
        tracing::warn!(%error, "giving up a vfio-user connection");
        self.broken.get_or_insert(error);
    }
}

/// A stream to the server at `path`; a server that has too many clients waiting is tried again.
fn dial(path: &Path, deadline: Instant) -> Result<UnixStream, Errno> {
    let address = SocketAddrUnix::new(path)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    loop {
        match connect(&socket, &address) {
            Ok(()) => return Ok(socket.into()),
            Err(Errno::AGAIN | Errno::INTR) if Instant::now() < deadline => {
                std::thread::sleep(RETRY);
            }
            Err(error) => return Err(error),
        }
    }
}
