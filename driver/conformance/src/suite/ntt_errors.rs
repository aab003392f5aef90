//! Number-theoretic transforms: what the engine must refuse.

use super::Miss;
use super::bench::{Bench, Queue, demand, told};
use super::transforms::{Placed, Transforms, engine};
use gristmill_protocol::ntt::{BLOCK_BYTES, SECOND_SET, TableFault, table_set_bytes};
use gristmill_protocol::{FieldId, Handle, Ntt, Operation, Status};
use num_bigint::BigUint;

type Change<'a> = &'a dyn Fn(&mut Ntt);

/// Size of the transforms that are to be refused.
const SIZE_LOG2: u32 = 3;

/// A good job, placed.
fn good(bench: &mut Bench) -> Result<(Transforms, Queue, Placed), Miss> {
    let transforms = Transforms::random(bench, SIZE_LOG2, 1)?;
    let mut queue = bench.queue()?;
    let placed = transforms.place(bench, &mut queue)?;
    Ok((transforms, queue, placed))
}

/// Runs the changed job, which must be refused in one of these ways, and then the good one.
fn refuse(bench: &mut Bench, changes: &[Change], allowed: &[(Status, u64)]) -> Result<(), Miss> {
    let (transforms, mut queue, placed) = good(bench)?;
    for change in changes {
        let mut ntt = placed.ntt;
        change(&mut ntt);
        let words = queue.words(Operation::Ntt(ntt));
        queue.refuse_any(words, &format!("{ntt:?}"), allowed)?;
    }
    transforms.check(bench, &mut queue)
}

pub(super) fn size(bench: &mut Bench) -> Result<(), Miss> {
    let over = engine(bench)?.size_log2 + 1;
    let allowed = [(Status::SizeLimit, over.into())];
    refuse(bench, &[&|ntt| ntt.size_log2 = over as u8], &allowed)?;
    let extension = over as u8 - SIZE_LOG2 as u8;
    let extended = |ntt: &mut Ntt| ntt.extension_log2 = Some(extension);
    refuse(bench, &[&extended], &allowed)?;
    refuse(bench, &[&|ntt| ntt.batch = 0], &[(Status::SizeLimit, 0)])?;
    let far = |ntt: &mut Ntt| ntt.size_log2 = 255;
    refuse(bench, &[&far], &[(Status::SizeLimit, 255)])
}

pub(super) fn unused(bench: &mut Bench) -> Result<(), Miss> {
    let (transforms, mut queue, placed) = good(bench)?;
    for bit in [8, 15, 16, 31] {
        let mut words = queue.words(Operation::Ntt(placed.ntt));
        words[5] |= 1 << bit;
        let what = format!("bit {bit} of word 5 without its flag");
        queue.refuse(words, &what, Status::ReservedNotZero, 5)?;
    }
    let mut words = queue.words(Operation::Ntt(placed.ntt));
    words[6] = placed.ntt.output;
    let what = "a scratch area that is not used";
    queue.refuse(words, what, Status::ReservedNotZero, 6)?;
    transforms.check(bench, &mut queue)
}

pub(super) fn misaligned(bench: &mut Bench) -> Result<(), Miss> {
    let off = |word| [(Status::Misaligned, word)];
    refuse(
        bench,
        &[&|ntt| ntt.input -= 8, &|ntt| ntt.input -= 32],
        &off(2),
    )?;
    refuse(
        bench,
        &[&|ntt| ntt.output -= 8, &|ntt| ntt.output -= 32],
        &off(4),
    )?;
    let (transforms, mut queue, placed) = good(bench)?;
    let mut words = queue.words(Operation::Ntt(placed.ntt));
    words[1] = placed.statistics.iova() + 8;
    queue.refuse(
        words,
        "a misaligned statistics block",
        Status::Misaligned,
        1,
    )?;
    transforms.check(bench, &mut queue)
}

pub(super) fn bounds(bench: &mut Bench) -> Result<(), Miss> {
    let (transforms, mut queue, placed) = good(bench)?;
    let area = transforms.ntt.output_bytes(transforms.field.element_bytes);
    let behind = placed.bytes - area + BLOCK_BYTES;
    let changes: [(Change, u64); 6] = [
        (&|ntt| ntt.output = behind, 4),
        (&|ntt| ntt.output = 1 << 40, 4),
        (&|ntt| ntt.output = u64::MAX - 63, 4),
        (&|ntt| ntt.input = placed.bytes, 2),
        (&|ntt| ntt.input = u64::MAX - 63, 2),
        (&|ntt| ntt.batch = 1 << 31, 2),
    ];
    for (change, word) in changes {
        let mut ntt = placed.ntt;
        change(&mut ntt);
        let words = queue.words(Operation::Ntt(ntt));
        queue.refuse(words, &format!("{ntt:?}"), Status::RegionBounds, word)?;
    }
    for word in [3, 7] {
        for (change, status) in [
            (1u64 << 16, Status::StaleGeneration),
            (0x7fff, Status::RegionInvalid),
        ] {
            let mut words = queue.words(Operation::Ntt(placed.ntt));
            words[word] = words[word].wrapping_add(change);
            let index = words[word] & 0xffff;
            queue.refuse(words, "a wrong handle", status, index)?;
        }
    }
    transforms.check(bench, &mut queue)
}

pub(super) fn overlap(bench: &mut Bench) -> Result<(), Miss> {
    let mut transforms = Transforms::random(bench, SIZE_LOG2, 8)?;
    let mut queue = bench.queue()?;
    let placed = transforms.place(bench, &mut queue)?;
    for offset in [-64i64, 64] {
        let output = placed.ntt.input.wrapping_add_signed(offset);
        let words = queue.words(Operation::Ntt(Ntt {
            output,
            ..placed.ntt
        }));
        queue.refuse(words, "output over input", Status::Overlap, 4)?;
    }
    transforms.ntt.extension_log2 = Some(0);
    let placed = transforms.place(bench, &mut queue)?;
    for scratch in [
        placed.ntt.input,
        placed.ntt.output,
        placed.ntt.output + BLOCK_BYTES,
    ] {
        let words = queue.words(Operation::Ntt(Ntt {
            scratch,
            ..placed.ntt
        }));
        queue.refuse(words, "scratch over data", Status::Overlap, 6)?;
    }
    if transforms.engine.size_log2 > SIZE_LOG2 {
        transforms.ntt.extension_log2 = Some(1);
        let placed = transforms.place(bench, &mut queue)?;
        let words = queue.words(Operation::Ntt(Ntt {
            output: placed.ntt.input,
            ..placed.ntt
        }));
        queue.refuse(words, "an extension in place", Status::Overlap, 4)?;
    }
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn stride(bench: &mut Bench) -> Result<(), Miss> {
    // One element more than two blocks.
    let width = 2 * BLOCK_BYTES as u32 / u32::from(engine(bench)?.element_bytes) + 1;
    let transforms = Transforms::random(bench, SIZE_LOG2, width)?.columns(0);
    let mut queue = bench.queue()?;
    let placed = transforms.place(bench, &mut queue)?;
    for stride in [0, 1, 2] {
        let mut ntt = placed.ntt;
        ntt.stride_blocks = Some(stride);
        let words = queue.words(Operation::Ntt(ntt));
        queue.refuse(words, &format!("{ntt:?}"), Status::Stride, 5)?;
    }
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn tables(bench: &mut Bench) -> Result<(), Miss> {
    let (mut transforms, mut queue, placed) = good(bench)?;
    let none = queue.words(Operation::Ntt(Ntt {
        tables: Handle::default(),
        ..placed.ntt
    }));
    queue.refuse(
        none,
        "no tables",
        Status::TablesMismatch,
        TableFault::Missing as u64,
    )?;
    let extended = if transforms.engine.size_log2 > SIZE_LOG2 {
        [None, Some(1)]
    } else {
        [None, Some(0)]
    };
    for extension in extended {
        transforms.ntt.extension_log2 = extension;
        let bytes = transforms.field.element_bytes;
        // The set that is spoilt: the last one.
        let (at, set) = match extension {
            Some(_) => (table_set_bytes(bytes, SIZE_LOG2) as usize, SECOND_SET),
            None => (0, 0),
        };
        let right = transforms.tables();
        let placed = transforms.place(bench, &mut queue)?;
        let contents = transforms.contents(&placed.ntt, placed.bytes);
        let faults = [
            (0, TableFault::Magic),
            (8, TableFault::Field),
            (12, TableFault::Size),
            (13, TableFault::Direction),
        ];
        for (byte, fault) in faults {
            let mut tables = right.clone();
            tables[at + byte] ^= 1;
            let placed = transforms.place_contents(bench, &mut queue, &contents, &tables)?;
            let words = queue.words(Operation::Ntt(placed.ntt));
            let what = format!("a fault in the tables, {fault:?}");
            queue.refuse(words, &what, Status::TablesMismatch, fault as u64 | set)?;
        }
        let short = &right[..right.len() - BLOCK_BYTES as usize];
        let placed = transforms.place_contents(bench, &mut queue, &contents, short)?;
        let words = queue.words(Operation::Ntt(placed.ntt));
        let detail = TableFault::Short as u64 | set;
        queue.refuse(words, "short tables", Status::TablesMismatch, detail)?;
    }
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn flags(bench: &mut Bench) -> Result<(), Miss> {
    let mut transforms = Transforms::random(bench, SIZE_LOG2, 1)?;
    transforms.ntt.extension_log2 = Some(0);
    let mut queue = bench.queue()?;
    let placed = transforms.place(bench, &mut queue)?;
    for (inverse, input_reversed) in [(true, false), (false, true), (true, true)] {
        let words = queue.words(Operation::Ntt(Ntt {
            inverse,
            input_reversed,
            ..placed.ntt
        }));
        let what = "an extension that is inverse or reversed";
        queue.refuse(words, what, Status::UnsupportedParameter, 0)?;
    }
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn element_range(bench: &mut Bench) -> Result<(), Miss> {
    let transforms = Transforms::random(bench, SIZE_LOG2, 3)?;
    let mut queue = bench.queue()?;
    let bytes = transforms.field.element_bytes;
    let mut modulus = transforms.field.modulus.to_bytes_le();
    modulus.resize(bytes, 0);
    for columns in [false, true] {
        for (transform, place, word) in [
            (0, 0, modulus.clone()),
            (1, 5, vec![0xff; bytes]),
            (2, 7, modulus.clone()),
        ] {
            let mut transforms = transforms.clone();
            let mut index = ((transform << SIZE_LOG2) + place) as u64;
            if columns {
                transforms = transforms.columns(0);
                index = (place * 3 + transform) as u64;
            }
            let placed = transforms.place(bench, &mut queue)?;
            let mut contents = transforms.contents(&placed.ntt, placed.bytes);
            let at = placed.ntt.input as usize + transforms.offset(SIZE_LOG2, transform, place);
            contents[at..at + bytes].copy_from_slice(&word);
            let tables = transforms.tables();
            let placed = transforms.place_contents(bench, &mut queue, &contents, &tables)?;
            let words = queue.words(Operation::Ntt(placed.ntt));
            if transforms.field.id == FieldId::Goldilocks {
                // Any word is taken, for its residue; what comes back is below the modulus.
                queue.succeed_with(words, || "a word above the modulus".into())?;
                let residue = BigUint::from_bytes_le(&word) % &transforms.field.modulus;
                transforms.inputs[transform][place] = residue;
                let expected = transforms.expected();
                transforms.compare(bench, &mut queue, &placed, &expected)?;
                continue;
            }
            let completion = queue.run(words)?;
            let known = [index, u64::MAX].contains(&completion.detail);
            let refused = completion.named_status() == Some(Status::NonCanonicalElement);
            demand(refused && known, || {
                format!(
                    "element {index} is not below the modulus: {}",
                    told(&completion)
                )
            })?;
            // A failed job leaves nothing behind for the next one.
            queue.succeed(Operation::Nop)?;
        }
    }
    transforms.check(bench, &mut queue)
}
