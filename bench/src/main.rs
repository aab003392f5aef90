//! What the simulated card does, measured against what it should do.

mod card;
mod distribution;
mod figures;
mod host;
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
}

fn main() -> ExitCode {
    let Command::Figures = Arguments::parse().command;
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("gristmill-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every figure is within its bound.
fn run() -> Result<bool, Box<dyn Error>> {
    let measured = figures::measure()?;
    print!("{}", table::of_figures(&measured.figures));
    println!();
    print!("{}", table::of_runs(&measured.runs));
    Ok(measured.figures.iter().all(table::Figure::is_met))
}
