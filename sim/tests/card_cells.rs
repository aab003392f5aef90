//! The leaf cells of the core: their models in Rust against their Verilog.

use gristmill_hdl::card::completion::CompletionSlot;
use gristmill_hdl::card::config::{CoreConfig, EngineConfig};
use gristmill_hdl::card::decoder::Decoder;
use gristmill_hdl::cells::{
    BeatsToSlot, ConstantTable, KeyedSelect, Pack, Replicate, SLOT_BITS, SlotToBeats,
};
use gristmill_protocol::{Completion, EngineCapability, Opcode};
use gristmill_sim::verilator::{Design, Model, ModelLibrary};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;
use rust_hdl_core::simulate::simulate;

/// Every leaf, on common inputs.
#[derive(LogicBlock, Default)]
struct Leaves {
    clock: Signal<In, Clock>,
    slot: Signal<In, Bits<SLOT_BITS>>,
    key: Signal<In, Bits<4>>,
    push: Signal<In, Bit>,
    load: Signal<In, Bit>,
    constant: Signal<Out, Bits<32>>,
    selected: Signal<Out, Bits<8>>,
    flags: Signal<Out, Bits<8>>,
    copies: Signal<Out, Bits<5>>,
    gathered: Signal<Out, Bits<SLOT_BITS>>,
    wide: Signal<Out, Bits<SLOT_BITS>>,
    beat: Signal<Out, Bits<64>>,
    half: Signal<Out, Bits<256>>,
    known: Signal<Out, Bit>,
    executor: Signal<Out, Bits<4>>,
    admin: Signal<Out, Bit>,
    first: Signal<Out, Bit>,
    second: Signal<Out, Bit>,
    reserved: Signal<Out, Bit>,
    reserved_word: Signal<Out, Bits<3>>,
    completion: Signal<Out, Bits<SLOT_BITS>>,
    table: ConstantTable<32, 4>,
    select: KeyedSelect<8, 4>,
    pack: Pack<8>,
    replicate: Replicate<5>,
    gather: BeatsToSlot<128>,
    gather_wide: BeatsToSlot<SLOT_BITS>,
    hand_out: SlotToBeats<64>,
    hand_out_wide: SlotToBeats<256>,
    decoder: Decoder,
    builder: CompletionSlot,
}

impl Logic for Leaves {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, gather, gather_wide, hand_out, hand_out_wide);
        self.table.address.next = self.key.val();
        self.constant.next = self.table.q.val();
        self.select.key.next = self.key.val();
        self.select.d[0].next = self.slot.val().get_bits::<8>(0);
        self.select.d[1].next = self.slot.val().get_bits::<8>(8);
        self.select.d[2].next = self.slot.val().get_bits::<8>(16);
        self.selected.next = self.select.q.val();
        self.pack.d[0].next = self.push.val();
        self.pack.d[1].next = self.load.val();
        self.flags.next = self.pack.q.val();
        self.replicate.d.next = self.push.val();
        self.copies.next = self.replicate.q.val();
        self.gather.push.next = self.push.val();
        self.gather.d.next = self.slot.val().get_bits::<128>(64);
        self.gathered.next = self.gather.q.val();
        self.gather_wide.push.next = self.push.val();
        self.gather_wide.d.next = self.slot.val();
        self.wide.next = self.gather_wide.q.val();
        self.hand_out.load.next = self.load.val();
        self.hand_out.d.next = self.slot.val();
        self.hand_out.pop.next = self.push.val();
        self.beat.next = self.hand_out.q.val();
        self.hand_out_wide.load.next = self.load.val();
        self.hand_out_wide.d.next = self.slot.val();
        self.hand_out_wide.pop.next = self.push.val();
        self.half.next = self.hand_out_wide.q.val();
        self.decoder.descriptor.next = self.slot.val();
        self.known.next = self.decoder.known.val();
        self.executor.next = self.decoder.executor.val();
        self.admin.next = self.decoder.admin.val();
        self.first.next = self.decoder.first.val();
        self.second.next = self.decoder.second.val();
        self.reserved.next = self.decoder.reserved.val();
        self.reserved_word.next = self.decoder.reserved_word.val();
        self.builder.counters.next = self.slot.val().get_bits::<352>(0);
        self.builder.submission_head.next = self.slot.val().get_bits::<16>(352);
        self.builder.detail.next = self.slot.val().get_bits::<64>(384);
        self.builder.tag.next = self.slot.val().get_bits::<32>(448);
        self.builder.status.next = self.slot.val().get_bits::<16>(480);
        self.builder.phase.next = self.push.val();
        self.completion.next = self.builder.q.val();
    }
}

fn leaves() -> Leaves {
    let engine = EngineConfig {
        capability: EngineCapability::default(),
        opcodes: vec![Opcode::Msm],
        slots: 1,
    };
    let mut leaves = Leaves {
        table: ConstantTable::new(vec![(1, 0xdead_beef), (9, 7)]),
        select: KeyedSelect::new(vec![3, 9, 12]),
        pack: Pack::new(vec![6, 1]),
        decoder: Decoder::new(&CoreConfig {
            engines: vec![engine],
            ..CoreConfig::default()
        }),
        ..Default::default()
    };
    leaves.connect_all();
    leaves
}

fn bits<const N: usize>(model: &Model, name: &str) -> Bits<N> {
    let words = model.words(model.output(name).unwrap());
    let mut all = Bits::<N>::default();
    for bit in 0..N {
        all = all.replace_bit(bit, words[bit / 32] >> (bit % 32) & 1 == 1);
    }
    all
}

/// Descriptors that are almost right, and others.
fn slot(random: &mut SmallRng) -> [u64; 8] {
    let opcode = Opcode::ALL[random.gen_range(0..Opcode::ALL.len())];
    let mut words: [u64; 8] = random.r#gen();
    if random.gen_bool(0.9) {
        for (word, used) in words.iter_mut().zip(opcode.used_bits()) {
            *word &= used;
        }
        words[0] = words[0] & !0xff | u64::from(opcode.code());
    }
    if random.gen_bool(0.4) {
        words[random.gen_range(0..8)] |= 1 << random.gen_range(0..64);
    }
    words
}

#[test]
fn the_leaves_of_the_core_are_what_their_models_say() {
    let mut rust = leaves();
    let verilog = gristmill_hdl::emit::verilog(&rust, "leaves")
        .unwrap()
        .text();
    let library = ModelLibrary::build(&Design::new("leaves", verilog)).unwrap();
    let mut model = library.instantiate().unwrap();
    let input = |model: &Model, name: &str| model.input(name).unwrap();
    let mut random = SmallRng::seed_from_u64(1);
    for _ in 0..3000 {
        let words = slot(&mut random);
        let (key, push, load) = (
            random.gen_range(0..16),
            random.r#gen(),
            random.gen_bool(0.2),
        );
        let mut wide = Bits::<SLOT_BITS>::default();
        for (i, word) in words.into_iter().enumerate() {
            wide.set_bits::<64>(64 * i, word.into());
        }
        rust.slot.next = wide;
        rust.key.next = key.into();
        rust.push.next = push;
        rust.load.next = load;
        simulate(&mut rust, 20);
        for level in [true, false] {
            rust.clock.next = Clock { clk: level };
            simulate(&mut rust, 20);
        }
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let port = input(&model, "slot");
        model.set_bytes(port, &bytes);
        for (name, value) in [("key", key), ("push", push.into()), ("load", load.into())] {
            let port = input(&model, name);
            model.set(port, value);
        }
        model.cycle().unwrap();
        model.settle().unwrap();

        assert_eq!(rust.constant.val(), bits(&model, "constant"));
        assert_eq!(rust.selected.val(), bits(&model, "selected"));
        assert_eq!(rust.flags.val(), bits(&model, "flags"));
        assert_eq!(rust.copies.val(), bits(&model, "copies"));
        assert_eq!(rust.gathered.val(), bits(&model, "gathered"));
        assert_eq!(rust.wide.val(), bits(&model, "wide"));
        assert_eq!(rust.beat.val(), bits(&model, "beat"));
        assert_eq!(rust.half.val(), bits(&model, "half"));
        assert_eq!(rust.completion.val(), bits(&model, "completion"));
        assert_eq!(Bits::<1>::from(rust.known.val()), bits(&model, "known"));
        if rust.known.val() {
            assert_eq!(rust.executor.val(), bits(&model, "executor"));
            assert_eq!(Bits::<1>::from(rust.admin.val()), bits(&model, "admin"));
            assert_eq!(Bits::<1>::from(rust.first.val()), bits(&model, "first"));
            assert_eq!(Bits::<1>::from(rust.second.val()), bits(&model, "second"));
            assert_eq!(
                Bits::<1>::from(rust.reserved.val()),
                bits(&model, "reserved")
            );
            assert_eq!(rust.reserved_word.val(), bits(&model, "reserved_word"));
        }

        // the slot is the protocol's
        let mut expected = Completion::from_words(words);
        expected.link_bytes = expected.link_bytes.wrapping_add(128);
        expected.phase = push;
        let written = expected.words();
        for (i, word) in written.into_iter().enumerate() {
            assert_eq!(rust.completion.val().get_bits::<64>(64 * i).to_u64(), word);
        }
    }
}
