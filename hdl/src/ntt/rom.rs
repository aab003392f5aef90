//! Read-only memories.

use super::text::address_bits;
use num_bigint::BigUint;

/// A memory of constants, whose word leaves its output register two cycles after its address: block RAM.
#[derive(Clone, Debug)]
pub(super) struct Rom {
    /// The name of its module.
    pub name: String,
    /// Bits of a word.
    pub width: usize,
    /// The words; a power of two of them, at least two.
    pub words: Vec<BigUint>,
}

/// Cycles from the address to the word.
pub(super) const ROM_LATENCY: usize = 2;

impl Rom {
    pub fn address_bits(&self) -> usize {
        address_bits(self.words.len())
    }

    /// The module.
    pub fn core(&self) -> String {
        let Self { name, width, words } = self;
        let (top, address, last) = (width - 1, self.address_bits(), words.len() - 1);
        let head = format!(
            "module {name} (\n  input wire clock,\n  input wire [{}:0] address,\n  output reg [{top}:0] q\n);\n",
            address - 1
        );
        let content: String = words
            .iter()
            .enumerate()
            .map(|(place, word)| format!("    words[{place}] = {width}'h{word:x};\n"))
            .collect();
        format!(
            "{head}  reg [{top}:0] words [0:{last}];
  reg [{top}:0] word;
  initial begin
{content}  end
  always @(posedge clock) begin
    word <= words[address];
    q <= word;
  end
endmodule
"
        )
    }
}
