//! `selftest`: the card's answers beside the CPU's, on inputs that are easy to get wrong.

use std::{io::Write, sync::Arc};

use clap::ValueEnum;

use crate::{
    backend::Backend,
    bases::Bases,
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

pub(super) fn run(provider: &dyn CardProvider, out: &mut impl Write) -> Result<(), CommandError> {
    let card = &provider.open()?;
    let session = Session::builder()
        .card(card.clone())
        .fallback(Fallback::Never)
        .check(true)
        .build();
    let mut engines = 0;
    engines += on_group::<ark_bn254::G1Projective>(card, &session, out)?;
    engines += on_group::<ark_bls12_381::G1Projective>(card, &session, out)?;
    match engines {
        0 => Err(CommandError::Wrong(
            "it has no engine for a known group".into(),
        )),
        _ => Ok(writeln!(out, "passed")?),
    }
}

/// Tests the group's engine; how many there were.
fn on_group<G: CardGroup>(
    card: &Arc<dyn Backend>,
    session: &Session,
    out: &mut impl Write,
) -> Result<usize, CommandError> {
    if card.engine(G::CURVE).is_none() {
        return Ok(0);
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
    Ok(1)
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
