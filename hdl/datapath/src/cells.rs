//! All leaf cells, for tests that compare the Verilog of each with its model.

use crate::adder::complete_adder;
use crate::curve::{bls12_381, bn254, toy};
use crate::entry::{point_entry, scalar_entry};
use crate::field::{Field, Form};
use crate::fields;
use crate::fills::Fill;
use crate::graph::Graph;
use crate::modular::{modular_adder, modular_multiplier, modular_subtractor};
use crate::transform::{
    GOLDILOCKS_SHIFTS_LOG2, butterfly, element_entry, plain_butterfly, shift_butterfly,
};

/// A leaf cell under its name, which serves as the name of its Verilog module.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Unique among the cells.
    pub name: String,
    /// The cell.
    pub graph: Graph,
}

/// The cells of every field and curve in the fills of hardware: multipliers, adders and subtractors, the
/// cells of transforms, the entries of points and scalars, and the reduced sums of products of the point adders.
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |name: String, graph: Graph| cells.push(Cell { name, graph });
    for field in fields::all() {
        let name = field.name;
        for fill in [Fill::Record, Fill::Portable] {
            let graph = modular_multiplier(&field, fill);
            add(format!("{name}_multiplier{}", fill.suffix()), graph);
        }
        add(format!("{name}_adder"), modular_adder(&field));
        add(format!("{name}_subtractor"), modular_subtractor(&field));
    }
    for field in fields::of_transforms() {
        for fill in [Fill::Record, Fill::Portable] {
            // what has no multiplier is the same in both
            for cell in transform_cells(&field, fill) {
                if fill == Fill::Record || cell.graph.tiles() > 0 {
                    add(cell.name, cell.graph);
                }
            }
        }
    }
    for curve in [bn254(), bls12_381(), toy()] {
        add(format!("{}_point_entry", curve.name), point_entry(&curve));
        add(format!("{}_scalar_entry", curve.name), scalar_entry(&curve));
        for fill in [Fill::Record, Fill::Portable] {
            for module in complete_adder(&curve, fill).submodules() {
                add(module.name.clone(), module.graph.clone());
            }
        }
    }
    cells
}

/// The cells of a field's transforms in a fill.
fn transform_cells(field: &Field, fill: Fill) -> Vec<Cell> {
    let suffix = fill.suffix();
    let cell = |name: String, graph| Cell {
        name: format!("{}_{name}{suffix}", field.name),
        graph,
    };
    let mut cells = vec![
        cell("element_entry".into(), element_entry(field)),
        cell("plain_butterfly".into(), plain_butterfly(field, fill)),
    ];
    match field.form {
        Form::Goldilocks => {
            let orders = 2..=GOLDILOCKS_SHIFTS_LOG2;
            cells.extend(orders.map(|order_log2| {
                let graph = shift_butterfly(order_log2, fill);
                cell(format!("shift_butterfly_{order_log2}"), graph)
            }));
        }
        Form::Montgomery { .. } => cells.push(cell("butterfly".into(), butterfly(field, fill))),
    }
    cells
}
