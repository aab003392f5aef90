//! Every leaf cell of the datapath, and the point adders, in Verilator: new operands in every cycle, and each
//! result checked in the cycle that the cell's latency says.

mod adder;
mod bench;
mod entries;
mod fields;
mod residues;
mod sums;
mod transforms;

use ark_ff::PrimeField;
use gristmill_datapath::cells::{Cell, cells};
use gristmill_datapath::modular::modular_multiplier;
use gristmill_datapath::{Curve, Field, Fill, curve, dpi_source_of_field, fields as all_fields};

use bench::{Trial, run, run_with};
use residues::{BabyBear, Goldilocks, KoalaBear, ToyFq, ToyFr, ToyNtt};

/// The cells whose names begin with `prefix`, which share a design.
fn named(prefix: &str) -> Vec<Cell> {
    let mut cells = cells();
    cells.retain(|cell| cell.name.starts_with(prefix));
    assert!(!cells.is_empty(), "no cell is called {prefix}…");
    cells
}

fn field<F: PrimeField>(field: &Field) {
    let trials = named(field.name).into_iter();
    run(trials.map(|cell| fields::trial::<F>(field, cell)).collect());
}

/// The multiplier of a field in the fast fill.
fn fast<F: PrimeField>(field: &Field) {
    let multiplier = Cell {
        name: format!("{}_multiplier", field.name),
        graph: modular_multiplier(field, Fill::Fast),
    };
    let trial = fields::trial::<F>(field, multiplier);
    run_with(vec![trial], dpi_source_of_field(field));
}

fn curve<Base: PrimeField, Scalar: PrimeField>(curve: &Curve) {
    let cells = |suffix: &str| named(&format!("{}_{suffix}", curve.name)).into_iter();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(cells("point_entry").map(|cell| entries::point::<Base>(curve, cell)));
    trials.extend(cells("scalar_entry").map(|cell| entries::scalar::<Scalar>(curve, cell)));
    trials.extend(cells("sum_of_products").map(sums::trial));
    run(trials);
}

#[test]
fn bn254_fq() {
    field::<ark_bn254::Fq>(&all_fields::bn254_fq());
}

#[test]
fn bn254_fr() {
    field::<ark_bn254::Fr>(&all_fields::bn254_fr());
}

#[test]
fn bls12_381_fq() {
    field::<ark_bls12_381::Fq>(&all_fields::bls12_381_fq());
}

#[test]
fn bls12_381_fr() {
    field::<ark_bls12_381::Fr>(&all_fields::bls12_381_fr());
}

#[test]
fn small_fields() {
    field::<Goldilocks>(&all_fields::goldilocks());
    field::<BabyBear>(&all_fields::baby_bear());
    field::<KoalaBear>(&all_fields::koala_bear());
    field::<ToyFq>(&all_fields::toy_fq());
    field::<ToyFr>(&all_fields::toy_fr());
    field::<ToyNtt>(&all_fields::toy_ntt());
}

#[test]
fn fast_multipliers() {
    fast::<ark_bn254::Fr>(&all_fields::bn254_fr());
    fast::<ark_bls12_381::Fr>(&all_fields::bls12_381_fr());
    fast::<Goldilocks>(&all_fields::goldilocks());
    fast::<BabyBear>(&all_fields::baby_bear());
    fast::<KoalaBear>(&all_fields::koala_bear());
}

#[test]
fn bn254_cells() {
    curve::<ark_bn254::Fq, ark_bn254::Fr>(&curve::bn254());
}

#[test]
fn bls12_381_cells() {
    curve::<ark_bls12_381::Fq, ark_bls12_381::Fr>(&curve::bls12_381());
}

#[test]
fn toy_cells() {
    curve::<ToyFq, ToyFr>(&curve::toy());
}

/// A cell that is added to the list is in one of the tests above.
#[test]
fn no_cell_is_left_out() {
    let fields = all_fields::all();
    let curves = [curve::bn254(), curve::bls12_381(), curve::toy()];
    let mut prefixes: Vec<String> = fields.iter().map(|field| field.name.into()).collect();
    for curve in &curves {
        let kinds = ["point_entry", "scalar_entry", "sum_of_products"];
        prefixes.extend(kinds.map(|kind| format!("{}_{kind}", curve.name)));
    }
    for cell in cells() {
        let tests = prefixes
            .iter()
            .filter(|prefix| cell.name.starts_with(*prefix));
        assert_eq!(tests.count(), 1, "{}", cell.name);
    }
}
