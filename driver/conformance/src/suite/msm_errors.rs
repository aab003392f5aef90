//! Multi-scalar multiplication: what the engine must refuse.

use super::Miss;
use super::bench::{Bench, Queue, demand, told};
use super::descriptors::NOWHERE;
use super::msm::resident_pairs;
use super::pairs::Pairs;
use gristmill_driver::{Density, Plan};
use gristmill_protocol::{Msm, Operation, Status};

type Change = Box<dyn Fn(&mut Msm)>;

/// A good job of `count` pairs.
fn good(bench: &mut Bench, count: usize) -> Result<(Pairs, Queue), Miss> {
    let pairs = Pairs::random(bench, count)?;
    Ok((pairs, bench.queue()?))
}

/// Runs the changed job, which must be refused in one of these ways, and then the good one.
fn refuse(
    bench: &mut Bench,
    changes: &[&dyn Fn(&mut Msm)],
    allowed: &[(Status, u64)],
) -> Result<(), Miss> {
    let (pairs, mut queue) = good(bench, 10)?;
    let placed = pairs.place(bench, &mut queue)?;
    for change in changes {
        let mut msm = placed.msm;
        change(&mut msm);
        let words = queue.words(Operation::Msm(msm));
        queue.refuse_any(words, &format!("{msm:?}"), allowed)?;
    }
    pairs.check(bench, &mut queue)
}

pub(super) fn length(bench: &mut Bench) -> Result<(), Miss> {
    let (pairs, mut queue) = good(bench, 10)?;
    let placed = pairs.place(bench, &mut queue)?;
    let mut wrong = vec![0];
    if pairs.engine.size_log2 < 31 {
        wrong.push((1 << pairs.engine.size_log2) + 1);
    }
    for length in wrong {
        let words = queue.words(Operation::Msm(Msm {
            length,
            ..placed.msm
        }));
        let what = format!("{length} pairs");
        queue.refuse(words, &what, Status::SizeLimit, length.into())?;
    }
    pairs.check(bench, &mut queue)
}

pub(super) fn window(bench: &mut Bench) -> Result<(), Miss> {
    let (pairs, _) = good(bench, 10)?;
    let engine = pairs.engine;
    let too_many = u8::try_from(engine.windows_per_pass + 1).ok();
    let widest = engine.window_max;
    let buckets = 1u64 << engine.buckets_log2;
    // The least K for which the widest window's buckets are too many.
    let most_each = buckets >> (widest - 1);
    let too_wide = (most_each + 1) * u64::from(engine.adders);
    let too_wide = u8::try_from(too_wide)
        .ok()
        .filter(|k| u32::from(*k) <= engine.windows_per_pass);
    let mut changes: Vec<Change> = vec![
        Box::new(|msm| msm.window = 0),
        Box::new(move |msm| msm.window = engine.window_min - 1),
        Box::new(move |msm| msm.window = widest + 1),
        Box::new(|msm| msm.windows_per_pass = 0),
    ];
    if engine.adders > 1 {
        changes.push(Box::new(|msm| msm.windows_per_pass += 1));
    }
    if let Some(k) = too_many {
        changes.push(Box::new(move |msm| msm.windows_per_pass = k));
    }
    if let Some(k) = too_wide {
        changes.push(Box::new(move |msm| {
            (msm.window, msm.windows_per_pass) = (widest, k)
        }));
    }
    let changes: Vec<_> = changes.iter().map(|change| change.as_ref()).collect();
    refuse(bench, &changes, &[(Status::UnsupportedParameter, 5)])
}

pub(super) fn stride(bench: &mut Bench) -> Result<(), Miss> {
    refuse(
        bench,
        &[&|msm| msm.stride = 0, &|msm| msm.stride -= 8, &|msm| {
            msm.stride += 4
        }],
        &[(Status::UnsupportedParameter, 5), (Status::Misaligned, 5)],
    )
}

pub(super) fn bounds(bench: &mut Bench) -> Result<(), Miss> {
    let (pairs, _) = good(bench, 10)?;
    let stride = pairs.stride as u64;
    let behind = (10 * stride).next_multiple_of(64);
    refuse(
        bench,
        &[
            &|msm| msm.bases_offset = behind - 9 * stride,
            &|msm| msm.bases_offset = behind,
            &|msm| msm.bases_offset = 1 << 40,
            &|msm| msm.bases_offset = u64::MAX - 7,
        ],
        &[(Status::RegionBounds, 4)],
    )?;
    let (pairs, mut queue) = good(bench, 10)?;
    let placed = pairs.place(bench, &mut queue)?;
    for (change, status) in [
        (1u64 << 16, Status::StaleGeneration),
        (0x7fff, Status::RegionInvalid),
    ] {
        let mut words = queue.words(Operation::Msm(placed.msm));
        words[3] = words[3].wrapping_add(change);
        let index = words[3] & 0xffff;
        queue.refuse(words, "a wrong handle", status, index)?;
    }
    pairs.check(bench, &mut queue)
}

pub(super) fn misaligned(bench: &mut Bench) -> Result<(), Miss> {
    let off = |word| [(Status::Misaligned, word)];
    refuse(
        bench,
        &[&|msm| msm.scalars += 8, &|msm| msm.scalars += 32],
        &off(2),
    )?;
    refuse(
        bench,
        &[&|msm| msm.bases_offset += 4, &|msm| msm.bases_offset += 1],
        &off(4),
    )?;
    refuse(
        bench,
        &[&|msm| msm.results += 8, &|msm| msm.results += 32],
        &off(6),
    )?;
    let (pairs, mut queue) = good(bench, 10)?;
    let placed = pairs.place(bench, &mut queue)?;
    let mut words = queue.words(Operation::Msm(placed.msm));
    words[1] = placed.statistics.iova() + 8;
    queue.refuse(
        words,
        "a misaligned statistics block",
        Status::Misaligned,
        1,
    )
}

pub(super) fn scratch(bench: &mut Bench) -> Result<(), Miss> {
    let (mut pairs, mut queue) = good(bench, 30)?;
    let engine = pairs.engine;
    let order = &pairs.curve.order;
    pairs.scalars.fill(order / 2u32 - 1u32);
    let plans = (engine.window_min..=engine.window_max)
        .filter_map(|c| Plan::with_window(&engine, c, 30, Density::UNIFORM));
    let narrow = plans
        .map(|plan| plan.narrowest(&engine))
        .find(|plan| plan.passes > 1);
    pairs.plan = narrow.ok_or_else(|| Miss::Skipped("one pass is always enough".into()))?;
    let placed = pairs.place(bench, &mut queue)?;
    let short = queue.set_region(2, 64 << 10, pairs.scratch_bytes() - 64, 0, false)?;
    let words = queue.words(Operation::Msm(Msm {
        scratch: short,
        ..placed.msm
    }));
    queue.refuse(words, "a short scratch region", Status::RegionBounds, 7)?;
    queue.succeed(Operation::Nop).map(drop)
}

/// Scalars in card memory: their bounds, their alignment, and the room of the records before them.
pub(super) fn resident(bench: &mut Bench) -> Result<(), Miss> {
    let mut pairs = resident_pairs(bench, 10)?;
    let mut queue = bench.queue()?;
    pairs.resident = Some(64);
    let placed = pairs.place(bench, &mut queue)?;
    let end = placed.msm.scalars + pairs.encoded_scalars().len() as u64;
    let behind = end.next_multiple_of(64);
    let bytes = pairs.curve.scalar_bytes as u64;
    for offset in [behind - 10 * bytes + 8, behind, 1 << 40, u64::MAX - 7] {
        let words = queue.words(Operation::Msm(Msm {
            scalars: offset,
            ..placed.msm
        }));
        let what = "scalars beyond their region";
        queue.refuse(words, what, Status::RegionBounds, 2)?;
    }
    let mut words = queue.words(Operation::Msm(placed.msm));
    words[7] = 0;
    queue.refuse(words, "scalars in no region", Status::RegionBounds, 2)?;
    for off in [1, 4] {
        let mut words = queue.words(Operation::Msm(placed.msm));
        words[2] += off;
        queue.refuse(words, "misaligned scalars", Status::Misaligned, 2)?;
    }
    for (change, status) in [
        (1u64 << 16, Status::StaleGeneration),
        (0x7fff, Status::RegionInvalid),
    ] {
        let mut words = queue.words(Operation::Msm(placed.msm));
        words[7] = words[7].wrapping_add(change);
        let index = words[7] & 0xffff;
        queue.refuse(words, "a wrong handle of the scalars", status, index)?;
    }
    pairs.check(bench, &mut queue)?;
    let mut scalars = pairs.encoded_scalars();
    let wrong = pairs.curve.encode_scalar(&pairs.curve.order, false);
    scalars[7 * wrong.len()..][..wrong.len()].copy_from_slice(&wrong);
    let placed = pairs.place_encoded(bench, &mut queue, &scalars, &pairs.encoded_points())?;
    let words = queue.words(Operation::Msm(placed.msm));
    let what = "a resident scalar that is not below the order";
    queue.refuse(words, what, Status::NonCanonicalScalar, 7)?;
    // One record too many for the room before the scalars.
    pairs.scalars.fill(&pairs.curve.order / 2u32 - 1u32);
    let narrow = (pairs.engine.window_min..=pairs.engine.window_max)
        .filter_map(|c| Plan::with_window(&pairs.engine, c, 10, Density::UNIFORM))
        .map(|plan| plan.narrowest(&pairs.engine))
        .find(|plan| plan.passes > 1);
    if let Some(plan) = narrow {
        (pairs.plan, pairs.resident) = (plan, Some(0));
        pairs.check(bench, &mut queue)?;
        let placed = pairs.place(bench, &mut queue)?;
        let room = pairs.scratch_bytes() - 64;
        let mut contents = vec![0; room as usize];
        contents.extend(pairs.encoded_scalars());
        let scratch = queue.region(bench, 2, 64 << 10, &contents)?;
        let words = queue.words(Operation::Msm(Msm {
            scratch,
            scalars: room,
            ..placed.msm
        }));
        queue.refuse(words, "a short room for records", Status::RegionBounds, 7)?;
    }
    pairs.check(bench, &mut queue)
}

pub(super) fn scalar_range(bench: &mut Bench) -> Result<(), Miss> {
    let (pairs, mut queue) = good(bench, 10)?;
    let all = (num_bigint::BigUint::from(1u32) << (8 * pairs.curve.scalar_bytes)) - 1u32;
    for (index, wrong) in [
        (0, pairs.curve.order.clone()),
        (7, &pairs.curve.order + 1u32),
        (9, all),
    ] {
        let mut scalars = pairs.encoded_scalars();
        let bytes = pairs.curve.scalar_bytes;
        let encoded = pairs.curve.encode_scalar(&wrong, false);
        scalars[index * bytes..][..bytes].copy_from_slice(&encoded);
        let placed = pairs.place_encoded(bench, &mut queue, &scalars, &pairs.encoded_points())?;
        let words = queue.words(Operation::Msm(placed.msm));
        let what = "a scalar that is not below the order";
        queue.refuse(words, what, Status::NonCanonicalScalar, index as u64)?;
    }
    pairs.check(bench, &mut queue)
}

pub(super) fn base_range(bench: &mut Bench) -> Result<(), Miss> {
    let (mut pairs, mut queue) = good(bench, 10)?;
    // Not light, so that no engine skips the point.
    pairs.scalars.fill(&pairs.curve.order / 3u32);
    let bytes = pairs.curve.element_bytes;
    let mut modulus = pairs.curve.modulus.to_bytes_le();
    modulus.resize(bytes, 0);
    for (index, coordinate, wrong) in [
        (0, 0, modulus.clone()),
        (6, 1, modulus),
        (9, 0, vec![0xff; bytes]),
    ] {
        let mut points = pairs.encoded_points();
        let at = index * pairs.stride + coordinate * bytes;
        points[at..at + bytes].copy_from_slice(&wrong);
        let placed = pairs.place_encoded(bench, &mut queue, &pairs.encoded_scalars(), &points)?;
        let words = queue.words(Operation::Msm(placed.msm));
        let what = "a coordinate that is not below the modulus";
        queue.refuse(words, what, Status::NonCanonicalBase, index as u64)?;
    }
    pairs.check(bench, &mut queue)
}

pub(super) fn host_memory_error(bench: &mut Bench) -> Result<(), Miss> {
    let (pairs, mut queue) = good(bench, 10)?;
    let changes: [fn(&mut Msm); 3] = [
        |msm| msm.scalars = NOWHERE,
        |msm| msm.results = NOWHERE,
        |msm| (msm.bases, msm.bases_offset) = (None, NOWHERE),
    ];
    for change in changes {
        let placed = pairs.place(bench, &mut queue)?;
        let mut msm = placed.msm;
        change(&mut msm);
        let words = queue.words(Operation::Msm(msm));
        let completion = queue.run(words)?;
        demand(
            completion.named_status() == Some(Status::HostMemoryError),
            || format!("{msm:?}: {}", told(&completion)),
        )?;
        pairs.check(bench, &mut queue)?;
    }
    Ok(())
}
