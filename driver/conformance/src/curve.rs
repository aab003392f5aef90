//! The groups of the engines, slowly and from their definition: what the suite compares with.

use gristmill_protocol::{CurveId, format};
use num_bigint::{BigInt, BigUint};
use num_traits::{One, Zero};

/// A curve y² = x³ + b of odd order, and its word formats.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Modulus of the coordinates.
    pub modulus: BigUint,
    /// Order of the generator, a prime.
    pub order: BigUint,
    /// Bytes of a coordinate in memory.
    pub element_bytes: usize,
    /// Bytes of a scalar in memory.
    pub scalar_bytes: usize,
    b3: BigUint,
    generator: (BigUint, BigUint),
}

/// A point in homogeneous coordinates; Z = 0 for infinity.
#[derive(Clone, Debug)]
pub struct Point {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

impl Curve {
    /// The curve with this name.
    pub fn of(id: CurveId) -> Self {
        let hex = |digits: &str| BigUint::parse_bytes(digits.as_bytes(), 16).unwrap_or_default();
        let one_two = (BigUint::one(), BigUint::from(2u32));
        match id {
            CurveId::Toy => Self {
                modulus: 199u32.into(),
                order: 211u32.into(),
                element_bytes: 8,
                scalar_bytes: 8,
                b3: 9u32.into(),
                generator: one_two,
            },
            CurveId::Bn254G1 => Self {
                modulus: hex("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"),
                order: hex("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001"),
                element_bytes: 32,
                scalar_bytes: 32,
                b3: 9u32.into(),
                generator: one_two,
            },
            CurveId::Bls12381G1 => Self {
                modulus: hex(
                    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
                ),
                order: hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"),
                element_bytes: 48,
                scalar_bytes: 32,
                b3: 12u32.into(),
                generator: (
                    hex(
                        "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
                    ),
                    hex(
                        "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1",
                    ),
                ),
            },
        }
    }

    /// The generator.
    pub fn generator(&self) -> Point {
        let (x, y) = self.generator.clone();
        Point {
            x,
            y,
            z: BigUint::one(),
        }
    }

    /// Infinity.
    pub fn zero(&self) -> Point {
        Point {
            x: BigUint::zero(),
            y: BigUint::one(),
            z: BigUint::zero(),
        }
    }

    /// a + b: Renes, Costello and Batina's algorithm 7, which has no exceptional case.
    pub fn add(&self, a: &Point, b: &Point) -> Point {
        let p = &self.modulus;
        let mul = |a: &BigUint, b: &BigUint| a * b % p;
        let sub = |a: &BigUint, b: &BigUint| (a + p - b) % p;
        let cross =
            |a0: &BigUint, a1: &BigUint, b0: &BigUint, b1: &BigUint| (a0 + a1) * (b0 + b1) % p;
        let (xx, yy, zz) = (mul(&a.x, &b.x), mul(&a.y, &b.y), mul(&a.z, &b.z));
        let xy = sub(&sub(&cross(&a.x, &a.y, &b.x, &b.y), &xx), &yy);
        let yz = sub(&sub(&cross(&a.y, &a.z, &b.y, &b.z), &yy), &zz);
        let xz = sub(&sub(&cross(&a.x, &a.z, &b.x, &b.z), &xx), &zz);
        let xx3 = &xx * 3u32 % p;
        let zz = mul(&self.b3, &zz);
        let (plus, minus) = ((&yy + &zz) % p, sub(&yy, &zz));
        let xz = mul(&self.b3, &xz);
        Point {
            x: sub(&mul(&xy, &minus), &mul(&yz, &xz)),
            y: (mul(&minus, &plus) + mul(&xz, &xx3)) % p,
            z: (mul(&plus, &yz) + mul(&xx3, &xy)) % p,
        }
    }

    /// -a.
    pub fn negate(&self, a: &Point) -> Point {
        Point {
            x: a.x.clone(),
            y: (&self.modulus - &a.y) % &self.modulus,
            z: a.z.clone(),
        }
    }

    /// scalar · a, by doubling and adding.
    pub fn multiply(&self, scalar: &BigUint, a: &Point) -> Point {
        let mut sum = self.zero();
        for bit in (0..scalar.bits()).rev() {
            sum = self.add(&sum, &sum);
            if scalar.bit(bit) {
                sum = self.add(&sum, a);
            }
        }
        sum
    }

    /// Whether a and b are the same point.
    pub fn equal(&self, a: &Point, b: &Point) -> bool {
        let p = &self.modulus;
        a.z.is_zero() == b.z.is_zero()
            && &a.x * &b.z % p == &b.x * &a.z % p
            && &a.y * &b.z % p == &b.y * &a.z % p
    }

    /// Whether it satisfies the curve's equation.
    pub fn contains(&self, a: &Point) -> bool {
        let p = &self.modulus;
        let left = &a.y * &a.y * &a.z * 3u32 % p;
        let right = (&a.x * &a.x * &a.x * 3u32 + &self.b3 * &a.z * &a.z * &a.z) % p;
        left == right && !(a.x.is_zero() && a.y.is_zero() && a.z.is_zero())
    }

    /// The affine point in memory: x then y in Montgomery form, or zeros for infinity.
    pub fn encode_point(&self, a: &Point) -> Vec<u8> {
        let p = &self.modulus;
        let inverse = a.z.modinv(p).unwrap_or_default();
        let mut bytes = self.encode_element(&(&a.x * &inverse));
        bytes.extend(self.encode_element(&(&a.y * &inverse)));
        bytes
    }

    /// The inverse of [`Self::encode_point`]; `None` when a coordinate is not below the modulus.
    pub fn decode_point(&self, bytes: &[u8]) -> Option<Point> {
        let (x, y) = bytes.split_at(self.element_bytes);
        let (x, y) = (little(x), little(&y[..self.element_bytes]));
        if x.is_zero() && y.is_zero() {
            return Some(self.zero());
        }
        (x < self.modulus && y < self.modulus).then(|| Point {
            x: self.out_of_montgomery(&x),
            y: self.out_of_montgomery(&y),
            z: BigUint::one(),
        })
    }

    /// A result slot in memory. Any common factor is allowed; this one is a power of two.
    pub fn encode_slot(&self, a: &Point) -> Vec<u8> {
        if a.z.is_zero() {
            return vec![0; format::result_slot_bytes(self.element_bytes)];
        }
        let mut bytes = Vec::new();
        for element in [&a.x, &a.y, &a.z] {
            bytes.extend(self.encode_element(element));
        }
        bytes.resize(format::result_slot_bytes(self.element_bytes), 0);
        bytes
    }

    /// The sum that result slots stand for, Σ_w 2^(c w) Σ_l 2^l slot(w c + l); `None` when a slot
    /// is no point of the curve.
    pub fn sum_of_slots(&self, slots: &[u8], c: usize) -> Option<Point> {
        let bytes = self.element_bytes;
        let mut sum = self.zero();
        for window in slots.rchunks(c * format::result_slot_bytes(bytes)) {
            for _ in 0..c {
                sum = self.add(&sum, &sum);
            }
            let mut inner = self.zero();
            for slot in window.rchunks_exact(format::result_slot_bytes(bytes)) {
                inner = self.add(&inner, &inner);
                if slot.iter().any(|byte| *byte != 0) {
                    let point = Point {
                        x: little(&slot[..bytes]) % &self.modulus,
                        y: little(&slot[bytes..2 * bytes]) % &self.modulus,
                        z: little(&slot[2 * bytes..3 * bytes]) % &self.modulus,
                    };
                    if !self.contains(&point) {
                        return None;
                    }
                    inner = self.add(&inner, &point);
                }
            }
            sum = self.add(&sum, &inner);
        }
        Some(sum)
    }

    /// A scalar in memory, plain or in Montgomery form. It is not reduced.
    pub fn encode_scalar(&self, scalar: &BigUint, montgomery: bool) -> Vec<u8> {
        let radix = BigUint::one() << (8 * self.scalar_bytes);
        match montgomery {
            true => fixed(&(scalar * radix % &self.order), self.scalar_bytes),
            false => fixed(scalar, self.scalar_bytes),
        }
    }

    /// The inverse of [`Self::encode_scalar`]; `None` when the word is not below the order.
    pub fn decode_scalar(&self, bytes: &[u8], montgomery: bool) -> Option<BigUint> {
        let word = little(bytes);
        if word >= self.order {
            return None;
        }
        let radix = BigUint::one() << (8 * self.scalar_bytes);
        Some(match montgomery {
            true => word * radix.modinv(&self.order).unwrap_or_default() % &self.order,
            false => word,
        })
    }

    /// Signed digits of width c, least significant first, of a scalar below the order: each at
    /// least -2^(c-1) and at most 2^(c-1).
    pub fn digits(&self, scalar: &BigUint, c: usize) -> Vec<i64> {
        let negative = scalar * 2u32 > self.order;
        let magnitude = match negative {
            true => &self.order - scalar,
            false => scalar.clone(),
        };
        let (mut rest, mut digits) = (BigInt::from(magnitude), Vec::new());
        let (size, half) = (1i64 << c, 1i64 << (c - 1));
        while !rest.is_zero() {
            let low = (&rest & BigInt::from(size - 1)).iter_u64_digits().next();
            let mut digit = low.unwrap_or(0) as i64;
            if digit > half {
                digit -= size;
            }
            rest = (rest - digit) >> c;
            digits.push(if negative { -digit } else { digit });
        }
        digits
    }

    fn encode_element(&self, element: &BigUint) -> Vec<u8> {
        let word = (element << (8 * self.element_bytes)) % &self.modulus;
        fixed(&word, self.element_bytes)
    }

    fn out_of_montgomery(&self, word: &BigUint) -> BigUint {
        let radix = BigUint::one() << (8 * self.element_bytes);
        word * radix.modinv(&self.modulus).unwrap_or_default() % &self.modulus
    }
}

fn little(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_le(bytes)
}

fn fixed(number: &BigUint, bytes: usize) -> Vec<u8> {
    let mut word = number.to_bytes_le();
    word.resize(bytes, 0);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [CurveId; 3] = [CurveId::Toy, CurveId::Bn254G1, CurveId::Bls12381G1];

    #[test]
    fn the_generator_has_its_order() {
        for id in ALL {
            let curve = Curve::of(id);
            let g = curve.generator();
            assert!(curve.contains(&g));
            let last = curve.multiply(&(&curve.order - 1u32), &g);
            assert!(curve.equal(&last, &curve.negate(&g)), "{id:?}");
            assert!(curve.equal(&curve.add(&last, &g), &curve.zero()));
        }
    }

    #[test]
    fn formats_are_inverses() {
        for id in ALL {
            let curve = Curve::of(id);
            let point = curve.multiply(&77u32.into(), &curve.generator());
            let decoded = curve.decode_point(&curve.encode_point(&point)).unwrap();
            assert!(curve.equal(&point, &decoded));
            let scalar = &curve.order - 3u32;
            for montgomery in [false, true] {
                let bytes = curve.encode_scalar(&scalar, montgomery);
                assert_eq!(
                    curve.decode_scalar(&bytes, montgomery),
                    Some(scalar.clone())
                );
            }
        }
    }

    #[test]
    fn digits_are_short_and_sum_to_the_scalar() {
        let curve = Curve::of(CurveId::Toy);
        for c in 1..=8 {
            for scalar in 0..211u32 {
                let digits = curve.digits(&scalar.into(), c);
                assert!(digits.len() <= format::windows(8, c as u32) as usize);
                let sum: i64 = digits.iter().rev().fold(0, |sum, digit| (sum << c) + digit);
                assert_eq!(sum.rem_euclid(211), i64::from(scalar));
                assert!(digits.iter().all(|digit| digit.abs() <= 1 << (c - 1)));
            }
        }
    }
}
