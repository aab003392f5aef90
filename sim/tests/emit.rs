//! The emitted Verilog does what rust-hdl's simulator does with the same block, cycle by cycle.

use gristmill_hdl::cells::{Fifo, Fixed, Register, ToggleMemory};
use gristmill_hdl::emit;
use gristmill_sim::verilator::{Design, ModelLibrary, Optimise, Options, lint};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
struct Tag {
    valid: Bit,
    place: Bits<5>,
}

#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
struct Word {
    tag: Tag,
    data: Bits<10>,
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Phase {
    Idle,
    Run,
    Drain,
}

#[derive(LogicInterface, Default)]
struct Lane {
    d: Signal<In, Bits<8>>,
    q: Signal<Out, Bits<8>>,
}

/// A value behind a register, joined to its parent by an interface.
#[derive(LogicBlock, Default)]
struct Stage {
    clock: Signal<In, Clock>,
    lane: Lane,
    value: Register<Bits<8>>,
}

impl Logic for Stage {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, value);
        self.value.d.next = self.lane.d.val() ^ (self.value.q.val() >> 1);
        self.lane.q.next = self.value.q.val();
    }
}

/// One of everything that a kernel may contain.
#[derive(LogicBlock, Default)]
struct Kernel {
    clock: Signal<In, Clock>,
    start: Signal<In, Bit>,
    a: Signal<In, Bits<8>>,
    b: Signal<In, Bits<40>>,
    place: Signal<In, Bits<3>>,
    lane: Lane,
    sum: Signal<Out, Bits<8>>,
    carry: Signal<Out, Bits<9>>,
    part: Signal<Out, Bits<4>>,
    top: Signal<Out, Bits<16>>,
    replaced: Signal<Out, Bits<8>>,
    shifted: Signal<Out, Bits<40>>,
    flags: Signal<Out, Bits<4>>,
    busy: Signal<Out, Bit>,
    fields: Signal<Out, Bits<10>>,
    queued: Signal<Out, Bits<8>>,
    level: Signal<Out, Bits<16>>,
    toggled: Signal<Out, Bit>,
    limit: Fixed<Bits<8>>,
    total: Signal<Local, Bits<8>>,
    word: Signal<Local, Word>,
    phase: Register<Phase>,
    saved: Register<Word>,
    stage: Stage,
    queue: [Fifo<Bits<8>, 2>; 2],
    bits: ToggleMemory<3>,
    asked: Register<Bits<3>>,
}

impl Logic for Kernel {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, saved, asked);
        clock!(self, clock, stage, bits);
        Lane::link(&mut self.lane, &mut self.stage.lane);
        self.total.next = self.a.val();
        for i in 0..2 {
            self.queue[i].clock.next = self.clock.val();
            self.queue[i].clear.next = self.busy.val() & (self.a.val() == 255);
            self.queue[i].push.next = self.start.val() & (self.queue[i].level.val() < 4);
            self.queue[i].d.next = self.a.val() ^ (self.b.val().get_bits::<8>(i * 8));
            self.queue[i].pop.next = self.queue[i].valid.val() & self.b.val().get_bit(i);
            self.total.next = self.total.val() + self.b.val().get_bits::<8>(i * 16);
        }
        self.queued.next = self.queue[0].q.val() ^ self.queue[1].q.val();
        if !self.queue[0].valid.val() | !self.queue[1].valid.val() {
            self.queued.next = 0.into();
        }
        self.level.next = self.queue[1].level.val();
        self.sum.next = self.total.val() - self.limit.val();
        self.carry.next = bit_cast::<9, 8>(self.total.val()) + bit_cast::<9, 8>(self.a.val());
        self.part.next = self.total.val().get_bits::<4>(self.place.val().index());
        self.top.next = self.b.val().get_bits::<16>(32);
        self.replaced.next = self
            .a
            .val()
            .replace_bit(self.place.val().index(), self.start.val());
        self.shifted.next = self.b.val() << self.place.val();
        self.flags.next = bit_cast::<4, 8>(self.total.val() + self.a.val());
        self.word.next.data = bit_cast::<10, 40>(self.b.val() >> 3);
        self.word.next.tag = self.saved.q.val().tag;
        if self.a.val().xor() {
            self.word.next.tag.place = self.saved.q.val().tag.place + 1;
        }
        self.saved.d.next = self.word.val();
        self.saved.d.next.tag.valid = self.word.val().tag.place.any();
        self.fields.next = self.saved.q.val().data + self.saved.q.val().tag.valid;
        self.busy.next = true;
        match self.phase.q.val() {
            Phase::Idle => {
                self.busy.next = false;
                if self.start.val() {
                    self.phase.d.next = Phase::Run;
                }
            }
            Phase::Run => {
                if !self.start.val() {
                    self.phase.d.next = Phase::Drain;
                } else if self.saved.q.val().tag.valid & self.a.val().get_bit(7) {
                    self.phase.d.next = Phase::Idle;
                }
            }
            Phase::Drain => self.phase.d.next = Phase::Idle,
        }
        self.asked.d.next = self.place.val();
        self.bits.port[0].read_address.next = self.place.val();
        self.bits.port[0].toggle_address.next = self.asked.q.val();
        self.bits.port[0].toggle.next = self.start.val();
        self.bits.port[1].read_address.next = 0.into();
        self.bits.port[1].toggle_address.next = 0.into();
        self.bits.port[1].toggle.next = false;
        self.toggled.next = self.bits.port[0].q.val() ^ self.bits.port[1].q.val();
    }
}

#[test]
fn a_kernel_is_the_same_in_both_simulators() {
    let mut block = Kernel {
        limit: Fixed::new(77.into()),
        ..Default::default()
    };
    block.connect_all();
    let text = emit::verilog(&block, "kernel").unwrap().text();
    lint(&text, "kernel").unwrap();
    let design = Design::new("kernel", text).with_options(Options {
        optimise: Optimise::Build,
        ..Options::default()
    });
    let mut model = ModelLibrary::build(&design).unwrap().instantiate().unwrap();
    let inputs = ["start", "a", "b", "place", "lane_d"].map(|name| model.input(name).unwrap());
    let mut random = SmallRng::seed_from_u64(1);
    for cycle in 0..20_000 {
        let corner = random.gen_bool(0.05);
        let values = inputs.map(|input| {
            let value = if corner { u64::MAX } else { random.r#gen() };
            value & (u64::MAX >> (64 - input.width()))
        });
        let [start, a, b, place, d] = values;
        block.start.next = start == 1;
        block.a.next = a.into();
        block.b.next = b.into();
        block.place.next = place.into();
        block.lane.d.next = d.into();
        assert!(simulate(&mut block, 100), "the block settles");
        for (input, value) in inputs.into_iter().zip(values) {
            model.set(input, value);
        }
        model.settle().unwrap();
        let expected = [
            ("sum", block.sum.val().to_u64()),
            ("carry", block.carry.val().to_u64()),
            ("part", block.part.val().to_u64()),
            ("top", block.top.val().to_u64()),
            ("replaced", block.replaced.val().to_u64()),
            ("shifted", block.shifted.val().to_u64()),
            ("flags", block.flags.val().to_u64()),
            ("busy", u64::from(block.busy.val())),
            ("fields", block.fields.val().to_u64()),
            ("queued", block.queued.val().to_u64()),
            ("level", block.level.val().to_u64()),
            ("toggled", u64::from(block.toggled.val())),
            ("lane_q", block.lane.q.val().to_u64()),
        ];
        for (name, value) in expected {
            let output = model.output(name).unwrap();
            assert_eq!(model.get(output), value, "{name} in cycle {cycle}");
        }
        model.edge().unwrap();
        for high in [true, false] {
            block.clock.next = Clock { clk: high };
            assert!(simulate(&mut block, 100), "the block settles");
        }
    }
}
