//! What the tests share: a card in software, and a circuit.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use ark_bn254::{Fq, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field, PrimeField, UniformRand};
use ark_relations::{
    gr1cs::{
        ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
    },
    lc,
};
use ark_std::test_rng;
use gristmill::{Backend, Error, RawSum, Resident, ScalarForm, Session, Usage};
use gristmill_protocol::{CurveId, EngineCapability, EngineKind};

/// A BN254 card in software, which works from the bytes of the format alone.
#[derive(Default)]
pub struct SoftwareCard {
    pub switches: Arc<Switches>,
}

/// What the card does wrong, and what it counted.
#[derive(Default)]
pub struct Switches {
    pub refuse_load: AtomicBool,
    pub refuse_msm: AtomicBool,
    /// Results are points of the curve, but not the sum.
    pub wrong_point: AtomicBool,
    /// Results are no points of the curve.
    pub garbage: AtomicBool,
    pub loads: AtomicUsize,
    pub sums: AtomicUsize,
}

impl SoftwareCard {
    pub fn new() -> (Arc<Self>, Arc<Switches>) {
        let card = Arc::new(Self::default());
        let switches = card.switches.clone();
        (card, switches)
    }
}

/// A session that must use the card, and the card's switches.
pub fn session() -> (Session, Arc<Switches>) {
    let (card, switches) = SoftwareCard::new();
    (Session::builder().card(card).build(), switches)
}

fn on(switch: &AtomicBool) -> bool {
    switch.load(Ordering::Relaxed)
}

fn refused() -> Error {
    Error::card(std::io::Error::other("told to refuse"))
}

fn fq(bytes: &[u8]) -> Fq {
    let limbs =
        std::array::from_fn(|i| u64::from_le_bytes(bytes[8 * i..][..8].try_into().unwrap()));
    Fq::new_unchecked(BigInt(limbs))
}

impl Backend for SoftwareCard {
    fn description(&self) -> String {
        "a card in software".into()
    }

    fn engine(&self, curve: CurveId) -> Option<EngineCapability> {
        (curve == CurveId::Bn254G1).then(|| EngineCapability {
            kind: EngineKind::Msm as u32,
            group: curve as u32,
            adders: 1,
            ..Default::default()
        })
    }

    fn load(&self, _: CurveId, points: Vec<u8>) -> Result<Arc<dyn Resident>, Error> {
        self.switches.loads.fetch_add(1, Ordering::Relaxed);
        if on(&self.switches.refuse_load) {
            return Err(refused());
        }
        let points = points
            .chunks_exact(64)
            .map(|point| match point.iter().all(|byte| *byte == 0) {
                true => G1Affine::zero(),
                false => G1Affine::new(fq(&point[..32]), fq(&point[32..])),
            })
            .collect();
        Ok(Arc::new(Loaded {
            points,
            switches: self.switches.clone(),
        }))
    }
}

struct Loaded {
    points: Vec<G1Affine>,
    switches: Arc<Switches>,
}

impl Resident for Loaded {
    fn msm(&self, first: usize, scalars: &[u8], form: ScalarForm) -> Result<RawSum, Error> {
        self.switches.sums.fetch_add(1, Ordering::Relaxed);
        if on(&self.switches.refuse_msm) {
            return Err(refused());
        }
        let scalars: Vec<Fr> = scalars
            .chunks_exact(32)
            .map(|bytes| {
                let limbs = fq(bytes).0;
                match form {
                    ScalarForm::Canonical => Fr::from_bigint(limbs).expect("below the order"),
                    ScalarForm::Montgomery => Fr::new_unchecked(limbs),
                }
            })
            .collect();
        let points = &self.points[first..][..scalars.len()];
        let mut sum = G1Projective::msm(points, &scalars).unwrap();
        if on(&self.switches.wrong_point) {
            sum += G1Projective::rand(&mut test_rng());
        }
        let mut slots = slots(sum);
        if on(&self.switches.garbage) {
            slots[5] ^= 0x40;
        }
        let usage = Usage {
            jobs: 1,
            cycles: 1000,
            busy: 900,
            slots: 1000,
            ..Usage::default()
        };
        Ok(RawSum { slots, usage })
    }
}

/// Slots with arbitrary points whose weighted sum is this one.
fn slots(sum: G1Projective) -> Vec<u8> {
    let rng = &mut test_rng();
    let mut points: Vec<G1Projective> = (0..6).map(|_| G1Projective::rand(rng)).collect();
    let (first, rest) = points.split_first_mut().unwrap();
    let rest = rest
        .iter()
        .rev()
        .fold(G1Projective::ZERO, |sum, point| sum.double() + point);
    *first = sum - rest.double();
    let mut bytes = Vec::new();
    for point in points {
        let factor = Fq::rand(rng);
        let coordinates = match point.into_affine().xy() {
            Some((x, y)) => [x, y, Fq::ONE, Fq::ZERO],
            None => [Fq::ZERO, Fq::ONE, Fq::ZERO, Fq::ZERO],
        };
        for coordinate in coordinates {
            bytes.extend((coordinate * factor).0.to_bytes_le());
        }
    }
    bytes
}

/// x <- (x + i)^3, `rounds` times: two constraints each; the last x is the public input.
#[derive(Clone, Copy)]
pub struct Chain {
    pub start: u64,
    pub rounds: usize,
}

impl Chain {
    pub fn result(&self) -> Fr {
        (0..self.rounds).fold(Fr::from(self.start), |x, round| {
            let t = x + Fr::from(round as u64);
            t * t * t
        })
    }
}

impl ConstraintSynthesizer<Fr> for Chain {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let output = cs.new_input_variable(|| Ok(self.result()))?;
        let mut value = Fr::from(self.start);
        let mut x = cs.new_witness_variable(|| Ok(value))?;
        for round in 0..self.rounds {
            let constant = Fr::from(round as u64);
            let t = value + constant;
            value = t * t * t;
            let shifted: LinearCombination<Fr> = lc!() + x + (constant, Variable::One);
            let square = cs.new_witness_variable(|| Ok(t * t))?;
            let next = match round + 1 == self.rounds {
                true => output,
                false => cs.new_witness_variable(|| Ok(value))?,
            };
            let (left, right) = (shifted.clone(), shifted.clone());
            cs.enforce_r1cs_constraint(|| left, || right, || lc!() + square)?;
            cs.enforce_r1cs_constraint(|| lc!() + square, || shifted, || lc!() + next)?;
            x = next;
        }
        Ok(())
    }
}
