//! The traits that arkworks asks of a group besides its operations: all those of the inner group.

use ark_crypto_primitives::sponge::Absorb;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{Field, PrimeField, ToConstraintField, Zero};
use ark_serialize::{
    CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Valid, Validate,
};
use ark_std::{
    UniformRand, fmt,
    hash::{Hash, Hasher},
    io::{Read, Write},
    ops::Neg,
    rand::{
        Error, Rng, RngCore,
        distributions::{Distribution, Standard},
    },
};
use zeroize::Zeroize;

use crate::group::{AcceleratedAffine, AcceleratedGroup};

/// A sized generator out of one that may have no size, which `UniformRand` wants.
struct SizedRng<'a, R: ?Sized>(&'a mut R);

impl<R: RngCore + ?Sized> RngCore for SizedRng<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.try_fill_bytes(bytes)
    }
}

macro_rules! delegate {
    ($wrapper:ident, $inner:ty) => {
        impl<C: CurveGroup> Copy for $wrapper<C> {}
        impl<C: CurveGroup> Clone for $wrapper<C> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<C: CurveGroup> PartialEq for $wrapper<C> {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }
        impl<C: CurveGroup> Eq for $wrapper<C> {}
        impl<C: CurveGroup> Hash for $wrapper<C> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }
        impl<C: CurveGroup> Default for $wrapper<C> {
            fn default() -> Self {
                Self(Default::default())
            }
        }
        impl<C: CurveGroup> fmt::Debug for $wrapper<C> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
        impl<C: CurveGroup> fmt::Display for $wrapper<C> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl<C: CurveGroup> Zeroize for $wrapper<C> {
            fn zeroize(&mut self) {
                self.0.zeroize();
            }
        }
        impl<C: CurveGroup> Neg for $wrapper<C> {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl<C: CurveGroup> Distribution<$wrapper<C>> for Standard {
            fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> $wrapper<C> {
                $wrapper(<$inner>::rand(&mut SizedRng(rng)))
            }
        }
        impl<C: CurveGroup> CanonicalSerialize for $wrapper<C> {
            fn serialize_with_mode<W: Write>(
                &self,
                writer: W,
                compress: Compress,
            ) -> Result<(), SerializationError> {
                self.0.serialize_with_mode(writer, compress)
            }
            fn serialized_size(&self, compress: Compress) -> usize {
                self.0.serialized_size(compress)
            }
        }
        impl<C: CurveGroup> Valid for $wrapper<C> {
            fn check(&self) -> Result<(), SerializationError> {
                self.0.check()
            }
            fn batch_check<'a>(
                batch: impl Iterator<Item = &'a Self> + Send,
            ) -> Result<(), SerializationError>
            where
                Self: 'a,
            {
                <$inner>::batch_check(batch.map(|point| &point.0))
            }
        }
        impl<C: CurveGroup> CanonicalDeserialize for $wrapper<C> {
            fn deserialize_with_mode<R: Read>(
                reader: R,
                compress: Compress,
                validate: Validate,
            ) -> Result<Self, SerializationError> {
                <$inner>::deserialize_with_mode(reader, compress, validate).map(Self)
            }
        }
        impl<C: CurveGroup, F: Field> ToConstraintField<F> for $wrapper<C>
        where
            $inner: ToConstraintField<F>,
        {
            fn to_field_elements(&self) -> Option<Vec<F>> {
                self.0.to_field_elements()
            }
        }
        impl<C: CurveGroup> Absorb for $wrapper<C>
        where
            $inner: Absorb,
        {
            fn to_sponge_bytes(&self, bytes: &mut Vec<u8>) {
                self.0.to_sponge_bytes(bytes);
            }
            fn to_sponge_field_elements<F: PrimeField>(&self, elements: &mut Vec<F>) {
                self.0.to_sponge_field_elements(elements);
            }
        }
    };
}

delegate!(AcceleratedGroup, C);
delegate!(AcceleratedAffine, C::Affine);

impl<C: CurveGroup> Zero for AcceleratedGroup<C> {
    fn zero() -> Self {
        Self(C::zero())
    }
    fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl<C: CurveGroup> From<AcceleratedAffine<C>> for AcceleratedGroup<C> {
    fn from(point: AcceleratedAffine<C>) -> Self {
        Self(point.0.into_group())
    }
}

impl<C: CurveGroup> From<AcceleratedGroup<C>> for AcceleratedAffine<C> {
    fn from(point: AcceleratedGroup<C>) -> Self {
        Self(point.0.into_affine())
    }
}
