//! The error and the request interrupt: what the driver makes of them, with work and without.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_driver::{Card, CardError, CardOptions, JobError, Loss, TransportError};
use gristmill_vfio::VfioUser;
use gristmill_vfio::client::Client;
use gristmill_vfio::wire::irq;

use crate::card::{Served, eventually};

const SOON: Duration = Duration::from_secs(10);

fn open(served: &Served) -> Arc<Card> {
    let transport = VfioUser::connect(&served.path()).unwrap();
    Card::open(Arc::new(transport), CardOptions::default()).unwrap()
}

fn fail(served: &Served) {
    *served.reference.failure.lock().unwrap() = Some("the model stopped".into());
}

fn works(card: &Card) -> bool {
    let deadline = Instant::now() + SOON;
    card.ping(0, deadline)
        .is_ok_and(|ticket| ticket.wait(deadline).is_ok())
}

#[test]
fn a_failed_card_is_a_named_loss_and_may_be_recovered() {
    let served = Served::start();
    let card = open(&served);
    assert!(works(&card));
    // nothing is in flight
    fail(&served);
    let loss = Loss::Transport(TransportError::BusError);
    eventually("the loss is noticed", || card.loss() == Some(loss.clone()));
    let refused = card.ping(0, Instant::now() + SOON).err();
    assert_eq!(refused, Some(CardError::Lost(loss)));
    *served.reference.failure.lock().unwrap() = None;
    card.recover().unwrap();
    assert!(works(&card));
}

#[test]
fn a_job_on_a_card_that_fails_ends_with_the_cause() {
    let served = Served::start();
    let card = open(&served);
    served
        .card
        .inject(|faults| faults.slow_milliseconds = 60_000);
    let ticket = card.ping(0, Instant::now() + SOON).unwrap();
    fail(&served);
    let loss = Loss::Transport(TransportError::BusError);
    let ended = ticket.wait(Instant::now() + SOON);
    assert_eq!(ended, Err(CardError::Job(JobError::Lost(loss))));
}

#[test]
fn a_card_that_is_asked_back_stays_lost() {
    let served = Served::start();
    let card = open(&served);
    served.server.as_ref().unwrap().request_removal();
    let loss = Loss::Transport(TransportError::RemovalRequested);
    eventually("the request is noticed", || {
        card.loss() == Some(loss.clone())
    });
    assert_eq!(card.recover(), Err(CardError::Lost(loss.clone())));
    assert_eq!(card.loss(), Some(loss));
    drop(card);
    // whoever comes next is not meant
    assert!(works(&open(&served)));
}

#[test]
fn an_idle_card_whose_server_goes_is_lost() {
    let mut served = Served::start();
    let card = open(&served);
    served.server = None;
    eventually("the loss is noticed", || {
        matches!(
            card.loss(),
            Some(Loss::Transport(TransportError::Down { .. }))
        )
    });
}

#[test]
fn what_was_raised_before_it_was_connected_arrives() {
    let served = Served::start();
    let client = Client::connect(&served.path(), SOON).unwrap();
    for kind in [irq::ERROR, irq::REQUEST] {
        assert_eq!(client.irq_info(kind).unwrap().count, 1);
    }
    served.server.as_ref().unwrap().request_removal();
    let event = rustix::event::eventfd(0, rustix::event::EventfdFlags::NONBLOCK).unwrap();
    let arrived = || rustix::io::read(&event, &mut [0; 8]).is_ok();
    assert!(!arrived());
    let files = [rustix::fd::AsFd::as_fd(&event)];
    client.set_interrupts(irq::REQUEST, &files).unwrap();
    assert!(arrived());
}

#[test]
fn a_client_that_breaks_the_protocol_is_told_by_the_error_interrupt() {
    use std::io::Write;
    let served = Served::start();
    let client = Client::connect(&served.path(), SOON).unwrap();
    let event = rustix::event::eventfd(0, rustix::event::EventfdFlags::NONBLOCK).unwrap();
    let files = [rustix::fd::AsFd::as_fd(&event)];
    client.set_interrupts(irq::ERROR, &files).unwrap();
    let stream = client.as_fd().try_clone_to_owned().unwrap();
    // a header that says that the message has no bytes
    let mut stream = std::os::unix::net::UnixStream::from(stream);
    stream.write_all(&[0; 16]).unwrap();
    eventually("the error interrupt", || {
        rustix::io::read(&event, &mut [0; 8]).is_ok()
    });
}
