//! The socket: one client at a time, from its first message to its last.

use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gristmill_vfio::connection::{Connection, ConnectionError};
use gristmill_vfio::wire::{Header, flags};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use thiserror::Error;

use super::ServedCard;
use super::session::{NoCommand, Session};

/// Time between two looks whether the server shall stop.
const LOOK: Duration = Duration::from_millis(100);
/// Wall time in which a message that has begun is there, and in which a client takes its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Wall time that a client who has to be turned away is listened to.
const FAREWELL: Duration = Duration::from_millis(200);

/// Why there is no server.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Another server answers at the socket.
    #[error("{0}: another server answers there")]
    InUse(PathBuf),
    /// The socket cannot be made.
    #[error("{path}: {source}")]
    Socket {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The system has no thread for it.
    #[error("no thread for the server: {0}")]
    Thread(io::Error),
}

/// A served card. Dropping it disconnects the client and removes the socket.
pub struct Server {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    session: Arc<Current>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves the card at a new socket; one that a dead server left behind is replaced.
    ///
    /// # Errors
    /// See [`ServerError`].
    pub fn start(card: Arc<dyn ServedCard>, path: &Path) -> Result<Self, ServerError> {
        let listener = listen(path)?;
        let stop = Arc::new(AtomicBool::new(false));
        let session = Arc::new(Mutex::new(None));
        let mut server = Self {
            path: path.into(),
            stop: stop.clone(),
            session: session.clone(),
            threads: Vec::new(),
        };
        server.spawn("vfio-user interrupts", {
            let (stop, session, card) = (stop.clone(), session.clone(), card.clone());
            move || forward_interrupts(&stop, &session, &*card)
        })?;
        server.spawn("vfio-user server", move || {
            serve(&listener, &stop, &session, &card);
        })?;
        Ok(server)
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Asks the client, if there is one, to let go of the card.
    pub fn request_removal(&self) {
        if let Some(session) = &mut *lock(&self.session) {
            session.request_removal();
        }
    }

    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), ServerError> {
        let builder = thread::Builder::new().name(name.into());
        self.threads
            .push(builder.spawn(work).map_err(ServerError::Thread)?);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // both look at `stop` within a moment, or end a message whose time is bounded
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the server panicked");
            }
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "the socket cannot be removed");
        }
    }
}

fn listen(path: &Path) -> Result<UnixListener, ServerError> {
    let socket = |source| ServerError::Socket {
        path: path.into(),
        source,
    };
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if !is_abandoned(path).map_err(|error| socket(error.into()))? {
                return Err(ServerError::InUse(path.into()));
            }
            std::fs::remove_file(path).map_err(socket)?;
            UnixListener::bind(path).map_err(socket)?
        }
        other => other.map_err(socket)?,
    };
    listener.set_nonblocking(true).map_err(socket)?;
    Ok(listener)
}

/// Whether nobody listens at the socket any more. One with too many clients waiting has a server, perhaps a busy one.
fn is_abandoned(path: &Path) -> Result<bool, Errno> {
    let address = SocketAddrUnix::new(path)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match connect(&socket, &address) {
        Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(false),
        Err(_) => Ok(true),
    }
}

/// The client's session, if there is a client.
type Current = Mutex<Option<Session>>;

fn lock(session: &Current) -> MutexGuard<'_, Option<Session>> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forward_interrupts(stop: &AtomicBool, session: &Current, card: &dyn ServedCard) {
    while !stop.load(Ordering::Relaxed) {
        let raised = card.interrupts().take_all(Instant::now() + LOOK);
        let failure = card.failure();
        if let Some(session) = &mut *lock(session) {
            if let Some(failure) = failure {
                session.fail(&failure);
            }
            if !raised.is_empty() {
                session.raise(&raised);
            }
        }
    }
}

/// Takes clients, one after the other, and turns away those who come meanwhile.
fn serve(
    listener: &UnixListener,
    stop: &AtomicBool,
    session: &Current,
    card: &Arc<dyn ServedCard>,
) {
    let mut client: Option<Connection> = None;
    while !stop.load(Ordering::Relaxed) {
        match ready(listener, client.as_ref()) {
            Ok((false, false)) => {}
            Ok((newcomer, message)) => {
                if message && let Some(connection) = &client {
                    if let Err(why) = answer(connection, session) {
                        tracing::info!(%why, "the client is gone");
                        if let Some(mut session) = lock(session).take()
                            && !why.is_farewell()
                        {
                            session.fail(&why.to_string());
                        }
                        client = None;
                    }
                } else if newcomer {
                    match accept(listener) {
                        Ok(connection) if client.is_none() => {
                            *lock(session) = Some(Session::new(card.clone()));
                            client = Some(connection);
                        }
                        Ok(connection) => turn_away(&connection),
                        Err(error) => tracing::debug!(%error, "a client gave up"),
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, "the server cannot wait for its clients");
                break;
            }
        }
    }
    *lock(session) = None;
}

/// Whether somebody new is at the door, and whether the client has sent something or is gone.
fn ready(listener: &UnixListener, client: Option<&Connection>) -> Result<(bool, bool), Errno> {
    let look = Timespec {
        tv_sec: 0,
        tv_nsec: LOOK.as_nanos() as i64,
    };
    let mut files = vec![PollFd::new(listener, PollFlags::IN)];
    files.extend(client.map(|client| PollFd::from_borrowed_fd(client.as_fd(), PollFlags::IN)));
    match poll(&mut files, Some(&look)) {
        Ok(_) => {
            let happened = |file: &PollFd<'_>| !file.revents().is_empty();
            Ok((happened(&files[0]), files.get(1).is_some_and(happened)))
        }
        Err(Errno::INTR) => Ok((false, false)),
        Err(error) => Err(error),
    }
}

fn accept(listener: &UnixListener) -> io::Result<Connection> {
    let (stream, _) = listener.accept()?;
    Connection::new(stream)
}

/// Why a connection ends.
#[derive(Debug, Error)]
enum Ended {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    NoCommand(#[from] NoCommand),
}

impl Ended {
    /// Whether the client went by itself.
    fn is_farewell(&self) -> bool {
        matches!(self, Self::Connection(ConnectionError::Closed))
    }
}

/// One message and its answer.
fn answer(connection: &Connection, session: &Current) -> Result<(), Ended> {
    let message = connection.receive(Instant::now() + PATIENCE, PATIENCE)?;
    let header = message.header;
    let answer = match &mut *lock(session) {
        Some(session) => session.handle(message)?,
        None => return Ok(()),
    };
    match answer {
        Some(answer) => reply(connection, header, answer, Instant::now() + PATIENCE),
        None => Ok(()),
    }
    .map_err(Ended::from)
}

fn reply(
    connection: &Connection,
    command: Header,
    answer: Result<Vec<u8>, Errno>,
    deadline: Instant,
) -> Result<(), ConnectionError> {
    let (bits, error, payload) = match answer {
        Ok(payload) => (0, 0, payload),
        Err(error) => (flags::ERROR, error.raw_os_error() as u32, Vec::new()),
    };
    let header = Header {
        flags: flags::REPLY | bits,
        error,
        ..command
    };
    connection.send(header, &payload, &[], deadline)
}

/// Tells a newcomer that the card is in use.
fn turn_away(connection: &Connection) {
    let deadline = Instant::now() + FAREWELL;
    let told = connection
        .receive(deadline, FAREWELL)
        .and_then(|message| reply(connection, message.header, Err(Errno::BUSY), deadline));
    if let Err(error) = told {
        tracing::debug!(%error, "a client that was turned away did not listen");
    }
}
