//! What a descriptor is: who executes it, and what is wrong with its bits.

use super::config::CoreConfig;
use crate::cells::{SLOT_BITS, leaf};
use gristmill_protocol::{Handle, Opcode, SLOT_WORDS, descriptor::flag};
use rust_hdl_core::prelude::*;

/// Executor of what is answered at once.
pub const ANSWER: usize = 0;
/// Executor of copies and changes of the region table.
pub const COPY: usize = 1;
/// Executor of engine 0; the others follow.
pub const FIRST_ENGINE: usize = 2;

/// Bits of a word that holds a handle.
const HANDLE_BITS: u64 = Handle {
    index: u16::MAX,
    generation: u32::MAX,
}
.pack();

/// An opcode that the card serves.
#[derive(Clone, Debug)]
struct Row {
    opcode: Opcode,
    executor: usize,
}

impl Row {
    fn admin(&self) -> bool {
        matches!(self.opcode, Opcode::RegionSet | Opcode::RegionClear)
    }
    /// Word 3 or word 7 holds a handle.
    fn handle(&self, word: usize) -> bool {
        self.opcode.used_bits()[word] == HANDLE_BITS
    }
    /// Flags with which word 3 names no region.
    fn without_first(&self) -> u16 {
        match self.opcode {
            Opcode::Msm => flag::BASES_STREAMED,
            _ => 0,
        }
    }
}

/// Decodes a descriptor. Latency 0. Only `known` has a meaning when it is low.
#[derive(LogicBlock, Default)]
pub struct Decoder {
    /// The descriptor.
    pub descriptor: Signal<In, Bits<SLOT_BITS>>,
    /// The card serves its opcode.
    pub known: Signal<Out, Bit>,
    /// The executor: [`ANSWER`], [`COPY`], or an engine.
    pub executor: Signal<Out, Bits<4>>,
    /// For the admin queue only.
    pub admin: Signal<Out, Bit>,
    /// Word 3 is the handle of a region.
    pub first: Signal<Out, Bit>,
    /// Word 7 is the handle of a region, or zero.
    pub second: Signal<Out, Bit>,
    /// A reserved bit is set.
    pub reserved: Signal<Out, Bit>,
    /// Index of the first word with such a bit; the last one when there is none.
    pub reserved_word: Signal<Out, Bits<3>>,
    _rows: Vec<Row>,
}

impl Decoder {
    /// The decoder of a card with this configuration.
    pub fn new(config: &CoreConfig) -> Self {
        let core = [
            (Opcode::Nop, ANSWER),
            (Opcode::RegionSet, COPY),
            (Opcode::RegionClear, COPY),
            (Opcode::CopyToCard, COPY),
            (Opcode::CopyFromCard, COPY),
        ];
        let engines = config.engines.iter().enumerate().flat_map(|(e, engine)| {
            let executor = FIRST_ENGINE + e;
            engine.opcodes.iter().map(move |opcode| (*opcode, executor))
        });
        Self {
            _rows: core
                .into_iter()
                .chain(engines)
                .map(|(opcode, executor)| Row { opcode, executor })
                .collect(),
            ..Default::default()
        }
    }
}

impl Logic for Decoder {
    fn update(&mut self) {
        let words: [u64; SLOT_WORDS] =
            std::array::from_fn(|i| self.descriptor.val().get_bits::<64>(64 * i).to_u64());
        let row = self
            ._rows
            .iter()
            .find(|row| row.opcode.code() == words[0] as u8);
        self.known.next = row.is_some();
        let Some(row) = row else { return };
        let flags = (words[0] >> 16) as u16;
        let used = row.opcode.used_bits();
        let reserved = (0..SLOT_WORDS).find(|i| words[*i] & !used[*i] != 0);
        self.executor.next = row.executor.to_bits();
        self.admin.next = row.admin();
        self.first.next = row.handle(3) && flags & row.without_first() == 0;
        self.second.next = row.handle(7);
        self.reserved.next = reserved.is_some();
        self.reserved_word.next = reserved.unwrap_or(SLOT_WORDS - 1).to_bits();
    }
    fn connect(&mut self) {
        self.known.connect();
        self.executor.connect();
        self.admin.connect();
        self.first.connect();
        self.second.connect();
        self.reserved.connect();
        self.reserved_word.connect();
    }
    fn hdl(&self) -> Verilog {
        let rows: String = self
            ._rows
            .iter()
            .map(|row| {
                let used: String = row
                    .opcode
                    .used_bits()
                    .iter()
                    .rev()
                    .map(|w| format!("{w:016x}"))
                    .collect();
                format!(
                    "    8'h{:x}: begin\n      row = {{1'b1, 4'd{}, 1'b{}, 1'b{}, 1'b{}}};\n      without_first = 16'h{:x};\n      used = {SLOT_BITS}'h{used};\n    end\n",
                    row.opcode.code(),
                    row.executor,
                    u8::from(row.admin()),
                    u8::from(row.handle(3)),
                    u8::from(row.handle(7)),
                    row.without_first(),
                )
            })
            .collect();
        let extra: Vec<String> = (0..SLOT_WORDS)
            .rev()
            .map(|i| format!("|extra[{}:{}]", 64 * i + 63, 64 * i))
            .collect();
        let word: String = (0..SLOT_WORDS - 1)
            .map(|i| format!("words[{i}] ? 3'd{i} : "))
            .collect();
        leaf(format!(
            "reg [7:0] row;
reg [15:0] without_first;
reg [{last}:0] used;
always @(*)
  case (descriptor[7:0])
{rows}    default: begin
      row = 8'd0;
      without_first = 16'd0;
      used = {SLOT_BITS}'d0;
    end
  endcase
wire [{last}:0] extra = descriptor & ~used;
wire [{words}:0] words = {{{extra}}};
assign known = row[7];
assign executor = row[6:3];
assign admin = row[2];
assign first = row[1] && (descriptor[31:16] & without_first) == 16'd0;
assign second = row[0];
assign reserved = |words;
assign reserved_word = {word}3'd{words};
",
            last = SLOT_BITS - 1,
            words = SLOT_WORDS - 1,
            extra = extra.join(", "),
        ))
    }
}
