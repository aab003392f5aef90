//! Resets, and closing a card that does not rest.

use crate::common::{options, soon};
use crate::{COUNT, Scene};
use gristmill_conformance::{Faults, ReferenceCard, ReferenceOptions};
use gristmill_driver::{
    Card, CardError, CardOptions, DmaBuffer, JobError, Loss, MsmBases, MsmScalars, Transport,
    TransportError,
};
use gristmill_protocol::CurveId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_reset_in_mid_job_aborts_it() {
    let scene = Scene::new();
    scene
        .reference
        .inject(|faults| faults.slow_milliseconds = 60_000);
    let tickets = [scene.submit().unwrap(), scene.submit().unwrap()];
    scene.card.recover().unwrap();
    for ticket in tickets {
        let aborted = CardError::Job(JobError::Aborted);
        assert_eq!(ticket.wait(soon()), Err(aborted));
    }
    scene
        .reference
        .inject(|faults| faults.slow_milliseconds = 0);
    scene.assert_works();
    assert_eq!(scene.card.counters().recoveries, 1);
}

#[test]
fn a_dirty_reset_is_followed_by_a_function_reset() {
    let scene = Scene::new();
    scene.reference.inject(|faults| faults.dirty_reset = true);
    scene.card.recover().unwrap();
    scene.assert_works();
}

#[test]
fn a_failed_reset_keeps_the_card_lost_and_its_buffers_alive() {
    let scene = Scene::new();
    let scalars = scene.card.alloc::<u64>(COUNT).unwrap();
    let dma = scalars.as_dma();
    let iova = dma.iova();
    scene.reference.inject(|faults| {
        faults.hang_engine = true;
        faults.dirty_reset = true;
        faults.function_reset_fails = true;
    });
    let mut request = scene.pairs.request(MsmBases::Resident {
        bases: &scene.bases,
        first: 0,
    });
    request.scalars = MsmScalars::Dma(&dma);
    let ticket = scene.card.submit_msm(&request).unwrap();
    drop((dma, scalars));
    let refused = TransportError::Refused {
        operation: "function reset",
        reason: "injected".into(),
    };
    let error = scene.card.recover();
    assert_eq!(error, Err(CardError::Lost(Loss::Transport(refused))));
    assert_eq!(ticket.wait(soon()), Err(CardError::Job(JobError::Aborted)));
    assert!(scene.reference.host().read(iova, &mut [0; 8]).is_ok());
    assert!(matches!(scene.run(), Err(CardError::Lost(_))));

    // A reset that succeeds gives them back.
    scene.reference.inject(|faults| *faults = Faults::default());
    scene.card.recover().unwrap();
    assert!(scene.reference.host().read(iova, &mut [0; 8]).is_err());
    scene.assert_works();
}

#[test]
fn closing_a_card_that_does_not_rest_leaks_what_it_may_write_to() {
    for at_rest in [true, false] {
        let scene = Scene::new();
        let scalars = scene.card.alloc::<u64>(COUNT).unwrap();
        let dma = scalars.as_dma();
        let iova = dma.iova();
        scene.reference.inject(|faults| {
            faults.hang_engine = true;
            faults.dirty_reset = !at_rest;
            faults.function_reset_fails = !at_rest;
        });
        let mut request = scene.pairs.request(MsmBases::Resident {
            bases: &scene.bases,
            first: 0,
        });
        request.scalars = MsmScalars::Dma(&dma);
        let ticket = scene.card.submit_msm(&request).unwrap();
        drop((dma, scalars));
        let Scene {
            reference,
            card,
            bases,
            ..
        } = scene;
        drop(card);
        let closed = CardError::Job(JobError::Lost(Loss::Closed));
        assert_eq!(ticket.wait(soon()), Err(closed));
        drop(bases);
        let mapped = reference.host().read(iova, &mut [0; 8]).is_ok();
        assert_eq!(mapped, !at_rest);
    }
}

#[test]
fn an_endless_reset_is_given_up_in_time() {
    let reference = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
    let options = CardOptions {
        patience: Duration::from_millis(50),
        ..options()
    };
    let card = Card::open(reference.clone(), options).unwrap();
    reference.inject(|faults| {
        faults.endless_reset = true;
        faults.function_reset_fails = true;
    });
    let begun = Instant::now();
    assert!(card.recover().is_err());
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(matches!(card.ping(0, soon()), Err(CardError::Lost(_))));
    reference.inject(|faults| *faults = Faults::default());
    card.recover().unwrap();
    card.ping(0, soon()).unwrap().wait(soon()).unwrap();
}

/// The reference card behind a transport whose waits for interrupts do not end at their deadline.
struct Deaf {
    card: Arc<ReferenceCard>,
    waits: AtomicBool,
}

impl Transport for Deaf {
    fn name(&self) -> String {
        self.card.name()
    }
    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        self.card.read_register(offset)
    }
    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.card.write_register(offset, value)
    }
    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        self.card.allocate(bytes)
    }
    fn wait_interrupt(&self, _: u32, _: Instant) -> Result<bool, TransportError> {
        while self.waits.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(false)
    }
    fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        self.card.reset(deadline)
    }
}

#[test]
fn closing_does_not_wait_for_ever_for_a_transport_that_does() {
    let reference = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
    let transport = Arc::new(Deaf {
        card: reference,
        waits: AtomicBool::new(true),
    });
    let options = CardOptions {
        patience: Duration::from_millis(200),
        ..options()
    };
    let card = Card::open(transport.clone(), options).unwrap();
    let ticket = card.ping(0, soon()).unwrap();
    // the watching thread waits for the job's interrupt
    std::thread::sleep(Duration::from_millis(20));
    let begun = Instant::now();
    drop(card);
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(200) && took < Duration::from_secs(5),
        "{took:?}"
    );
    let closed = CardError::Job(JobError::Lost(Loss::Closed));
    assert_eq!(ticket.wait(soon()), Err(closed));
    transport.waits.store(false, Ordering::Relaxed);
}
