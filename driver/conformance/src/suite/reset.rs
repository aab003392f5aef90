//! Soft reset.

use super::Miss;
use super::bench::{Bench, demand};
use super::pairs::Pairs;
use super::transforms::Transforms;
use gristmill_protocol::register::{self, RESET_KEY, STATE_RUNNING};
use gristmill_protocol::{Operation, Status};

/// Where the transforms are.
const TRANSFORMS_BASE: u64 = 64 << 10;

pub(super) fn key(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let before = bench.registers.read(register::RESET_COUNT)?;
    for wrong in [0, 1, !RESET_KEY, RESET_KEY ^ 1] {
        bench.registers.write(register::RESET, wrong)?;
    }
    let after = bench.registers.read(register::RESET_COUNT)?;
    demand(before == after, || "a wrong key resets".into())?;
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn mid_job(bench: &mut Bench) -> Result<(), Miss> {
    let rounds = if bench.options.long { 10 } else { 3 };
    let pairs = match Pairs::random(bench, 64) {
        Ok(pairs) => Some(pairs),
        Err(Miss::Skipped(_)) => None,
        Err(miss) => return Err(miss),
    };
    let transforms = match Transforms::random(bench, 3, 20) {
        Ok(mut transforms) => {
            transforms.base = TRANSFORMS_BASE;
            Some(transforms)
        }
        Err(Miss::Skipped(_)) => None,
        Err(miss) => return Err(miss),
    };
    for round in 0..rounds {
        let mut queue = bench.queue()?;
        let mut buffers = Vec::new();
        let transform = match &transforms {
            Some(transforms) => Some(transforms.place(bench, &mut queue)?),
            None => None,
        };
        if let Some(pairs) = &pairs {
            let job = pairs.place(bench, &mut queue)?;
            let words = queue.words(Operation::Msm(job.msm));
            queue.submit(words)?;
            queue.submit(words)?;
            buffers.push(job);
        }
        for _ in 0..2 {
            if let Some(job) = &transform {
                let words = queue.words(Operation::Ntt(job.ntt));
                queue.submit(words)?;
            }
        }
        for _ in 0..4 {
            let words = queue.words(Operation::Nop);
            queue.submit(words)?;
        }
        // The job is somewhere on its way: the later rounds let it get further.
        for _ in 0..round * 20 {
            bench.registers.read(register::STATUS)?;
        }
        bench.registers.soft_reset(bench.deadline())?;
        let busy = bench.registers.read(register::BUSY)?;
        demand(busy == 0, || format!("BUSY is {busy:#x} after a reset"))?;
        let state = bench.registers.read_queue(0, register::STATE)?;
        demand(state & STATE_RUNNING == 0, || {
            "a queue runs on after a reset".into()
        })?;
        for _ in 0..queue.rings.entries() {
            if queue.rings.pop()?.is_none() {
                break;
            }
        }
        let tail = bench.registers.read_queue(0, register::COMPLETION_TAIL)?;
        let late = queue.rings.pop()?;
        demand(late.is_none(), || {
            format!("a completion came after the reset, {tail}")
        })?;
    }
    let mut queue = bench.queue()?;
    queue.succeed(Operation::Nop)?;
    if let Some(transforms) = &transforms {
        transforms.check(bench, &mut queue)?;
    }
    match &pairs {
        Some(pairs) => pairs.check(bench, &mut queue),
        None => Ok(()),
    }
}

pub(super) fn handles(bench: &mut Bench) -> Result<(), Miss> {
    let buffer = bench.buffer(&[0; 64])?;
    let mut queue = bench.queue()?;
    let region = queue.region(bench, 1, 0, &[7; 128])?;
    bench.registers.soft_reset(bench.deadline())?;
    let mut queue = bench.queue()?;
    let words = queue.words(Operation::CopyFromCard {
        host: buffer.iova(),
        region,
        offset: 0,
        length: 64,
    });
    let stale = [(Status::StaleGeneration, 1), (Status::RegionInvalid, 1)];
    queue.refuse_any(words, "a handle from before the reset", &stale)?;
    let again = queue.set_region(1, 0, 128, 0, false)?;
    demand(again.generation != region.generation, || {
        format!("generation {} came again after a reset", again.generation)
    })
}
