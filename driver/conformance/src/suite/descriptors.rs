//! Descriptors that every queue must refuse, and go on after.

use super::Miss;
use super::bench::{Bench, demand, told};
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::{
    DESCRIPTOR_VERSION, EngineKind, Opcode, Operation, RegionKind, SLOT_WORDS, Status,
};

/// An address that no host memory has.
pub(super) const NOWHERE: u64 = 0x40;

pub(super) fn unknown_opcode(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    for code in (0..=255u8).filter(|code| Opcode::from_code(*code).is_none()) {
        if !bench.options.long && code % 16 != 15 {
            continue;
        }
        let mut words = queue.words(Operation::Nop);
        words[0] = words[0] & !0xff | u64::from(code);
        queue.refuse(words, "an opcode", Status::UnknownOpcode, code.into())?;
        queue.succeed(Operation::Nop)?;
    }
    Ok(())
}

pub(super) fn reserved_bits(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    for opcode in [
        Opcode::Nop,
        Opcode::RegionClear,
        Opcode::CopyToCard,
        Opcode::Msm,
        Opcode::Ntt,
        Opcode::MultiplySubtract,
    ] {
        let kind = match opcode {
            Opcode::Msm => Some(EngineKind::Msm),
            Opcode::Ntt => Some(EngineKind::Ntt),
            Opcode::MultiplySubtract => Some(EngineKind::Pointwise),
            _ => None,
        };
        if kind.is_some_and(|kind| {
            !bench
                .engines
                .iter()
                .any(|engine| engine.kind == kind as u32)
        }) {
            continue;
        }
        for word in 0..SLOT_WORDS {
            let reserved = !opcode.used_bits()[word];
            for bit in (0..64).filter(|bit| reserved >> bit & 1 == 1) {
                let edge = bit == reserved.trailing_zeros() || bit == 63 - reserved.leading_zeros();
                if !bench.options.long && !edge {
                    continue;
                }
                let mut words = queue.words(Operation::Nop);
                words[0] = words[0] & !0xff | u64::from(opcode.code());
                words[word] |= 1 << bit;
                let what = format!("bit {bit} of word {word} of {opcode:?}");
                queue.refuse(words, &what, Status::ReservedNotZero, word as u64)?;
            }
        }
    }
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn wrong_version(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    for version in [0, DESCRIPTOR_VERSION + 1, 0x80, 0xff] {
        let mut words = queue.words(Operation::Nop);
        words[0] = words[0] & !0xff00 | u64::from(version) << 8;
        queue.refuse(words, "a version", Status::WrongVersion, version.into())?;
    }
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn size_limit(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let region = queue.region(bench, 0, 0, &[1; 256])?;
    let buffer = bench.buffer(&[0; 64])?;
    let host = buffer.iova();
    let (offset, length) = (0, 0);
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
        Operation::RegionSet {
            index: 1,
            kind: RegionKind::Data,
            domain: 0,
            base: 0,
            length,
            wipe: false,
        },
    ] {
        let words = queue.words(operation);
        queue.refuse(words, "a length of zero", Status::SizeLimit, 0)?;
    }
    queue.succeed(Operation::Nop).map(drop)
}

pub(super) fn misaligned(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let region = queue.region(bench, 0, 0, &[1; 1024])?;
    let buffer = bench.buffer(&[0; 1024])?;
    let copy = Operation::CopyToCard {
        host: buffer.iova(),
        region,
        offset: 0,
        length: 128,
    };
    let set = Operation::RegionSet {
        index: 1,
        kind: RegionKind::Data,
        domain: 0,
        base: 0,
        length: 128,
        wipe: false,
    };
    for (operation, words) in [(copy, [2, 4, 5].as_slice()), (set, &[3, 4])] {
        for word in words {
            for misplaced in [1, 8, 32] {
                let mut words = queue.words(operation);
                words[*word] += misplaced;
                let what = format!("word {word} of {operation:?}, {misplaced} off");
                queue.refuse(words, &what, Status::Misaligned, *word as u64)?;
            }
        }
    }
    queue.succeed(copy).map(drop)
}

pub(super) fn host_memory_error(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let region = queue.region(bench, 0, 0, &[1; 1024])?;
    let (host, offset, length) = (NOWHERE, 0, 256);
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
        let mut words = queue.words(operation);
        let completion = queue.run(words)?;
        let named = completion.named_status();
        // The detail is the address as far as known: somewhere in the transfer, or nothing.
        let near = completion.detail == 0 || (host..host + length).contains(&completion.detail);
        demand(named == Some(Status::HostMemoryError) && near, || {
            format!("{operation:?}: {}", told(&completion))
        })?;
        words[0] |= u64::from(flag::NO_INTERRUPT) << 16;
        queue.run(words)?;
    }
    queue.succeed(Operation::Nop).map(drop)
}
