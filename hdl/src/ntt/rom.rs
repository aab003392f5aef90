//! Read-only memories.

use super::text::address_bits;
use gristmill_datapath::Fill;
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

    /// The module. In the fast fill the words are those of a C++ function, because a simulator takes long to
    /// compile that many constants.
    pub fn core(&self, fill: Fill) -> String {
        let Self { name, width, words } = self;
        let (top, address, last) = (width - 1, self.address_bits(), words.len() - 1);
        let head = format!(
            "module {name} (\n  input wire clock,\n  input wire [{}:0] address,\n  output reg [{top}:0] q\n);\n",
            address - 1
        );
        if fill == Fill::Fast {
            return format!(
                "{head}  import \"DPI-C\" function void gristmill_{name}(input int unsigned address, output bit [{top}:0] word);
  reg [{top}:0] word;
  always @(posedge clock) begin
    q <= word;
    gristmill_{name}({{{}'d0, address}}, word);
  end
endmodule
",
                32 - address
            );
        }
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

    /// The C++ function of the fast fill.
    pub fn function(&self) -> String {
        let Self { name, width, words } = self;
        let limbs = width.div_ceil(32);
        let content: String = words
            .iter()
            .map(|word| {
                let mut digits = word.to_u32_digits();
                digits.resize(limbs, 0);
                let digits: Vec<String> =
                    digits.iter().map(|digit| format!("{digit:#x}")).collect();
                format!("{{{}}},\n", digits.join(","))
            })
            .collect();
        format!(
            "static const uint32_t words_of_{name}[{}][{limbs}] = {{
{content}}};
extern \"C\" void gristmill_{name}(unsigned int address, svBitVecVal* word) {{
  std::memcpy(word, words_of_{name}[address], sizeof words_of_{name}[0]);
}}
",
            words.len(),
        )
    }
}
