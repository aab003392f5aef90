//! What a register access, an interrupt and an empty job cost on a transport.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_driver::{Card, CardError, CardOptions, Transport};
use gristmill_protocol::register;

/// Wall time after which a try counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// The vector that is raised; the queues use another.
const VECTOR: u32 = 1;

/// Times of one operation.
#[derive(Clone, Debug)]
pub struct Latency {
    /// The operation.
    pub what: &'static str,
    /// Its times, ascending.
    pub times: Vec<Duration>,
}

impl Latency {
    /// The time that this many percent of the tries do not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times
            .get(last * percent / 100)
            .copied()
            .unwrap_or_default()
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<42} p50 {:>10.1?}, p99 {:>10.1?}, {} tries",
            self.what,
            self.percentile(50),
            self.percentile(99),
            self.times.len()
        )
    }
}

/// Measures each operation `tries` times.
///
/// # Errors
/// What the transport or the card says; [`CardError::TimedOut`] for an interrupt that does not come.
pub fn measure(transport: Arc<dyn Transport>, tries: usize) -> Result<Vec<Latency>, CardError> {
    let vector = register::queue_register(0, register::VECTOR);
    let mut latencies = vec![
        times("register read", tries, || {
            Ok(transport.read_register(register::IDENTITY).map(drop)?)
        })?,
        times("register write", tries, || {
            Ok(transport.write_register(vector, 0)?)
        })?,
        times("interrupt, from the write that raises it", tries, || {
            transport.write_register(register::INTERRUPT_TEST, VECTOR)?;
            match transport.wait_interrupt(VECTOR, Instant::now() + PATIENCE)? {
                true => Ok(()),
                false => Err(CardError::TimedOut {
                    what: "an interrupt",
                    waited: PATIENCE,
                }),
            }
        })?,
    ];
    let card = Card::open(transport, CardOptions::default())?;
    latencies.push(times(
        "empty job, from submit to completion",
        tries,
        || {
            let deadline = Instant::now() + PATIENCE;
            card.ping(0, deadline)?.wait(deadline).map(drop)
        },
    )?);
    Ok(latencies)
}

fn times(
    what: &'static str,
    tries: usize,
    mut work: impl FnMut() -> Result<(), CardError>,
) -> Result<Latency, CardError> {
    let mut times = Vec::with_capacity(tries);
    for _ in 0..tries {
        let started = Instant::now();
        work()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(Latency { what, times })
}
