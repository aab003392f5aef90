//! The complete adders against arkworks: random pairs, doublings, opposite points, infinity on either side.

use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, Field as _, PrimeField, UniformRand, Zero};
use gristmill_datapath::adder::complete_adder;
use gristmill_datapath::{Curve, Fill, curve, dpi_source};
use num_bigint::BigUint;
use rand::Rng;
use rand::rngs::StdRng;

use crate::bench::{Trial, run_with};
use crate::residues::{number, random};

/// Homogeneous coordinates in a random scale, as memory words.
fn coordinates<G: CurveGroup<BaseField: PrimeField>>(
    point: G,
    random: &mut StdRng,
) -> Vec<BigUint> {
    let (x, y, z) = match point.into_affine().xy() {
        Some((x, y)) => (x, y, G::BaseField::ONE),
        None => (G::BaseField::ZERO, G::BaseField::ONE, G::BaseField::ZERO),
    };
    let scale = loop {
        let scale = G::BaseField::rand(random);
        if !scale.is_zero() {
            break scale;
        }
    };
    [x, y, z]
        .map(|coordinate| (coordinate * scale).into_bigint().into())
        .to_vec()
}

/// Whether homogeneous coordinates, reduced or not and in any scale, are those of the point.
fn is<G: CurveGroup<BaseField: PrimeField>>(point: &G::Affine, coordinates: &[BigUint]) -> bool {
    let [x, y, z] = [0, 1, 2].map(|index| number::<G::BaseField>(&coordinates[index]));
    match point.xy() {
        Some((right_x, right_y)) => !z.is_zero() && x == right_x * z && y == right_y * z,
        None => x.is_zero() && !y.is_zero() && z.is_zero(),
    }
}

fn compare<G>(curve: &Curve, fill: Fill, pairs: usize)
where
    G: CurveGroup<BaseField: PrimeField> + PrimeGroup,
{
    let mut random = random();
    let points: Vec<G> = (0..100).map(|_| G::rand(&mut random)).collect();
    let (mut vectors, mut sums) = (Vec::new(), Vec::new());
    for pair in 0..pairs {
        let [a, b] = [0, 1].map(|_| points[random.gen_range(0..points.len())]);
        let (a, b) = match pair % 10 {
            0 => (a, a),
            1 => (a, -a),
            2 => (a, G::zero()),
            3 => (G::zero(), a),
            4 => (G::zero(), G::zero()),
            _ => (a, b),
        };
        let mut vector = coordinates(a, &mut random);
        vector.extend(coordinates(b, &mut random));
        vectors.push(vector);
        sums.push(a + b);
    }
    let mut sums = G::normalize_batch(&sums).into_iter();
    let name = format!("{}_complete_adder", curve.name);
    let judge = move |_: &[BigUint], results: &[BigUint]| {
        let sum = sums.next().expect("there is a sum for each vector");
        is::<G>(&sum, results)
    };
    let trial = Trial::new(name, complete_adder(curve, fill), vectors, judge);
    run_with(vec![trial], (fill == Fill::Fast).then(|| dpi_source(curve)));
}

#[test]
fn bn254_adder() {
    compare::<ark_bn254::G1Projective>(&curve::bn254(), Fill::Fast, 10_000);
}

#[test]
#[ignore = "builds for minutes: make adder-rtl"]
fn bn254_adder_of_record() {
    compare::<ark_bn254::G1Projective>(&curve::bn254(), Fill::Record, 10_000);
}

#[test]
#[ignore = "make bls12-381"]
fn bls12_381_adder() {
    compare::<ark_bls12_381::G1Projective>(&curve::bls12_381(), Fill::Fast, 10_000);
}
