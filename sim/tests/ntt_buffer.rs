//! The buffers of the NTT engine: Verilog against the Rust model and against the permutations themselves, in every
//! mode, at every size and number of lanes.

use gristmill_hdl::emit;
use gristmill_hdl::ntt::order::{Geometry, Load, Store};
use gristmill_hdl::ntt::{BeatMask, READ_LATENCY, Reversed, Side, TransposeBuffer, WRITE_LATENCY};
use gristmill_sim::verilator::{Design, Model, ModelLibrary, lint};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;
use rust_hdl_core::simulate::simulate;

fn geometry(lanes_log2: usize) -> Geometry {
    Geometry {
        lanes_log2,
        pass_log2: lanes_log2 + 3,
        tile_log2: 2 * lanes_log2 + 4,
        columns_log2: lanes_log2 + 2,
        split_log2: 1,
    }
}

/// A buffer in Rust and in Verilator, in step.
struct Bench<const W: usize> {
    buffer: TransposeBuffer<W>,
    model: Model,
    lanes: usize,
}

impl<const W: usize> Bench<W> {
    fn new(side: Side, geometry: Geometry) -> Self {
        let mut buffer = TransposeBuffer::new(side, geometry);
        buffer.connect_all();
        let verilog = emit::verilog(&buffer, "buffer").unwrap().text();
        lint(&verilog, "buffer").unwrap();
        let design = Design::new("buffer", verilog);
        let model = ModelLibrary::build(&design).unwrap().instantiate().unwrap();
        Self {
            buffer,
            model,
            lanes: 1 << geometry.lanes_log2,
        }
    }

    /// One cycle with these inputs; the beat at the output.
    fn cycle(&mut self, write: Option<(Tile, usize, Vec<u64>)>, read: (Tile, usize)) -> Vec<u64> {
        let element = W / self.lanes;
        let set = |model: &mut Model, name: &str, value: u64| {
            let port = model.input(name).unwrap();
            model.set(port, value);
        };
        self.buffer.write.next = write.is_some();
        set(&mut self.model, "write", u64::from(write.is_some()));
        if let Some((tile, beat, words)) = write {
            let mut bits = Bits::<W>::default();
            for word in words.iter().rev() {
                bits = (bits << element as u64) | bit_cast::<W, 64>((*word).into());
            }
            self.buffer.d.next = bits;
            let port = self.model.input("d").unwrap();
            let bytes: Vec<u8> = (0..W / 8)
                .map(|i| (words[8 * i / element] >> (8 * i % element)) as u8)
                .collect();
            self.model.set_bytes(port, &bytes);
            self.buffer.write_mode.next = tile.mode.into();
            self.buffer.write_size.next = tile.size.into();
            self.buffer.write_base.next = tile.base.into();
            self.buffer.write_beat.next = (beat as u64).into();
            set(&mut self.model, "write_mode", tile.mode);
            set(&mut self.model, "write_size", tile.size);
            set(&mut self.model, "write_base", tile.base);
            set(&mut self.model, "write_beat", beat as u64);
        }
        let (tile, beat) = read;
        self.buffer.read_mode.next = tile.mode.into();
        self.buffer.read_size.next = tile.size.into();
        self.buffer.read_base.next = tile.base.into();
        self.buffer.read_beat.next = (beat as u64).into();
        set(&mut self.model, "read_mode", tile.mode);
        set(&mut self.model, "read_size", tile.size);
        set(&mut self.model, "read_base", tile.base);
        set(&mut self.model, "read_beat", beat as u64);

        self.buffer.clock.next = Clock { clk: true };
        assert!(simulate(&mut self.buffer, 20));
        self.buffer.clock.next = Clock { clk: false };
        assert!(simulate(&mut self.buffer, 20));
        self.model.cycle().unwrap();
        self.model.settle().unwrap();
        let q = self.buffer.q.val();
        let mask = u64::MAX >> (64 - element);
        let words = (0..self.lanes).map(|lane| {
            let word = q >> (lane * element) as u64;
            word.get_bits::<64>(0).to_u64() & mask
        });
        let words: Vec<u64> = words.collect();
        let bytes = self.model.bytes(self.model.output("q").unwrap());
        for (lane, word) in words.iter().enumerate() {
            let mut slice = [0; 8];
            slice[..element / 8].copy_from_slice(&bytes[lane * element / 8..][..element / 8]);
            assert_eq!(u64::from_le_bytes(slice), *word, "model and Verilog");
        }
        words
    }
}

#[derive(Clone, Copy, Debug)]
struct Tile {
    mode: u64,
    size: u64,
    base: u64,
}

/// Writes a tile in the writer's order and reads it in the reader's.
fn check<const W: usize>(bench: &mut Bench<W>, side: Side, tile: Tile, bits: &[usize], seed: u64) {
    let lanes = bench.lanes;
    let beats = (1 << bits.len()) / lanes;
    let mut random = SmallRng::seed_from_u64(seed);
    let mask = u64::MAX >> (64 - W / lanes);
    let values: Vec<u64> = (0..beats * lanes)
        .map(|_| random.r#gen::<u64>() & mask)
        .collect();
    // values are by position in the pipeline's order
    let memory = |position: usize| {
        let place = |sum: usize, (bit, to): (usize, &usize)| sum | (position >> bit & 1) << to;
        bits.iter().enumerate().fold(0, place)
    };
    let mut by_memory = vec![0; values.len()];
    for (position, value) in values.iter().enumerate() {
        by_memory[memory(position)] = *value;
    }
    let (written, read) = match side {
        Side::Memory => (&by_memory, &values),
        Side::Pipeline => (&values, &by_memory),
    };
    for (beat, words) in written.chunks_exact(lanes).enumerate() {
        if random.gen_bool(0.2) {
            bench.cycle(None, (tile, beat));
        }
        bench.cycle(Some((tile, beat, words.to_vec())), (tile, 0));
    }
    for _ in 1..WRITE_LATENCY {
        bench.cycle(None, (tile, 0));
    }
    // the last beat first: it was written just now
    let order: Vec<usize> = (0..beats).rev().collect();
    for (i, beat) in order.iter().enumerate() {
        let words = bench.cycle(None, (tile, *beat));
        if i + 1 >= READ_LATENCY {
            let beat = order[i + 1 - READ_LATENCY];
            assert_eq!(
                words,
                read[beat * lanes..][..lanes],
                "{tile:?}, beat {beat}"
            );
        }
    }
}

fn every_mode<const W: usize>(lanes_log2: usize) {
    let geometry = geometry(lanes_log2);
    let half = 1 << (geometry.tile_log2 - geometry.lanes_log2);
    for side in [Side::Memory, Side::Pipeline] {
        let mut bench = Bench::<W>::new(side, geometry);
        for size in 0..=geometry.pass_log2 {
            for mode in 0..Load::ALL.len() {
                let bits = match side {
                    Side::Memory => Load::ALL[mode].permutation(&geometry, size),
                    Side::Pipeline => Store::ALL[mode].permutation(&geometry, size),
                };
                let Some(bits) = bits else { continue };
                for base in [0, half] {
                    let tile = Tile {
                        mode: mode as u64,
                        size: size as u64,
                        base,
                    };
                    check(&mut bench, side, tile, &bits, base + size as u64);
                }
            }
        }
    }
}

#[test]
fn two_lanes() {
    every_mode::<128>(1);
}

#[test]
fn four_lanes() {
    every_mode::<128>(2);
}

#[test]
fn eight_lanes() {
    every_mode::<64>(3);
}

#[test]
fn sixteen_lanes() {
    every_mode::<128>(4);
}

/// The leaves between buffer and pipeline.
#[derive(LogicBlock, Default)]
struct Leaves {
    clock: Signal<In, Clock>,
    d: Signal<In, Bits<128>>,
    rest: Signal<In, Bits<6>>,
    kept: Signal<In, Bits<6>>,
    lane_mask: Signal<In, Bits<5>>,
    number: Signal<In, Bits<24>>,
    q: Signal<Out, Bits<128>>,
    reversed: Signal<Out, Bits<24>>,
    mask: BeatMask<128>,
    reverse: Reversed<24>,
}

impl Logic for Leaves {
    #[hdl_gen]
    fn update(&mut self) {
        self.mask.d.next = self.d.val();
        self.mask.rest.next = self.rest.val();
        self.mask.kept.next = self.kept.val();
        self.mask.lane_mask.next = self.lane_mask.val();
        self.q.next = self.mask.q.val();
        self.reverse.d.next = self.number.val();
        self.reversed.next = self.reverse.q.val();
    }
}

#[test]
fn masks_and_reversed_numbers() {
    let mut leaves = Leaves {
        mask: BeatMask::new(8),
        ..Default::default()
    };
    leaves.connect_all();
    let verilog = emit::verilog(&leaves, "leaves").unwrap().text();
    lint(&verilog, "leaves").unwrap();
    let library = ModelLibrary::build(&Design::new("leaves", verilog)).unwrap();
    let mut model = library.instantiate().unwrap();
    let mut random = SmallRng::seed_from_u64(2);
    for _ in 0..500 {
        let words: [u64; 2] = random.r#gen();
        let (rest, kept) = (random.gen_range(0..=8u64), random.gen_range(0..=8u64));
        let lane_mask = [0, 1, 3, 7][random.gen_range(0..4)];
        let number: u64 = random.gen_range(0..1 << 24);
        leaves.d.next =
            bit_cast::<128, 64>(words[0].into()) | (bit_cast::<128, 64>(words[1].into()) << 64u64);
        leaves.rest.next = rest.into();
        leaves.kept.next = kept.into();
        leaves.lane_mask.next = lane_mask.into();
        leaves.number.next = number.into();
        assert!(simulate(&mut leaves, 20));
        let inputs = [
            ("rest", rest),
            ("kept", kept),
            ("lane_mask", lane_mask),
            ("number", number),
        ];
        for (name, value) in inputs {
            let port = model.input(name).unwrap();
            model.set(port, value);
        }
        let port = model.input("d").unwrap();
        model.set_bytes(port, &words.map(u64::to_le_bytes).concat());
        model.cycle().unwrap();
        let found = model.bytes(model.output("q").unwrap());
        for lane in 0..8u64 {
            let half = words[lane as usize / 4] >> (16 * (lane % 4)) as u32 & 0xffff;
            let there = lane < rest && lane & lane_mask < kept;
            let wanted = if there { half } else { 0 };
            let model_word = leaves.q.val() >> (16 * lane);
            assert_eq!(model_word.get_bits::<16>(0).to_u64(), wanted);
            let bytes = &found[2 * lane as usize..][..2];
            assert_eq!(u64::from(bytes[0]) | u64::from(bytes[1]) << 8, wanted);
        }
        let wanted = u64::from((number as u32).reverse_bits() >> 8);
        assert_eq!(leaves.reversed.val().to_u64(), wanted);
        assert_eq!(model.get(model.output("reversed").unwrap()), wanted);
    }
}
