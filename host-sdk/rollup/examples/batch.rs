//! Proves an example batch with whatever card the environment gives.

use std::process::ExitCode;

use clap::Parser;
use gristmill_rollup::{ProveOptions, prove};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: ProveOptions,
}

fn main() -> ExitCode {
    match prove(&Arguments::parse().options, None) {
        Ok(outcome) => {
            println!("{outcome}");
            ExitCode::from(u8::from(!outcome.is_success()))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
