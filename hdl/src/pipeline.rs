//! Datapath graphs as leaves: typed ports around the module that a graph emits.

use crate::cells::range;
use gristmill_datapath::Graph;
use rust_hdl_core::prelude::*;
use std::fmt::Write;

/// A graph with the name of its module.
#[derive(Clone, Debug)]
pub struct Pipeline {
    name: String,
    text: String,
    latency: usize,
    ports: Vec<String>,
}

impl Pipeline {
    /// The pipeline of this graph, as a module of this name.
    pub fn new(name: &str, graph: &Graph) -> Self {
        Self {
            name: name.into(),
            text: graph.verilog(name),
            latency: graph.latency(),
            ports: graph.ports().into_iter().map(|port| port.name).collect(),
        }
    }

    /// Cycles from input to output.
    pub fn latency(&self) -> usize {
        self.latency
    }

    /// Its module.
    pub(crate) fn core(&self) -> &str {
        &self.text
    }

    /// An instance of its module under this name, with these connections; ports that the graph does not have are
    /// left out.
    pub(crate) fn instance_named(&self, instance: &str, connections: &[(&str, String)]) -> String {
        let mut code = format!("{} {instance}(\n  .clock(clock)", self.name);
        for (port, expression) in connections {
            if self.ports.iter().any(|name| name == port) {
                write!(code, ",\n  .{port}({expression})").expect("writing to a string");
            }
        }
        code + "\n);\n"
    }

    /// A leaf that is one instance.
    fn instance(&self, connections: &[(&str, String)]) -> Verilog {
        Verilog::Wrapper(Wrapper {
            code: self.instance_named("pipeline", connections),
            cores: self.text.clone(),
        })
    }
}

fn slice(name: &str, index: usize, width: usize) -> String {
    format!("{name}[{}:{}]", (index + 1) * width - 1, index * width)
}

macro_rules! pipeline_leaf {
    ($(#[$doc:meta])* $name:ident < $($generic:ident),* >;
     $(in $(#[$input_doc:meta])* $input:ident: $input_type:ty;)*
     $(out $(#[$output_doc:meta])* $output:ident: $output_type:ty;)*
     |$self:ident| $connections:expr) => {
        $(#[$doc])*
        #[derive(LogicBlock, Default)]
        pub struct $name<$(const $generic: usize),*> {
            /// Clock.
            pub clock: Signal<In, Clock>,
            $($(#[$input_doc])* pub $input: Signal<In, $input_type>,)*
            $($(#[$output_doc])* pub $output: Signal<Out, $output_type>,)*
            _pipeline: Option<Pipeline>,
        }

        impl<$(const $generic: usize),*> $name<$($generic),*> {
            /// The leaf around this pipeline.
            pub fn new(pipeline: Pipeline) -> Self {
                Self { _pipeline: Some(pipeline), ..Default::default() }
            }
        }

        impl<$(const $generic: usize),*> Logic for $name<$($generic),*> {
            // Verilator simulates what contains a pipeline; the graph's own model is compared with
            // its Verilog in the tests of the simulator.
            fn update(&mut self) {}
            fn connect(&mut self) {
                $(self.$output.connect();)*
            }
            fn hdl(&$self) -> Verilog {
                match &$self._pipeline {
                    Some(pipeline) => pipeline.instance(&$connections),
                    None => Verilog::Empty,
                }
            }
        }
    };
}

pipeline_leaf! {
    /// The complete adder: `sum` is a + b. Points are homogeneous projective, x in the lowest third
    /// of the bits, then y, then z. Initiation interval 1.
    PointAdder<P>;
    in /// A point.
    a: Bits<P>;
    in /// A point.
    b: Bits<P>;
    out /// Their sum.
    sum: Bits<P>;
    |self| {
        let width = P / 3;
        ["x1", "y1", "z1", "x2", "y2", "z2", "x3", "y3", "z3"]
            .into_iter()
            .zip(["a", "a", "a", "b", "b", "b", "sum", "sum", "sum"])
            .enumerate()
            .map(|(i, (port, signal))| (port, slice(signal, i % 3, width)))
            .collect::<Vec<_>>()
    }
}

pipeline_leaf! {
    /// From an affine point as it lies in memory to a projective one, negated on demand.
    /// E: bits of x and y in memory. Initiation interval 1.
    PointEntry<E, P>;
    in /// x in the lower half, y in the upper.
    affine: Bits<E>;
    in /// Take -y.
    negate: Bit;
    out /// The point, z = 1.
    point: Bits<P>;
    out /// The input is the point at infinity, all zeros; `point` means nothing.
    infinity: Bit;
    out /// A coordinate is not below the modulus; `point` means nothing.
    error: Bit;
    |self| [
        ("x", slice("affine", 0, E / 2)),
        ("y", slice("affine", 1, E / 2)),
        ("negate", "negate".into()),
        ("point", "point".into()),
        ("infinity", "infinity".into()),
        ("error", "error".into()),
    ]
}

pipeline_leaf! {
    /// From a scalar as it lies in memory to sign and magnitude at most half the order.
    /// S: bits in memory; M: bits of the order. Initiation interval 1.
    ScalarEntry<S, M>;
    in /// The scalar.
    scalar: Bits<S>;
    in /// It is in Montgomery form.
    montgomery: Bit;
    out /// Its magnitude.
    magnitude: Bits<M>;
    out /// The point is to be negated.
    negative: Bit;
    out /// Bits of the magnitude; 0 for zero.
    length: Bits<9>;
    out /// The scalar is not below the order; the other outputs mean nothing.
    error: Bit;
    |self| [
        ("s", "scalar".into()),
        ("montgomery", "montgomery".into()),
        ("magnitude", "magnitude".into()),
        ("negative", "negative".into()),
        ("bit_length", "length".into()),
        ("canonical_error", "error".into()),
    ]
}

/// Takes elements of E bits out of beats of W bits; both widths are multiples of 64. Element i
/// begins `offset` + i * `stride` words of 64 bits behind the start of the first beat.
///
/// `start` sets the position and forgets all beats. `ready` and `valid` do not depend on each other's
/// partners: `ready` looks at `pop`. One element a cycle where beats come fast enough.
#[derive(LogicBlock, Default)]
pub struct Unpacker<const W: usize, const E: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Begin a run.
    pub start: Signal<In, Bit>,
    /// Words before the first element, less than W / 64.
    pub offset: Signal<In, Bits<4>>,
    /// Words from one element to the next.
    pub stride: Signal<In, Bits<13>>,
    /// There is a beat.
    pub valid: Signal<In, Bit>,
    /// The beat.
    pub data: Signal<In, Bits<W>>,
    /// The beat is taken.
    pub ready: Signal<Out, Bit>,
    /// There is an element.
    pub element_valid: Signal<Out, Bit>,
    /// The element.
    pub element: Signal<Out, Bits<E>>,
    /// The element is taken.
    pub pop: Signal<In, Bit>,
}

impl<const W: usize, const E: usize> Logic for Unpacker<W, E> {
    // Verilator simulates what contains an unpacker; sim's tests compare it with a plain model.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.ready.connect();
        self.element_valid.connect();
        self.element.connect();
    }
    fn hdl(&self) -> Verilog {
        let (beat, element) = (W / 64, E / 64);
        let slots = (beat - 1 + element).div_ceil(beat);
        let count = clog2(slots + 1).max(1);
        let top = slots * W - 1;
        let mut code = format!(
            "// window: the oldest {slots} beats, oldest lowest; head: word at which the next element begins
reg [{top}:0] window;
reg {count_range}held;
reg [13:0] head;
initial begin
  held = {count}'d0;
  head = 14'd0;
end
wire [13:0] moved = pop ? head + {{1'b0, stride}} : head;
wire drop = moved >= 14'd{beat} && held != {count}'d0;
wire take = valid && ready;
wire {count_range}kept = drop ? held - {count}'d1 : held;
assign ready = held != {count}'d{slots} || drop;
",
            count_range = range(count),
        );
        let needed: Vec<String> = (0..beat)
            .map(|word| {
                let beats = (word + element).div_ceil(beat);
                format!("(head == 14'd{word} && held >= {count}'d{beats})")
            })
            .collect();
        writeln!(code, "assign element_valid = {};", needed.join(" || ")).expect("string");
        let choices: String = (0..beat)
            .map(|word| {
                let (low, high) = (word * 64, (word * 64 + E - 1).min(top));
                let slice = if high - low + 1 == E {
                    format!("window[{high}:{low}]")
                } else {
                    format!("{{{}'d0, window[{high}:{low}]}}", E - (high - low + 1))
                };
                if word + 1 == beat {
                    slice
                } else {
                    format!("head == 14'd{word} ? {slice} : ")
                }
            })
            .collect();
        writeln!(code, "assign element = {choices};").expect("string");
        code += "always @(posedge clock) begin\n";
        for slot in 0..slots {
            let (low, high) = (slot * W, (slot + 1) * W - 1);
            writeln!(
                code,
                "  if (take && kept == {count}'d{slot}) window[{high}:{low}] <= data;"
            )
            .expect("string");
            if slot + 1 < slots {
                writeln!(
                    code,
                    "  else if (drop) window[{high}:{low}] <= window[{}:{}];",
                    high + W,
                    low + W
                )
                .expect("string");
            }
        }
        write!(
            code,
            "  held <= take ? kept + {count}'d1 : kept;
  head <= drop ? moved - 14'd{beat} : moved;
  if (start) begin
    held <= {count}'d0;
    head <= {{10'd0, offset}};
  end
end
"
        )
        .expect("string");
        crate::cells::leaf(code)
    }
}

/// Cuts slots of `S` bits into beats of W bits, lowest first; S is a multiple of W.
#[derive(LogicBlock, Default)]
pub struct Packer<const W: usize, const S: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub clear: Signal<In, Bit>,
    /// There is a slot.
    pub valid: Signal<In, Bit>,
    /// The slot.
    pub slot: Signal<In, Bits<S>>,
    /// The slot is taken.
    pub ready: Signal<Out, Bit>,
    /// There is a beat.
    pub beat_valid: Signal<Out, Bit>,
    /// The beat.
    pub beat: Signal<Out, Bits<W>>,
    /// The beat is taken.
    pub beat_ready: Signal<In, Bit>,
}

impl<const W: usize, const S: usize> Logic for Packer<W, S> {
    // Verilator simulates what contains a packer.
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.ready.connect();
        self.beat_valid.connect();
        self.beat.connect();
    }
    fn hdl(&self) -> Verilog {
        let beats = S / W;
        let count = clog2(beats + 1).max(1);
        let shifted = if beats == 1 {
            "held".into()
        } else {
            format!("{{{W}'d0, held[{}:{W}]}}", S - 1)
        };
        crate::cells::leaf(format!(
            "reg [{top}:0] held;
reg {range}left;
initial left = {count}'d0;
wire last = left == {count}'d0 || (left == {count}'d1 && beat_ready);
assign ready = last;
assign beat_valid = left != {count}'d0;
assign beat = held[{beat_top}:0];
always @(posedge clock) begin
  if (valid && ready) begin
    held <= slot;
    left <= {count}'d{beats};
  end else if (beat_valid && beat_ready) begin
    held <= {shifted};
    left <= left - {count}'d1;
  end
  if (clear) left <= {count}'d0;
end
",
            top = S - 1,
            beat_top = W - 1,
            range = range(count),
        ))
    }
}
