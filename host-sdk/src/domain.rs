//! An evaluation domain whose transforms are counted. They run on the CPU: no card of this release has a
//! transform engine.

use std::any::TypeId;

use ark_ff::FftField;
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain, domain::DomainCoeff};
use ark_serialize::{
    CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Valid, Validate,
};
use ark_std::io::{Read, Write};

use crate::{
    dispatch::{name_of, on_cpu},
    report::Operation,
};

/// The general evaluation domain of arkworks, with its transforms in the report.
#[derive(Copy, Clone, Hash, Eq, PartialEq, Debug)]
#[repr(transparent)]
pub struct AcceleratedDomain<F: FftField>(pub GeneralEvaluationDomain<F>);

impl<F: FftField> AcceleratedDomain<F> {
    fn is_coset(&self) -> bool {
        !self.0.coset_offset().is_one()
    }

    /// What is transformed: elements of the domain's field, or something else such as points.
    fn transformed<T: DomainCoeff<F>>() -> &'static str {
        let elements = typeid::of::<T>();
        if elements != TypeId::of::<F>() {
            return "other";
        }
        let names = [
            (TypeId::of::<ark_bn254::Fr>(), "bn254.fr"),
            (TypeId::of::<ark_bls12_381::Fr>(), "bls12-381.fr"),
        ];
        name_of(elements, &names)
    }
}

impl<F: FftField> EvaluationDomain<F> for AcceleratedDomain<F> {
    type Elements = <GeneralEvaluationDomain<F> as EvaluationDomain<F>>::Elements;

    fn new(coefficients: usize) -> Option<Self> {
        GeneralEvaluationDomain::new(coefficients).map(Self)
    }

    fn get_coset(&self, offset: F) -> Option<Self> {
        self.0.get_coset(offset).map(Self)
    }

    fn compute_size_of_domain(coefficients: usize) -> Option<usize> {
        GeneralEvaluationDomain::<F>::compute_size_of_domain(coefficients)
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn log_size_of_group(&self) -> u64 {
        self.0.log_size_of_group()
    }

    fn size_inv(&self) -> F {
        self.0.size_inv()
    }

    fn group_gen(&self) -> F {
        self.0.group_gen()
    }

    fn group_gen_inv(&self) -> F {
        self.0.group_gen_inv()
    }

    fn coset_offset(&self) -> F {
        self.0.coset_offset()
    }

    fn coset_offset_inv(&self) -> F {
        self.0.coset_offset_inv()
    }

    fn coset_offset_pow_size(&self) -> F {
        self.0.coset_offset_pow_size()
    }

    fn fft_in_place<T: DomainCoeff<F>>(&self, coefficients: &mut Vec<T>) {
        let operation = match self.is_coset() {
            false => Operation::Fft,
            true => Operation::CosetFft,
        };
        on_cpu(operation, Self::transformed::<T>(), self.size(), || {
            self.0.fft_in_place(coefficients);
        });
    }

    fn ifft_in_place<T: DomainCoeff<F>>(&self, values: &mut Vec<T>) {
        let operation = match self.is_coset() {
            false => Operation::Ifft,
            true => Operation::CosetIfft,
        };
        on_cpu(operation, Self::transformed::<T>(), self.size(), || {
            self.0.ifft_in_place(values);
        });
    }

    fn elements(&self) -> Self::Elements {
        self.0.elements()
    }
}

impl<F: FftField> CanonicalSerialize for AcceleratedDomain<F> {
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

impl<F: FftField> Valid for AcceleratedDomain<F> {
    fn check(&self) -> Result<(), SerializationError> {
        self.0.check()
    }
}

impl<F: FftField> CanonicalDeserialize for AcceleratedDomain<F> {
    fn deserialize_with_mode<R: Read>(
        reader: R,
        compress: Compress,
        validate: Validate,
    ) -> Result<Self, SerializationError> {
        GeneralEvaluationDomain::deserialize_with_mode(reader, compress, validate).map(Self)
    }
}
