use super::{EmitError, Emitted, Fault, verilog};
use crate::cells::{Fifo, Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

fn emitted(block: &dyn Block) -> Emitted {
    verilog(block, "top").unwrap()
}

fn fault(block: &dyn Block) -> Fault {
    verilog(block, "top").unwrap_err().fault
}

/// The text of the top module.
fn top(block: &dyn Block) -> String {
    emitted(block).modules.pop().unwrap().text
}

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

/// One of everything that a kernel may contain.
#[derive(LogicBlock, Default)]
struct Sample {
    clock: Signal<In, Clock>,
    start: Signal<In, Bit>,
    word: Signal<In, Word>,
    lane: [Lane; 2],
    sum: Signal<Out, Bits<8>>,
    sliced: Signal<Out, Bits<4>>,
    wide: Signal<Out, Bits<16>>,
    bundle: Signal<Out, Word>,
    busy: Signal<Out, Bit>,
    limit: Fixed<Bits<8>>,
    total: Signal<Local, Bits<8>>,
    phase: Register<Phase>,
    queue: [Fifo<Bits<8>, 2>; 2],
}

impl Logic for Sample {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase);
        self.total.next = 0.into();
        for i in 0..2 {
            self.queue[i].clock.next = self.clock.val();
            self.queue[i].clear.next = false;
            self.queue[i].push.next = self.start.val() & (self.lane[i].d.val() < self.limit.val());
            self.queue[i].d.next = self.lane[i].d.val() + 1;
            self.queue[i].pop.next = self.queue[i].valid.val();
            self.lane[i].q.next = self.queue[1 - i].q.val();
            self.total.next = self.total.val() + self.lane[i].d.val();
        }
        self.sum.next = self.total.val();
        self.sliced.next = self
            .total
            .val()
            .get_bits::<4>(self.word.val().data.get_bits::<2>(3).index());
        self.wide.next = bit_cast::<16, 8>(self.total.val() + self.limit.val());
        self.bundle.next.data = bits::<10>(3);
        self.bundle.next.tag.place = self.word.val().tag.place + 1;
        self.bundle.next.tag.valid = self.total.val().any();
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
                } else if self.word.val().tag.valid {
                    self.phase.d.next = Phase::Idle;
                }
            }
            Phase::Drain => {
                self.phase.d.next = Phase::Idle;
            }
        }
    }
}

#[test]
fn show() {
    let text = emitted(&Sample::default()).text();
    println!("{text}");
    std::fs::write("/tmp/sample.v", text).unwrap();
}

#[test]
fn engine() {
    use gristmill_datapath::{Fill, adder::complete_adder, curve::toy};
    let graph = complete_adder(&toy(), Fill::Record);
    for port in graph.ports() {
        println!("{} {}", port.name, port.width);
    }
    let adder = crate::pipeline::Pipeline::new("toy_adder", &graph);
    let parameters = crate::msm::Parameters {
        point_entry: adder.clone(),
        scalar_entry: adder.clone(),
        adder,
        size_log2: 16,
        windows_per_lane: 8,
        window_min: 2,
        window_max: 8,
    };
    let engine = crate::msm::MsmEngine::<64, 64, 8, 128, 24, 10, 9, 256, 256, 2>::new(&parameters);
    let start = std::time::Instant::now();
    let result = verilog(&engine, "engine");
    println!("{:?}", start.elapsed());
    match result {
        Err(error) => panic!("{error}"),
        Ok(emitted) => {
            std::fs::write("/tmp/engine.v", emitted.text()).unwrap();
            println!(
                "{:?}",
                emitted.modules.iter().map(|m| &m.name).collect::<Vec<_>>()
            );
        }
    }
}
