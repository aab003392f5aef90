//! `gristmill`: the command line over the cards of this machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    gristmill::cli::run(std::env::args_os(), gristmill::machine_cards())
}
