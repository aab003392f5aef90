//! The first group of BLS12-381.

use num_bigint::BigUint;
use num_traits::Num;

use crate::curve::Curve;
use crate::fields::{bls12_381_fq, bls12_381_fr};

/// y^2 = x^3 + 4, with the generator that the curve's users agreed on. The cofactor is odd, so the curve
/// has no point of order two and the formulas are complete.
pub fn bls12_381() -> Curve {
    let hex = |digits| BigUint::from_str_radix(digits, 16).expect("the digits are hexadecimal");
    Curve {
        name: "bls12_381",
        base: bls12_381_fq(),
        scalar: bls12_381_fr(),
        b3: 12u32.into(),
        generator: (
            hex(
                "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
            ),
            hex(
                "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1",
            ),
        ),
    }
}
