//! The toy curve's group, from its definition.

use gristmill_datapath::{Curve, curve};
use num_traits::ToPrimitive;
use rand::{Rng, SeedableRng, rngs::SmallRng};

/// Affine coordinates as residues, or infinity.
pub type Point = Option<(u64, u64)>;

pub struct Group {
    pub curve: Curve,
    pub modulus: u64,
    pub order: u64,
    generator: Point,
}

impl Group {
    pub fn new() -> Self {
        let curve = curve::toy();
        let small = |value: &num_bigint::BigUint| value.to_u64().expect("the toy curve is small");
        let (x, y) = &curve.generator;
        Self {
            modulus: small(&curve.base.modulus),
            order: small(&curve.scalar.modulus),
            generator: Some((small(x), small(y))),
            curve,
        }
    }

    fn inverse(&self, value: u64) -> u64 {
        (1..self.modulus)
            .find(|other| other * value % self.modulus == 1)
            .expect("not zero")
    }

    pub fn add(&self, a: Point, b: Point) -> Point {
        let p = self.modulus;
        let (Some((x1, y1)), Some((x2, y2))) = (a, b) else {
            return a.or(b);
        };
        let slope = if x1 != x2 {
            (y2 + p - y1) % p * self.inverse((x2 + p - x1) % p) % p
        } else if y1 == y2 && y1 != 0 {
            3 * x1 * x1 % p * self.inverse(2 * y1 % p) % p
        } else {
            return None;
        };
        let x = (slope * slope + 2 * p - x1 - x2) % p;
        Some((x, (slope * (x1 + p - x) + p - y1) % p))
    }

    pub fn times(&self, scalar: u64, point: Point) -> Point {
        (0..scalar).fold(None, |sum, _| self.add(sum, point))
    }

    pub fn msm(&self, scalars: &[u64], bases: &[Point]) -> Point {
        scalars
            .iter()
            .zip(bases)
            .fold(None, |sum, (s, b)| self.add(sum, self.times(*s, *b)))
    }

    /// All points, infinity first.
    pub fn all(&self) -> Vec<Point> {
        (0..self.order)
            .scan(None, |point: &mut Point, _| {
                let now = *point;
                *point = self.add(*point, self.generator);
                Some(now)
            })
            .collect()
    }

    pub fn random(&self, length: usize, seed: u64) -> (Vec<u64>, Vec<Point>) {
        let mut random = SmallRng::seed_from_u64(seed);
        let all = self.all();
        let scalars = (0..length)
            .map(|_| random.gen_range(0..self.order))
            .collect();
        let bases = (0..length)
            .map(|_| all[random.gen_range(0..all.len())])
            .collect();
        (scalars, bases)
    }

    /// x and y as they lie in memory.
    pub fn words(&self, point: Point) -> [u64; 2] {
        point.map_or([0, 0], |(x, y)| {
            [x, y].map(|value| {
                self.curve
                    .base
                    .to_memory(&value.into())
                    .to_u64()
                    .expect("a toy word")
            })
        })
    }

    /// The point of a projective slot, whose coordinates have one unknown common factor.
    pub fn of_slot(&self, [x, y, z]: [u64; 3]) -> Point {
        let p = self.modulus;
        if z % p == 0 {
            return None;
        }
        let inverse = self.inverse(z % p);
        Some((x % p * inverse % p, y % p * inverse % p))
    }
}
