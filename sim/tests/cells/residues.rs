//! Fields of arkworks, and operands for cells.

#![allow(missing_docs, reason = "the fields' configurations are derived")]

use ark_ff::{Fp64, MontBackend, MontConfig, PrimeField};
use gristmill_datapath::Field;
use num_bigint::{BigUint, RandBigInt};
use rand::SeedableRng;
use rand::rngs::StdRng;

macro_rules! small_field {
    ($name:ident, $config:ident, $modulus:literal, $generator:literal) => {
        #[derive(MontConfig)]
        #[modulus = $modulus]
        #[generator = $generator]
        pub struct $config;
        pub type $name = Fp64<MontBackend<$config, 1>>;
    };
}

small_field!(Goldilocks, GoldilocksConfig, "18446744069414584321", "7");
small_field!(BabyBear, BabyBearConfig, "2013265921", "31");
small_field!(KoalaBear, KoalaBearConfig, "2130706433", "3");
small_field!(ToyFq, ToyFqConfig, "199", "3");
small_field!(ToyFr, ToyFrConfig, "211", "2");
small_field!(ToyNtt, ToyNttConfig, "257", "3");

/// Vectors that no corner asks for.
pub const RANDOM_VECTORS: usize = 10_000;

/// A generator of random numbers whose runs can be repeated.
pub fn random() -> StdRng {
    StdRng::seed_from_u64(20_261_122)
}

/// The element of arkworks that a memory word is when read as a plain number.
pub fn number<F: PrimeField>(word: &BigUint) -> F {
    F::from(word.clone())
}

/// One over what stands for one in memory: the factor of a product of memory words.
pub fn scale<F: PrimeField>(field: &Field) -> F {
    assert_eq!(F::MODULUS.into(), field.modulus);
    number::<F>(&field.one())
        .inverse()
        .expect("one is not zero")
}

/// Words at which something changes: 0, 1, 2, one in memory form, the modulus and half of it, and around them.
pub fn corners(field: &Field) -> Vec<BigUint> {
    let p = &field.modulus;
    let mut corners = vec![BigUint::ZERO, 1u32.into(), 2u32.into(), field.one()];
    corners.extend([p - 1u32, p - 2u32, p / 2u32, p / 2u32 + 1u32]);
    corners
}

/// Powers of two, and the numbers below them and opposite to them.
pub fn powers(field: &Field) -> Vec<BigUint> {
    let one = BigUint::from(1u32);
    let bits = 0..field.bits - 1;
    let around = bits.map(|bit| {
        [
            &one << bit,
            (&one << bit) - 1u32,
            &field.modulus - (&one << bit),
        ]
    });
    around.flatten().collect()
}

/// All pairs of corners, all powers with all corners on either side and with themselves, and random pairs below
/// `limit`.
pub fn pairs(field: &Field, limit: &BigUint) -> Vec<Vec<BigUint>> {
    let (corners, powers) = (corners(field), powers(field));
    let mut pairs = Vec::new();
    for a in &corners {
        pairs.extend(corners.iter().map(|b| vec![a.clone(), b.clone()]));
        pairs.extend(powers.iter().map(|b| vec![a.clone(), b.clone()]));
        pairs.extend(powers.iter().map(|b| vec![b.clone(), a.clone()]));
    }
    pairs.extend(powers.iter().map(|a| vec![a.clone(), a.clone()]));
    let mut random = random();
    let mut below = || random.gen_biguint_below(limit);
    pairs.extend((0..RANDOM_VECTORS).map(|_| vec![below(), below()]));
    pairs
}

/// Every pair of elements of a small field.
pub fn all_pairs(field: &Field) -> Vec<Vec<BigUint>> {
    let p = u32::try_from(&field.modulus).expect("a toy modulus is small");
    let pairs = (0..p).flat_map(|a| (0..p).map(move |b| vec![a.into(), b.into()]));
    pairs.collect()
}
