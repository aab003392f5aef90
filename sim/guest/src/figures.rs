//! What an access costs through the kernel's VFIO. In a virtual machine these say how the path works, not how
//! fast a card is.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_driver::{Card, CardOptions, Transport};
use gristmill_protocol::register;

const TRIES: usize = 200;
const SOON: Duration = Duration::from_secs(5);

/// Measures and prints.
pub fn print(transport: Arc<dyn Transport>) -> Result<(), Box<dyn Error>> {
    report("register read", || {
        transport.read_register(register::IDENTITY).map(drop)
    })?;
    let vector = register::queue_register(0, register::VECTOR);
    report("register write", || transport.write_register(vector, 0))?;
    report("interrupt, from the write that raises it", || {
        transport.write_register(register::INTERRUPT_TEST, 1)?;
        transport
            .wait_interrupt(1, Instant::now() + SOON)
            .map(|raised| assert!(raised, "an interrupt is lost"))
    })?;
    let card = Card::open(transport, CardOptions::default())?;
    report("empty job, from submit to completion", || {
        let deadline = Instant::now() + SOON;
        card.ping(0, deadline)?.wait(deadline).map(drop)
    })?;
    Ok(())
}

fn report<E: Error + 'static>(
    what: &str,
    mut work: impl FnMut() -> Result<(), E>,
) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let started = Instant::now();
        work()?;
        times.push(started.elapsed());
    }
    times.sort();
    let at = |percent: usize| times[(TRIES - 1) * percent / 100];
    println!(
        "figure: {what}: p50 {:?}, p99 {:?}, {TRIES} tries",
        at(50),
        at(99)
    );
    Ok(())
}
