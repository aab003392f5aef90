//! Points on a card, and one multiplication with them.

use std::{sync::Arc, time::Instant};

use ark_ec::CurveGroup;

use crate::{
    backend::{Resident, ResidentScalars, Usage},
    check::Check,
    error::Error,
    layout::{CardGroup, Scalars},
    report::{Event, Operation, Place, Reason},
    sum::sum_of_slots,
};

/// Points that a session may have put on its card. They stay borrowed, as the CPU may have to do the work.
pub struct Bases<'a, G: CardGroup> {
    pub(crate) points: &'a [G::Affine],
    pub(crate) first: usize,
    pub(crate) on_card: Result<Arc<OnCard<G>>, Reason>,
}

/// Points on the card, with what it takes to check sums over them.
pub(crate) struct OnCard<G: CurveGroup> {
    pub(crate) resident: Arc<dyn Resident>,
    pub(crate) check: Option<Check<G>>,
}

impl<'a, G: CardGroup> Bases<'a, G> {
    pub(crate) fn new(
        points: &'a [G::Affine],
        first: usize,
        on_card: Result<Arc<OnCard<G>>, Reason>,
    ) -> Self {
        Self {
            points,
            first,
            on_card,
        }
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Whether the points are on a card.
    pub fn is_on_card(&self) -> bool {
        self.on_card.is_ok()
    }

    /// Part of the points, without another upload; `None` if the range leaves them.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Option<Self> {
        Some(Self {
            first: self.first + range.start,
            points: self.points.get(range)?,
            on_card: self.on_card.clone(),
        })
    }
}

impl<G: CardGroup> OnCard<G> {
    pub(crate) fn msm(
        &self,
        first: usize,
        scalars: Scalars<'_, G::ScalarField>,
    ) -> Result<(G, Usage), Error> {
        let (bytes, form) = scalars.bytes::<G>();
        let raw = self.resident.msm(first, &bytes, form)?;
        let sum = sum_of_slots::<G>(&raw.slots)?;
        let mut usage = raw.usage;
        if let Some(check) = &self.check {
            usage += check.verify(&*self.resident, first, &scalars, sum)?;
        }
        Ok((sum, usage))
    }

    /// The same with scalars in card memory; checked if the host has them too.
    pub(crate) fn msm_resident(
        &self,
        first: usize,
        resident: &ResidentScalars<'_>,
        scalars: Option<&Scalars<'_, G::ScalarField>>,
    ) -> Result<(G, Usage), Error> {
        let raw = self.resident.msm_resident(first, resident)?;
        let sum = sum_of_slots::<G>(&raw.slots)?;
        let mut usage = raw.usage;
        if let (Some(check), Some(scalars)) = (&self.check, scalars) {
            usage += check.verify(&*self.resident, first, scalars, sum)?;
        }
        Ok((sum, usage))
    }
}

/// An MSM that the card has done or declined.
pub(crate) struct Attempt<'a, G: CardGroup> {
    pub(crate) points: &'a [G::Affine],
    pub(crate) scalars: Scalars<'a, G::ScalarField>,
    pub(crate) started: Instant,
    pub(crate) result: Result<(G, Usage), Reason>,
}

impl<G: CardGroup> Attempt<'_, G> {
    /// The sum, by the CPU where the card has none.
    pub(crate) fn complete(self) -> (G, Event) {
        let (sum, place) = match self.result {
            Ok((sum, usage)) => (sum, Place::Card(usage)),
            Err(reason) => (self.scalars.msm(self.points), Place::Cpu(reason)),
        };
        let event = Event {
            operation: Operation::Msm,
            group: G::NAME,
            length: self.points.len(),
            place,
            elapsed: self.started.elapsed(),
        };
        (sum, event)
    }
}
