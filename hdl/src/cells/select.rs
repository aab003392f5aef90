//! Selections whose keys and positions come from a constructor: tables, multiplexers, packed bits.

use rust_hdl_core::prelude::*;

/// Constants by address: `q` is the word at `address`, zero where there is none. Latency 0.
#[derive(LogicBlock, Default)]
pub struct ConstantTable<const D: usize, const A: usize> {
    /// Address.
    pub address: Signal<In, Bits<A>>,
    /// Word.
    pub q: Signal<Out, Bits<D>>,
    _rows: Vec<(u64, u64)>,
}

impl<const D: usize, const A: usize> ConstantTable<D, A> {
    /// A table of (address, word) rows.
    pub fn new(rows: Vec<(u64, u64)>) -> Self {
        Self {
            _rows: rows,
            ..Default::default()
        }
    }
}

impl<const D: usize, const A: usize> Logic for ConstantTable<D, A> {
    fn update(&mut self) {
        let address = self.address.val().index() as u64;
        let row = self._rows.iter().find(|row| row.0 == address);
        self.q.next = row.map_or(0, |row| row.1).into();
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let rows = self._rows.iter().map(|(key, word)| {
            let word = format!("{D}'h{word:x}");
            (*key, word)
        });
        super::leaf(case::<D, A>("address", rows))
    }
}

/// The input whose key is `key`, zero where no key fits. Latency 0.
#[derive(LogicBlock, Default)]
pub struct KeyedSelect<const D: usize, const A: usize> {
    /// Key.
    pub key: Signal<In, Bits<A>>,
    /// Inputs, in the order of their keys in the constructor.
    pub d: Vec<Signal<In, Bits<D>>>,
    /// The input chosen.
    pub q: Signal<Out, Bits<D>>,
    _keys: Vec<u64>,
}

impl<const D: usize, const A: usize> KeyedSelect<D, A> {
    /// A multiplexer with one input for each of these keys.
    pub fn new(keys: Vec<u64>) -> Self {
        Self {
            d: keys.iter().map(|_| Default::default()).collect(),
            _keys: keys,
            ..Default::default()
        }
    }
}

impl<const D: usize, const A: usize> Logic for KeyedSelect<D, A> {
    fn update(&mut self) {
        let key = self.key.val().index() as u64;
        let place = self._keys.iter().position(|k| *k == key);
        self.q.next = place.map_or(Bits::default(), |i| self.d[i].val());
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let rows = self._keys.iter().enumerate();
        super::leaf(case::<D, A>(
            "key",
            rows.map(|(i, key)| (*key, format!("d${i}"))),
        ))
    }
}

/// `q` as a case of `key` over the rows (key, expression).
fn case<const D: usize, const A: usize>(
    key: &str,
    rows: impl Iterator<Item = (u64, String)>,
) -> String {
    let rows: String = rows
        .map(|(k, value)| format!("    {A}'h{k:x}: value = {value};\n"))
        .collect();
    format!(
        "reg {range}value;\nassign q = value;\nalways @(*)\n  case ({key})\n{rows}    default: value = {D}'d0;\n  endcase\n",
        range = super::range(D),
    )
}

/// Bits at given positions of a word, zeros elsewhere. Latency 0.
#[derive(LogicBlock, Default)]
pub struct Pack<const D: usize> {
    /// The bits, in the order of their positions in the constructor.
    pub d: Vec<Signal<In, Bit>>,
    /// The word.
    pub q: Signal<Out, Bits<D>>,
    _positions: Vec<usize>,
}

impl<const D: usize> Pack<D> {
    /// A word with a bit at each of these positions.
    pub fn new(positions: Vec<usize>) -> Self {
        Self {
            d: positions.iter().map(|_| Default::default()).collect(),
            _positions: positions,
            ..Default::default()
        }
    }
}

impl<const D: usize> Logic for Pack<D> {
    fn update(&mut self) {
        let mut word = Bits::<D>::default();
        for (bit, position) in self.d.iter().zip(&self._positions) {
            word = word.replace_bit(*position, bit.val());
        }
        self.q.next = word;
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let bit = |position| match self._positions.iter().position(|p| *p == position) {
            Some(i) => format!("d${i}"),
            None => "1'b0".into(),
        };
        let bits: Vec<String> = (0..D).rev().map(bit).collect();
        super::leaf(format!("assign q = {{{}}};\n", bits.join(", ")))
    }
}

/// D copies of one bit. Latency 0.
#[derive(LogicBlock, Default)]
pub struct Replicate<const D: usize> {
    /// The bit.
    pub d: Signal<In, Bit>,
    /// Its copies.
    pub q: Signal<Out, Bits<D>>,
}

impl<const D: usize> Logic for Replicate<D> {
    fn update(&mut self) {
        self.q.next = if self.d.val() {
            Bits::mask()
        } else {
            Bits::default()
        };
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        super::leaf(format!("assign q = {{{D}{{d}}}};\n"))
    }
}
