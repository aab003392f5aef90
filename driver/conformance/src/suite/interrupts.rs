//! Interrupts.

use super::Miss;
use super::bench::{Bench, Queue, demand};
use gristmill_driver::ring::RingOptions;
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::{Operation, register};
use std::time::{Duration, Instant};

/// How long an interrupt may trail what raised it before it counts as missing... or as not raised.
const QUIET: Duration = Duration::from_millis(20);

/// Most interrupts of a vector that may be pending at once. A pulse too many is no fault; one that never ends is.
const PENDING: u32 = 1000;

/// Forgets what is pending.
fn drain(bench: &Bench) -> Result<(), Miss> {
    for vector in 0..bench.capabilities.vectors {
        let mut pending = 0;
        while bench.transport().wait_interrupt(vector, Instant::now())? {
            pending += 1;
            demand(pending < PENDING, || {
                format!("vector {vector} is raised for ever")
            })?;
        }
    }
    Ok(())
}

fn expect(bench: &Bench, vector: u32, why: &str) -> Result<(), Miss> {
    let raised = bench.transport().wait_interrupt(vector, bench.deadline())?;
    demand(raised, || format!("vector {vector} was not raised {why}"))
}

fn expect_quiet(bench: &Bench, why: &str) -> Result<(), Miss> {
    let until = Instant::now() + QUIET;
    for vector in 0..bench.capabilities.vectors {
        let raised = bench.transport().wait_interrupt(vector, until)?;
        demand(!raised, || format!("vector {vector} was raised {why}"))?;
    }
    Ok(())
}

fn queue(bench: &Bench, vector: Option<u32>) -> Result<Queue, Miss> {
    let queue = bench.queue_with(RingOptions {
        queue: 0,
        log2_entries: 4,
        domain: 0,
        vector,
    })?;
    drain(bench)?;
    Ok(queue)
}

pub(super) fn test_register(bench: &mut Bench) -> Result<(), Miss> {
    drain(bench)?;
    for vector in 0..bench.capabilities.vectors.min(16) {
        bench.registers.write(register::INTERRUPT_TEST, vector)?;
        expect(bench, vector, "by INTERRUPT_TEST")?;
    }
    expect_quiet(bench, "beside the tested one")
}

pub(super) fn completion(bench: &mut Bench) -> Result<(), Miss> {
    let vector = bench.capabilities.vectors - 1;
    let mut queue = queue(bench, Some(vector))?;
    for _ in 0..4 {
        queue.succeed(Operation::Nop)?;
        expect(bench, vector, "by a completion")?;
    }
    expect_quiet(bench, "without a completion")
}

pub(super) fn suppressed(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = queue(bench, Some(0))?;
    let mut words = queue.words(Operation::Nop);
    words[0] |= u64::from(flag::NO_INTERRUPT) << 16;
    queue.succeed_with(words, || "a job without an interrupt".into())?;
    expect_quiet(bench, "for a job that wants none")
}

pub(super) fn masked(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = queue(bench, None)?;
    queue.succeed(Operation::Nop)?;
    expect_quiet(bench, "for a queue that wants none")
}
