//! Sums through the explicit API and through every entry point of arkworks.

mod common;

use std::sync::atomic::Ordering;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective};
use ark_crypto_primitives::sponge::Absorb;
use ark_ec::{
    AffineRepr, CurveGroup, VariableBaseMSM, pairing::Pairing, scalar_mul::ScalarMul,
    scalar_mul::variable_base::ChunkedPippenger,
};
use ark_ff::{PrimeField, ToConstraintField, UniformRand, Zero};
use ark_poly::{EvaluationDomain, Evaluations};
use ark_std::test_rng;
use common::{SoftwareCard, session};
use gristmill::{
    Accelerated, AcceleratedAffine, AcceleratedDomain, AcceleratedGroup, Error, Fallback,
    Operation, Session,
};

type Group = AcceleratedGroup<G1Projective>;

fn input(n: usize) -> (Vec<G1Affine>, Vec<Fr>) {
    let rng = &mut test_rng();
    (0..n).map(|_| (G1Affine::rand(rng), Fr::rand(rng))).unzip()
}

#[test]
fn slices_of_loaded_points() {
    let (points, scalars) = input(50);
    let (session, switches) = session();
    let bases = session.load_bases::<G1Projective>(&points).unwrap();
    assert!(bases.is_on_card());
    for range in [0..50, 1..50, 17..40, 49..50, 8..8] {
        let part = bases.slice(range.clone()).unwrap();
        assert_eq!(part.len(), range.len());
        let scalars = &scalars[..range.len()];
        let expected = G1Projective::msm(&points[range], scalars).unwrap();
        assert_eq!(session.msm(&part, scalars).unwrap(), expected);
    }
    let part = bases.slice(10..20).unwrap().slice(2..5).unwrap();
    let expected = G1Projective::msm(&points[12..15], &scalars[..3]).unwrap();
    assert_eq!(session.msm(&part, &scalars[..3]).unwrap(), expected);
    assert!(bases.slice(40..51).is_none());
    assert_eq!(switches.loads.load(Ordering::Relaxed), 1);
    assert_eq!(switches.sums.load(Ordering::Relaxed), 5);
}

#[test]
fn lengths_may_differ() {
    let (mut points, mut scalars) = input(12);
    points[3] = G1Affine::zero();
    scalars[5] = Fr::zero();
    scalars[6] = -Fr::from(1);
    let (session, _) = session();
    let bases = session.load_bases::<G1Projective>(&points[..9]).unwrap();
    for (n, given) in [(9, 12), (9, 9), (4, 4), (0, 0)] {
        let expected = G1Projective::msm(&points[..n], &scalars[..n]).unwrap();
        assert_eq!(session.msm(&bases, &scalars[..given]).unwrap(), expected);
    }
    let none = session.load_bases::<G1Projective>(&[]).unwrap();
    assert!(none.is_empty());
    assert!(session.msm(&none, &scalars).unwrap().is_zero());
}

#[test]
fn every_entry_point_of_arkworks() {
    let (points, scalars) = input(33);
    let expected = G1Projective::msm(&points, &scalars).unwrap();
    let points: Vec<AcceleratedAffine<G1Projective>> =
        points.into_iter().map(AcceleratedAffine).collect();
    let integers: Vec<_> = scalars.iter().map(|scalar| scalar.into_bigint()).collect();
    let (session, switches) = session();
    let scoped = session
        .with_bases(&points, || {
            let mut chunked = ChunkedPippenger::<Group>::new(16);
            points
                .iter()
                .zip(&integers)
                .for_each(|(p, s)| chunked.add(p, s));
            [
                Group::msm(&points, &scalars).unwrap(),
                Group::msm_unchecked(&points, &scalars),
                Group::msm_bigint(&points, &integers),
                Group::msm_chunks(&points.as_slice(), &scalars.as_slice()),
                chunked.finalize(),
            ]
        })
        .unwrap();
    assert!(scoped.value.iter().all(|sum| sum.0 == expected));
    assert_eq!(scoped.report.on_card(Operation::Msm), 4 + 3);
    assert!(switches.loads.load(Ordering::Relaxed) >= 1);
    assert_eq!(Group::msm(&points, &scalars[1..]), Err(32));

    let small: Vec<u8> = (0..33).collect();
    let scoped = session.scope(|| Group::msm_u8(&points, &small)).unwrap();
    let wide: Vec<Fr> = small.iter().map(|scalar| Fr::from(*scalar)).collect();
    let inner: Vec<G1Affine> = points.iter().map(|point| point.0).collect();
    assert_eq!(scoped.value.0, G1Projective::msm(&inner, &wide).unwrap());
    assert_eq!(scoped.report.on_cpu(Operation::Msm), 1);
}

#[test]
fn the_check_lets_right_results_pass_and_catches_a_wrong_point() {
    let (points, scalars) = input(40);
    let (card, switches) = SoftwareCard::new();
    let checked = Session::builder().card(card.clone()).check(true).build();
    let bases = checked.load_bases::<G1Projective>(&points).unwrap();
    let part = bases.slice(3..30).unwrap();
    let expected = G1Projective::msm(&points[3..30], &scalars[..27]).unwrap();
    assert_eq!(checked.msm(&part, &scalars[..27]).unwrap(), expected);
    assert_eq!(
        switches.sums.load(Ordering::Relaxed),
        2,
        "a second job is the check"
    );

    switches.wrong_point.store(true, Ordering::Relaxed);
    let before = checked
        .scope(|| checked.msm(&part, &scalars[..27]))
        .unwrap();
    assert_eq!(before.value.unwrap(), expected, "the CPU answers instead");
    assert_eq!(before.report.on_card(Operation::Msm), 0);

    let unchecked = Session::builder().card(card.clone()).build();
    let bases = unchecked.load_bases::<G1Projective>(&points).unwrap();
    let wrong = unchecked.msm(&bases, &scalars).unwrap();
    assert_ne!(wrong, G1Projective::msm(&points, &scalars).unwrap());

    let never = Session::builder()
        .card(card)
        .check(true)
        .fallback(Fallback::Never)
        .build();
    let bases = never.load_bases::<G1Projective>(&points).unwrap();
    assert!(matches!(
        never.msm(&bases, &scalars),
        Err(Error::CheckFailed)
    ));
    let points: Vec<_> = points.into_iter().map(AcceleratedAffine).collect();
    let integers: Vec<_> = scalars.iter().map(|scalar| scalar.into_bigint()).collect();
    let result = never.with_bases(&points, || Group::msm_bigint(&points[1..], &integers));
    assert!(matches!(result, Err(Error::CheckFailed)));
}

#[test]
fn wrappers_behave_as_what_they_wrap() {
    type E = Accelerated<Bn254>;
    let rng = &mut test_rng();
    let (a, b) = (G1Projective::rand(rng), G1Projective::rand(rng));
    let s = Fr::rand(rng);
    let (x, y) = (AcceleratedGroup(a), AcceleratedGroup(b));
    let (p, q) = (x.into_affine(), y.into_affine());
    assert_eq!([(x + y).0, (x - y).0, (x * s).0], [a + b, a - b, a * s]);
    assert_eq!([(p + q).0, (p - y).0, (p * s).0], [a + b, a - b, a * s]);
    assert_eq!(
        [(x + q).0, (x - q).0, (-p).into_group().0],
        [a + b, a - b, -a]
    );
    assert_eq!([x, y].iter().sum::<Group>().0, a + b);
    assert_eq!([p, q].into_iter().sum::<Group>().0, a + b);
    let multiples = x.batch_mul(&[s, Fr::zero()]);
    assert_eq!(
        multiples,
        [
            AcceleratedAffine((a * s).into_affine()),
            AcceleratedAffine::zero()
        ]
    );

    let elements: Option<Vec<ark_bn254::Fq>> = p.to_field_elements();
    assert_eq!(elements, p.0.to_field_elements());
    let fields = |f: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        f(&mut bytes);
        bytes
    };
    assert_eq!(fields(&|b| absorbed(&p, b)), fields(&|b| absorbed(&p.0, b)));

    let h = ark_bn254::G2Affine::rand(rng);
    let target = E::pairing(p, AcceleratedAffine(h)).0;
    assert_eq!(target, Bn254::pairing(p.0, h).0);
}

fn absorbed(value: &impl Absorb, bytes: &mut Vec<u8>) {
    value.to_sponge_bytes(bytes);
}

#[test]
fn transforms_are_counted_and_right() {
    let (session, _) = session();
    let values: Vec<Fr> = input(64).1;
    let points: Vec<G1Projective> = input(8).0.into_iter().map(Into::into).collect();
    let scoped = session
        .scope(|| {
            let domain = AcceleratedDomain::<Fr>::new(64).unwrap();
            let polynomial = Evaluations::from_vec_and_domain(values.clone(), domain).interpolate();
            assert_eq!(domain.fft(&polynomial.coeffs), values);
            let small = AcceleratedDomain::<Fr>::new(8).unwrap();
            assert_eq!(small.fft(&small.ifft(&points)), points);
        })
        .unwrap();
    let groups: Vec<_> = scoped
        .report
        .events
        .iter()
        .map(|event| event.group)
        .collect();
    assert_eq!(groups, ["bn254.fr", "bn254.fr", "other", "other"]);
}
