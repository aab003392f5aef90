//! The groups a card computes in, and how arkworks lays their elements out in memory.
//!
//! arkworks 0.6 holds an affine point as x then y and a field element as little-endian limbs in
//! Montgomery form, which is the card's format, so that points and scalars can cross the link as they
//! lie in memory. Rust promises no such layout; it is checked once, and where it differs the
//! elements are copied into the format.

use std::{any::TypeId, borrow::Cow, sync::OnceLock};

use ark_ec::{
    AffineRepr, CurveGroup, PrimeGroup,
    short_weierstrass::{Projective, SWCurveConfig},
};
use ark_ff::{BigInteger, Field, PrimeField, Zero};
use gristmill_protocol::CurveId;

use crate::backend::ScalarForm;

/// The integer type that holds an element of the group's scalar field.
pub(crate) type BigInt<G> = <<G as PrimeGroup>::ScalarField as PrimeField>::BigInt;

/// A group that some card computes in: BN254 G1 or BLS12-381 G1 of arkworks.
pub trait CardGroup: CurveGroup + private::Sealed {
    /// Its name on the link.
    const CURVE: CurveId;
    /// Its name in reports.
    const NAME: &'static str;
    /// Bytes of a coordinate; a point has twice as many.
    const ELEMENT_BYTES: usize;
    /// Bytes of a scalar.
    const SCALAR_BYTES: usize;

    /// Appends x, y in the card's format; infinity is all zeros.
    fn encode_point(point: &Self::Affine, bytes: &mut Vec<u8>);

    /// Appends a scalar in Montgomery form.
    fn encode_scalar(scalar: &Self::ScalarField, bytes: &mut Vec<u8>);

    /// The point with homogeneous coordinates X : Y : Z, each little-endian in
    /// [`Self::ELEMENT_BYTES`] and reduced or not; `None` if it is not on the curve. All zeros, too, are
    /// infinity. A common factor cancels, so that it does not matter whether they are in Montgomery form.
    fn decode_homogeneous(x: &[u8], y: &[u8], z: &[u8]) -> Option<Self>;

    /// Whether points and scalars lie in memory as the card wants them.
    fn layout_matches() -> bool;
}

mod private {
    /// Keeps [`super::CardGroup`] to the groups whose layout was examined.
    pub trait Sealed {}
    impl Sealed for super::Projective<ark_bn254::g1::Config> {}
    impl Sealed for super::Projective<ark_bls12_381::g1::Config> {}
}

/// Limbs that the probe expects: generator's x and y, and the scalar one.
struct Expected<const ELEMENT: usize, const SCALAR: usize> {
    x: [u64; ELEMENT],
    y: [u64; ELEMENT],
    one: [u64; SCALAR],
}

macro_rules! card_group {
    ($krate:ident, $config:path, $curve:expr, $name:literal, $element:literal, $scalar:literal, $expected:expr) => {
        const _: () = {
            assert!(size_of::<$krate::G1Affine>() == 2 * 8 * $element);
            assert!(size_of::<$krate::Fr>() == 8 * $scalar);
            assert!(size_of::<BigInt<$krate::G1Projective>>() == 8 * $scalar);
            assert!(cfg!(target_endian = "little"));
        };

        impl CardGroup for Projective<$config> {
            const CURVE: CurveId = $curve;
            const NAME: &'static str = $name;
            const ELEMENT_BYTES: usize = 8 * $element;
            const SCALAR_BYTES: usize = 8 * $scalar;

            fn encode_point(point: &Self::Affine, bytes: &mut Vec<u8>) {
                for coordinate in [point.x, point.y] {
                    extend_limbs(bytes, &coordinate.0);
                }
            }

            fn encode_scalar(scalar: &Self::ScalarField, bytes: &mut Vec<u8>) {
                extend_limbs(bytes, &scalar.0);
            }

            fn decode_homogeneous(x: &[u8], y: &[u8], z: &[u8]) -> Option<Self> {
                let [x, y, z] = [x, y, z].map($krate::Fq::from_le_bytes_mod_order);
                let b = <$config as SWCurveConfig>::COEFF_B;
                if y * y * z != x * x * x + b * z * z * z {
                    return None;
                }
                if z.is_zero() {
                    return Some(Self::zero());
                }
                Some(Self::new_unchecked(x * z, y * z * z, z))
            }

            fn layout_matches() -> bool {
                static MATCHES: OnceLock<bool> = OnceLock::new();
                *MATCHES.get_or_init(|| probe::<Self, $element, $scalar>(&$expected))
            }
        }
    };
}

card_group!(
    ark_bn254,
    ark_bn254::g1::Config,
    CurveId::Bn254G1,
    "bn254.g1",
    4,
    4,
    Expected {
        x: [
            0xd35d438dc58f0d9d,
            0x0a78eb28f5c70b3d,
            0x666ea36f7879462c,
            0x0e0a77c19a07df2f,
        ],
        y: [
            0xa6ba871b8b1e1b3a,
            0x14f1d651eb8e167b,
            0xccdd46def0f28c58,
            0x1c14ef83340fbe5e,
        ],
        one: [
            0xac96341c4ffffffb,
            0x36fc76959f60cd29,
            0x666ea36f7879462e,
            0x0e0a77c19a07df2f,
        ],
    }
);

card_group!(
    ark_bls12_381,
    ark_bls12_381::g1::Config,
    CurveId::Bls12381G1,
    "bls12-381.g1",
    6,
    4,
    Expected {
        x: [
            0x5cb38790fd530c16,
            0x7817fc679976fff5,
            0x154f95c7143ba1c1,
            0xf0ae6acdf3d0e747,
            0xedce6ecc21dbf440,
            0x120177419e0bfb75,
        ],
        y: [
            0xbaac93d50ce72271,
            0x8c22631a7918fd8e,
            0xdd595f13570725ce,
            0x51ac582950405194,
            0x0e1c8c3fad0059c0,
            0x0bbc3efc5008a26a,
        ],
        one: [
            0x00000001fffffffe,
            0x5884b7fa00034802,
            0x998c4fefecbc4ff5,
            0x1824b159acc5056f,
        ],
    }
);

/// Compares what has a known encoding with how it lies in memory.
fn probe<G: CardGroup, const ELEMENT: usize, const SCALAR: usize>(
    expected: &Expected<ELEMENT, SCALAR>,
) -> bool {
    let bytes = |limbs: &[u64]| -> Vec<u8> { limbs.iter().flat_map(|l| l.to_le_bytes()).collect() };
    let points = [G::Affine::GENERATOR, G::Affine::ZERO];
    let mut expected_points = bytes(&expected.x);
    expected_points.extend(bytes(&expected.y));
    expected_points.resize(2 * expected_points.len(), 0);
    let mut canonical_one = bytes(&[1]);
    canonical_one.resize(8 * SCALAR, 0);
    // SAFETY: the size assertions of `card_group!` leave these types no room for padding.
    unsafe {
        memory(&points) == expected_points
            && memory(&[G::ScalarField::ONE]) == bytes(&expected.one)
            && memory(&[BigInt::<G>::from(1u64)]) == canonical_one
    }
}

/// Scalars as arkworks has them at the various places of a prover.
#[derive(Clone, Copy)]
pub(crate) enum Scalars<'a, F: PrimeField> {
    /// Integers below the order.
    Canonical(&'a [F::BigInt]),
    /// Field elements, which are in Montgomery form.
    Montgomery(&'a [F]),
}

impl<'a, F: PrimeField> Scalars<'a, F> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Canonical(scalars) => scalars.len(),
            Self::Montgomery(scalars) => scalars.len(),
        }
    }

    /// The first `n`, of which there must be as many.
    pub(crate) fn first(&self, n: usize) -> Self {
        match self {
            Self::Canonical(scalars) => Self::Canonical(&scalars[..n]),
            Self::Montgomery(scalars) => Self::Montgomery(&scalars[..n]),
        }
    }

    /// The sum of scalars times points, by the CPU. The surplus of the longer one is ignored.
    pub(crate) fn msm<C: CurveGroup<ScalarField = F>>(&self, points: &[C::Affine]) -> C {
        match self {
            Self::Canonical(scalars) => C::msm_bigint(points, scalars),
            Self::Montgomery(scalars) => C::msm_unchecked(points, scalars),
        }
    }

    /// In the card's format; without a copy where the layout allows.
    pub(crate) fn bytes<G>(&self) -> (Cow<'a, [u8]>, ScalarForm)
    where
        G: CardGroup<ScalarField = F>,
    {
        match self {
            Self::Canonical(scalars) => {
                let limbs = |scalar: &F::BigInt, bytes: &mut Vec<u8>| extend_limbs(bytes, scalar);
                // SAFETY: no padding, by the size assertions of `card_group!`.
                let bytes = unsafe { encode(G::layout_matches(), scalars, limbs) };
                (bytes, ScalarForm::Canonical)
            }
            Self::Montgomery(scalars) => {
                // SAFETY: as above.
                let bytes = unsafe { encode(G::layout_matches(), scalars, G::encode_scalar) };
                (bytes, ScalarForm::Montgomery)
            }
        }
    }
}

/// The slice, if its two names for the element's type stand for one type.
pub(crate) fn same_slice<A: 'static, B: 'static>(slice: &[A]) -> Option<&[B]> {
    (TypeId::of::<A>() == TypeId::of::<B>()).then(|| {
        // SAFETY: A and B are the same type.
        unsafe { std::slice::from_raw_parts(slice.as_ptr().cast(), slice.len()) }
    })
}

/// Points in the card's format.
pub(crate) fn point_bytes<G: CardGroup>(points: &[G::Affine]) -> Vec<u8> {
    // SAFETY: no padding, by the size assertions of `card_group!`.
    unsafe { encode(G::layout_matches(), points, G::encode_point) }.into_owned()
}

/// `values` one after the other: as they lie in memory where `layout_matches`, else by `one`.
///
/// # Safety
/// `T` must have no padding and no interior mutability.
unsafe fn encode<T>(
    layout_matches: bool,
    values: &[T],
    one: impl Fn(&T, &mut Vec<u8>),
) -> Cow<'_, [u8]> {
    if layout_matches {
        // SAFETY: the caller's promise.
        return Cow::Borrowed(unsafe { memory(values) });
    }
    let mut bytes = Vec::with_capacity(size_of_val(values));
    values.iter().for_each(|value| one(value, &mut bytes));
    Cow::Owned(bytes)
}

/// The memory of `values`.
///
/// # Safety
/// `T` must have no padding and no interior mutability.
unsafe fn memory<T>(values: &[T]) -> &[u8] {
    // SAFETY: all bytes are initialised, as `T` has no padding, and nobody writes them while `values` is borrowed.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

fn extend_limbs(bytes: &mut Vec<u8>, integer: &impl BigInteger) {
    for limb in integer.as_ref() {
        bytes.extend(limb.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;
    use ark_std::test_rng;

    fn copying_path_agrees<G: CardGroup>() {
        assert!(G::layout_matches());
        let rng = &mut test_rng();
        let mut points: Vec<G::Affine> = (0..5).map(|_| G::Affine::rand(rng)).collect();
        points.push(G::Affine::ZERO);
        let scalars: Vec<G::ScalarField> = (0..5).map(|_| G::ScalarField::rand(rng)).collect();
        let integers: Vec<BigInt<G>> = scalars.iter().map(|s| s.into_bigint()).collect();
        let limbs = |scalar: &BigInt<G>, bytes: &mut Vec<u8>| extend_limbs(bytes, scalar);
        // SAFETY: no padding, by the size assertions of `card_group!`.
        let [viewed, copied] = [true, false].map(|matches| unsafe {
            [
                encode(matches, &points, G::encode_point).into_owned(),
                encode(matches, &scalars, G::encode_scalar).into_owned(),
                encode(matches, &integers, limbs).into_owned(),
            ]
        });
        assert_eq!(viewed, copied);
    }

    #[test]
    fn memory_is_the_format_of_the_card() {
        copying_path_agrees::<ark_bn254::G1Projective>();
        copying_path_agrees::<ark_bls12_381::G1Projective>();
    }
}
