//! From generic arkworks calls to the groups that a card knows.

use std::{
    any::{Any, TypeId},
    time::Instant,
};

use ark_ec::CurveGroup;

use crate::{
    layout::{CardGroup, Scalars, same_slice},
    report::{Event, Operation, Place, Reason},
    scope::Context,
};

/// The sum of scalars times points, by the card if it can.
pub(crate) fn msm<C: CurveGroup>(points: &[C::Affine], scalars: Scalars<'_, C::ScalarField>) -> C {
    msm_as::<C, ark_bn254::G1Projective>(points, scalars)
        .or_else(|| msm_as::<C, ark_bls12_381::G1Projective>(points, scalars))
        .unwrap_or_else(|| {
            let length = points.len().min(scalars.len());
            on_cpu(Operation::Msm, group_name::<C>(), length, || {
                scalars.msm(points)
            })
        })
}

/// Runs and counts an operation that no card does.
pub(crate) fn on_cpu<R>(
    operation: Operation,
    group: &'static str,
    length: usize,
    work: impl FnOnce() -> R,
) -> R {
    let started = Instant::now();
    let result = work();
    Context::of_thread().record(Event {
        operation,
        group,
        length,
        place: Place::Cpu(Reason::Unsupported),
        elapsed: started.elapsed(),
    });
    result
}

/// The same, for a C that is G.
fn msm_as<C: CurveGroup, G: CardGroup>(
    points: &[C::Affine],
    scalars: Scalars<'_, C::ScalarField>,
) -> Option<C> {
    let points = same_slice(points)?;
    let scalars = match scalars {
        Scalars::Canonical(scalars) => Scalars::Canonical(same_slice(scalars)?),
        Scalars::Montgomery(scalars) => Scalars::Montgomery(same_slice(scalars)?),
    };
    let sum: &dyn Any = &on_card_or_cpu::<G>(points, scalars);
    sum.downcast_ref().copied()
}

fn on_card_or_cpu<G: CardGroup>(points: &[G::Affine], scalars: Scalars<'_, G::ScalarField>) -> G {
    let started = Instant::now();
    let length = points.len().min(scalars.len());
    let (context, bases) = Context::of_points::<G>(&points[..length]);
    let attempt = context.session().attempt(&bases, scalars, started);
    let refusal = context.session().refusal(&attempt.result);
    let (sum, event) = attempt.complete();
    context.record(event);
    if let Some(error) = refusal {
        context.fail(error);
    }
    sum
}

/// A group's name in reports.
pub(crate) fn group_name<C: CurveGroup>() -> &'static str {
    let names = [
        (TypeId::of::<ark_bn254::G1Projective>(), "bn254.g1"),
        (TypeId::of::<ark_bn254::G2Projective>(), "bn254.g2"),
        (TypeId::of::<ark_bls12_381::G1Projective>(), "bls12-381.g1"),
        (TypeId::of::<ark_bls12_381::G2Projective>(), "bls12-381.g2"),
    ];
    name_of(TypeId::of::<C>(), &names)
}

/// The name of a type among known ones.
pub(crate) fn name_of(id: TypeId, names: &[(TypeId, &'static str)]) -> &'static str {
    let known = names.iter().find(|(known, _)| *known == id);
    known.map_or("other", |(_, name)| name)
}
