//! What the driver's tests share.
#![allow(dead_code, reason = "each test program uses a part of it")]

use gristmill_conformance::curve::{Curve, Point};
use gristmill_conformance::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardOptions, MsmBases, MsmRequest, MsmResult, MsmScalars};
use gristmill_protocol::CurveId;
use num_bigint::{BigUint, RandBigInt};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Patience of tests: long enough for a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn soon() -> Instant {
    Instant::now() + PATIENCE
}

/// Waits until something is true that is about to become true.
#[track_caller]
pub fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = soon();
    while !condition() {
        assert!(Instant::now() < deadline, "it does not become true");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Options that notice faults within a test's time.
pub fn options() -> CardOptions {
    CardOptions {
        liveness_interval: Duration::from_millis(5),
        stopped_after: Duration::from_millis(500),
        staging_bytes: 16 << 10,
        patience: PATIENCE,
        ..CardOptions::default()
    }
}

pub fn open(curve: CurveId) -> (Arc<ReferenceCard>, Arc<Card>) {
    let reference = ReferenceCard::new(ReferenceOptions::msm(curve)).unwrap();
    let card = Card::open(reference.clone(), options()).unwrap();
    (reference, card)
}

/// Points and scalars as they lie in memory, and what they are.
pub struct Pairs {
    pub points: Vec<u8>,
    pub scalars: Vec<u8>,
    curve: Curve,
    logarithms: Vec<BigUint>,
    values: Vec<BigUint>,
}

impl Pairs {
    pub fn random(curve: CurveId, count: usize, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let curve = Curve::of(curve);
        let generator = curve.generator();
        let logarithms: Vec<_> = (0..count).map(|_| random.gen_biguint(16)).collect();
        let values: Vec<_> = (0..count)
            .map(|_| random.gen_biguint_below(&curve.order))
            .collect();
        let point = |k: &BigUint| curve.encode_point(&curve.multiply(k, &generator));
        Self {
            points: logarithms.iter().flat_map(point).collect(),
            scalars: values
                .iter()
                .flat_map(|value| curve.encode_scalar(value, false))
                .collect(),
            curve,
            logarithms,
            values,
        }
    }

    pub fn stride(&self) -> u16 {
        2 * self.curve.element_bytes as u16
    }

    pub fn request<'a>(&'a self, bases: MsmBases<'a>) -> MsmRequest<'a> {
        MsmRequest {
            bases,
            scalars: MsmScalars::Bytes(&self.scalars),
            montgomery: false,
            count: self.values.len(),
            density: None,
            plan: None,
            patience: PATIENCE,
        }
    }

    pub fn sum(&self, range: Range<usize>) -> Point {
        let products = range.map(|i| &self.logarithms[i] * &self.values[i]);
        let sum: BigUint = products.sum();
        self.curve
            .multiply(&(sum % &self.curve.order), &self.curve.generator())
    }

    #[track_caller]
    pub fn assert_sum(&self, result: &MsmResult, range: Range<usize>) {
        let sum = self
            .curve
            .sum_of_slots(&result.slots, result.window as usize);
        let sum = sum.expect("a slot is no point");
        assert!(self.curve.equal(&sum, &self.sum(range)));
    }
}
