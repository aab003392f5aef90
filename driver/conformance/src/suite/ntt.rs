//! Number-theoretic transforms: the values are right, in every mode.

use super::Miss;
use super::bench::{Bench, demand, told};
use super::transforms::{BACKGROUND, Transforms, engine};
use gristmill_protocol::ntt::BLOCK_BYTES;
use gristmill_protocol::{NttPass, Operation, register};
use num_bigint::{BigUint, RandBigInt};
use num_traits::One;

/// A size of one pass and, if the engine has them and there is room, one of two.
fn two_sizes(bench: &mut Bench) -> Result<Vec<u32>, Miss> {
    let pass_log2 = engine(bench)?.pass_log2;
    let mut sizes = vec![pass_log2.min(3)];
    if Transforms::random(bench, pass_log2 + 1, 1).is_ok() {
        sizes.push(pass_log2 + 1);
    }
    Ok(sizes)
}

/// A coset offset that is not 1.
fn shift(bench: &mut Bench, transforms: &mut Transforms) {
    let (two, p) = (BigUint::from(2u32), &transforms.field.modulus);
    transforms.shift = bench.random.gen_biguint_range(&two, p);
}

pub(super) fn sizes(bench: &mut Bench) -> Result<(), Miss> {
    let engine = engine(bench)?;
    let mut queue = bench.queue()?;
    let most = if bench.options.long { 12 } else { 6 };
    for size_log2 in 0..=engine.pass_log2.min(most) {
        for inverse in [false, true] {
            let mut transforms = Transforms::random(bench, size_log2, 1)?;
            transforms.ntt.inverse = inverse;
            transforms.check(bench, &mut queue)?;
        }
    }
    Ok(())
}

pub(super) fn orders(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    for size_log2 in sizes {
        for modes in 0..8 {
            let mut transforms = Transforms::random(bench, size_log2, 1)?;
            let ntt = &mut transforms.ntt;
            ntt.inverse = modes & 1 != 0;
            ntt.input_reversed = modes & 2 != 0;
            ntt.output_reversed = modes & 4 != 0;
            if modes > 1 {
                transforms.check(bench, &mut queue)?;
            }
        }
    }
    Ok(())
}

pub(super) fn coset(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    for size_log2 in sizes {
        for modes in 0..4 {
            let mut transforms = Transforms::random(bench, size_log2, 1)?;
            transforms.ntt.inverse = modes & 1 != 0;
            transforms.ntt.output_reversed = modes & 2 != 0;
            shift(bench, &mut transforms);
            transforms.check(bench, &mut queue)?;
        }
    }
    Ok(())
}

/// The factor of an inverse is the tables': where they have 1, the result is N times larger.
pub(super) fn factor(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    for size_log2 in sizes {
        let mut transforms = Transforms::random(bench, size_log2, 1)?;
        transforms.ntt.inverse = true;
        let (field, one) = (&transforms.field, BigUint::one());
        let tables = field.table_set(size_log2, true, &one, &one);
        let placed = transforms.place(bench, &mut queue)?;
        let contents = transforms.contents(&placed.ntt, placed.bytes);
        let placed = transforms.place_contents(bench, &mut queue, &contents, &tables)?;
        queue.succeed(Operation::Ntt(placed.ntt))?;
        let mut expected = transforms.expected();
        for x in expected.iter_mut().flatten() {
            *x = (&*x << size_log2) % &field.modulus;
        }
        transforms.compare(bench, &mut queue, &placed, &expected)?;
    }
    Ok(())
}

pub(super) fn batch(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    let short = [(0, 3), (0, 70), (2, 5), (3, 7)];
    for (size_log2, batch) in short.into_iter().chain(sizes.into_iter().map(|k| (k, 3))) {
        for inverse in [false, true] {
            let mut transforms = Transforms::random(bench, size_log2, batch)?;
            transforms.ntt.inverse = inverse;
            transforms.ntt.output_reversed = inverse;
            transforms.check(bench, &mut queue)?;
        }
    }
    Ok(())
}

pub(super) fn columns(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let widths: &[u32] = if bench.options.long {
        &[1, 2, 5, 16, 33, 70]
    } else {
        &[1, 5, 33]
    };
    for size_log2 in [0, 2].into_iter().chain(sizes) {
        let mut queue = bench.queue()?;
        for (turn, width) in widths.iter().enumerate() {
            for modes in 0..8 {
                // Every mode with some width; with all of them in the long form.
                if !bench.options.long && modes % widths.len() != turn {
                    continue;
                }
                let transforms = match Transforms::random(bench, size_log2, *width) {
                    Err(Miss::Skipped(_)) => continue,
                    other => other?,
                };
                let mut transforms = transforms.columns((modes % 3) as u16);
                let ntt = &mut transforms.ntt;
                ntt.inverse = modes & 1 != 0;
                ntt.input_reversed = modes & 2 != 0;
                ntt.output_reversed = modes & 4 != 0;
                transforms.check(bench, &mut queue)?;
            }
        }
    }
    Ok(())
}

pub(super) fn extension(bench: &mut Bench) -> Result<(), Miss> {
    let engine = engine(bench)?;
    let mut tried = 0;
    let sizes = [(0, 2), (3, 0), (3, 1), (2, 3), (engine.pass_log2, 1)];
    for (size_log2, extension) in sizes {
        if size_log2 + extension > engine.size_log2 {
            continue;
        }
        let mut queue = bench.queue()?;
        for (width, reversed) in [(0, false), (0, true), (1, false), (7, true)] {
            // The room is for the output.
            let room = Transforms::random(bench, size_log2 + extension, width.max(1));
            if matches!(room, Err(Miss::Skipped(_))) {
                continue;
            }
            let mut transforms = Transforms::random(bench, size_log2, width.max(1))?;
            if width > 0 {
                transforms = transforms.columns(0);
            }
            transforms.ntt.extension_log2 = Some(extension as u8);
            transforms.ntt.output_reversed = reversed;
            shift(bench, &mut transforms);
            transforms.check(bench, &mut queue)?;
            tried += 1;
        }
    }
    match tried {
        0 => Err(Miss::Skipped("the engine's sizes are too small".into())),
        _ => Ok(()),
    }
}

pub(super) fn two_passes(bench: &mut Bench) -> Result<(), Miss> {
    let engine = engine(bench)?;
    let mut queue = bench.queue()?;
    let mut tried = 0;
    let most = if bench.options.long { 20 } else { 10 };
    for size_log2 in engine.pass_log2 + 1..=engine.size_log2 {
        if tried > 0 && size_log2 > most {
            break;
        }
        for inverse in [false, true] {
            let transforms = match Transforms::random(bench, size_log2, 1) {
                Err(Miss::Skipped(_)) => continue,
                other => other?,
            };
            let mut transforms = transforms;
            transforms.ntt.inverse = inverse;
            transforms.check(bench, &mut queue)?;
            tried += 1;
        }
    }
    match tried {
        0 => Err(Miss::Skipped("one pass is always enough".into())),
        _ => Ok(()),
    }
}

pub(super) fn in_place(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    for size_log2 in sizes {
        for (width, reversed) in [(0, false), (0, true), (5, false), (5, true)] {
            let mut transforms = Transforms::random(bench, size_log2, width.max(1))?;
            if width > 0 {
                transforms = transforms.columns(0);
            }
            transforms.in_place = true;
            transforms.ntt.output_reversed = reversed;
            transforms.check(bench, &mut queue)?;
        }
    }
    Ok(())
}

/// Jobs with other sizes, directions, orders and tables, one doorbell for all of them.
pub(super) fn in_flight(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    let rounds = if bench.options.long { 8 } else { 2 };
    for round in 0..rounds {
        let (mut jobs, mut base) = (Vec::new(), 0);
        for number in 0..4u16 {
            let size_log2 = sizes[usize::from(number + round) / 2 % sizes.len()];
            let mut transforms = Transforms::random(bench, size_log2, 2 + u32::from(number % 3))?;
            transforms.base = base;
            transforms.region = 5 + 2 * number;
            transforms.ntt.inverse = number & 1 != round & 1;
            transforms.ntt.output_reversed = number == 3;
            shift(bench, &mut transforms);
            let placed = transforms.place(bench, &mut queue)?;
            base = placed.end;
            jobs.push((transforms, placed));
        }
        // Twice: the tables of the first job are needed again behind those of the last.
        for (_, placed) in jobs.iter().chain(&jobs) {
            let words = queue.words(Operation::Ntt(placed.ntt));
            queue.rings.push(words)?;
        }
        queue.rings.ring_doorbell()?;
        for number in 0..2 * jobs.len() {
            let completion = queue.completion()?;
            demand(completion.status == 0, || {
                format!("job {number} of several: {}", told(&completion))
            })?;
        }
        for (transforms, placed) in &jobs {
            transforms.compare(bench, &mut queue, placed, &transforms.expected())?;
        }
    }
    Ok(())
}

/// What stands around the areas, and in the blocks of a row that have no column, stays.
pub(super) fn neighbours(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    for size_log2 in sizes {
        for width in [0, 3] {
            let mut transforms = Transforms::random(bench, size_log2, width.max(1))?;
            if width > 0 {
                transforms = transforms.columns(1);
            }
            let placed = transforms.place(bench, &mut queue)?;
            queue.succeed(Operation::Ntt(placed.ntt))?;
            let after = queue.read_back(bench, placed.ntt.data, 0, placed.bytes)?;
            let before = transforms.contents(&placed.ntt, placed.bytes);
            for at in (0..placed.bytes).step_by(BLOCK_BYTES as usize) {
                if !may_change(&transforms, &placed.ntt, at) {
                    let block = at as usize..at as usize + BLOCK_BYTES as usize;
                    demand(after[block.clone()] == before[block], || {
                        format!("{:?}: the block at {at:#x} was written to", placed.ntt)
                    })?;
                }
            }
            demand(after[0] == BACKGROUND, || {
                "the first block has changed".into()
            })?;
        }
    }
    Ok(())
}

/// Whether a job may write to the block at this offset of its region.
fn may_change(transforms: &Transforms, ntt: &gristmill_protocol::Ntt, at: u64) -> bool {
    let bytes = transforms.field.element_bytes;
    let area = ntt.output_bytes(bytes);
    if ntt.uses_scratch(transforms.engine.pass_log2)
        && (ntt.scratch..ntt.scratch + area).contains(&at)
    {
        return true;
    }
    let inside = (ntt.output..ntt.output + area).contains(&at);
    match ntt.stride_blocks {
        Some(stride) => {
            let row = u64::from(ntt.batch) * bytes as u64;
            inside && (at - ntt.output) % (u64::from(stride) * BLOCK_BYTES) < row
        }
        None => inside,
    }
}

pub(super) fn statistics(bench: &mut Bench) -> Result<(), Miss> {
    let sizes = two_sizes(bench)?;
    let mut queue = bench.queue()?;
    for (size_log2, passes) in sizes.into_iter().zip(1..) {
        let transforms = Transforms::random(bench, size_log2, 2)?;
        let found = transforms.run(bench, &mut queue)?;
        let (used, rest) = found.passes.split_at(passes);
        let enough = |pass: &NttPass| {
            let elements = u64::from(pass.beats) * u64::from(transforms.engine.lanes);
            elements >= 2 << size_log2 && pass.feed_cycles >= pass.beats
        };
        let bytes = transforms.ntt.input_bytes(transforms.field.element_bytes) * passes as u64;
        let right = used.iter().all(enough)
            && rest.iter().all(|pass| *pass == NttPass::default())
            && found.read_bytes >= bytes
            && found.written_bytes >= bytes;
        demand(right, || {
            format!("two transforms of 2^{size_log2}: the block says {found:?}")
        })?;
    }
    Ok(())
}

pub(super) fn progress(bench: &mut Bench) -> Result<(), Miss> {
    let wanted = engine(bench)?;
    let index = bench.engines.iter().position(|engine| *engine == wanted);
    let offset = register::progress_register(index.unwrap_or(0) as u32);
    let transforms = Transforms::random(bench, 3, 4)?;
    let mut queue = bench.queue()?;
    let before = bench.registers.read(offset)?;
    transforms.check(bench, &mut queue)?;
    let after = bench.registers.read(offset)?;
    demand(before != after, || {
        "PROGRESS did not change over a job".into()
    })
}
