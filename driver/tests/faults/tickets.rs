//! Tickets: dropped, and waited for as futures.

use crate::common::{PATIENCE, eventually, soon};
use crate::{COUNT, Scene};
use gristmill_driver::{CardError, JobError, Loss, MsmBases, MsmScalars};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

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
        std::thread::park_timeout(PATIENCE);
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
