//! The reduced sums of products of the point adders. Their operands come skewed, each chunk a cycle behind the
//! chunk below it, so that their Verilog is compared with their model, cycle by cycle. The model's arithmetic is
//! compared with arkworks in the datapath's own tests, and the adders' here.

use gristmill_datapath::cells::Cell;
use gristmill_datapath::{Direction, Model, largest};
use num_bigint::{BigUint, RandBigInt};

use crate::bench::Trial;
use crate::residues::{RANDOM_VECTORS, random};

pub fn trial(cell: Cell) -> Trial {
    let latency = cell.graph.latency();
    let ports = cell.graph.ports().into_iter();
    let inputs = ports.filter(|port| port.direction == Direction::Input);
    let widths: Vec<usize> = inputs.map(|port| port.width).collect();
    let mut vectors: Vec<Vec<BigUint>> = Vec::new();
    let mut hold = |vector: Vec<BigUint>| vectors.extend(vec![vector; 20]);
    hold(vec![BigUint::ZERO; widths.len()]);
    hold(widths.iter().map(|width| largest(width - 1)).collect());
    hold(vec![1u32.into(); widths.len()]);
    let mut random = random();
    for _ in 0..RANDOM_VECTORS {
        // A bit less than the ports have, so that the chunks of two vectors are together an operand too.
        let operands = widths
            .iter()
            .map(|width| random.gen_biguint(*width as u64 - 1));
        vectors.push(operands.collect());
    }
    let mut model = Model::new(&cell.graph);
    let mut cycle = 0;
    let judge = move |operands: &[BigUint], results: &[BigUint]| {
        cycle += 1;
        let expected = model.step(operands);
        // The registers hold anything until the first operands have passed them.
        cycle <= latency || results == expected
    };
    Trial {
        delay: 1,
        ..Trial::new(cell.name, cell.graph, vectors, judge)
    }
}
