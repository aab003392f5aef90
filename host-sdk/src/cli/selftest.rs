//! `selftest`: the conformance suite, then the card's answers beside the CPU's through the SDK.

use std::{io::Write, sync::Arc};

use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use clap::ValueEnum;
use gristmill_conformance::suite;
use gristmill_driver::Transport;

use crate::{
    backend::Backend,
    bases::Bases,
    card_field::CardField,
    choice::{CardProvider, Fallback},
    cli::{
        CommandError,
        input::{Distribution, points},
    },
    error::Error,
    layout::CardGroup,
    session::Session,
};

/// Few enough for a simulated card.
const SIZES: [usize; 4] = [1, 2, 33, 200];

pub(super) fn run(
    provider: &dyn CardProvider,
    long: bool,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let transport = provider.transport()?;
    let options = suite::Options {
        long,
        patience: provider.patience(),
        ..Default::default()
    };
    protocol(transport.clone(), options, out)?;
    let card = provider.open_on(transport)?;
    let session = Session::builder()
        .card(card.clone())
        .fallback(Fallback::Never)
        .check(true)
        .build();
    let groups = [
        on_group::<ark_bn254::G1Projective>(&*card, &session, out)?,
        on_group::<ark_bls12_381::G1Projective>(&*card, &session, out)?,
    ];
    if !groups.contains(&true) {
        writeln!(out, "no engine for a group of arkworks")?;
    }
    in_field::<ark_bn254::Fr>(&*card, &session, out)?;
    in_field::<ark_bls12_381::Fr>(&*card, &session, out)?;
    writeln!(out, "passed")?;
    Ok(())
}

/// Tests the field's engine, if there is one.
fn in_field<F: CardField>(
    card: &dyn Backend,
    session: &Session,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let Some(engine) = card.transform_engine(F::FIELD) else {
        return Ok(());
    };
    for log2 in [0, 3, 10]
        .into_iter()
        .filter(|log2| *log2 <= engine.size_log2)
    {
        let elements: Vec<F> = Distribution::Uniform.scalars(1 << log2, 9);
        let domain = GeneralEvaluationDomain::new(elements.len());
        let domain = domain.ok_or(Error::Malformed("a size"))?;
        let coset = domain
            .get_coset(F::GENERATOR)
            .ok_or(Error::Malformed("an offset"))?;
        for domain in [domain, coset] {
            let mut found = elements.clone();
            session.fft(&domain, &mut found)?;
            let forward = found == domain.fft(&elements);
            session.ifft(&domain, &mut found)?;
            if !forward || found != elements {
                let what = format!("transforms of 2^{log2} in {}", F::FIELD.name());
                return Err(CommandError::Wrong(what));
            }
        }
        writeln!(
            out,
            "{:<16}{:>6} values: as the CPU",
            F::FIELD.name(),
            1 << log2
        )?;
    }
    Ok(())
}

/// The conformance suite, below the driver.
fn protocol(
    transport: Arc<dyn Transport>,
    options: suite::Options,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let mut written = Ok(());
    let report = suite::run(transport, options, &mut |check| {
        if written.is_ok() {
            written = writeln!(out, "{check}");
        }
    });
    written?;
    let failures: Vec<_> = report.failures().collect();
    match failures.is_empty() {
        true => Ok(()),
        false => Err(CommandError::Wrong(failures.join(", "))),
    }
}

/// Tests the group's engine; whether there is one.
fn on_group<G: CardGroup>(
    card: &dyn Backend,
    session: &Session,
    out: &mut impl Write,
) -> Result<bool, CommandError> {
    if card.engine(G::CURVE).is_none() {
        return Ok(false);
    }
    for size in SIZES {
        let points = points::<G>(size, size as u64);
        let bases = session.load_bases::<G>(&points)?;
        for distribution in Distribution::value_variants() {
            let scalars = distribution.scalars::<G::ScalarField>(size, 7);
            agree(session, &bases, &points, &scalars).map_err(|error| match error {
                Error::CheckFailed => {
                    CommandError::Wrong(format!("{} of {size} {distribution} scalars", G::NAME))
                }
                other => other.into(),
            })?;
        }
        let part = size / 3..size;
        let slice = bases
            .slice(part.clone())
            .ok_or(Error::Malformed("a slice"))?;
        let scalars = Distribution::Witness.scalars::<G::ScalarField>(part.len(), 8);
        agree(session, &slice, &points[part], &scalars)?;
        writeln!(out, "{:<16}{size:>6} pairs: as the CPU", G::NAME)?;
    }
    Ok(true)
}

fn agree<G: CardGroup>(
    session: &Session,
    bases: &Bases<'_, G>,
    points: &[G::Affine],
    scalars: &[G::ScalarField],
) -> Result<(), Error> {
    let found = session.msm(bases, scalars)?;
    match found == G::msm_unchecked(points, scalars) {
        true => Ok(()),
        false => Err(Error::CheckFailed),
    }
}
