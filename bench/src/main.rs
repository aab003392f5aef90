//! What the simulated cards do, measured, modelled and reported.

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use gristmill_bench::baseline::{self, Baseline};
use gristmill_bench::results::{self, Results};
use gristmill_bench::run::{Stage, run};
use gristmill_bench::{Failure, figures, model, path, report, table};

/// Measures the simulated cards, and CPUs beside them.
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
    /// Measure what the report shows, and write the report.
    Run {
        /// Up to the largest sizes.
        #[arg(long)]
        full: bool,
        /// Only these stages; they replace what the results have of them.
        #[arg(long, value_enum)]
        only: Vec<Stage>,
    },
    /// Write the report and the README's part of it from the results that are there.
    Report,
    /// Compare the cycles of all listed points with the baseline.
    Check,
    /// Record the cycles of all listed points as the new baseline.
    Accept {
        /// Why they changed.
        #[arg(long)]
        reason: String,
    },
    /// Simulate the points of the cycle model, and record them.
    ModelPoints,
    /// Print the cycle model beside the recorded points.
    Model,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Figures => figures(),
        Command::Path => path::print(),
        Command::Run { full, only } => measure(full, &only),
        Command::Report => Results::load(&results::file())
            .and_then(|results| report::write(&results))
            .map(|()| true),
        Command::Check => check(),
        Command::Accept { reason } => Baseline::accept(&reason).map(|_| true),
        Command::ModelPoints => model::record().map(|_| true),
        Command::Model => print_model(),
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
fn figures() -> Result<bool, Failure> {
    let measured = figures::measure()?;
    print!("{}", table::of_figures(&measured.figures));
    println!();
    print!("{}", table::of_runs(&measured.runs));
    Ok(measured.figures.iter().all(table::Figure::is_met))
}

/// Whether every stage came to its end.
fn measure(full: bool, only: &[Stage]) -> Result<bool, Failure> {
    let stages = if only.is_empty() {
        Stage::value_variants()
    } else {
        only
    };
    let results = run(stages, full, &results::file())?;
    report::write(&results)?;
    println!("{}", results::folder().join("report.html").display());
    for missing in &results.missing {
        println!("{} ended early: {}", missing.stage, missing.why);
    }
    Ok(results.missing.is_empty())
}

/// Whether no listed point costs more than recorded.
fn check() -> Result<bool, Failure> {
    let baseline = Baseline::recorded()?;
    let measurements = baseline::measure_listed(true)?;
    let exceeded = baseline.exceeded(&measurements);
    for excess in &exceeded {
        println!("{excess}");
    }
    println!(
        "{} points, {} over the baseline",
        measurements.len(),
        exceeded.len()
    );
    Ok(exceeded.is_empty())
}

/// Whether the model holds for all unseen points.
fn print_model() -> Result<bool, Failure> {
    let (fit, judged) = model::Fit::of(&model::recorded()?.points)?;
    println!("{fit:#?}");
    let mut holds = true;
    for judged in &judged {
        let seen = if judged.fitted { "fitted" } else { "unseen" };
        holds &= judged.fitted || judged.error().abs() < model::TOLERANCE;
        println!(
            "{:>9} {:>11.0} {:>+7.2} % {seen} {}",
            judged.simulated,
            judged.modelled,
            100.0 * judged.error(),
            judged.point
        );
    }
    Ok(holds)
}
