//! The command line over a list of cards: `list`, `info`, `selftest`, `msm`, `ntt`.
//!
//! The binary `gristmill` offers the cards of the machine. A program with cards of its own either calls [`run`] with
//! them, or flattens [`Command`] into its own commands.

mod input;
mod msm;
mod ntt;
mod selftest;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};
use gristmill_protocol::{CurveId, FieldId};
use thiserror::Error;

use crate::{
    backend::Backend,
    choice::{CARD_VARIABLE, CardChoice, CardProvider, choose},
    error::Error,
};

pub use input::Distribution;
pub use msm::MsmArguments;
pub use ntt::NttArguments;

/// Lists, inspects and exercises Gristmill cards.
#[derive(Parser, Debug)]
#[command(name = "gristmill", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What can be asked of cards.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// List the cards on offer.
    List,
    /// Show what a card can do.
    Info(CardArgument),
    /// Run the conformance suite on a card, and compare its answers with the CPU's.
    Selftest(SelftestArguments),
    /// Compute one multi-scalar multiplication of random input and compare it with the CPU's.
    Msm(MsmArguments),
    /// Compute transforms of random input and compare them with the host's.
    Ntt(NttArguments),
}

/// Which card.
#[derive(Args, Clone, Debug)]
pub struct CardArgument {
    /// The card: auto, sim, vfio:ADDRESS or vfio-user:PATH.
    #[arg(long, env = CARD_VARIABLE, default_value_t)]
    card: CardChoice,
}

/// Which card, and how thoroughly.
#[derive(Args, Clone, Debug)]
pub struct SelftestArguments {
    #[command(flatten)]
    card: CardArgument,
    /// More and larger cases.
    #[arg(long)]
    long: bool,
}

/// Why a command failed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// No card, or a card that fails.
    #[error(transparent)]
    Card(#[from] Error),
    /// The output went nowhere.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
    /// The card's answer is not the CPU's.
    #[error("the card is wrong: {0}")]
    Wrong(String),
    /// More values are asked for than the card's transforms have, or than can be addressed.
    #[error(
        "{batch} x 2^{size_log2} values are too many: this card's transforms have up to 2^{limit_log2}"
    )]
    TooLarge {
        /// The number of transforms.
        batch: usize,
        /// Binary logarithm of the larger side of each.
        size_log2: u32,
        /// Binary logarithm of the largest that the card takes.
        limit_log2: u32,
    },
}

/// Runs the command line `arguments`, program name first, on these cards. Results go to the standard output,
/// what went wrong to the standard error.
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    cards: Vec<Arc<dyn CardProvider>>,
) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to the standard output, the rest to the standard error; a closed pipe is nobody's loss.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match arguments.command.run(&cards, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gristmill: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Command {
    /// Runs the command and writes its results to `out`.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub fn run(
        &self,
        cards: &[Arc<dyn CardProvider>],
        out: &mut impl Write,
    ) -> Result<(), CommandError> {
        match self {
            Self::List => list(cards, out),
            Self::Info(card) => info(&*card.choose(cards)?.open()?, out),
            Self::Selftest(arguments) => {
                selftest::run(&*arguments.card.choose(cards)?, arguments.long, out)
            }
            Self::Msm(arguments) => msm::run(arguments, cards, out),
            Self::Ntt(arguments) => ntt::run(arguments, cards, out),
        }
    }
}

impl CardArgument {
    fn choose(&self, cards: &[Arc<dyn CardProvider>]) -> Result<Arc<dyn CardProvider>, Error> {
        choose(&self.card, cards)
    }
}

fn list(cards: &[Arc<dyn CardProvider>], out: &mut impl Write) -> Result<(), CommandError> {
    if cards.is_empty() {
        writeln!(out, "no cards")?;
    }
    for card in cards {
        writeln!(out, "{:<24}{}", card.choice().to_string(), card.summary())?;
    }
    Ok(())
}

fn info(card: &dyn Backend, out: &mut impl Write) -> Result<(), CommandError> {
    writeln!(out, "{}", card.description())?;
    for curve in [CurveId::Bn254G1, CurveId::Bls12381G1, CurveId::Toy] {
        let Some(engine) = card.engine(curve) else {
            continue;
        };
        writeln!(out, "MSM engine, {} G1", curve.name())?;
        for (figure, value) in [
            ("largest size", format!("2^{}", engine.size_log2)),
            ("adders", engine.adders.to_string()),
            ("adder latency, cycles", engine.latency.to_string()),
            ("windows a pass", engine.windows_per_pass.to_string()),
            ("buckets of an adder", format!("2^{}", engine.buckets_log2)),
            (
                "window width, bits",
                format!("{} to {}", engine.window_min, engine.window_max),
            ),
        ] {
            writeln!(out, "  {figure:<24}{value:>12}")?;
        }
    }
    for field in FieldId::ALL {
        let Some(engine) = card.transform_engine(field) else {
            continue;
        };
        writeln!(out, "NTT engine, {}", field.name())?;
        for (figure, value) in [
            ("largest size", format!("2^{}", engine.size_log2)),
            ("size of one pass", format!("2^{}", engine.pass_log2)),
            ("lanes", engine.lanes.to_string()),
            ("latency, cycles", engine.latency.to_string()),
            ("jobs at once", engine.job_slots.to_string()),
        ] {
            writeln!(out, "  {figure:<24}{value:>12}")?;
        }
        if card.keeps_vectors(field, 1, 1) {
            writeln!(out, "  vectors of a proof stay in card memory")?;
        }
    }
    Ok(())
}
