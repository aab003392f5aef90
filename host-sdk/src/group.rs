//! arkworks groups whose multi-scalar multiplications go to the card.
//!
//! Provers call `VariableBaseMSM::msm_bigint`, which no curve configuration can override; so the group
//! type itself is ours: a transparent wrapper of any arkworks group, with its fields and its
//! serialisation. Everything but the sums is the inner group's.

use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, ScalarMul, VariableBaseMSM};
use ark_ff::{AdditiveGroup, PrimeField};
use bytemuck::{TransparentWrapper, TransparentWrapperAlloc};

use crate::{
    dispatch::{group_name, msm, on_cpu},
    layout::Scalars,
    report::Operation,
};

/// The group C, with its sums on the card.
#[repr(transparent)]
pub struct AcceleratedGroup<C: CurveGroup>(pub C);

/// An affine point of [`AcceleratedGroup`].
#[repr(transparent)]
pub struct AcceleratedAffine<C: CurveGroup>(pub C::Affine);

// SAFETY: both are `repr(transparent)` over the inner type.
unsafe impl<C: CurveGroup> TransparentWrapper<C> for AcceleratedGroup<C> {}
// SAFETY: as above.
unsafe impl<C: CurveGroup> TransparentWrapper<C::Affine> for AcceleratedAffine<C> {}

impl<C: CurveGroup> VariableBaseMSM for AcceleratedGroup<C> {
    type Bucket = Self;
    const ZERO_BUCKET: Self = Self(C::ZERO);

    fn msm_bigint(
        bases: &[Self::MulBase],
        scalars: &[<Self::ScalarField as PrimeField>::BigInt],
    ) -> Self {
        let bases = AcceleratedAffine::<C>::peel_slice(bases);
        Self(msm(bases, Scalars::Canonical(scalars)))
    }

    fn msm_unchecked(bases: &[Self::MulBase], scalars: &[Self::ScalarField]) -> Self {
        let bases = AcceleratedAffine::<C>::peel_slice(bases);
        Self(msm(bases, Scalars::Montgomery(scalars)))
    }

    fn msm_u1(bases: &[Self::MulBase], scalars: &[bool]) -> Self {
        Self::of_small(bases, scalars, C::msm_u1)
    }

    fn msm_u8(bases: &[Self::MulBase], scalars: &[u8]) -> Self {
        Self::of_small(bases, scalars, C::msm_u8)
    }

    fn msm_u16(bases: &[Self::MulBase], scalars: &[u16]) -> Self {
        Self::of_small(bases, scalars, C::msm_u16)
    }

    fn msm_u32(bases: &[Self::MulBase], scalars: &[u32]) -> Self {
        Self::of_small(bases, scalars, C::msm_u32)
    }

    fn msm_u64(bases: &[Self::MulBase], scalars: &[u64]) -> Self {
        Self::of_small(bases, scalars, C::msm_u64)
    }
}

impl<C: CurveGroup> AcceleratedGroup<C> {
    /// Scalars of a small integer type: the CPU is quick with them.
    fn of_small<T>(
        bases: &[AcceleratedAffine<C>],
        scalars: &[T],
        sum: impl FnOnce(&[C::Affine], &[T]) -> C,
    ) -> Self {
        let bases = AcceleratedAffine::<C>::peel_slice(bases);
        let length = bases.len().min(scalars.len());
        Self(on_cpu(Operation::Msm, group_name::<C>(), length, || {
            sum(bases, scalars)
        }))
    }
}

impl<C: CurveGroup> ScalarMul for AcceleratedGroup<C> {
    type MulBase = AcceleratedAffine<C>;
    const NEGATION_IS_CHEAP: bool = C::NEGATION_IS_CHEAP;

    fn batch_convert_to_mul_base(bases: &[Self]) -> Vec<Self::MulBase> {
        Self::normalize_batch(bases)
    }
}

impl<C: CurveGroup> PrimeGroup for AcceleratedGroup<C> {
    type ScalarField = C::ScalarField;

    fn generator() -> Self {
        Self(C::generator())
    }

    fn mul_bigint(&self, other: impl AsRef<[u64]>) -> Self {
        Self(self.0.mul_bigint(other))
    }
}

impl<C: CurveGroup> CurveGroup for AcceleratedGroup<C> {
    type Config = C::Config;
    type BaseField = C::BaseField;
    type Affine = AcceleratedAffine<C>;
    type FullGroup = C::FullGroup;

    fn normalize_batch(points: &[Self]) -> Vec<Self::Affine> {
        AcceleratedAffine::<C>::wrap_vec(C::normalize_batch(Self::peel_slice(points)))
    }
}

impl<C: CurveGroup> AdditiveGroup for AcceleratedGroup<C> {
    type Scalar = C::ScalarField;
    const ZERO: Self = Self(C::ZERO);

    fn double_in_place(&mut self) -> &mut Self {
        self.0.double_in_place();
        self
    }

    fn neg_in_place(&mut self) -> &mut Self {
        self.0.neg_in_place();
        self
    }
}

impl<C: CurveGroup> AffineRepr for AcceleratedAffine<C> {
    type Config = C::Config;
    type ScalarField = C::ScalarField;
    type BaseField = C::BaseField;
    type Group = AcceleratedGroup<C>;
    const GENERATOR: Self = Self(C::Affine::GENERATOR);
    const ZERO: Self = Self(C::Affine::ZERO);

    fn xy(&self) -> Option<(Self::BaseField, Self::BaseField)> {
        self.0.xy()
    }

    fn zero() -> Self {
        Self::ZERO
    }

    fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    fn generator() -> Self {
        Self::GENERATOR
    }

    fn from_random_bytes(bytes: &[u8]) -> Option<Self> {
        C::Affine::from_random_bytes(bytes).map(Self)
    }

    fn mul_bigint(&self, by: impl AsRef<[u64]>) -> Self::Group {
        AcceleratedGroup(self.0.mul_bigint(by))
    }

    fn clear_cofactor(&self) -> Self {
        Self(self.0.clear_cofactor())
    }

    fn mul_by_cofactor_to_group(&self) -> Self::Group {
        AcceleratedGroup(self.0.mul_by_cofactor_to_group())
    }
}
