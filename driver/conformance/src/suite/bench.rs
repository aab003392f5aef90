//! What the checks work with: raw queues, regions and buffers.

use super::{Miss, Options};
use gristmill_driver::registers::Registers;
use gristmill_driver::ring::{RingOptions, Rings};
use gristmill_driver::{DmaBuffer, Transport, TransportError};
use gristmill_protocol::{
    Capabilities, Completion, Descriptor, EngineCapability, Handle, Operation, RegionKind,
    SLOT_WORDS, Status,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sleep between two looks at a ring.
const LOOK_AGAIN: Duration = Duration::from_micros(50);
/// Binary logarithm of the entries of a queue that a check does not care about.
const ENTRIES_LOG2: u32 = 4;

/// The card under test.
pub(super) struct Bench {
    pub(super) registers: Registers,
    pub(super) options: Options,
    pub(super) capabilities: Capabilities,
    pub(super) engines: Vec<EngineCapability>,
    pub(super) random: StdRng,
}

impl Bench {
    pub(super) fn new(transport: Arc<dyn Transport>, options: Options) -> Self {
        let registers = Registers::new(transport);
        // What a broken card does not tell is missed by the checks that need it.
        let capabilities = registers.capabilities().unwrap_or_default();
        let engines = registers.engines(capabilities.engines).unwrap_or_default();
        Self {
            registers,
            options,
            capabilities,
            engines,
            random: StdRng::seed_from_u64(options.seed),
        }
    }

    pub(super) fn reset(&mut self) -> Result<(), Miss> {
        self.random = StdRng::seed_from_u64(self.options.seed);
        Ok(self.registers.soft_reset(self.deadline())?)
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.options.patience
    }

    pub(super) fn transport(&self) -> &Arc<dyn Transport> {
        self.registers.transport()
    }

    pub(super) fn buffer(&self, contents: &[u8]) -> Result<DmaBuffer, Miss> {
        let buffer = self.transport().allocate(contents.len())?;
        buffer.write(0, contents)?;
        Ok(buffer)
    }

    /// Queue 0, running, without interrupts.
    pub(super) fn queue(&self) -> Result<Queue, Miss> {
        self.queue_with(RingOptions {
            queue: 0,
            log2_entries: ENTRIES_LOG2,
            domain: 0,
            vector: None,
        })
    }

    pub(super) fn queue_with(&self, options: RingOptions) -> Result<Queue, Miss> {
        let mut rings = Rings::new(&self.registers, options)?;
        rings.start()?;
        Ok(Queue {
            rings,
            registers: self.registers.clone(),
            patience: self.options.patience,
            next_tag: 0x5100_0000,
        })
    }

    /// Another queue than queue 0, of this domain.
    pub(super) fn second_queue(&self, domain: u8) -> Result<Queue, Miss> {
        if self.capabilities.queues < 2 {
            return Err(Miss::Skipped("the card has one queue".into()));
        }
        self.queue_with(RingOptions {
            queue: self.capabilities.queues - 1,
            log2_entries: ENTRIES_LOG2,
            domain,
            vector: None,
        })
    }
}

/// Fails with a text when a condition does not hold.
pub(super) fn demand(holds: bool, text: impl FnOnce() -> String) -> Result<(), Miss> {
    match holds {
        true => Ok(()),
        false => Err(Miss::Failed(text())),
    }
}

/// A queue whose jobs are raw words.
pub(super) struct Queue {
    pub(super) rings: Rings,
    registers: Registers,
    patience: Duration,
    next_tag: u32,
}

impl Queue {
    /// The words of an operation, with a fresh tag.
    pub(super) fn words(&mut self, operation: Operation) -> [u64; SLOT_WORDS] {
        self.next_tag = self.next_tag.wrapping_add(1);
        let descriptor = Descriptor {
            tag: self.next_tag,
            statistics: 0,
            interrupt: true,
            operation,
        };
        descriptor.words()
    }

    /// Submits words as they are.
    pub(super) fn submit(&mut self, words: [u64; SLOT_WORDS]) -> Result<(), TransportError> {
        self.rings.push(words)?;
        self.rings.ring_doorbell()
    }

    /// The next completion; its slot is given back to the card.
    pub(super) fn completion(&mut self) -> Result<Completion, Miss> {
        let completion = self.unreleased_completion()?;
        self.rings.release()?;
        Ok(completion)
    }

    /// The next completion; its slot is not given back yet.
    pub(super) fn unreleased_completion(&mut self) -> Result<Completion, Miss> {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(completion) = self.rings.pop()? {
                return Ok(completion);
            }
            if Instant::now() >= deadline {
                self.rings.check_running()?;
                let text = format!("no completion within {:?}", self.patience);
                return Err(Miss::Failed(text));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Submits words and waits for their completion.
    pub(super) fn run(&mut self, words: [u64; SLOT_WORDS]) -> Result<Completion, Miss> {
        self.submit(words)?;
        let completion = self.completion()?;
        let tag = (words[0] >> 32) as u32;
        demand(completion.tag == tag, || {
            format!("tag {:#x} came back as {:#x}", tag, completion.tag)
        })?;
        Ok(completion)
    }

    /// Runs an operation that must succeed; its detail.
    pub(super) fn succeed(&mut self, operation: Operation) -> Result<u64, Miss> {
        let words = self.words(operation);
        self.succeed_with(words, || format!("{operation:?}"))
    }

    /// Runs words that must succeed; the detail.
    pub(super) fn succeed_with(
        &mut self,
        words: [u64; SLOT_WORDS],
        what: impl FnOnce() -> String,
    ) -> Result<u64, Miss> {
        let completion = self.run(words)?;
        demand(completion.status == 0, || {
            format!("{} was refused: {}", what(), told(&completion))
        })?;
        Ok(completion.detail)
    }

    /// Runs words that must be refused like this.
    pub(super) fn refuse(
        &mut self,
        words: [u64; SLOT_WORDS],
        what: &str,
        status: Status,
        detail: u64,
    ) -> Result<(), Miss> {
        self.refuse_any(words, what, &[(status, detail)])
    }

    /// Runs words that must be refused in one of these ways.
    pub(super) fn refuse_any(
        &mut self,
        words: [u64; SLOT_WORDS],
        what: &str,
        allowed: &[(Status, u64)],
    ) -> Result<(), Miss> {
        let completion = self.run(words)?;
        let answer = completion
            .named_status()
            .map(|status| (status, completion.detail));
        let right = answer.is_some_and(|answer| allowed.contains(&answer));
        demand(right, || {
            format!("{what}: {}, not {allowed:?}", told(&completion))
        })
    }

    /// A region with these contents, padded to 64 bytes.
    pub(super) fn region(
        &mut self,
        bench: &Bench,
        index: u16,
        base: u64,
        contents: &[u8],
    ) -> Result<Handle, Miss> {
        let length = contents.len().next_multiple_of(64);
        let handle = self.set_region(index, base, length as u64, 0, false)?;
        let mut padded = contents.to_vec();
        padded.resize(length, 0);
        let buffer = bench.buffer(&padded)?;
        self.succeed(Operation::CopyToCard {
            host: buffer.iova(),
            region: handle,
            offset: 0,
            length: length as u64,
        })?;
        Ok(handle)
    }

    /// A region as it is.
    pub(super) fn set_region(
        &mut self,
        index: u16,
        base: u64,
        length: u64,
        domain: u8,
        wipe: bool,
    ) -> Result<Handle, Miss> {
        let generation = self.succeed(Operation::RegionSet {
            index,
            kind: RegionKind::Data,
            domain,
            base,
            length,
            wipe,
        })?;
        let generation = u32::try_from(generation)?;
        Ok(Handle { index, generation })
    }

    /// `length` bytes of a region, from `offset` on.
    pub(super) fn read_back(
        &mut self,
        bench: &Bench,
        region: Handle,
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>, Miss> {
        let buffer = bench.buffer(&vec![0x5a; length as usize])?;
        self.succeed(Operation::CopyFromCard {
            host: buffer.iova(),
            region,
            offset,
            length,
        })?;
        let mut bytes = vec![0; length as usize];
        buffer.read(0, &mut bytes)?;
        Ok(bytes)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // The rings may only go when the card is at rest.
        if self
            .registers
            .soft_reset(Instant::now() + self.patience)
            .is_err()
        {
            self.rings.leak();
        }
    }
}

/// A completion's answer, for people.
pub(super) fn told(completion: &Completion) -> String {
    match completion.named_status() {
        Some(status) => format!("{status:?} ({:#x})", completion.detail),
        None => format!("status {} ({:#x})", completion.status, completion.detail),
    }
}
