//! Writes the RTL of cards as Verilog.

use clap::{Parser, Subcommand};
use gristmill_hdl::config::{CardConfig, Fill};
use gristmill_hdl::design::Design;
use gristmill_hdl::record;
use std::error::Error;
use std::path::{Path, PathBuf};
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
        /// The card, such as hdl/cards/toy.toml.
        #[arg(long)]
        config: Option<PathBuf>,
        /// The folder to write to.
        #[arg(long, visible_alias = "out", default_value = "target/verilog")]
        output: PathBuf,
        /// What the multipliers are made of, in place of what the configuration says.
        #[arg(long, value_parser = fill)]
        fill: Option<Fill>,
    },
    /// Print a card's boundary as a Markdown table.
    Ports {
        /// The card.
        #[arg(long)]
        config: PathBuf,
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

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Emit {
            config,
            output,
            fill,
        } => {
            for path in config.map_or_else(record::cards, |path| Ok(vec![path]))? {
                let config = CardConfig::read(&path)?;
                let design = Design::new(&config, fill.unwrap_or(config.fill))?;
                design.write(&output)?;
                print!("{}", design.summary());
            }
        }
        Command::Ports { config } => print!("{}", design(&config)?.ports()),
        Command::Checksums { accept } => {
            for path in record::cards()? {
                let design = design(&path)?;
                if accept {
                    record::accept(&design)?;
                } else {
                    record::check(&design)?;
                }
            }
        }
    }
    Ok(())
}

fn design(path: &Path) -> Result<Design, Box<dyn Error>> {
    let config = CardConfig::read(path)?;
    Ok(Design::new(&config, config.fill)?)
}

fn fill(text: &str) -> Result<Fill, String> {
    match text {
        "record" => Ok(Fill::Record),
        "portable" => Ok(Fill::Portable),
        "fast" => Ok(Fill::Fast),
        _ => Err("there are record, portable and fast".into()),
    }
}
