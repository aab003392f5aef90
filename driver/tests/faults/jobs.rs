//! What goes wrong with a job, and leaves the card as it is.

use crate::common::{eventually, options, soon};
use crate::{COUNT, Scene};
use gristmill_conformance::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardError, CardOptions, JobError, Loss, MsmBases, MsmScalars};
use gristmill_protocol::{CurveId, EngineKind, Status};
use std::time::{Duration, Instant};

#[test]
fn lost_interrupts_are_not_lost_jobs() {
    let scene = Scene::new();
    scene
        .reference
        .inject(|faults| faults.drop_interrupts = true);
    for _ in 0..3 {
        scene.assert_works();
    }
    eventually(|| scene.card.counters().lost_interrupts >= 3);
    assert_eq!(scene.card.counters().losses, 0);
}

#[test]
fn a_refused_job_is_its_own_affair() {
    let scene = Scene::new();
    let good = scene.submit().unwrap();
    let wrong = vec![0xff; scene.pairs.scalars.len()];
    let mut request = scene.pairs.request(MsmBases::Resident {
        bases: &scene.bases,
        first: 0,
    });
    request.scalars = MsmScalars::Bytes(&wrong);
    let bad = scene.card.submit_msm(&request).unwrap();
    let last = scene.submit().unwrap();
    match bad.wait(soon()) {
        Err(CardError::Job(error)) => {
            assert_eq!(error.status(), Some(Status::NonCanonicalScalar));
        }
        other => panic!("{other:?}"),
    }
    for ticket in [good, last] {
        scene
            .pairs
            .assert_sum(&ticket.wait(soon()).unwrap(), 0..COUNT);
    }
}

#[test]
fn a_memory_error_in_mid_job_is_named() {
    let scene = Scene::new();
    scene.reference.inject(|faults| faults.memory_errors = 1);
    match scene.run() {
        Err(CardError::Job(error)) => assert_eq!(error.status(), Some(Status::HostMemoryError)),
        other => panic!("{other:?}"),
    }
    scene.assert_works();
}

#[test]
fn a_half_written_completion_is_none() {
    let scene = Scene::new();
    scene
        .reference
        .inject(|faults| faults.truncate_completions = true);
    let tickets = vec![scene.submit().unwrap()];
    // The card thinks that all is done, and does nothing more: as far as the host sees, it stands.
    scene.assert_lost(tickets, |loss| {
        matches!(loss, Loss::Stopped { .. } | Loss::Hung { engine: None, .. })
    });
}

#[test]
fn a_late_completion_is_counted_and_touches_nobody() {
    let scene = Scene::new();
    scene
        .reference
        .inject(|faults| faults.hold_completions = true);
    let late = scene.submit().unwrap();
    let overdue = late.wait(soon());
    match overdue {
        Err(CardError::Job(JobError::Overdue { elapsed, allowed })) => assert!(elapsed > allowed),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.card.loss(), None);
    scene
        .reference
        .inject(|faults| faults.hold_completions = false);
    scene.assert_works();
    eventually(|| scene.card.counters().late_completions == 1);
    scene.assert_works();
}

#[test]
fn a_slow_card_is_not_dead() {
    let scene = Scene::new();
    // Longer than the wall time after which a card that stands is given up.
    scene
        .reference
        .inject(|faults| faults.slow_milliseconds = 800);
    let tickets = [scene.submit().unwrap(), scene.submit().unwrap()];
    let impatient = tickets[1].wait(Instant::now() + Duration::from_millis(10));
    assert!(matches!(impatient, Err(CardError::TimedOut { .. })));
    for ticket in &tickets {
        scene
            .pairs
            .assert_sum(&ticket.wait(soon()).unwrap(), 0..COUNT);
    }
    assert_eq!(scene.card.counters().losses, 0);
}

#[test]
fn a_full_queue_says_so() {
    let reference = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
    let options = CardOptions {
        ring_log2: 1,
        ..options()
    };
    let card = Card::open(reference.clone(), options).unwrap();
    reference.inject(|faults| faults.slow_milliseconds = 300);
    let tickets = [card.ping(0, soon()).unwrap(), card.ping(0, soon()).unwrap()];
    let full = card.ping(0, Instant::now() + Duration::from_millis(5));
    assert!(matches!(
        full.err(),
        Some(CardError::QueueFull { queue: 0, .. })
    ));
    // With patience there is room in the end.
    let third = card.ping(0, soon()).unwrap();
    reference.inject(|faults| faults.slow_milliseconds = 0);
    for ticket in tickets.into_iter().chain([third]) {
        ticket.wait(soon()).unwrap();
    }
}

#[test]
fn what_is_no_card_is_not_opened() {
    let reference = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
    reference.inject(|faults| faults.gone = true);
    let identity = u32::MAX;
    let error = Card::open(reference, options()).err();
    assert_eq!(error, Some(CardError::NotACard { identity }));

    let version = gristmill_conformance::Mutation::Version;
    let other = ReferenceOptions::msm(CurveId::Toy).with(version);
    let error = Card::open(ReferenceCard::new(other).unwrap(), options()).err();
    assert_eq!(
        error,
        Some(CardError::Version {
            major: 0x7fff,
            minor: 0
        })
    );

    let mut bare = ReferenceOptions::msm(CurveId::Toy);
    bare.engines.clear();
    bare.capabilities.engines = 0;
    let card = Card::open(ReferenceCard::new(bare).unwrap(), options()).unwrap();
    let kind = EngineKind::Msm;
    let error = card.load_bases(vec![0; 64], 16, 4).err();
    assert_eq!(error, Some(CardError::NoEngine { kind }));
}
