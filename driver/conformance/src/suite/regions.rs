//! Regions: copies, bounds, generations, domains, wipes.

use super::Miss;
use super::bench::{Bench, demand};
use gristmill_protocol::{Handle, Operation, RegionKind, Status};
use rand::{Rng, RngCore};

pub(super) fn copies(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let size = 64 << 10;
    let size = size.min(bench.capabilities.memory_bytes);
    let region = queue.set_region(0, 0, size, 0, false)?;
    let mut expected = vec![0; size as usize];
    bench.random.fill_bytes(&mut expected);
    let all = bench.buffer(&expected)?;
    let host = all.iova();
    queue.succeed(Operation::CopyToCard {
        host,
        region,
        offset: 0,
        length: size,
    })?;
    let rounds = if bench.options.long { 40 } else { 8 };
    for _ in 0..rounds {
        let offset = bench.random.gen_range(0..size / 64) * 64;
        let length = 64 * bench.random.gen_range(1..=((size - offset) / 64).min(100));
        let mut piece = vec![0; length as usize];
        bench.random.fill_bytes(&mut piece);
        let buffer = bench.buffer(&piece)?;
        let host = buffer.iova();
        queue.succeed(Operation::CopyToCard {
            host,
            region,
            offset,
            length,
        })?;
        expected[offset as usize..(offset + length) as usize].copy_from_slice(&piece);
        let read = queue.read_back(bench, region, offset, length)?;
        demand(read == piece, || {
            format!("{length} bytes at {offset} came back changed")
        })?;
    }
    let read = queue.read_back(bench, region, 0, size)?;
    let first = read.iter().zip(&expected).position(|(a, b)| a != b);
    demand(first.is_none(), || {
        format!("byte {first:?} was changed by a copy beside it")
    })
}

pub(super) fn bounds(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let region = queue.set_region(0, 4096, 1024, 0, false)?;
    let buffer = bench.buffer(&[0; 4096])?;
    let host = buffer.iova();
    let allowed = [(Status::RegionBounds, 4), (Status::RegionBounds, 5)];
    for (offset, length) in [
        (0, 1088),
        (64, 1024),
        (1024, 64),
        (1 << 40, 64),
        (u64::MAX - 63, 64),
        (u64::MAX - 63, 128),
        (64, u64::MAX - 63),
    ] {
        for operation in [
            Operation::CopyToCard {
                host,
                region,
                offset,
                length,
            },
            Operation::CopyFromCard {
                host,
                region,
                offset,
                length,
            },
        ] {
            let words = queue.words(operation);
            queue.refuse_any(words, &format!("{operation:?}"), &allowed)?;
        }
    }
    let memory = bench.capabilities.memory_bytes;
    let allowed = [(Status::RegionBounds, 3), (Status::RegionBounds, 4)];
    for (base, length) in [
        (0, memory + 64),
        (memory, 64),
        (memory - 64, 128),
        (u64::MAX - 63, 128),
        (64, u64::MAX - 63),
    ] {
        let operation = Operation::RegionSet {
            index: 1,
            kind: RegionKind::Data,
            domain: 0,
            base,
            length,
            wipe: false,
        };
        let words = queue.words(operation);
        queue.refuse_any(words, &format!("{operation:?}"), &allowed)?;
    }
    queue.read_back(bench, region, 960, 64).map(drop)
}

/// A copy of 64 bytes from a region, as words with a fresh tag.
fn probe(queue: &mut super::bench::Queue, host: u64, region: Handle) -> [u64; 8] {
    queue.words(Operation::CopyFromCard {
        host,
        region,
        offset: 0,
        length: 64,
    })
}

pub(super) fn stale_generation(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let buffer = bench.buffer(&[0; 64])?;
    let index = (bench.capabilities.regions - 1) as u16;
    let old = queue.set_region(index, 0, 128, 0, false)?;
    let new = queue.set_region(index, 0, 128, 0, false)?;
    demand(old.generation != new.generation, || {
        format!(
            "both settings of region {index} have generation {}",
            new.generation
        )
    })?;
    for generation in [
        old.generation,
        new.generation.wrapping_add(1),
        new.generation ^ 1 << 31,
        !new.generation,
    ] {
        let words = probe(&mut queue, buffer.iova(), Handle { index, generation });
        queue.refuse(
            words,
            "another generation",
            Status::StaleGeneration,
            index.into(),
        )?;
    }
    queue.read_back(bench, new, 0, 64).map(drop)
}

pub(super) fn cleared(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let buffer = bench.buffer(&[0; 64])?;
    let index = 0;
    let region = queue.set_region(index, 0, 128, 0, false)?;
    queue.succeed(Operation::RegionClear { index })?;
    let words = probe(&mut queue, buffer.iova(), region);
    let gone = [(Status::RegionInvalid, 0), (Status::StaleGeneration, 0)];
    queue.refuse_any(words, "a cleared region", &gone)?;

    let index = bench.capabilities.regions;
    if let Ok(index) = u16::try_from(index) {
        let generation = 1;
        let words = probe(&mut queue, buffer.iova(), Handle { index, generation });
        queue.refuse(words, "no region", Status::RegionInvalid, index.into())?;
        let words = queue.words(Operation::RegionClear { index });
        queue.refuse(
            words,
            "clearing no region",
            Status::RegionInvalid,
            index.into(),
        )?;
    }
    Ok(())
}

pub(super) fn domain(bench: &mut Bench) -> Result<(), Miss> {
    let mut admin = bench.queue()?;
    let mut other = bench.second_queue(3)?;
    let buffer = bench.buffer(&[0; 64])?;
    let host = buffer.iova();
    let theirs = admin.set_region(0, 0, 128, 3, true)?;
    let ours = admin.set_region(1, 128, 128, 0, true)?;
    let words = probe(&mut admin, host, theirs);
    admin.refuse(words, "domain 0 in a region of 3", Status::NotPermitted, 0)?;
    let words = probe(&mut other, host, ours);
    other.refuse(words, "domain 3 in a region of 0", Status::NotPermitted, 1)?;
    let words = probe(&mut other, host, theirs);
    other.succeed_with(words, || "domain 3 in its own region".into())?;
    Ok(())
}

pub(super) fn admin_queue(bench: &mut Bench) -> Result<(), Miss> {
    let mut admin = bench.queue()?;
    let mut other = bench.second_queue(0)?;
    let region = admin.set_region(2, 0, 128, 0, false)?;
    let set = other.words(Operation::RegionSet {
        index: 2,
        kind: RegionKind::Data,
        domain: 0,
        base: 0,
        length: 64,
        wipe: false,
    });
    let clear = other.words(Operation::RegionClear { index: 2 });
    for words in [set, clear] {
        other.refuse(words, "an admin command", Status::NotPermitted, 2)?;
    }
    admin.read_back(bench, region, 64, 64).map(drop)
}

pub(super) fn wipe(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    queue.region(bench, 0, 0, &[0xee; 8192])?;
    let kept = queue.set_region(1, 0, 8192, 0, false)?;
    let read = queue.read_back(bench, kept, 0, 8192)?;
    demand(read == [0xee; 8192], || {
        "setting a region without the flag changed it".into()
    })?;
    let wiped = queue.set_region(2, 64, 4160, 0, true)?;
    let read = queue.read_back(bench, wiped, 0, 4160)?;
    demand(read == [0; 4160], || "a wiped region is not zero".into())?;
    let read = queue.read_back(bench, kept, 0, 8192)?;
    demand(
        read[..64] == [0xee; 64] && read[4224..] == [0xee; 3968],
        || "a wipe went beyond its region".into(),
    )
}
