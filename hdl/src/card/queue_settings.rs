//! What the host sets of a queue.

use crate::cells::{Fixed, KeyedSelect, Pack, Register};
use gristmill_protocol::register::{self, control_bits};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// Offsets of the words that are `locked` while the queue is not off.
const SETTINGS: [u32; 7] = [
    register::SUBMISSION_LOW,
    register::SUBMISSION_HIGH,
    register::COMPLETION_LOW,
    register::COMPLETION_HIGH,
    register::SIZE_LOG2,
    register::VECTOR,
    register::DOMAIN,
];

/// A queue's rings, size, vector and domain, and its `CONTROL`. Writes act in the next cycle; reads are
/// answered in the same one, with zero for an offset that is not here.
#[derive(LogicBlock)]
pub struct QueueSettings {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// All zero.
    pub reset: Signal<In, Bit>,
    /// One cycle: write.
    pub write: Signal<In, Bit>,
    /// Byte offset in the queue's block.
    pub write_offset: Signal<In, Bits<6>>,
    /// Word to write.
    pub write_data: Signal<In, Bits<32>>,
    /// Writes to all but `CONTROL` are ignored.
    pub locked: Signal<In, Bit>,
    /// Byte offset in the queue's block.
    pub read_offset: Signal<In, Bits<6>>,
    /// The word there.
    pub read_data: Signal<Out, Bits<32>>,
    /// Host address of the submission ring.
    pub submission: Signal<Out, Bits<64>>,
    /// Host address of the completion ring.
    pub completion: Signal<Out, Bits<64>>,
    /// Binary logarithm of their entries.
    pub size_log2: Signal<Out, Bits<32>>,
    /// Interrupt vector.
    pub vector: Signal<Out, Bits<32>>,
    /// Domain.
    pub domain: Signal<Out, Bits<8>>,
    /// The queue is to run.
    pub enabled: Signal<Out, Bit>,
    /// Completions raise the vector.
    pub interrupts: Signal<Out, Bit>,
    offset: Vec<Fixed<Bits<6>>>,
    control_offset: Fixed<Bits<6>>,
    enable_mask: Fixed<Bits<32>>,
    interrupt_mask: Fixed<Bits<32>>,
    setting: Vec<Register<Bits<32>>>,
    enable: Register<Bit>,
    interrupt: Register<Bit>,
    control: Pack<32>,
    values: KeyedSelect<32, 6>,
    _settings: usize,
}

impl Default for QueueSettings {
    fn default() -> Self {
        let keys = SETTINGS.into_iter().chain([register::CONTROL]);
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            write_offset: Default::default(),
            write_data: Default::default(),
            locked: Default::default(),
            read_offset: Default::default(),
            read_data: Default::default(),
            submission: Default::default(),
            completion: Default::default(),
            size_log2: Default::default(),
            vector: Default::default(),
            domain: Default::default(),
            enabled: Default::default(),
            interrupts: Default::default(),
            offset: SETTINGS.map(|o| Fixed::new(o.to_bits())).into(),
            control_offset: Fixed::new(register::CONTROL.to_bits()),
            enable_mask: Fixed::new(control_bits::ENABLE.to_bits()),
            interrupt_mask: Fixed::new(control_bits::INTERRUPT.to_bits()),
            setting: SETTINGS.map(|_| Default::default()).into(),
            enable: Default::default(),
            interrupt: Default::default(),
            control: Pack::new(
                [control_bits::ENABLE, control_bits::INTERRUPT]
                    .map(|mask| mask.trailing_zeros() as usize)
                    .into(),
            ),
            values: KeyedSelect::new(keys.map(u64::from).collect()),
            _settings: SETTINGS.len(),
        }
    }
}

impl Logic for QueueSettings {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, enable, interrupt);
        for i in 0..self._settings {
            self.setting[i].clock.next = self.clock.val();
            self.setting[i].d.next = self.setting[i].q.val();
            if self.write.val()
                & !self.locked.val()
                & (self.write_offset.val() == self.offset[i].val())
            {
                self.setting[i].d.next = self.write_data.val();
            }
            if self.reset.val() {
                self.setting[i].d.next = 0.into();
            }
            self.values.d[i].next = self.setting[i].q.val();
        }
        if self.write.val() & (self.write_offset.val() == self.control_offset.val()) {
            self.enable.d.next = (self.write_data.val() & self.enable_mask.val()).any();
            self.interrupt.d.next = (self.write_data.val() & self.interrupt_mask.val()).any();
        }
        if self.reset.val() {
            self.enable.d.next = false;
            self.interrupt.d.next = false;
        }

        self.control.d[0].next = self.enable.q.val();
        self.control.d[1].next = self.interrupt.q.val();
        self.values.d[7].next = self.control.q.val();
        self.values.key.next = self.read_offset.val();
        self.read_data.next = self.values.q.val();

        self.submission.next = (bit_cast::<64, 32>(self.setting[1].q.val()) << 32)
            | bit_cast::<64, 32>(self.setting[0].q.val());
        self.completion.next = (bit_cast::<64, 32>(self.setting[3].q.val()) << 32)
            | bit_cast::<64, 32>(self.setting[2].q.val());
        self.size_log2.next = self.setting[4].q.val();
        self.vector.next = self.setting[5].q.val();
        self.domain.next = self.setting[6].q.val().get_bits::<8>(0);
        self.enabled.next = self.enable.q.val();
        self.interrupts.next = self.interrupt.q.val();
    }
}
