//! The command line of the simulated card: all that `gristmill` does, on a card that is simulated in
//! this process, and more.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use gristmill::remote::{SERVING, SpawnedSimulator};
use gristmill::{CardChoice, CardProvider, Error, cli};
use gristmill_driver::{CardOptions, Transport};
use gristmill_rollup::prove::{ProveOptions, prove};
use gristmill_sim::card::CardSimulation;
use gristmill_sim::simulated::SimulatedCard;
use gristmill_sim::verilator::{BuildError, LintError, lint};
use gristmill_sim::vfio_user::Server;
use rayon::prelude::*;

/// The Gristmill card without the card.
#[derive(Parser)]
#[command(name = "gristmill-sim", version)]
struct Arguments {
    #[command(flatten)]
    simulated: SimulatedCard,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Card(cli::Command),
    /// Serve the simulated card as a PCI function over vfio-user, until the process is ended.
    Serve {
        /// Where the socket is made.
        #[arg(long)]
        socket: PathBuf,
        /// End when the standard input does, and so with the process that started this one.
        #[arg(long)]
        with_parent: bool,
    },
    /// Prove a batch of payments with the simulated card and compare with stock arkworks.
    Prove {
        /// Where the card is simulated: in this process, or in one of its own that is reached over vfio-user.
        #[arg(long, value_enum, default_value_t)]
        card: Place,
        #[command(flatten)]
        options: ProveOptions,
    },
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

/// Where a card is simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Place {
    /// In this process.
    #[default]
    Sim,
    /// In a process of its own.
    VfioUser,
}

fn main() -> ExitCode {
    let Arguments { simulated, command } = Arguments::parse();
    let ended = match command {
        Command::Card(command) => run_on_card(&command, simulated),
        Command::Serve {
            socket,
            with_parent,
        } => serve(&simulated, &socket, with_parent).map(|()| true),
        Command::Prove { card, options } => prove_batch(&simulated, card, options),
        Command::Lint { top, files } => lint_files(&files, top.as_deref()),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("gristmill-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A simulated card that can be asked afterwards what it did.
struct Watched {
    card: SimulatedCard,
    started: Arc<OnceLock<Arc<CardSimulation>>>,
}

impl CardProvider for Watched {
    fn choice(&self) -> CardChoice {
        self.card.choice()
    }

    fn summary(&self) -> String {
        self.card.summary()
    }

    fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        let simulation = Arc::new(self.card.start().map_err(Error::card)?);
        // A card that is opened twice is asked about its first life.
        let _ = self.started.set(Arc::clone(&simulation));
        Ok(simulation)
    }

    fn options(&self) -> CardOptions {
        self.card.options()
    }

    fn patience(&self) -> Duration {
        self.card.patience()
    }
}

/// Runs the command, and says what card memory did where that is modelled.
fn run_on_card(command: &cli::Command, card: SimulatedCard) -> Result<bool, String> {
    let started = Arc::new(OnceLock::new());
    let watched = Watched {
        card,
        started: Arc::clone(&started),
    };
    let cards = [Arc::new(watched) as Arc<dyn CardProvider>];
    command
        .run(&cards, &mut std::io::stdout().lock())
        .map_err(|error| error.to_string())?;
    if let Some(counters) = started.get().and_then(|card| card.progress().dram) {
        print!("{counters}");
    }
    Ok(true)
}

fn serve(simulated: &SimulatedCard, socket: &Path, with_parent: bool) -> Result<(), String> {
    let card = simulated.start().map_err(|error| error.to_string())?;
    let server = Server::start(Arc::new(card), socket).map_err(|error| error.to_string())?;
    println!(
        "{SERVING} {} at {}",
        simulated.summary(),
        server.path().display()
    );
    let mut input = std::io::stdin().lock();
    while !with_parent || input.read(&mut [0; 64]).is_ok_and(|bytes| bytes > 0) {
        if !with_parent {
            // the process is ended from outside
            std::thread::park();
        }
    }
    Ok(())
}

fn prove_batch(
    simulated: &SimulatedCard,
    place: Place,
    mut options: ProveOptions,
) -> Result<bool, String> {
    options.fill = Some(simulated.fill.name().into());
    let transport = match place {
        Place::Sim => simulated.transport(),
        Place::VfioUser => {
            let program = std::env::current_exe().map_err(|error| error.to_string())?;
            SpawnedSimulator::new(program, simulated.arguments()).transport()
        }
    };
    let transport = transport.map_err(|error| error.to_string())?;
    let card = gristmill_driver::Card::open(transport, simulated.options())
        .map_err(|error| error.to_string())?;
    let outcome = prove(&options, Some(card)).map_err(|error| error.to_string())?;
    println!("{outcome}");
    Ok(outcome.is_success())
}

fn lint_files(files: &[PathBuf], top: Option<&str>) -> Result<bool, String> {
    let mut clean = true;
    let outcomes: Vec<_> = files.par_iter().map(|file| lint_file(file, top)).collect();
    for (file, outcome) in files.iter().zip(outcomes) {
        match outcome {
            Ok(()) => println!("{}: clean", file.display()),
            Err(LintError::Messages { messages }) => {
                eprintln!("{}: {} messages", file.display(), messages.len());
                messages.iter().for_each(|message| eprintln!("{message}"));
                clean = false;
            }
            Err(LintError::Tool(error)) => return Err(error.to_string()),
        }
    }
    Ok(clean)
}

fn lint_file(file: &Path, top: Option<&str>) -> Result<(), LintError> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let verilog = std::fs::read_to_string(file).map_err(|source| BuildError::File {
        path: file.to_owned(),
        source,
    })?;
    lint(&verilog, top.unwrap_or(&stem))
}
