//! Cards that another process serves over vfio-user.

use std::io::{BufRead, BufReader, ErrorKind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gristmill_driver::{CardOptions, DmaBuffer, Transport, TransportError};
use gristmill_vfio::VfioUser;
use tempfile::TempDir;

use crate::{
    choice::{CardChoice, CardProvider},
    error::Error,
};

/// Names the variable with the program that serves simulated cards.
pub const SIMULATOR_VARIABLE: &str = "GRISTMILL_SIM";
/// The program, if the variable is not set.
const SIMULATOR: &str = "gristmill-sim";
/// What the program writes to its standard output once it serves.
pub const SERVING: &str = "serving";
/// Name of the simulator's socket in its folder.
const SOCKET: &str = "card";
/// Wall time that a job may take: what is served is simulated, and slower than a card by a thousand.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Wall time in which a served card resets, and in which its memory is loaded.
const LOADING_PATIENCE: Duration = Duration::from_secs(600);
/// Wall time in which a simulator builds its model and serves.
const STARTING_PATIENCE: Duration = Duration::from_secs(900);

/// How the driver uses a card that is simulated.
pub fn simulated_options() -> CardOptions {
    CardOptions {
        patience: LOADING_PATIENCE,
        ..CardOptions::default()
    }
}

/// The card at a socket.
#[derive(Clone, Debug)]
pub struct ServedCard {
    path: PathBuf,
}

impl ServedCard {
    /// The card that is served at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl CardProvider for ServedCard {
    fn choice(&self) -> CardChoice {
        CardChoice::VfioUser(self.path.clone())
    }

    fn summary(&self) -> String {
        format!("the card that is served at {}", self.path.display())
    }

    fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        Ok(Arc::new(
            VfioUser::connect(&self.path).map_err(Error::card)?,
        ))
    }

    fn options(&self) -> CardOptions {
        simulated_options()
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}

/// A simulated card in a process of its own, which this one starts when the card is opened, and which
/// ends with it.
#[derive(Clone, Debug)]
pub struct SpawnedSimulator {
    program: PathBuf,
    arguments: Vec<String>,
}

impl SpawnedSimulator {
    /// The program that [`SIMULATOR_VARIABLE`] names; else the one beside this program; else the one on the path.
    pub fn from_environment() -> Self {
        let beside = || {
            let program = std::env::current_exe().ok()?.with_file_name(SIMULATOR);
            program.is_file().then_some(program)
        };
        let named = std::env::var_os(SIMULATOR_VARIABLE).map(PathBuf::from);
        let program = named.or_else(beside).unwrap_or_else(|| SIMULATOR.into());
        Self::new(program, Vec::new())
    }

    /// This program, with arguments before its command.
    pub fn new(program: impl Into<PathBuf>, arguments: Vec<String>) -> Self {
        Self {
            program: program.into(),
            arguments,
        }
    }

    fn start(&self) -> Result<Simulator, Error> {
        let failed = |why: String| Error::Simulator {
            program: self.program.clone(),
            why,
        };
        let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg("serve")
            .arg("--socket")
            .arg(folder.path().join(SOCKET))
            .arg("--with-parent")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => failed(format!(
                    "there is no such program; {SIMULATOR_VARIABLE} can name it"
                )),
                _ => failed(error.to_string()),
            })?;
        let output = child.stdout.take();
        let simulator = Simulator { child, folder };
        let (said, hears) = mpsc::channel();
        // Ends with the process, whose end closes its output.
        std::thread::spawn(move || {
            let lines = output.map(|output| BufReader::new(output).lines());
            for line in lines.into_iter().flatten().map_while(Result::ok) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        let deadline = Instant::now() + STARTING_PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match hears.recv_timeout(left) {
                Ok(line) if line.starts_with(SERVING) => break,
                Ok(_) => {}
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    return Err(failed(format!("it did not serve in {STARTING_PATIENCE:?}")));
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(failed("it ended before it served".into()));
                }
            }
        }
        Ok(simulator)
    }
}

impl CardProvider for SpawnedSimulator {
    fn choice(&self) -> CardChoice {
        CardChoice::Sim
    }

    fn summary(&self) -> String {
        format!("simulated by {}", self.program.display())
    }

    fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        let simulator = self.start()?;
        let transport = VfioUser::connect(&simulator.path()).map_err(Error::card)?;
        Ok(Arc::new(Spawned {
            transport,
            _simulator: simulator,
        }))
    }

    fn options(&self) -> CardOptions {
        simulated_options()
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}

/// The process, and the folder of its socket. It ends when its standard input does.
struct Simulator {
    child: Child,
    folder: TempDir,
}

impl Simulator {
    fn path(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        if let Err(error) = ended {
            tracing::warn!(%error, "the simulator cannot be ended");
        }
    }
}

/// The transport, and the process behind it.
struct Spawned {
    transport: VfioUser,
    _simulator: Simulator,
}

impl Transport for Spawned {
    fn name(&self) -> String {
        self.transport.name()
    }
    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        self.transport.read_register(offset)
    }
    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.transport.write_register(offset, value)
    }
    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        self.transport.allocate(bytes)
    }
    fn wait_interrupt(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        self.transport.wait_interrupt(vector, deadline)
    }
    fn check(&self) -> Result<(), TransportError> {
        self.transport.check()
    }
    fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        self.transport.reset(deadline)
    }
}
