use super::{Direction, Fault, verilog};
use crate::cells::{Fifo, Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

fn fault(block: &dyn Block) -> Fault {
    verilog(block, "top").unwrap_err().fault
}

/// The text of the top module.
fn top(block: &dyn Block) -> String {
    verilog(block, "top").unwrap().modules.pop().unwrap().text
}

/// A block of the ports a, b and q with this kernel.
macro_rules! kernel {
    ($name:ident { $($logic:tt)* }) => {
        #[derive(LogicBlock, Default)]
        struct $name {
            a: Signal<In, Bits<8>>,
            b: Signal<In, Bits<3>>,
            q: Signal<Out, Bits<8>>,
            scratch: Signal<Local, Bits<8>>,
        }
        impl Logic for $name {
            $($logic)*
        }
    };
}

kernel!(Counted {
    #[hdl_gen]
    fn update(&mut self) {
        self.scratch.next = self.a.val() + 1;
        self.q.next = self.scratch.val();
        if self.b.val().any() & !self.a.val().get_bit(2) {
            self.q.next = bit_cast::<8, 3>(self.b.val()) << 2;
        }
    }
});

#[test]
fn a_kernel_reads_well() {
    assert_eq!(
        top(&Counted::default()),
        "\
module top (
  input wire [7:0] a,
  input wire [2:0] b,
  output reg [7:0] q
);
  wire [7:0] scratch;

  assign scratch = a + 8'd1;
  always @(*) begin
    q = scratch;
    if ((|b) & ~a[2]) q = {5'd0, b} << 2;
  end
endmodule
"
    );
}

kernel!(Latched {
    #[hdl_gen]
    fn update(&mut self) {
        if self.b.val().any() {
            self.q.next = self.a.val();
        }
    }
});

kernel!(Open {
    #[hdl_gen]
    fn update(&mut self) {
        self.scratch.next = self.a.val();
    }
});

kernel!(Circular {
    #[hdl_gen]
    fn update(&mut self) {
        self.q.next = self.q.val() + 1;
    }
});

kernel!(Between {
    #[hdl_gen]
    fn update(&mut self) {
        self.scratch.next = 0.into();
        self.q.next = self.scratch.val();
        self.scratch.next = self.a.val();
    }
});

kernel!(TooWide {
    #[hdl_gen]
    fn update(&mut self) {
        self.q.next = self.a.val() + 256;
    }
});

kernel!(Accumulated {
    #[hdl_gen]
    fn update(&mut self) {
        self.scratch.next = 0.into();
        for i in 0..3 {
            self.scratch.next = self.scratch.val() + (self.a.val() << i);
        }
        self.q.next = self.scratch.val();
    }
});

#[test]
fn what_has_no_faithful_verilog_is_an_error() {
    assert_eq!(fault(&Latched::default()), Fault::Latch("q".into()));
    assert_eq!(fault(&Open::default()), Fault::Undriven("q".into()));
    assert_eq!(
        fault(&Circular::default()),
        Fault::DependsOnItself("q".into())
    );
    assert_eq!(
        fault(&Between::default()),
        Fault::ReadBetween("scratch".into())
    );
    let value = "256".to_owned();
    let width = 8;
    assert_eq!(
        fault(&TooWide::default()),
        Fault::LiteralTooWide { value, width }
    );
}

#[test]
fn a_local_signal_may_be_built_up() {
    let text = top(&Accumulated::default());
    assert!(text.contains("    scratch = scratch + (a << 2);\n"));
    assert!(text.contains("wire unused = &{1'b0, b};"));
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
#[derive(LogicBlock)]
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

impl Default for Sample {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            start: Default::default(),
            word: Default::default(),
            lane: Default::default(),
            sum: Default::default(),
            sliced: Default::default(),
            wide: Default::default(),
            bundle: Default::default(),
            busy: Default::default(),
            limit: Fixed::new(200.into()),
            total: Default::default(),
            phase: Default::default(),
            queue: Default::default(),
        }
    }
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
fn equal_modules_are_one() {
    let emitted = verilog(&Sample::default(), "top").unwrap();
    let names: Vec<_> = emitted
        .modules
        .iter()
        .map(|module| module.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "top_register_2",
            "top_register_16",
            "top_lookup_memory_8x4",
            "top_fifo_8x4",
            "top"
        ]
    );
    let lane = emitted
        .ports
        .iter()
        .find(|port| port.name == "lane_1_q")
        .unwrap();
    assert_eq!((lane.direction, lane.width), (Direction::Output, 8));
}

#[test]
fn every_construct_has_its_text() {
    let text = top(&Sample::default());
    for expected in [
        "localparam [7:0] limit = 8'd200;",
        "localparam [1:0] Phase_Drain = 2'd2;",
        "    .pop(queue_0_valid),",
        "  assign queue_0_push = start & (lane_0_d < limit);",
        "  assign sliced = total[{1'b0, word[10:9]} +: 4];",
        "  assign wide = {8'd0, total + limit};",
        "  assign bundle = {10'd3, word[5:1] + 5'd1, |total};",
        "        end else if (word[0]) begin",
        "      default: phase_d = Phase_Idle;",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

/// Uses the ports of something inside its child.
#[derive(LogicBlock, Default)]
struct Outer {
    clock: Signal<In, Clock>,
    d: Signal<In, Bits<4>>,
    q: Signal<Out, Bits<4>>,
    inner: Inner,
}

#[derive(LogicBlock, Default)]
struct Inner {
    clock: Signal<In, Clock>,
    value: Register<Bits<4>>,
}

impl Logic for Inner {
    #[hdl_gen]
    fn update(&mut self) {
        self.value.clock.next = self.clock.val();
    }
}

impl Logic for Outer {
    #[hdl_gen]
    fn update(&mut self) {
        self.inner.clock.next = self.clock.val();
        self.inner.value.d.next = self.d.val();
        self.q.next = self.inner.value.q.val();
    }
}

#[test]
fn ports_further_down_are_led_through() {
    let emitted = verilog(&Outer::default(), "top").unwrap();
    let inner = &emitted.modules[1].text;
    assert!(inner.contains("  input wire [3:0] value_d,\n  output wire [3:0] value_q\n"));
    assert!(inner.contains("    .q(value_q)\n"));
    assert!(emitted.modules[2].text.contains("    .value_d(d),\n"));
}
