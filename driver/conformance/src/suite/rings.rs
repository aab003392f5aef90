//! Rings: wrap, phase, counters, back-pressure, and what the card refuses.

use super::Miss;
use super::bench::{Bench, Queue, demand};
use gristmill_driver::ring::RingOptions;
use gristmill_protocol::register::{self, STATE_RUNNING, control_bits};
use gristmill_protocol::{Operation, Status};
use std::time::{Duration, Instant};

pub(super) fn nop(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    for tag in [0, 1, 0x8000_0000, u32::MAX] {
        let mut words = queue.words(Operation::Nop);
        words[0] = words[0] & 0xffff_ffff | u64::from(tag) << 32;
        queue.succeed_with(words, || format!("a job with tag {tag:#x}"))?;
    }
    Ok(())
}

/// Wall time in which a card that does what it must not do would have done it.
const QUIET: Duration = Duration::from_millis(20);

fn small(bench: &Bench, log2_entries: u32) -> Result<Queue, Miss> {
    bench.queue_with(RingOptions {
        queue: 0,
        log2_entries,
        domain: 0,
        vector: None,
    })
}

pub(super) fn wrap(bench: &mut Bench) -> Result<(), Miss> {
    for log2 in [1, 2] {
        let mut queue = small(bench, log2)?;
        for job in 0..5 << log2 {
            let completion = {
                let words = queue.words(Operation::Nop);
                queue.run(words)?
            };
            let fetched = job + 1;
            demand(completion.submission_head == fetched, || {
                let head = completion.submission_head;
                format!("{fetched} descriptors fetched, the completion says {head}")
            })?;
        }
    }
    Ok(())
}

pub(super) fn counters(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = small(bench, 2)?;
    for job in 1..=13 {
        queue.succeed(Operation::Nop)?;
        let head = bench.registers.read_queue(0, register::SUBMISSION_HEAD)?;
        let tail = bench.registers.read_queue(0, register::COMPLETION_TAIL)?;
        demand((head, tail) == (job, job), || {
            format!("after {job} jobs: {head} descriptors fetched, {tail} completions written")
        })?;
    }
    Ok(())
}

pub(super) fn full(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = small(bench, 2)?;
    // Four completions fill the ring; two more descriptors wait behind them.
    for _ in 0..4 {
        let words = queue.words(Operation::Nop);
        queue.submit(words)?;
    }
    let first: Vec<_> = (0..4)
        .map(|_| queue.unreleased_completion())
        .collect::<Result<_, _>>()?;
    for _ in 0..2 {
        let words = queue.words(Operation::Nop);
        queue.submit(words)?;
    }
    let until = Instant::now() + QUIET;
    while Instant::now() < until {
        let tail = bench.registers.read_queue(0, register::COMPLETION_TAIL)?;
        demand(tail == 4, || {
            format!("{tail} completions written into 4 slots, none of them given back")
        })?;
    }
    let again = queue.rings.pop()?;
    demand(again.is_none(), || {
        "an unread completion was overwritten".into()
    })?;
    queue.rings.release()?;
    let last = first.last().map_or(0, |completion| completion.tag);
    for i in 1..=2 {
        let completion = queue.completion()?;
        demand(completion.tag == last + i, || {
            format!("tag {:#x} came after {last:#x}", completion.tag)
        })?;
    }
    Ok(())
}

/// Writes a queue's registers, turns it on, and reads its state.
fn try_rings(
    bench: &Bench,
    submission: u64,
    completion: u64,
    log2_entries: u32,
) -> Result<u32, Miss> {
    let registers = &bench.registers;
    for (offset, value) in [
        (register::SUBMISSION_LOW, submission as u32),
        (register::SUBMISSION_HIGH, (submission >> 32) as u32),
        (register::COMPLETION_LOW, completion as u32),
        (register::COMPLETION_HIGH, (completion >> 32) as u32),
        (register::SIZE_LOG2, log2_entries),
        (register::CONTROL, control_bits::ENABLE),
    ] {
        registers.write_queue(0, offset, value)?;
    }
    let state = registers.read_queue(0, register::STATE)?;
    registers.write_queue(0, register::CONTROL, 0)?;
    Ok(state)
}

fn refuse_rings(
    bench: &Bench,
    (submission, completion, log2_entries): (u64, u64, u32),
    status: Status,
) -> Result<(), Miss> {
    let state = try_rings(bench, submission, completion, log2_entries)?;
    demand(state == status.code().into(), || {
        format!(
            "rings at {submission:#x} and {completion:#x} of 2^{log2_entries}: STATE {state:#x}, \
             not {status:?}"
        )
    })
}

pub(super) fn address(bench: &mut Bench) -> Result<(), Miss> {
    let memory = bench.transport().allocate(2 << 16)?;
    let (a, b) = (memory.iova(), memory.iova() + (1 << 16));
    let state = try_rings(bench, a, b, 4)?;
    demand(state == STATE_RUNNING, || {
        format!("good rings: STATE {state:#x}")
    })?;
    let mut wrong = vec![(a + 8, b, 4), (a, b + 32, 4), (a, b, 0), (a, b, 13)];
    if bench.capabilities.address_bits < 64 {
        let limit = 1u64 << bench.capabilities.address_bits;
        wrong.extend([(limit, b, 4), (a, limit - 64, 4)]);
    }
    for rings in wrong {
        refuse_rings(bench, rings, Status::RingAddress)?;
    }
    Ok(())
}

pub(super) fn overlap(bench: &mut Bench) -> Result<(), Miss> {
    let memory = bench.transport().allocate(1 << 16)?;
    let a = memory.iova();
    for rings in [(a, a, 4), (a, a + 960, 4), (a + 64, a, 1)] {
        refuse_rings(bench, rings, Status::RingOverlap)?;
    }
    let state = try_rings(bench, a, a + 1024, 4)?;
    demand(state == STATE_RUNNING, || {
        format!("neighbouring rings: STATE {state:#x}")
    })
}

pub(super) fn off(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    queue.succeed(Operation::Nop)?;
    bench.registers.write_queue(0, register::CONTROL, 0)?;
    let words = queue.words(Operation::Nop);
    queue.submit(words)?;
    let until = Instant::now() + QUIET;
    while Instant::now() < until {
        let head = bench.registers.read_queue(0, register::SUBMISSION_HEAD)?;
        let popped = queue.rings.pop()?;
        demand(head == 1 && popped.is_none(), || {
            "a queue that is off goes on".into()
        })?;
    }
    Ok(())
}

pub(super) fn several(bench: &mut Bench) -> Result<(), Miss> {
    let count = bench.capabilities.queues;
    let mut queues = Vec::new();
    for queue in 0..count {
        queues.push(bench.queue_with(RingOptions {
            queue,
            log2_entries: 2,
            domain: 0,
            vector: None,
        })?);
    }
    for _ in 0..3 {
        for queue in &mut queues {
            let words = queue.words(Operation::Nop);
            queue.submit(words)?;
        }
        for (i, queue) in queues.iter_mut().enumerate().rev() {
            queue.completion().map_err(|miss| match miss {
                Miss::Failed(text) => Miss::Failed(format!("queue {i}: {text}")),
                other => other,
            })?;
        }
    }
    Ok(())
}
