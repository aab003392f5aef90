//! What the simulated card does, measured against what it should do.

mod card;
mod distribution;
mod figures;
mod host;
mod path;
mod table;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures the BN254 card in simulation, and the SDK beside stock arkworks.
#[derive(Parser)]
#[command(name = "gristmill-bench", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the figures that the design promises, the bound beside each; fails where one is missed.
    Figures,
    /// Print what the way to the card costs: registers, interrupts, empty jobs, staging, DMA.
    Path,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Figures => figures(),
        Command::Path => path::print(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("gristmill-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every figure is within its bound.
fn figures() -> Result<bool, Box<dyn Error>> {
    let measured = figures::measure()?;
    print!("{}", table::of_figures(&measured.figures));
    println!();
    print!("{}", table::of_runs(&measured.runs));
    Ok(measured.figures.iter().all(table::Figure::is_met))
}
