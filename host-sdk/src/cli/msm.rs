//! `msm`: one multiplication, by the card and by the CPU.

use std::{io::Write, sync::Arc, time::Instant};

use clap::{Args, ValueEnum};

use crate::{
    choice::{CardProvider, Fallback},
    cli::{
        CardArgument, CommandError,
        input::{Distribution, points},
    },
    layout::CardGroup,
    session::Session,
};

/// What to multiply.
#[derive(Args, Clone, Debug)]
pub struct MsmArguments {
    #[command(flatten)]
    card: CardArgument,
    /// The group.
    #[arg(long, value_enum, default_value = "bn254")]
    curve: Curve,
    /// Number of pairs.
    #[arg(long, default_value_t = 1024)]
    size: usize,
    /// How the scalars are distributed.
    #[arg(long, value_enum, default_value = "uniform")]
    distribution: Distribution,
    /// Seed of the input.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Check the result by a second job as well.
    #[arg(long)]
    check: bool,
}

/// A group that cards compute in.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    /// BN254 G1.
    Bn254,
    /// BLS12-381 G1.
    #[value(name = "bls12-381")]
    Bls12381,
}

pub(super) fn run(
    arguments: &MsmArguments,
    cards: &[Arc<dyn CardProvider>],
    out: &mut impl Write,
) -> Result<(), CommandError> {
    match arguments.curve {
        Curve::Bn254 => run_on::<ark_bn254::G1Projective>(arguments, cards, out),
        Curve::Bls12381 => run_on::<ark_bls12_381::G1Projective>(arguments, cards, out),
    }
}

fn run_on<G: CardGroup>(
    arguments: &MsmArguments,
    cards: &[Arc<dyn CardProvider>],
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let session = Session::builder()
        .card(arguments.card.choose(cards)?.open()?)
        .check(arguments.check)
        .fallback(Fallback::Never)
        .build();
    let points = points::<G>(arguments.size, arguments.seed);
    let scalars = arguments
        .distribution
        .scalars::<G::ScalarField>(arguments.size, arguments.seed);
    let started = Instant::now();
    let expected = G::msm_unchecked(&points, &scalars);
    let on_cpu = started.elapsed();
    let scoped = session.scope(|| {
        let bases = session.load_bases::<G>(&points)?;
        session.msm(&bases, &scalars)
    })?;
    let found = scoped.value?;
    write!(out, "{}", scoped.report)?;
    let distribution = arguments.distribution;
    writeln!(
        out,
        "{:<32}{distribution:>14}",
        "distribution of the scalars"
    )?;
    let milliseconds = on_cpu.as_secs_f64() * 1e3;
    writeln!(out, "{:<32}{milliseconds:>11.1} ms", "CPU, the same")?;
    if found != expected {
        return Err(CommandError::Wrong("its sum is not the CPU's".into()));
    }
    writeln!(out, "card and CPU agree")?;
    Ok(())
}
