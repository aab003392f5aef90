//! What goes wrong on a card: each fault has its named error, nothing hangs, and the card goes on
//! or is recovered.

#[path = "../common/mod.rs"]
mod common;
mod jobs;
mod losses;
mod resets;
mod tickets;

use common::{Pairs, open, soon};
use gristmill_conformance::{Faults, ReferenceCard};
use gristmill_driver::{Bases, Card, CardError, JobError, Loss, MsmBases, MsmResult, MsmTicket};
use gristmill_protocol::CurveId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A card with bases on it.
struct Scene {
    reference: Arc<ReferenceCard>,
    card: Arc<Card>,
    pairs: Pairs,
    bases: Bases,
}

const COUNT: usize = 16;

impl Scene {
    fn new() -> Self {
        let (reference, card) = open(CurveId::Toy);
        let pairs = Pairs::random(CurveId::Toy, COUNT, 7);
        let bases = card.load_bases(pairs.points.clone(), pairs.stride(), COUNT);
        Self {
            reference,
            card,
            pairs,
            bases: bases.unwrap(),
        }
    }

    fn submit(&self) -> Result<MsmTicket, CardError> {
        let first = 0;
        let bases = &self.bases;
        self.card
            .submit_msm(&self.pairs.request(MsmBases::Resident { bases, first }))
    }

    fn run(&self) -> Result<MsmResult, CardError> {
        self.submit()?.wait(soon())
    }

    #[track_caller]
    fn assert_works(&self) {
        self.pairs.assert_sum(&self.run().unwrap(), 0..COUNT);
    }

    /// All waiters and later submissions get this cause, until the card is recovered.
    #[track_caller]
    fn assert_lost(&self, tickets: Vec<MsmTicket>, is_cause: impl Fn(&Loss) -> bool) {
        for ticket in tickets {
            match ticket.wait(soon()) {
                Err(CardError::Job(JobError::Lost(loss))) if is_cause(&loss) => {}
                other => panic!("{other:?}"),
            }
        }
        let begun = Instant::now();
        match self.run() {
            Err(CardError::Lost(loss)) if is_cause(&loss) => {}
            other => panic!("{other:?}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert!(self.card.loss().is_some_and(|loss| is_cause(&loss)));
        self.reference.inject(|faults| *faults = Faults::default());
        self.card.recover().unwrap();
        assert_eq!(self.card.loss(), None);
        self.assert_works();
    }
}
