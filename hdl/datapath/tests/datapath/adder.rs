//! The complete adder: all pairs of points of the toy curve, random and exceptional pairs of the others.

use crate::common::{Affine, add, affine, projective, random, unit};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::PrimeField;
use gristmill_datapath::adder::complete_adder;
use gristmill_datapath::{Curve, Fill, Graph, Model, curve};
use num_bigint::BigUint;

fn sum(curve: &Curve, model: &mut Model, a: [BigUint; 3], b: [BigUint; 3]) -> Affine {
    let inputs: Vec<BigUint> = a.into_iter().chain(b).collect();
    affine(curve, &model.evaluate(&inputs))
}

/// All points of a small curve, as multiples of its generator.
fn all_points(curve: &Curve) -> Vec<Affine> {
    let generator = Some(curve.generator.clone());
    let mut points = vec![None];
    let mut point = generator.clone();
    while point.is_some() {
        points.push(point.clone());
        point = add(curve, &point, &generator);
    }
    points
}

#[test]
fn the_toy_curve_has_prime_order() {
    let curve = curve::toy();
    let points = all_points(&curve);
    assert_eq!(BigUint::from(points.len()), curve.scalar.modulus);
    let on_curve = |point: &Affine| point.as_ref().is_none_or(|(x, y)| curve.contains(x, y));
    assert!(points.iter().all(on_curve));
    let order = points.len();
    assert!((2..order).all(|divisor| !order.is_multiple_of(divisor)));
}

#[test]
fn every_pair_of_toy_points() {
    for fill in [Fill::Record, Fill::Portable] {
        let curve = curve::toy();
        let mut random = random();
        let mut model = Model::new(&complete_adder(&curve, fill));
        let points = all_points(&curve);
        for (i, a) in points.iter().enumerate() {
            for (j, b) in points.iter().enumerate() {
                let mut scaled =
                    |point| projective(&curve, point, &unit(&mut random, &curve.base.modulus));
                let (first, second) = (scaled(a), scaled(b));
                let result = sum(&curve, &mut model, first, second);
                assert_eq!(result, points[(i + j) % points.len()], "{i} + {j}");
            }
        }
    }
}

/// Random pairs, doublings, opposite points and infinity on either side, against arkworks.
fn compare_with_arkworks<G>(curve: &Curve, fill: Fill, pairs: usize)
where
    G: CurveGroup + PrimeGroup,
    G::BaseField: PrimeField,
{
    let mut random = random();
    let mut model = Model::new(&complete_adder(curve, fill));
    let residues = |point: &G::Affine| -> Affine {
        let (x, y) = point.xy()?;
        Some((x.into_bigint().into(), y.into_bigint().into()))
    };
    let generator = residues(&G::generator().into_affine());
    assert_eq!(generator, Some(curve.generator.clone()));
    for pair in 0..pairs {
        let a = G::rand(&mut random);
        let b = match pair % 8 {
            0 => a,
            1 => -a,
            2 => G::zero(),
            _ => G::rand(&mut random),
        };
        let (a, b) = match pair % 16 {
            2 => (b, a),
            3 => (G::zero(), G::zero()),
            _ => (a, b),
        };
        let mut scaled = |point: &G| {
            let scale = unit(&mut random, &curve.base.modulus);
            projective(curve, &residues(&point.into_affine()), &scale)
        };
        let (first, second) = (scaled(&a), scaled(&b));
        let result = sum(curve, &mut model, first, second);
        assert_eq!(result, residues(&(a + b).into_affine()), "pair {pair}");
    }
}

#[test]
fn bn254_against_arkworks() {
    compare_with_arkworks::<ark_bn254::G1Projective>(&curve::bn254(), Fill::Record, 800);
}

#[test]
fn bls12_381_against_arkworks() {
    compare_with_arkworks::<ark_bls12_381::G1Projective>(&curve::bls12_381(), Fill::Record, 400);
}

#[test]
fn portable_tiles_against_arkworks() {
    compare_with_arkworks::<ark_bn254::G1Projective>(&curve::bn254(), Fill::Portable, 100);
    compare_with_arkworks::<ark_bls12_381::G1Projective>(&curve::bls12_381(), Fill::Portable, 100);
}

/// The adder's inputs need not be reduced, so its outputs can be its inputs for ever.
#[test]
fn every_word_is_a_coordinate() {
    let curve = curve::bn254();
    let graph = complete_adder(&curve, Fill::Record);
    let mut model = Model::new(&graph);
    let p = &curve.base.modulus;
    let (x, y) = &curve.generator;
    let point = projective(&curve, &Some((x.clone(), y.clone())), &BigUint::from(1u32));
    let lifted = point.clone().map(|coordinate| {
        let above = &coordinate + p;
        match above.bits() as usize > curve.base.bits {
            true => coordinate,
            false => above,
        }
    });
    assert_ne!(point, lifted);
    let result = sum(&curve, &mut model, lifted.clone(), lifted);
    assert_eq!(result, sum(&curve, &mut model, point.clone(), point));
    let largest = gristmill_datapath::largest(curve.base.bits);
    let outputs = model.evaluate(&vec![largest; 6]);
    for (name, value) in ["x3", "y3", "z3"].into_iter().zip(outputs) {
        assert!(
            graph
                .output_bound(name)
                .is_some_and(|bound| value <= *bound)
        );
    }
}

/// The pipeline gives in cycle n + latency what the function gives of the inputs of cycle n.
fn pipeline_agrees(graph: &Graph, cycles: usize) {
    use num_bigint::RandBigInt;
    let mut random = random();
    let (mut pipeline, mut function) = (Model::new(graph), Model::new(graph));
    let ports = graph.ports();
    let inputs = ports
        .iter()
        .filter(|port| port.direction == gristmill_datapath::Direction::Input);
    let widths: Vec<usize> = inputs.map(|port| port.width).collect();
    let mut expected = std::collections::VecDeque::new();
    for cycle in 0..cycles + graph.latency() {
        let inputs: Vec<BigUint> = widths
            .iter()
            .map(|width| random.gen_biguint(*width as u64))
            .collect();
        expected.push_back(function.evaluate(&inputs));
        let outputs = pipeline.step(&inputs);
        if expected.len() == graph.latency() {
            assert_eq!(Some(outputs), expected.pop_front(), "cycle {cycle}");
        }
    }
}

#[test]
fn pipelines_agree_with_their_functions() {
    for curve in [curve::toy(), curve::bn254(), curve::bls12_381()] {
        for fill in [Fill::Record, Fill::Portable] {
            pipeline_agrees(&complete_adder(&curve, fill), 50);
        }
    }
}

#[test]
fn latency_and_tiles_are_within_their_limits() {
    let bn254 = complete_adder(&curve::bn254(), Fill::Record);
    assert!(bn254.latency() <= 200, "{:?}", bn254.summary());
    assert!(bn254.tiles() <= 1650, "{:?}", bn254.summary());
    for module in bn254.submodules() {
        let products = module.name.strip_prefix("bn254_sum_of_products_");
        let products: usize = products.and_then(|n| n.parse().ok()).unwrap_or(1);
        assert!(module.graph.tiles() <= 190 * products);
    }
}
