//! What several tests share: reference arithmetic on points, and random numbers below a bound.

use gristmill_datapath::Curve;
use num_bigint::{BigUint, RandBigInt};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// A generator of random numbers whose runs can be repeated.
pub fn random() -> StdRng {
    StdRng::seed_from_u64(20_261_122)
}

/// An affine point as residues; none is infinity.
pub type Affine = Option<(BigUint, BigUint)>;

/// Projective coordinates as the adder takes them, scaled by `scale`, a residue other than zero.
pub fn projective(curve: &Curve, point: &Affine, scale: &BigUint) -> [BigUint; 3] {
    let (zero, one) = (BigUint::ZERO, BigUint::from(1u32));
    let [x, y, z] = match point {
        Some((x, y)) => [x.clone(), y.clone(), one],
        None => [zero.clone(), one, zero],
    };
    [x, y, z].map(|coordinate| curve.base.to_memory(&(coordinate * scale)))
}

/// The affine point of projective coordinates in any scale.
///
/// # Panics
/// If all three are zero, which no point is.
pub fn affine(curve: &Curve, coordinates: &[BigUint]) -> Affine {
    let p = &curve.base.modulus;
    let residues: Vec<BigUint> = coordinates.iter().map(|c| c % p).collect();
    assert!(residues.iter().any(|c| *c != BigUint::ZERO), "not a point");
    let inverse = residues[2].modinv(p)?;
    Some((&residues[0] * &inverse % p, &residues[1] * &inverse % p))
}

/// The sum of two points by the affine formulas.
pub fn add(curve: &Curve, a: &Affine, b: &Affine) -> Affine {
    let p = &curve.base.modulus;
    let (Some((x1, y1)), Some((x2, y2))) = (a, b) else {
        return a.clone().or(b.clone());
    };
    let (numerator, denominator) = if x1 != x2 {
        ((y2 + p - y1) % p, (x2 + p - x1) % p)
    } else if y1 == y2 {
        (x1 * x1 * 3u32 % p, y1 * 2u32 % p)
    } else {
        return None;
    };
    let slope = numerator * denominator.modinv(p)? % p;
    let x3 = (&slope * &slope + p + p - x1 - x2) % p;
    let y3 = (slope * (x1 + p - &x3) + p - y1) % p;
    Some((x3, y3))
}

/// A random residue other than zero.
pub fn unit(random: &mut StdRng, modulus: &BigUint) -> BigUint {
    random.gen_biguint_range(&BigUint::from(1u32), modulus)
}
