use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a model could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Verilator is not where it should be.
    #[error(
        "Verilator is not installed in {searched}: run `make setup` in the root of the repository"
    )]
    VerilatorMissing {
        /// The folder that was searched.
        searched: PathBuf,
    },
    /// A tool could not be started.
    #[error("cannot run {tool}: {source}")]
    Start {
        /// The program.
        tool: String,
        /// What the system says.
        source: io::Error,
    },
    /// A tool ran and reported a failure.
    #[error("{tool} failed:\n{message}")]
    Tool {
        /// The program.
        tool: String,
        /// What it printed.
        message: String,
    },
    /// Something took longer than anything of its kind should.
    #[error("{what} has not ended after {} seconds", waited.as_secs())]
    TooSlow {
        /// The program, or what was waited for.
        what: String,
        /// For how long.
        waited: Duration,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The design has no input of one bit with the name of the clock.
    #[error("the design has no clock named {0}")]
    NoClock(String),
    /// The design has a port that no model can drive.
    #[error("a port of the design is neither an input nor an output: {0}")]
    Port(String),
    /// The library was built and cannot be opened.
    #[error(transparent)]
    Load(#[from] ModelError),
}

/// What can go wrong with a model that was built.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The shared library cannot be opened.
    #[error("cannot open {}: {message}", path.display())]
    Open {
        /// The library.
        path: PathBuf,
        /// What the loader says.
        message: String,
    },
    /// The library's port table cannot be understood.
    #[error("not a port table: {0}")]
    PortTable(String),
    /// There is no such input or output.
    #[error("the design has no {direction} named {name}")]
    NoPort {
        /// The direction that was asked for.
        direction: super::Direction,
        /// The name that was asked for.
        name: String,
    },
    /// The simulation stopped: `$stop`, `$fatal`, no convergence, an exception of a DPI function.
    #[error("the simulation stopped: {0}")]
    Stopped(String),
}

/// Why a design is not clean.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// Verilator has something to say about the text.
    #[error("{} lint messages, the first: {}", messages.len(), messages.first().map_or("", String::as_str))]
    Messages {
        /// One message an entry, each with its source lines.
        messages: Vec<String>,
    },
    /// The tool could not be run.
    #[error(transparent)]
    Tool(#[from] BuildError),
}

pub(super) trait AtPath<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, BuildError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, BuildError> {
        self.map_err(|source| BuildError::File {
            path: path.into(),
            source,
        })
    }
}
