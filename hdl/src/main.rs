//! Writes the RTL of cards as Verilog.

use clap::{Parser, Subcommand};
use gristmill_hdl::config::{CardConfig, CardDesign, ConfigError};
use gristmill_hdl::datapath::Fill;
use gristmill_hdl::ntt::SelfTest;
use gristmill_hdl::{package, record};
use rayon::prelude::*;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// The RTL of the Gristmill cards.
#[derive(Parser)]
#[command(name = "gristmill-hdl", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a card's Verilog, register map, boundary and summary; of all cards without --config.
    Emit {
        /// The card: a name in hdl/cards, or a file.
        #[arg(long)]
        config: Option<String>,
        /// The folder to write to.
        #[arg(long, visible_alias = "out", default_value = "target/verilog")]
        output: PathBuf,
        /// What the multipliers are made of: record, portable, or fast, for simulation only.
        #[arg(long, value_parser = fill, default_value = "record")]
        fill: Fill,
    },
    /// Write the leaf cells of all fields and curves, a module each.
    Cells {
        /// The folder to write to.
        #[arg(long, visible_alias = "out", default_value = "target/cells")]
        output: PathBuf,
    },
    /// Write the pipeline that tests itself, for boards without a host.
    SelfTest {
        /// The folder to write to.
        #[arg(long, visible_alias = "out", default_value = "target/ntt_self_test")]
        output: PathBuf,
        /// What the multipliers are made of: record or portable.
        #[arg(long, value_parser = fill, default_value = "portable")]
        fill: Fill,
    },
    /// Print a card's boundary as a Markdown table.
    Ports {
        /// The card: a name in hdl/cards, or a file.
        #[arg(long)]
        config: String,
    },
    /// Compare the Verilog of all cards with the recorded checksums, and the boundary with its page.
    Checksums {
        /// Record what is emitted now.
        #[arg(long)]
        accept: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gristmill-hdl: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What ends a command.
type Failure = Box<dyn Error + Send + Sync>;

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Emit {
            config,
            output,
            fill,
        } => {
            let cards = config.map_or_else(all, |card| Ok(vec![card]))?;
            let emit = |card: &String| -> Result<String, Failure> {
                let design = CardConfig::load(card)?.design(fill)?;
                design.write(&output)?;
                Ok(design.summary())
            };
            let summaries: Vec<_> = cards.par_iter().map(emit).collect();
            for summary in summaries {
                print!("{}", summary?);
            }
        }
        Command::Cells { output } => package::write_modules(&output, &package::cells())?,
        Command::SelfTest { output, fill } => {
            let emitted = SelfTest::verilog(fill, "ntt_self_test")?;
            package::write_modules(&output, &emitted.modules)?;
        }
        Command::Ports { config } => print!("{}", design(&config)?.ports()),
        Command::Checksums { accept } => {
            all()?
                .par_iter()
                .try_for_each(|card| -> Result<(), Failure> {
                    let design = design(card)?;
                    if accept {
                        record::accept(&design)?;
                    } else {
                        record::check(&design)?;
                    }
                    Ok(())
                })?;
        }
    }
    Ok(())
}

fn all() -> Result<Vec<String>, Failure> {
    let cards = record::cards()?;
    Ok(cards
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect())
}

fn design(card: &str) -> Result<CardDesign, ConfigError> {
    CardConfig::load(card)?.design(Fill::Record)
}

fn fill(text: &str) -> Result<Fill, String> {
    match text {
        "record" => Ok(Fill::Record),
        "portable" => Ok(Fill::Portable),
        "fast" => Ok(Fill::Fast),
        _ => Err("there are record, portable and fast".into()),
    }
}
