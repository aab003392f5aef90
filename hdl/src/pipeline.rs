//! Datapath graphs as leaves: typed ports around the module that a graph emits.

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
