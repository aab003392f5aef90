//! The registers of the whole card.

use super::config::{CoreConfig, VECTORS};
use crate::cells::{ConstantTable, Fixed, KeyedSelect, Pack, Register};
use gristmill_protocol::{
    IDENTITY, VERSION_MAJOR, VERSION_MINOR,
    register::{self, status_bits},
};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Bit of `BUSY` that stands for the queue engine.
const QUEUE_ENGINE_BIT: usize = 31;

/// Registers that the table [`register::CARD`] names, and the capability table. Reads are answered in
/// the same cycle, with zero for an address that is not here.
#[derive(LogicBlock, Default)]
pub struct CardRegisters {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Restart the cycle counter.
    pub reset: Signal<In, Bit>,
    /// One cycle: write.
    pub write: Signal<In, Bit>,
    /// Byte offset.
    pub write_address: Signal<In, Bits<12>>,
    /// Word to write.
    pub write_data: Signal<In, Bits<32>>,
    /// One cycle: the word at `read_address` is read.
    pub read: Signal<In, Bit>,
    /// Byte offset.
    pub read_address: Signal<In, Bits<12>>,
    /// The word there.
    pub read_data: Signal<Out, Bits<32>>,
    /// The card takes work.
    pub ready: Signal<In, Bit>,
    /// A soft reset is under way.
    pub resetting: Signal<In, Bit>,
    /// The last soft reset failed.
    pub needs_function_reset: Signal<In, Bit>,
    /// Soft resets completed.
    pub reset_count: Signal<In, Bits<32>>,
    /// The queue engine has a job.
    pub queue_engine_busy: Signal<In, Bit>,
    /// Engine e has a job.
    pub engine_busy: Vec<Signal<In, Bit>>,
    /// Progress of engine e.
    pub progress: Vec<Signal<In, Bits<32>>>,
    /// One cycle: the host asks for a soft reset.
    pub soft_reset: Signal<Out, Bit>,
    /// One cycle: the host asks for interrupt `test_vector`.
    pub test_interrupt: Signal<Out, Bit>,
    /// Its vector.
    pub test_vector: Signal<Out, Bits<32>>,
    reset_offset: Fixed<Bits<12>>,
    reset_key: Fixed<Bits<32>>,
    test_offset: Fixed<Bits<12>>,
    cycles_low_offset: Fixed<Bits<12>>,
    constants: ConstantTable<32, 12>,
    values: KeyedSelect<32, 12>,
    status: Pack<32>,
    busy: Pack<32>,
    cycles: Register<Bits<64>>,
    held: Register<Bits<32>>,
    _engines: usize,
}

impl CardRegisters {
    /// The registers of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let engines = config.engines.len();
        let offset = |offset: u32| Fixed::new(offset.to_bits());
        let bit = |mask: u32| mask.trailing_zeros() as usize;
        let mut keys: Vec<u64> = [
            register::STATUS,
            register::CYCLES_LOW,
            register::CYCLES_HIGH,
            register::BUSY,
            register::RESET_COUNT,
        ]
        .map(u64::from)
        .into();
        keys.extend((0..engines as u32).map(|e| u64::from(register::progress_register(e))));
        Self {
            engine_busy: (0..engines).map(|_| Default::default()).collect(),
            progress: (0..engines).map(|_| Default::default()).collect(),
            reset_offset: offset(register::RESET),
            reset_key: Fixed::new(register::RESET_KEY.to_bits()),
            test_offset: offset(register::INTERRUPT_TEST),
            cycles_low_offset: offset(register::CYCLES_LOW),
            constants: ConstantTable::new(constants(config)),
            values: KeyedSelect::new(keys),
            status: Pack::new(vec![
                bit(status_bits::READY),
                bit(status_bits::RESETTING),
                bit(status_bits::NEEDS_FUNCTION_RESET),
            ]),
            busy: Pack::new([QUEUE_ENGINE_BIT].into_iter().chain(0..engines).collect()),
            _engines: engines,
            ..Default::default()
        }
    }
}

/// The rows (offset, word) of the registers that never change.
fn constants(config: &CoreConfig) -> Vec<(u64, u64)> {
    let mut rows = vec![
        (register::IDENTITY, IDENTITY),
        (
            register::VERSION,
            (VERSION_MAJOR as u32) << 16 | VERSION_MINOR as u32,
        ),
        (register::BUILD, config.build),
        (register::CLOCK_KILOHERTZ, config.clock_kilohertz),
        (register::QUEUE_COUNT, config.queues as u32),
        (register::REGION_COUNT, config.regions as u32),
        (register::MEMORY_LOW, config.memory_bytes as u32),
        (register::MEMORY_HIGH, (config.memory_bytes >> 32) as u32),
        (register::ADDRESS_BITS, config.address_bits),
        (register::VECTOR_COUNT, VECTORS as u32),
        (register::ENGINE_COUNT, config.engines.len() as u32),
    ];
    let words = config.engines.iter().flat_map(|e| e.capability.words());
    rows.extend((register::CAPABILITY_BASE..).step_by(4).zip(words));
    let row = |(offset, word)| (u64::from(offset), u64::from(word));
    rows.into_iter().map(row).collect()
}

impl Logic for CardRegisters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, cycles, held);

        self.cycles.d.next = self.cycles.q.val() + 1;
        if self.read.val() & (self.read_address.val() == self.cycles_low_offset.val()) {
            self.held.d.next = self.cycles.q.val().get_bits::<32>(32);
        }

        self.status.d[0].next = self.ready.val();
        self.status.d[1].next = self.resetting.val();
        self.status.d[2].next = self.needs_function_reset.val();
        self.busy.d[0].next = self.queue_engine_busy.val();
        for e in 0..self._engines {
            self.busy.d[e + 1].next = self.engine_busy[e].val();
        }
        self.values.key.next = self.read_address.val();
        self.values.d[0].next = self.status.q.val();
        self.values.d[1].next = self.cycles.q.val().get_bits::<32>(0);
        self.values.d[2].next = self.held.q.val();
        self.values.d[3].next = self.busy.q.val();
        self.values.d[4].next = self.reset_count.val();
        for e in 0..self._engines {
            self.values.d[e + 5].next = self.progress[e].val();
        }
        self.constants.address.next = self.read_address.val();
        self.read_data.next = self.constants.q.val() | self.values.q.val();

        self.soft_reset.next = self.write.val()
            & (self.write_address.val() == self.reset_offset.val())
            & (self.write_data.val() == self.reset_key.val());
        self.test_interrupt.next =
            self.write.val() & (self.write_address.val() == self.test_offset.val());
        self.test_vector.next = self.write_data.val();

        if self.reset.val() {
            self.cycles.d.next = 0.into();
        }
    }
}
