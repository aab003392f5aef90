//! A host for the core of a card: registers, rings and buffers, in step with the board.

mod echo;

use std::sync::{Arc, OnceLock};

use echo::EchoCard;
use gristmill_driver::{DmaBuffer, HostMemory};
use gristmill_hdl::card::config::CoreConfig;
use gristmill_protocol::{
    Completion, Descriptor, Handle, Operation, RegionKind, SLOT_BYTES, Status, register,
};
use gristmill_sim::axi::Access;
use gristmill_sim::card::{Board, BoardOptions, PortNames};
use gristmill_sim::verilator::{Design, ModelLibrary, Optimise, Options};
use rust_hdl_core::prelude::Block;

pub const MEMORY_BYTES: u64 = 1 << 30;
const ADDRESS_BITS: u32 = 48;
/// Cycles after which a wait has failed.
const LIMIT: u64 = 4_000_000;

fn library(width: usize) -> &'static ModelLibrary {
    fn build<const W: usize, const S: usize>() -> ModelLibrary {
        let mut card = EchoCard::<W, S>::new(CoreConfig {
            memory_bytes: MEMORY_BYTES,
            address_bits: ADDRESS_BITS,
            drain_cycles: 4096,
            ..CoreConfig::default()
        });
        card.connect_all();
        let verilog = gristmill_hdl::emit::verilog(&card, "card").unwrap().text();
        let options = Options {
            optimise: Optimise::Build,
            ..Options::default()
        };
        ModelLibrary::build(&Design::new("card", verilog).with_options(options)).unwrap()
    }
    static NARROW: OnceLock<ModelLibrary> = OnceLock::new();
    static WIDE: OnceLock<ModelLibrary> = OnceLock::new();
    match width {
        64 => NARROW.get_or_init(build::<64, 8>),
        512 => WIDE.get_or_init(build::<512, 64>),
        _ => panic!("no core of {width} bits is built here"),
    }
}

/// Ports are named as the emitter names them, and card memory is as large as the card says.
pub fn board(options: BoardOptions) -> BoardOptions {
    BoardOptions {
        memory_bytes: MEMORY_BYTES,
        names: PortNames {
            registers: "registers_".into(),
            host: "host_".into(),
            memory: "memory_".into(),
            ..PortNames::default()
        },
        ..options
    }
}

/// Both widths, on a kind board and on hostile ones.
pub fn everywhere(mut test: impl FnMut(Bench)) {
    for width in [64, 512] {
        let kind = BoardOptions::default();
        for options in std::iter::once(kind).chain((0..3).map(BoardOptions::hostile)) {
            let mut bench = Bench::new(width, &board(options));
            bench.wake();
            test(bench);
        }
    }
}

pub struct Bench {
    pub board: Board,
    pub host: Arc<HostMemory>,
    /// Interrupts raised, by vector.
    pub interrupts: [u32; 8],
    kept: Vec<DmaBuffer>,
}

impl Bench {
    pub fn new(width: usize, options: &BoardOptions) -> Self {
        Self::on(library(width), options)
    }

    /// Any card.
    pub fn on(library: &ModelLibrary, options: &BoardOptions) -> Self {
        let host = HostMemory::new(ADDRESS_BITS);
        Self {
            board: Board::new(library, options, Arc::clone(&host)).unwrap(),
            host,
            interrupts: [0; 8],
            kept: Vec::new(),
        }
    }

    /// One cycle; the result of the register access that ended in it.
    pub fn step(&mut self) -> Option<u32> {
        let step = self.board.step().unwrap();
        for (vector, count) in self.interrupts.iter_mut().enumerate() {
            *count += (step.interrupts >> vector) as u32 & 1;
        }
        step.completion.map(|done| done.result.unwrap())
    }

    fn access(&mut self, access: Access) -> u32 {
        self.board.submit(access).unwrap();
        (0..LIMIT).find_map(|_| self.step()).unwrap()
    }

    pub fn read(&mut self, address: u32) -> u32 {
        self.access(Access::Read { address })
    }

    pub fn write(&mut self, address: u32, value: u32) {
        self.access(Access::Write { address, value });
    }

    /// Steps until the card is idle.
    pub fn settle(&mut self) {
        let start = self.board.cycles();
        while !self.board.is_idle() {
            self.step();
            assert!(self.board.cycles() - start < LIMIT, "the card never rests");
        }
    }

    /// Steps until the card takes work.
    pub fn wake(&mut self) {
        while self.read(register::STATUS) & register::status_bits::READY == 0 {}
    }

    pub fn buffer(&self, bytes: usize) -> DmaBuffer {
        self.host.allocate(bytes).unwrap()
    }

    /// The address of a buffer with these bytes, which stays to the end.
    pub fn keep(&mut self, data: &[u8]) -> u64 {
        let buffer = self.buffer(data.len());
        buffer.write(0, data).unwrap();
        self.kept.push(buffer);
        self.kept[self.kept.len() - 1].iova()
    }

    pub fn soft_reset(&mut self) {
        self.write(register::RESET, register::RESET_KEY);
        let busy = register::status_bits::RESETTING;
        while self.read(register::STATUS) & busy != 0 {}
    }
}

/// A queue pair as its host sees it.
pub struct Queue {
    pub number: u32,
    log2: u32,
    submission: DmaBuffer,
    completion: DmaBuffer,
    pub tail: u16,
    pub head: u16,
}

impl Queue {
    /// Enables queue `number`, with interrupts on the vector of that number.
    pub fn open(bench: &mut Bench, number: u32, log2: u32, domain: u32) -> Self {
        let bytes = SLOT_BYTES << log2;
        let (submission, completion) = (bench.buffer(bytes), bench.buffer(bytes));
        let (s, c) = (submission.iova(), completion.iova());
        let settings = [
            (register::SUBMISSION_LOW, s as u32),
            (register::SUBMISSION_HIGH, (s >> 32) as u32),
            (register::COMPLETION_LOW, c as u32),
            (register::COMPLETION_HIGH, (c >> 32) as u32),
            (register::SIZE_LOG2, log2),
            (register::VECTOR, number),
            (register::DOMAIN, domain),
        ];
        for (offset, value) in settings {
            bench.write(register::queue_register(number, offset), value);
            assert_eq!(
                bench.read(register::queue_register(number, offset)),
                value,
                "{offset:#x}"
            );
        }
        let control = register::control_bits::ENABLE | register::control_bits::INTERRUPT;
        bench.write(register::queue_register(number, register::CONTROL), control);
        let queue = Self {
            number,
            log2,
            submission,
            completion,
            tail: 0,
            head: 0,
        };
        assert_eq!(
            queue.read(bench, register::STATE),
            register::STATE_RUNNING,
            "queue {number} does not run"
        );
        queue
    }

    pub fn read(&self, bench: &mut Bench, offset: u32) -> u32 {
        bench.read(register::queue_register(self.number, offset))
    }

    fn slot(&self, count: u16) -> usize {
        (usize::from(count) % (1 << self.log2)) * SLOT_BYTES
    }

    /// Puts a descriptor into the ring; the card does not know yet.
    pub fn put(&mut self, words: [u64; 8]) {
        let bytes = gristmill_protocol::format::slot_bytes(words);
        self.submission.write(self.slot(self.tail), &bytes).unwrap();
        self.tail = self.tail.wrapping_add(1);
    }

    pub fn ring(&self, bench: &mut Bench) {
        bench.write(
            register::queue_register(self.number, register::SUBMISSION_TAIL),
            self.tail.into(),
        );
    }

    /// The next completion, if it is there; the card is not told that it was read.
    pub fn look(&mut self) -> Option<Completion> {
        let mut bytes = [0; SLOT_BYTES];
        let slot = self.slot(self.head);
        self.completion.read(slot, &mut bytes).unwrap();
        let completion = Completion::from_bytes(&bytes);
        let phase = self.head >> self.log2 & 1 == 0;
        (completion.phase == phase).then(|| {
            self.head = self.head.wrapping_add(1);
            completion
        })
    }

    pub fn tell(&self, bench: &mut Bench) {
        bench.write(
            register::queue_register(self.number, register::COMPLETION_HEAD),
            self.head.into(),
        );
    }

    /// The next completion.
    pub fn wait(&mut self, bench: &mut Bench) -> Completion {
        let start = bench.board.cycles();
        loop {
            if let Some(completion) = self.look() {
                self.tell(bench);
                return completion;
            }
            bench.step();
            assert!(
                bench.board.cycles() - start < LIMIT,
                "queue {}: no completion; state {:#x}, head {}",
                self.number,
                self.read(bench, register::STATE),
                self.read(bench, register::SUBMISSION_HEAD),
            );
        }
    }

    /// One job, from descriptor to completion.
    pub fn words(&mut self, bench: &mut Bench, words: [u64; 8]) -> Completion {
        self.put(words);
        self.ring(bench);
        let completion = self.wait(bench);
        assert_eq!(completion.tag, (words[0] >> 32) as u32);
        completion
    }

    pub fn job(&mut self, bench: &mut Bench, operation: Operation) -> Completion {
        self.words(bench, descriptor(self.tail.into(), operation).words())
    }

    /// A job whose status is success.
    pub fn succeed(&mut self, bench: &mut Bench, operation: Operation) -> Completion {
        let completion = self.job(bench, operation);
        assert_eq!(
            completion.named_status(),
            Some(Status::Success),
            "{operation:?}: {completion:?}"
        );
        completion
    }

    /// A job whose status and detail are these.
    pub fn fail(&mut self, bench: &mut Bench, operation: Operation, status: Status, detail: u64) {
        let completion = self.job(bench, operation);
        assert_eq!(
            (completion.named_status(), completion.detail),
            (Some(status), detail),
            "{operation:?}: {completion:?}"
        );
    }

    /// Defines a region; its handle.
    pub fn region(
        &mut self,
        bench: &mut Bench,
        index: u16,
        domain: u8,
        base: u64,
        length: u64,
        wipe: bool,
    ) -> Handle {
        let operation = Operation::RegionSet {
            index,
            kind: RegionKind::Data,
            domain,
            base,
            length,
            wipe,
        };
        let generation = self.succeed(bench, operation).detail as u32;
        Handle { index, generation }
    }
}

pub fn descriptor(tag: u32, operation: Operation) -> Descriptor {
    Descriptor {
        tag,
        statistics: 0,
        interrupt: true,
        operation,
    }
}
