//! What loses the card.

use crate::common::soon;
use crate::{COUNT, Scene};
use gristmill_driver::{CardError, JobError, Loss};
use std::time::Duration;

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
