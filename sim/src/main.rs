//! The command line of the simulated card.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gristmill_sim::verilator::{BuildError, LintError, lint};

/// The Gristmill card without the card.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check Verilog files with all of Verilator's warnings.
    Lint {
        /// The top module; without it each file is taken to be named after its own.
        #[arg(long)]
        top: Option<String>,
        /// The files; each is complete.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    let Command::Lint { top, files } = Arguments::parse().command;
    let mut clean = true;
    for file in &files {
        match lint_file(file, top.as_deref()) {
            Ok(()) => println!("{}: clean", file.display()),
            Err(LintError::Messages { messages }) => {
                eprintln!("{}: {} messages", file.display(), messages.len());
                messages.iter().for_each(|message| eprintln!("{message}"));
                clean = false;
            }
            Err(LintError::Tool(error)) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    if clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn lint_file(file: &Path, top: Option<&str>) -> Result<(), LintError> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let verilog = std::fs::read_to_string(file).map_err(|source| BuildError::File {
        path: file.to_owned(),
        source,
    })?;
    lint(&verilog, top.unwrap_or(&stem))
}
