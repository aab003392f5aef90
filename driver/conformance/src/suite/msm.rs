//! Multi-scalar multiplication: the sum is right, whatever the points, the scalars and their form.

use super::Miss;
use super::bench::{Bench, demand};
use super::pairs::Pairs;
use gristmill_driver::{Density, Plan};
use gristmill_protocol::capability::feature;
use gristmill_protocol::{Operation, register};
use num_bigint::BigUint;
use rand::Rng;

pub(super) fn random(bench: &mut Bench) -> Result<(), Miss> {
    let short: &[usize] = &[1, 2, 13, 40];
    let long: &[usize] = &[1, 2, 3, 13, 40, 64, 100, 257];
    for count in if bench.options.long { long } else { short } {
        let pairs = Pairs::random(bench, *count)?;
        let mut queue = bench.queue()?;
        pairs.check(bench, &mut queue)?;
    }
    Ok(())
}

pub(super) fn infinity(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 12)?;
    let mut queue = bench.queue()?;
    for i in [0, 3, 4, 11] {
        pairs.logarithms[i] = None;
        // Not a light scalar, so that every window would notice.
        pairs.scalars[i] = &pairs.curve.order / 3u32;
    }
    pairs.check(bench, &mut queue)?;
    pairs.logarithms.fill(None);
    pairs.check(bench, &mut queue)
}

pub(super) fn opposite(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 8)?;
    let mut queue = bench.queue()?;
    for i in (0..8).step_by(2) {
        let logarithm = pairs.logarithms[i].as_ref();
        pairs.logarithms[i + 1] = logarithm.map(|k| &pairs.curve.order - k);
        pairs.scalars[i + 1] = pairs.scalars[i].clone();
    }
    // The sum is infinity, and so is every bucket.
    pairs.check(bench, &mut queue)
}

pub(super) fn corner_scalars(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 10)?;
    let mut queue = bench.queue()?;
    let order = pairs.curve.order.clone();
    let half: BigUint = (&order - 1u32) / 2u32;
    let corners = [
        BigUint::ZERO,
        1u32.into(),
        &order - 1u32,
        2u32.into(),
        &order - 2u32,
        half.clone(),
        half + 1u32,
        BigUint::ZERO,
        1u32.into(),
        &order - 1u32,
    ];
    pairs.scalars.clone_from_slice(&corners);
    pairs.check(bench, &mut queue)?;
    for corner in &corners[..4] {
        pairs.scalars.fill(corner.clone());
        pairs.check(bench, &mut queue)?;
    }
    Ok(())
}

pub(super) fn all_equal(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, if bench.options.long { 100 } else { 20 })?;
    let mut queue = bench.queue()?;
    let (logarithm, scalar) = (pairs.logarithms[0].clone(), &pairs.curve.order / 5u32);
    pairs.logarithms.fill(logarithm);
    pairs.scalars.fill(scalar);
    pairs.check(bench, &mut queue)
}

pub(super) fn montgomery(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 10)?;
    let mut queue = bench.queue()?;
    pairs.montgomery = true;
    pairs.scalars[0] = 1u32.into();
    pairs.scalars[1] = &pairs.curve.order - 2u32;
    pairs.check(bench, &mut queue)
}

pub(super) fn streamed(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 10)?;
    let mut queue = bench.queue()?;
    pairs.streamed = true;
    pairs.check(bench, &mut queue)
}

/// The scalars are in card memory, on a boundary and off it, behind the room of the records.
pub(super) fn resident(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = resident_pairs(bench, 11)?;
    let mut queue = bench.queue()?;
    let plain = pairs.plan;
    let narrow = (pairs.engine.window_min..=pairs.engine.window_max)
        .filter_map(|c| Plan::with_window(&pairs.engine, c, 11, Density::UNIFORM))
        .map(|plan| plan.narrowest(&pairs.engine))
        .find(|plan| plan.passes > 1);
    for plan in [Some(plain), narrow].into_iter().flatten() {
        pairs.plan = plan;
        for (gap, montgomery, streamed) in [
            (64, false, false),
            (192, true, false),
            (8, false, true),
            (104, true, true),
            (32, false, false),
        ] {
            (pairs.resident, pairs.montgomery, pairs.streamed) = (Some(gap), montgomery, streamed);
            pairs.check(bench, &mut queue)?;
        }
    }
    (pairs.plan, pairs.resident) = (plain, None);
    pairs.check(bench, &mut queue)
}

/// Random pairs for an engine that takes scalars from card memory.
pub(super) fn resident_pairs(bench: &mut Bench, count: usize) -> Result<Pairs, Miss> {
    let pairs = Pairs::random(bench, count)?;
    match pairs.engine.features & feature::SCALARS_RESIDENT {
        0 => Err(Miss::Skipped("the engine takes no resident scalars".into())),
        _ => Ok(pairs),
    }
}

pub(super) fn wide_stride(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 10)?;
    let mut queue = bench.queue()?;
    for extra in [8, 16, 40] {
        pairs.stride = 2 * pairs.curve.element_bytes + extra;
        pairs.check(bench, &mut queue)?;
    }
    Ok(())
}

pub(super) fn several_passes(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 20)?;
    let mut queue = bench.queue()?;
    // Short scalars end early; long ones go through every pass.
    for i in (0..10).step_by(2) {
        pairs.scalars[i] = bench.random.gen_range(0..4u32).into();
    }
    let engine = pairs.engine;
    let mut tried = 0;
    for window in engine.window_min..=engine.window_max {
        let plan = Plan::with_window(&engine, window, 20, Density::UNIFORM);
        let Some(plan) = plan.filter(|plan| plan.windows > engine.adders) else {
            continue;
        };
        let narrow = plan.narrowest(&engine);
        for plan in [plan, narrow].into_iter().filter(|plan| plan.passes > 1) {
            pairs.plan = plan;
            pairs.check(bench, &mut queue)?;
            tried += 1;
        }
        if tried >= 4 && !bench.options.long {
            break;
        }
    }
    match tried {
        0 => Err(Miss::Skipped("one pass is always enough".into())),
        _ => Ok(()),
    }
}

pub(super) fn statistics(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = Pairs::random(bench, 10)?;
    let mut queue = bench.queue()?;
    pairs.scalars[3] = BigUint::ZERO;
    let c = usize::from(pairs.plan.window);
    let living = pairs.scalars.iter().filter(|s| **s != BigUint::ZERO);
    let living = living.count() as u64;
    let taken = pairs.scalars.iter().flat_map(|s| pairs.curve.digits(s, c));
    let taken = taken.filter(|digit| *digit != 0).count() as u64;
    let statistics = pairs.run(bench, &mut queue)?;
    let right = statistics.passes >= 1
        && statistics.passes <= pairs.plan.passes.into()
        && statistics.digits == taken
        && statistics.points >= living
        && statistics.stream_cycles > 0
        && statistics.sweep_cycles > 0;
    demand(right, || {
        format!("{living} points, {taken} digits, but the block says {statistics:?}")
    })
}

pub(super) fn progress(bench: &mut Bench) -> Result<(), Miss> {
    let pairs = Pairs::random(bench, 10)?;
    let mut queue = bench.queue()?;
    let offset = register::progress_register(0);
    let before = bench.registers.read(offset)?;
    let placed = pairs.place(bench, &mut queue)?;
    let words = queue.words(Operation::Msm(placed.msm));
    queue.succeed_with(words, || "a job".into())?;
    let after = bench.registers.read(offset)?;
    demand(before != after, || {
        "PROGRESS did not change over a job".into()
    })
}
