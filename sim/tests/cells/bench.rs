//! Several cells in one design, each under its own operands.

use std::fmt::Write;

use gristmill_datapath::{Direction, Graph};
use gristmill_sim::verilator::{Design, Input, ModelLibrary, Optimise, Options, Output};
use num_bigint::BigUint;

/// A cell, what it is given cycle by cycle, and who judges its results.
pub struct Trial {
    pub name: String,
    pub graph: Graph,
    /// The operands of each cycle, in the order of the ports.
    pub vectors: Vec<Vec<BigUint>>,
    /// Cycles from the operands to the results that are judged with them.
    pub delay: usize,
    /// Whether the results are right for the operands; asked once for each vector, in their order.
    pub judge: Judge,
}

pub type Judge = Box<dyn FnMut(&[BigUint], &[BigUint]) -> bool>;

impl Trial {
    /// A trial whose judge wants the results that belong to the operands.
    pub fn new(
        name: String,
        graph: Graph,
        vectors: Vec<Vec<BigUint>>,
        judge: impl FnMut(&[BigUint], &[BigUint]) -> bool + 'static,
    ) -> Self {
        Self {
            delay: graph.latency(),
            name,
            graph,
            vectors,
            judge: Box::new(judge),
        }
    }
}

/// Runs all trials side by side.
pub fn run(trials: Vec<Trial>) {
    run_with(trials, None);
}

/// Runs all trials side by side, with the C++ that the Verilog imports.
pub fn run_with(mut trials: Vec<Trial>, functions: Option<String>) {
    let mut design = Design::new("top", top(&trials)).with_options(Options {
        optimise: Optimise::Build,
        ..Options::default()
    });
    if let Some(functions) = functions {
        design = design.with_function(functions);
    }
    let library = ModelLibrary::build(&design).unwrap_or_else(|error| panic!("{error}"));
    let mut model = library.instantiate().unwrap();
    let ports: Vec<(Vec<Input>, Vec<Output>)> = trials
        .iter()
        .map(|trial| {
            let of = |direction| {
                let ports = trial.graph.ports().into_iter();
                let ports = ports.filter(move |port| port.direction == direction);
                ports.map(|port| format!("{}_{}", trial.name, port.name))
            };
            let inputs = of(Direction::Input).map(|name| model.input(&name).unwrap());
            let outputs = of(Direction::Output).map(|name| model.output(&name).unwrap());
            (inputs.collect(), outputs.collect())
        })
        .collect();
    let cycles = trials.iter().map(|trial| trial.vectors.len() + trial.delay);
    for cycle in 0..cycles.max().unwrap_or(0) {
        for (trial, (inputs, _)) in trials.iter().zip(&ports) {
            if let Some(vector) = trial.vectors.get(cycle) {
                assert_eq!(vector.len(), inputs.len(), "{}", trial.name);
                for (input, value) in inputs.iter().zip(vector) {
                    model.set_words(*input, &value.to_u32_digits());
                }
            }
        }
        model.cycle().unwrap();
        for (trial, (_, outputs)) in trials.iter_mut().zip(&ports) {
            let given = cycle.checked_sub(trial.delay);
            if let Some(operands) = given.and_then(|given| trial.vectors.get(given)) {
                let results = outputs
                    .iter()
                    .map(|output| BigUint::from_slice(model.words(*output)));
                let results: Vec<BigUint> = results.collect();
                assert!(
                    (trial.judge)(operands, &results),
                    "{}: {operands:x?} give {results:x?}",
                    trial.name
                );
            }
        }
    }
}

/// The cells, and the module `top` with an instance and ports of its own for each.
fn top(trials: &[Trial]) -> String {
    let (mut cells, mut ports, mut instances) = (String::new(), String::new(), String::new());
    for Trial { name, graph, .. } in trials {
        cells += &graph.verilog(name);
        write!(instances, "  {name} the_{name} (.clock(clock)").unwrap();
        for port in graph.ports() {
            let direction = match port.direction {
                Direction::Input => "input",
                Direction::Output => "output",
            };
            let (high, port) = (port.width - 1, port.name);
            write!(ports, ",\n  {direction} wire [{high}:0] {name}_{port}").unwrap();
            write!(instances, ", .{port}({name}_{port})").unwrap();
        }
        instances += ");\n";
    }
    format!("{cells}\nmodule top (\n  input wire clock{ports}\n);\n{instances}endmodule\n")
}
