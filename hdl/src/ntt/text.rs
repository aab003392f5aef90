//! Parts of the text of leaves.

use crate::cells::range;
use gristmill_datapath::Field;

/// How elements stand in a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub lanes: usize,
    /// Bits of an element's word.
    pub word: usize,
    /// Bits of an element below the modulus.
    pub bits: usize,
}

impl Layout {
    pub fn new(field: &Field, lanes: usize) -> Self {
        Self {
            lanes,
            word: field.word_bits(),
            bits: field.bits,
        }
    }

    pub fn width(&self) -> usize {
        self.lanes * self.word
    }

    /// The element of a lane of a beat.
    pub fn element(&self, beat: &str, lane: usize) -> String {
        let low = lane * self.word;
        format!("{beat}[{}:{low}]", low + self.bits - 1)
    }

    /// A beat of elements, that of lane 0 first.
    pub fn beat(&self, elements: &[String]) -> String {
        let pad = match self.word - self.bits {
            0 => String::new(),
            bits => format!("{bits}'d0, "),
        };
        let parts: Vec<String> = elements
            .iter()
            .rev()
            .map(|element| format!("{pad}{element}"))
            .collect();
        format!("{{{}}}", parts.join(", "))
    }

    /// A wire that reads the bits of a beat inside the module that no element has.
    pub fn unused(&self, beat: &str) -> String {
        if self.word == self.bits {
            return String::new();
        }
        let pads: Vec<String> = (0..self.lanes)
            .map(|lane| {
                let low = lane * self.word;
                format!("{beat}[{}:{}]", low + self.word - 1, low + self.bits)
            })
            .collect();
        format!("wire unused_{beat} = &{{1'b0, {}}};\n", pads.join(", "))
    }
}

/// The declaration of `name`, which is `value` of `cycles` cycles before, zero until then.
pub(crate) fn delay(name: &str, value: &str, width: usize, cycles: usize) -> String {
    let range = range(width);
    match cycles {
        0 => format!("wire {range}{name} = {value};\n"),
        1..=4 => {
            let mut text = String::new();
            let mut from = value.to_owned();
            for cycle in 1..=cycles {
                let to = match cycle == cycles {
                    true => name.into(),
                    false => format!("{name}_{cycle}"),
                };
                text += &format!(
                    "reg {range}{to};\ninitial {to} = {width}'d0;\nalways @(posedge clock) {to} <= {from};\n"
                );
                from = to;
            }
            text
        }
        _ => {
            let last = cycles - 2;
            let bits = address_bits(last + 1);
            format!(
                "reg {range}{name}_line [0:{last}];
reg {range}{name};
reg {place_range}{name}_place;
integer {name}_k;
initial begin
  {name} = {width}'d0;
  {name}_place = {bits}'d0;
  for ({name}_k = 0; {name}_k <= {last}; {name}_k = {name}_k + 1) {name}_line[{name}_k] = {width}'d0;
end
always @(posedge clock) begin
  {name} <= {name}_line[{name}_place];
  {name}_line[{name}_place] <= {value};
  {name}_place <= {name}_place == {bits}'d{last} ? {bits}'d0 : {name}_place + {bits}'d1;
end
",
                place_range = crate::cells::range(bits),
            )
        }
    }
}

/// Bits that number so many things, at least 1.
pub(super) fn address_bits(count: usize) -> usize {
    ((usize::BITS - (count - 1).leading_zeros()) as usize).max(1)
}
