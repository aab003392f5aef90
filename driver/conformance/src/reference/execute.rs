//! Checks a descriptor and does what it says. The order of the checks: opcode, version, reserved
//! bits, permission, sizes and parameters, alignment, regions, memory.

use super::state::{Region, State};
use super::{Mutation, Shared};
use gristmill_protocol::descriptor::flag;
use gristmill_protocol::{
    ADMIN_QUEUE, ALIGNMENT, Completion, DESCRIPTOR_VERSION, EngineCapability, EngineKind, Handle,
    Opcode, RegionKind, SLOT_WORDS, Status,
};

/// A status that is not success, and its detail.
pub(super) type Refusal = (Status, u64);

/// Bytes of a long copy, for the mutation.
const LONG: u64 = 32 << 10;
/// Bytes that a copy moves at once.
const PIECE: usize = 4096;

impl Shared {
    /// The detail of a success, or the refusal. Counters go to `completion`.
    pub(super) fn execute(
        &self,
        state: &mut State,
        queue: usize,
        words: [u64; SLOT_WORDS],
        completion: &mut Completion,
    ) -> Result<u64, Refusal> {
        let code = words[0] as u8;
        let Some(opcode) = Opcode::from_code(code) else {
            return match code == 0x7f && self.mutated(Mutation::Opcode) {
                true => Ok(0),
                false => Err((Status::UnknownOpcode, code.into())),
            };
        };
        if served_by(opcode).is_some_and(|kind| self.engine(kind).is_none()) {
            return Err((Status::UnknownOpcode, code.into()));
        }
        let version = (words[0] >> 8) as u8;
        let accepted = version == 0 && self.mutated(Mutation::DescriptorVersion);
        if version != DESCRIPTOR_VERSION && !accepted {
            return Err((Status::WrongVersion, version.into()));
        }
        for (i, (word, used)) in words.iter().zip(opcode.used_bits()).enumerate() {
            let looked_at = i != 7 || !self.mutated(Mutation::ReservedBits);
            if word & !used != 0 && looked_at {
                return Err((Status::ReservedNotZero, i as u64));
            }
        }
        match opcode {
            Opcode::Nop => Ok(0),
            Opcode::RegionSet => self.region_set(state, queue, words, completion),
            Opcode::RegionClear => self.region_clear(state, queue, words),
            Opcode::CopyToCard | Opcode::CopyFromCard => {
                let to_card = opcode == Opcode::CopyToCard;
                self.copy(state, queue, words, to_card, completion)
            }
            Opcode::Msm => self.msm(state, queue, words, completion),
            Opcode::Ntt => self.ntt(state, queue, words, completion),
            Opcode::MultiplySubtract => self.multiply_subtract(state, queue, words, completion),
        }
    }

    /// The first engine of this kind, with its index.
    pub(super) fn engine(&self, kind: EngineKind) -> Option<(usize, EngineCapability)> {
        let engines = self.options.engines.iter().copied().enumerate();
        engines
            .into_iter()
            .find(|(_, engine)| engine.kind == kind as u32)
    }

    fn region_set(
        &self,
        state: &mut State,
        queue: usize,
        words: [u64; SLOT_WORDS],
        completion: &mut Completion,
    ) -> Result<u64, Refusal> {
        let [_, _, what, base, length, ..] = words;
        let index = self.admin_index(state, queue, what)?;
        if !self.mutated(Mutation::ZeroSize) {
            check_size(length)?;
        }
        if !self.mutated(Mutation::Alignment) {
            check_aligned(base, 3)?;
        }
        check_aligned(length, 4)?;
        let end = base
            .checked_add(length)
            .filter(|end| *end <= state.memory.len() as u64);
        let Some(end) = end else {
            return Err((Status::RegionBounds, 4));
        };
        if words[0] >> 16 & u64::from(flag::WIPE) != 0 && !self.mutated(Mutation::Wipe) {
            state.memory[base as usize..end as usize].fill(0);
            completion.cycles += length / 8;
        }
        let region = Region {
            domain: (what >> 24) as u8,
            base,
            length,
            ..Region::default()
        };
        Ok(state
            .set_region(index, Some(RegionKind::Data), region)
            .into())
    }

    fn region_clear(
        &self,
        state: &mut State,
        queue: usize,
        words: [u64; SLOT_WORDS],
    ) -> Result<u64, Refusal> {
        let index = self.admin_index(state, queue, words[2])?;
        if !self.mutated(Mutation::Clear) {
            state.regions[index].valid = false;
        }
        Ok(0)
    }

    fn admin_index(&self, state: &State, queue: usize, what: u64) -> Result<usize, Refusal> {
        let index = what & 0xffff;
        if queue != usize::from(ADMIN_QUEUE) && !self.mutated(Mutation::Admin) {
            return Err((Status::NotPermitted, index));
        }
        if index >= state.regions.len() as u64 {
            return Err((Status::RegionInvalid, index));
        }
        Ok(index as usize)
    }

    /// The region of a handle, if this queue may use it.
    pub(super) fn region(&self, state: &State, queue: usize, word: u64) -> Result<Region, Refusal> {
        let handle = Handle::unpack(word);
        let index = u64::from(handle.index);
        let region = state.regions.get(usize::from(handle.index));
        let region = region.filter(|region| region.valid);
        let region = *region.ok_or((Status::RegionInvalid, index))?;
        let ignored = match self.mutated(Mutation::Generation) {
            true => 0xffff_0000,
            false => 0,
        };
        if (region.generation ^ handle.generation) & !ignored != 0 {
            return Err((Status::StaleGeneration, index));
        }
        let domain = state.queues[queue].domain;
        if u32::from(region.domain) != domain && !self.mutated(Mutation::Domain) {
            return Err((Status::NotPermitted, index));
        }
        Ok(region)
    }

    /// The place in card memory of `length` bytes at `offset` of a region.
    pub(super) fn place(
        &self,
        state: &State,
        region: Region,
        offset: u64,
        length: u64,
        word: u64,
    ) -> Result<usize, Refusal> {
        let refusal = (Status::RegionBounds, word);
        let end = offset.checked_add(length).ok_or(refusal)?;
        let unchecked = match word {
            4 => Mutation::MsmBounds,
            _ => Mutation::Bounds,
        };
        let beyond = match self.mutated(unchecked) {
            true => region.base.saturating_add(end) > state.memory.len() as u64,
            false => end > region.length,
        };
        match beyond {
            true => Err(refusal),
            false => Ok((region.base + offset) as usize),
        }
    }

    fn copy(
        &self,
        state: &mut State,
        queue: usize,
        words: [u64; SLOT_WORDS],
        to_card: bool,
        completion: &mut Completion,
    ) -> Result<u64, Refusal> {
        let [_, _, host, handle, offset, length, ..] = words;
        check_size(length)?;
        check_aligned(host, 2)?;
        check_aligned(offset, 4)?;
        check_aligned(length, 5)?;
        let region = self.region(state, queue, handle)?;
        let card = self.place(state, region, offset, length, 5)?;
        let length = match self.mutated(Mutation::Copy) && length >= LONG {
            true => length - ALIGNMENT,
            false => length,
        };
        completion.cycles += length / 8;
        completion.link_bytes += length;
        let mut piece = [0; PIECE];
        for done in (0..length as usize).step_by(PIECE) {
            let piece = &mut piece[..PIECE.min(length as usize - done)];
            let place = card + done..card + done + piece.len();
            if to_card {
                self.host_read(state, host + done as u64, piece)?;
                state.memory[place].copy_from_slice(piece);
            } else {
                piece.copy_from_slice(&state.memory[place]);
                let written = self.host_write(state, host + done as u64, piece);
                written.or_else(|error| self.unless(Mutation::HostMemoryError, error))?;
            }
        }
        Ok(0)
    }

    pub(super) fn host_read(
        &self,
        state: &mut State,
        address: u64,
        into: &mut [u8],
    ) -> Result<(), Refusal> {
        let read = self.host.read(address, into).is_ok();
        host_answer(state, address, read)
    }

    pub(super) fn host_write(
        &self,
        state: &mut State,
        address: u64,
        from: &[u8],
    ) -> Result<(), Refusal> {
        let written = self.host.write(address, from).is_ok();
        host_answer(state, address, written)
    }

    /// The error, unless the mutation hides it.
    pub(super) fn unless(&self, mutation: Mutation, error: Refusal) -> Result<(), Refusal> {
        match self.mutated(mutation) {
            true => Ok(()),
            false => Err(error),
        }
    }
}

/// The kind of engine that an opcode needs.
pub(super) fn served_by(opcode: Opcode) -> Option<EngineKind> {
    match opcode {
        Opcode::Msm => Some(EngineKind::Msm),
        Opcode::Ntt => Some(EngineKind::Ntt),
        Opcode::MultiplySubtract => Some(EngineKind::Pointwise),
        _ => None,
    }
}

fn host_answer(state: &mut State, address: u64, good: bool) -> Result<(), Refusal> {
    let injected = state.faults.memory_errors > 0;
    state.faults.memory_errors -= u32::from(injected);
    match good && !injected {
        true => Ok(()),
        false => Err((Status::HostMemoryError, address)),
    }
}

fn check_size(size: u64) -> Result<(), Refusal> {
    match size {
        0 => Err((Status::SizeLimit, size)),
        _ => Ok(()),
    }
}

pub(super) fn check_aligned(value: u64, word: u64) -> Result<(), Refusal> {
    match value.is_multiple_of(ALIGNMENT) {
        true => Ok(()),
        false => Err((Status::Misaligned, word)),
    }
}
