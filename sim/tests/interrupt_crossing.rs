//! The interrupts of the Alveo U55C's shell on their way to the PCIe bridge's clock.

use gristmill_sim::verilator::{Design, ModelLibrary, Optimise, Options};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::fs;
use std::path::Path;

/// The bridge's clock has every `DIVIDE`th edge.
const BENCH: &str = "
module bench (
  input wire clock,
  input wire reset,
  input wire [7:0] pulses,
  input wire [7:0] ack,
  output wire [7:0] req
);
  reg [3:0] count;
  reg pcie_clk;
  initial count = 4'd0;
  initial pcie_clk = 1'b0;
  always @(posedge clock) begin
    count <= count == DIVIDE - 4'd1 ? 4'd0 : count + 4'd1;
    pcie_clk <= count == 4'd0;
  end
  interrupt_crossing crossing (
    .core_clk(clock),
    .core_reset(reset),
    .pulses(pulses),
    .pcie_clk(pcie_clk),
    .pcie_resetn(1'b1),
    .usr_irq_req(req),
    .usr_irq_ack(ack)
  );
endmodule
";

fn crossing() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join("../bitstreams/u55c/interrupt_crossing.sv");
    fs::read_to_string(path).expect("the shell's file")
}

/// Random pulses, acknowledged after random times. The error says what was lost or made up.
fn run(crossing: &str, divide: usize, seed: u64) -> Result<(), String> {
    let bench = BENCH.replace("DIVIDE", &format!("4'd{divide}"));
    let design = Design::new("bench", format!("{crossing}{bench}")).with_options(Options {
        optimise: Optimise::Build,
        ..Options::default()
    });
    let library = ModelLibrary::build(&design).unwrap_or_else(|error| panic!("{error}"));
    let mut model = library.instantiate().expect("a model");
    let [pulses, ack] = ["pulses", "ack"].map(|name| model.input(name).expect("an input"));
    let req = model.output("req").expect("an output");
    let mut source = SmallRng::seed_from_u64(seed);
    // for each vector: pulses, requests, and whether a pulse waits for a request that begins after it
    let (mut given, mut made, mut waits) = ([0; 8], [0; 8], [false; 8]);
    let (mut before, mut acknowledged, mut earlier) = (0u64, 0u64, 0u64);
    for cycle in 0..20_000 {
        // the last part is quiet, so that everything arrives
        let busy = cycle < 19_000;
        let mut now = 0u64;
        for vector in 0..8 {
            let often = [0.5, 0.1, 0.02, 0.004][vector % 4];
            if busy && source.gen_bool(often) {
                now |= 1 << vector;
            }
        }
        model.set(pulses, now);
        // an acknowledgement is held for one edge of the bridge's clock
        if cycle % divide == 0 {
            earlier = acknowledged;
            acknowledged = before & source.r#gen::<u64>() & source.r#gen::<u64>();
        }
        model.set(ack, acknowledged);
        model.cycle().expect("the model runs");
        let requests = model.get(req);
        for vector in 0..8 {
            let (was, is) = (before >> vector & 1, requests >> vector & 1);
            if was == 0 && is == 1 {
                made[vector] += 1;
                waits[vector] = false;
            }
            if was == 1 && is == 0 && (acknowledged | earlier) >> vector & 1 == 0 {
                return Err(format!("cycle {cycle}: request {vector} ended by itself"));
            }
            if now >> vector & 1 == 1 {
                given[vector] += 1;
                waits[vector] = true;
            }
        }
        before = requests;
    }
    for vector in 0..8 {
        if waits[vector] {
            return Err(format!("vector {vector}: the last pulse made no request"));
        }
        if made[vector] > given[vector] || made[vector] == 0 {
            let (made, given) = (made[vector], given[vector]);
            return Err(format!(
                "vector {vector}: {made} requests of {given} pulses"
            ));
        }
    }
    Ok(())
}

#[test]
fn every_pulse_is_followed_by_a_request() {
    for divide in [2, 3, 7] {
        run(&crossing(), divide, divide as u64).unwrap_or_else(|error| panic!("{divide}: {error}"));
    }
}

#[test]
fn a_crossing_that_forgets_is_noticed() {
    let faulty = crossing().replace("pending <= wanted & ~idle;", "pending <= 8'd0;");
    assert_ne!(faulty, crossing());
    let lost = (0..8).any(|seed| run(&faulty, 7, seed).is_err());
    assert!(lost, "pulses beside a request are lost");
}
