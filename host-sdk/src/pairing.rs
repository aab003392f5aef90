//! A pairing engine whose groups are accelerated.

use ark_ec::pairing::{MillerLoopOutput, Pairing, PairingOutput};
use ark_serialize::{
    CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Valid, Validate,
};
use ark_std::{
    fmt,
    io::{Read, Write},
    marker::PhantomData,
};

use crate::group::{AcceleratedAffine, AcceleratedGroup};

/// The pairing engine E, with its sums on the card: same fields, same target group, same bytes.
pub struct Accelerated<E: Pairing>(PhantomData<fn() -> E>);

impl<E: Pairing> Copy for Accelerated<E> {}
impl<E: Pairing> Clone for Accelerated<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E: Pairing> PartialEq for Accelerated<E> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl<E: Pairing> Eq for Accelerated<E> {}
impl<E: Pairing> fmt::Debug for Accelerated<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accelerated")
    }
}

macro_rules! prepared {
    ($name:ident, $group:ident, $inner:ident, $text:literal) => {
        #[doc = $text]
        #[repr(transparent)]
        pub struct $name<E: Pairing>(pub E::$inner);

        impl<E: Pairing> Clone for $name<E> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }
        impl<E: Pairing> Default for $name<E> {
            fn default() -> Self {
                Self(Default::default())
            }
        }
        impl<E: Pairing> fmt::Debug for $name<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl<E: Pairing> From<AcceleratedGroup<E::$group>> for $name<E> {
            fn from(point: AcceleratedGroup<E::$group>) -> Self {
                Self(E::$inner::from(point.0))
            }
        }
        impl<E: Pairing> From<AcceleratedAffine<E::$group>> for $name<E> {
            fn from(point: AcceleratedAffine<E::$group>) -> Self {
                Self(E::$inner::from(point.0))
            }
        }
        impl<E: Pairing> CanonicalSerialize for $name<E> {
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
        impl<E: Pairing> Valid for $name<E> {
            fn check(&self) -> Result<(), SerializationError> {
                self.0.check()
            }
        }
        impl<E: Pairing> CanonicalDeserialize for $name<E> {
            fn deserialize_with_mode<R: Read>(
                reader: R,
                compress: Compress,
                validate: Validate,
            ) -> Result<Self, SerializationError> {
                E::$inner::deserialize_with_mode(reader, compress, validate).map(Self)
            }
        }
    };
}

prepared!(
    PreparedG1,
    G1,
    G1Prepared,
    "A point of G1, prepared for pairings."
);
prepared!(
    PreparedG2,
    G2,
    G2Prepared,
    "A point of G2, prepared for pairings."
);

impl<E: Pairing> Pairing for Accelerated<E> {
    type BaseField = E::BaseField;
    type ScalarField = E::ScalarField;
    type G1 = AcceleratedGroup<E::G1>;
    type G1Affine = AcceleratedAffine<E::G1>;
    type G1Prepared = PreparedG1<E>;
    type G2 = AcceleratedGroup<E::G2>;
    type G2Affine = AcceleratedAffine<E::G2>;
    type G2Prepared = PreparedG2<E>;
    type TargetField = E::TargetField;

    fn multi_miller_loop(
        a: impl IntoIterator<Item = impl Into<Self::G1Prepared>>,
        b: impl IntoIterator<Item = impl Into<Self::G2Prepared>>,
    ) -> MillerLoopOutput<Self> {
        let a = a.into_iter().map(|point| point.into().0);
        let b = b.into_iter().map(|point| point.into().0);
        MillerLoopOutput(E::multi_miller_loop(a, b).0)
    }

    fn final_exponentiation(output: MillerLoopOutput<Self>) -> Option<PairingOutput<Self>> {
        E::final_exponentiation(MillerLoopOutput(output.0)).map(|target| PairingOutput(target.0))
    }
}
