//! Many descriptors, good and bad in any order, several in flight: each gets its own answer.

use super::Miss;
use super::bench::{Bench, Queue, demand, told};
use super::descriptors::NOWHERE;
use super::pairs::{Pairs, Placed};
use super::pointwise::Vectors;
use super::transforms::{self, Transforms};
use gristmill_driver::DmaBuffer;
use gristmill_protocol::capability::feature;
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::{Handle, MultiplySubtract, Operation, RegionKind, SLOT_WORDS, Status};
use rand::Rng;
use std::collections::HashMap;

/// Jobs in flight at once.
const IN_FLIGHT: usize = 16;
/// What has a detail of its own, or one that need not be known.
const FREE_DETAIL: [Status; 2] = [Status::Success, Status::HostMemoryError];
/// Region that is only copied to, and its bytes.
const DATA: u16 = 3;
const DATA_BYTES: u64 = 4096;
const DATA_BASE: u64 = 32 << 10;
/// Where the transforms are.
const TRANSFORMS_BASE: u64 = 64 << 10;
/// Where the vectors of element-wise jobs are.
const VECTORS_BASE: u64 = 128 << 10;
/// Region that is only set.
const SPARE: u16 = 4;

struct Scene {
    data: Handle,
    buffer: DmaBuffer,
    msm: Option<(Pairs, Placed)>,
    ntt: Option<(Transforms, transforms::Placed)>,
    pointwise: Option<MultiplySubtract>,
}

pub(super) fn mixed(bench: &mut Bench) -> Result<(), Miss> {
    let count = if bench.options.long { 1000 } else { 100 };
    let pairs = match Pairs::random(bench, 6) {
        Ok(pairs) => Some(pairs),
        Err(Miss::Skipped(_)) => None,
        Err(miss) => return Err(miss),
    };
    let transforms = match Transforms::random(bench, 4, 3) {
        Ok(transforms) => Some(transforms),
        Err(Miss::Skipped(_)) => None,
        Err(miss) => return Err(miss),
    };
    let mut queue = bench.queue()?;
    let ntt = match transforms {
        Some(mut transforms) => {
            transforms.base = TRANSFORMS_BASE;
            let placed = transforms.place(bench, &mut queue)?;
            Some((transforms, placed))
        }
        None => None,
    };
    let pointwise = match Vectors::random(bench, 9) {
        Ok(mut vectors) => {
            vectors.base = VECTORS_BASE;
            Some(vectors.place(bench, &mut queue)?)
        }
        Err(Miss::Skipped(_)) => None,
        Err(miss) => return Err(miss),
    };
    let msm = match pairs {
        Some(pairs) => {
            let placed = pairs.place(bench, &mut queue)?;
            Some((pairs, placed))
        }
        None => None,
    };
    let scene = Scene {
        data: queue.set_region(DATA, DATA_BASE, DATA_BYTES, 0, false)?,
        buffer: bench.buffer(&[0x3c; DATA_BYTES as usize])?,
        msm,
        ntt,
        pointwise,
    };
    let mut expected = HashMap::new();
    let mut windows = None;
    for i in 0..count + IN_FLIGHT {
        if i >= IN_FLIGHT {
            let completion = queue.completion()?;
            let known = expected.remove(&completion.tag);
            let Some((what, status, detail)) = known else {
                let tag = completion.tag;
                return Err(Miss::Failed(format!("tag {tag:#x} is no job's")));
            };
            let right = completion.named_status() == Some(status)
                && (FREE_DETAIL.contains(&status) || completion.detail == detail);
            demand(right, || {
                let told = told(&completion);
                format!("job {i}, {what}: {told}, not {status:?} ({detail:#x})")
            })?;
            if what == "an MSM" {
                windows = Some(completion.detail);
            }
        }
        if i < count {
            let (words, what, status, detail) = any(bench, &mut queue, &scene);
            expected.insert((words[0] >> 32) as u32, (what, status, detail));
            queue.submit(words)?;
        }
    }
    if let Some((transforms, placed)) = &scene.ntt {
        queue.succeed(Operation::Ntt(placed.ntt))?;
        transforms.compare(bench, &mut queue, placed, &transforms.expected())?;
    }
    match (&scene.msm, windows) {
        (Some((pairs, placed)), Some(windows)) => pairs.compare(placed, windows),
        _ => Ok(()),
    }
}

type Case = ([u64; SLOT_WORDS], &'static str, Status, u64);

/// A random job, and the answer that it must get.
fn any(bench: &mut Bench, queue: &mut Queue, scene: &Scene) -> Case {
    let random = &mut bench.random;
    let length = 64 * random.gen_range(1..=8);
    let offset = 64 * random.gen_range(0..=(DATA_BYTES - length) / 64);
    let copy = Operation::CopyToCard {
        host: scene.buffer.iova(),
        region: scene.data,
        offset,
        length,
    };
    let mut words = queue.words(copy);
    let data = u64::from(DATA);
    match random.gen_range(0..20) {
        0 => (queue.words(Operation::Nop), "a nop", Status::Success, 0),
        1 => {
            let set = Operation::RegionSet {
                index: SPARE,
                kind: RegionKind::Data,
                domain: 0,
                base: DATA_BASE,
                length: DATA_BYTES,
                wipe: false,
            };
            (queue.words(set), "a region", Status::Success, 0)
        }
        2 => {
            words[0] = words[0] & !0xff | 0xf0;
            (words, "an unknown opcode", Status::UnknownOpcode, 0xf0)
        }
        3 => {
            words[0] ^= 0x3000;
            let version = words[0] >> 8 & 0xff;
            (words, "a wrong version", Status::WrongVersion, version)
        }
        4 => {
            words[6] |= 1 << random.gen_range(0..64);
            (words, "a reserved bit", Status::ReservedNotZero, 6)
        }
        5 => {
            words[5] = 0;
            (words, "no length", Status::SizeLimit, 0)
        }
        6 => {
            let word = [2, 4, 5][random.gen_range(0..3)];
            words[word] += 8 * random.gen_range(1..8);
            (words, "a misaligned word", Status::Misaligned, word as u64)
        }
        7 => {
            words[3] += 1 << 16;
            (words, "a stale handle", Status::StaleGeneration, data)
        }
        8 => {
            words[3] |= 0xffff;
            (words, "no region", Status::RegionInvalid, 0xffff)
        }
        9 => {
            words[2] = NOWHERE;
            words[5] = 64;
            (words, "no host memory", Status::HostMemoryError, NOWHERE)
        }
        10 | 11 => match &scene.msm {
            Some((_, placed)) => {
                let words = queue.words(Operation::Msm(placed.msm));
                (words, "an MSM", Status::Success, 0)
            }
            None => (words, "a copy", Status::Success, 0),
        },
        12 => match &scene.msm {
            Some((pairs, placed))
                if random.r#gen() && pairs.engine.features & feature::SCALARS_RESIDENT != 0 =>
            {
                let mut words = queue.words(Operation::Msm(placed.msm));
                words[0] |= u64::from(flag::SCALARS_RESIDENT) << 16;
                words[7] = 0;
                let what = "resident scalars of no region";
                (words, what, Status::RegionBounds, 2)
            }
            Some((_, placed)) => {
                let mut words = queue.words(Operation::Msm(placed.msm));
                words[5] &= !(0xff << 48);
                (words, "no window", Status::UnsupportedParameter, 5)
            }
            None => (words, "a copy", Status::Success, 0),
        },
        13..=15 => match &scene.ntt {
            Some((_, placed)) => a_transform(bench, queue, placed),
            None => (words, "a copy", Status::Success, 0),
        },
        16..=18 => match scene.pointwise {
            Some(job) => an_element_wise_job(bench, queue, job),
            None => (words, "a copy", Status::Success, 0),
        },
        _ => (words, "a copy", Status::Success, 0),
    }
}

/// An element-wise job, or one that is refused.
fn an_element_wise_job(bench: &mut Bench, queue: &mut Queue, job: MultiplySubtract) -> Case {
    let mut words = queue.words(Operation::MultiplySubtract(job));
    match bench.random.gen_range(0..5) {
        0 => {
            words[5] = 0;
            (words, "no elements", Status::SizeLimit, 0)
        }
        1 => {
            words[2] = 1 << 40;
            (words, "a beyond its region", Status::RegionBounds, 2)
        }
        2 => {
            words[4] += 16;
            (words, "a misaligned b", Status::Misaligned, 4)
        }
        _ => (words, "an element-wise job", Status::Success, 0),
    }
}

/// A transform, or one that is refused.
fn a_transform(bench: &mut Bench, queue: &mut Queue, placed: &transforms::Placed) -> Case {
    let mut words = queue.words(Operation::Ntt(placed.ntt));
    match bench.random.gen_range(0..6) {
        0 => {
            words[5] &= 0xffff_ffff;
            (words, "no transform", Status::SizeLimit, 0)
        }
        1 => {
            words[7] = 0;
            (words, "no tables", Status::TablesMismatch, 0)
        }
        2 => {
            words[2] += 8;
            (words, "a misaligned input", Status::Misaligned, 2)
        }
        _ => (words, "a transform", Status::Success, 0),
    }
}
