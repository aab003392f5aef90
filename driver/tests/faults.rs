//! What goes wrong on a card: each fault has its named error, nothing hangs, and the card goes on
//! or is recovered.

mod common;

use common::{Pairs, eventually, open, options, soon};
use gristmill_conformance::{Faults, ReferenceCard, ReferenceOptions};
use gristmill_driver::{
    Bases, Card, CardError, CardOptions, JobError, Loss, MsmBases, MsmResult, MsmScalars,
    MsmTicket, TransportError,
};
use gristmill_protocol::{CurveId, EngineKind, Status};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
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
fn a_hung_engine_is_noticed_and_named() {
    let scene = Scene::new();
    scene.reference.inject(|faults| faults.hang_engine = true);
    let tickets = (0..3).map(|_| scene.submit().unwrap()).collect();
    scene.assert_lost(tickets, |loss| {
        matches!(
            loss,
            Loss::Hung {
                engine: Some(0),
                ..
            }
        )
    });
}

#[test]
fn a_hung_queue_is_noticed_and_named() {
    let scene = Scene::new();
    scene.reference.inject(|faults| faults.hang_queue = true);
    let tickets = vec![scene.submit().unwrap()];
    scene.assert_lost(tickets, |loss| {
        matches!(loss, Loss::Hung { engine: None, .. })
    });
}

#[test]
fn a_stopped_card_is_noticed_and_named() {
    let scene = Scene::new();
    scene.reference.inject(|faults| faults.stopped = true);
    let tickets = vec![scene.submit().unwrap()];
    scene.assert_lost(tickets, |loss| matches!(loss, Loss::Stopped { .. }));
}

#[test]
fn a_card_that_left_the_bus_is_noticed_and_named() {
    let scene = Scene::new();
    scene.reference.inject(|faults| faults.hang_engine = true);
    let tickets = vec![scene.submit().unwrap()];
    scene.reference.inject(|faults| faults.gone = true);
    let gone = Loss::Gone { identity: u32::MAX };
    match tickets[0].wait(soon()) {
        Err(CardError::Job(JobError::Lost(loss))) => assert_eq!(loss, gone),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.card.recover(), Err(CardError::Lost(gone.clone())));
    scene.assert_lost(tickets, |loss| *loss == gone);
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
fn an_unknown_tag_loses_the_card_and_no_other_job() {
    let scene = Scene::new();
    scene.reference.inject(|faults| {
        faults.slow_milliseconds = 60_000;
        faults.wrong_tags = true;
    });
    let tickets = vec![scene.submit().unwrap(), scene.submit().unwrap()];
    scene
        .reference
        .inject(|faults| faults.slow_milliseconds = 0);
    scene.assert_lost(tickets, |loss| {
        matches!(loss, Loss::UnknownTag { queue: 0, .. })
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
fn a_dropped_ticket_leaves_the_job_its_buffers() {
    let scene = Scene::new();
    scene
        .reference
        .inject(|faults| faults.slow_milliseconds = 50);
    let mut scalars = scene.card.alloc::<u8>(scene.pairs.scalars.len()).unwrap();
    scalars
        .as_mut_slice()
        .unwrap()
        .copy_from_slice(&scene.pairs.scalars);
    let dma = scalars.as_dma();
    let mut request = scene.pairs.request(MsmBases::Resident {
        bases: &scene.bases,
        first: 0,
    });
    request.scalars = MsmScalars::Dma(&dma);
    drop(scene.card.submit_msm(&request).unwrap());
    drop(dma);
    // The job in flight still reads it.
    assert!(scalars.as_mut_slice().is_none());
    scene
        .reference
        .inject(|faults| faults.slow_milliseconds = 0);
    scene.assert_works();
    eventually(|| scalars.as_mut_slice().is_some());
    assert_eq!(scene.card.counters().failed, 0);
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        std::thread::park_timeout(common::PATIENCE);
    }
}

#[test]
fn tickets_are_futures() {
    let scene = Scene::new();
    scene
        .reference
        .inject(|faults| faults.slow_milliseconds = 5);
    let result = block_on(async {
        scene.card.ping(0, soon()).unwrap().await.unwrap();
        scene.submit().unwrap().await
    });
    scene.pairs.assert_sum(&result.unwrap(), 0..COUNT);

    // Polled once, dropped, and the next one is not disturbed.
    let mut dropped = Box::pin(scene.submit().unwrap());
    let waker = Waker::noop();
    assert!(
        dropped
            .as_mut()
            .poll(&mut Context::from_waker(waker))
            .is_pending()
    );
    drop(dropped);
    scene.assert_works();

    scene.reference.inject(|faults| faults.hang_engine = true);
    let lost = block_on(scene.submit().unwrap());
    assert!(matches!(
        lost,
        Err(CardError::Job(JobError::Lost(Loss::Hung { .. })))
    ));
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

#[test]
fn losses_and_recoveries_under_load_leave_every_ticket_answered() {
    let scene = Scene::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let (mut right, mut failed) = (0, 0);
                    while right < 30 {
                        match scene.run() {
                            Ok(result) => {
                                scene.pairs.assert_sum(&result, 0..COUNT);
                                right += 1;
                            }
                            Err(CardError::TimedOut { .. }) => panic!("a ticket without an answer"),
                            Err(_) => {
                                failed += 1;
                                std::thread::sleep(Duration::from_millis(1));
                            }
                        }
                    }
                    failed
                })
            })
            .collect();
        while !workers.iter().all(|worker| worker.is_finished()) {
            std::thread::sleep(Duration::from_millis(5));
            scene.reference.inject(|faults| faults.hang_engine = true);
            std::thread::sleep(Duration::from_millis(5));
            scene.reference.inject(|faults| faults.hang_engine = false);
            scene.card.recover().unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        let failed: u32 = workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum();
        assert!(failed > 0);
    });
    assert!(scene.card.counters().recoveries > 0);
}
