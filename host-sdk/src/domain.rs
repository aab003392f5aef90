//! An evaluation domain whose transforms go to the card.
//!
//! Elements of the domain's own field do, on domains whose size is a power of two. What stays on the CPU:
//! other elements (points, in particular), mixed-radix sizes, and inputs so short that arkworks' transform,
//! which knows the degree, has little to do.

use std::{any::TypeId, time::Instant};

use ark_ff::FftField;
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain, domain::DomainCoeff};
use ark_serialize::{
    CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Valid, Validate,
};
use ark_std::io::{Read, Write};

use gristmill_driver::NttDirection;

use crate::{
    card_field::{self, CardField, same_type},
    error::Error,
    report::{Operation, Reason},
    scope::Context,
    session::Session,
    transform::Offload,
};

/// From what size of the domain on, in lengths of the input, arkworks transforms a short input another way.
const SHORT: usize = 4;

/// The general evaluation domain of arkworks, with its transforms on the card.
#[derive(Copy, Clone, Hash, Eq, PartialEq, Debug)]
#[repr(transparent)]
pub struct AcceleratedDomain<F: FftField>(pub GeneralEvaluationDomain<F>);

impl<F: FftField> AcceleratedDomain<F> {
    /// The card's transform, or the CPU's by `stock`.
    fn transform<T: DomainCoeff<F>>(
        &self,
        direction: NttDirection,
        elements: &mut Vec<T>,
        stock: impl FnOnce(&GeneralEvaluationDomain<F>, &mut Vec<T>),
    ) {
        let tried = self
            .transform_in::<ark_bn254::Fr, T>(direction, elements)
            .or_else(|| self.transform_in::<ark_bls12_381::Fr, T>(direction, elements));
        let offload = tried.unwrap_or_else(|| {
            let operation = operation(direction, !self.0.coset_offset().is_one());
            Offload::unsupported(operation, "other", self.size())
        });
        if !offload.is_on_card() {
            stock(&self.0, elements);
        }
        offload.finish();
    }

    /// The same on the card, if T and F are C.
    fn transform_in<C: CardField, T: DomainCoeff<F>>(
        &self,
        direction: NttDirection,
        elements: &mut Vec<T>,
    ) -> Option<Offload> {
        let same = TypeId::of::<F>() == TypeId::of::<C>() && typeid::of::<T>() == TypeId::of::<C>();
        if !same {
            return None;
        }
        // SAFETY: T is C.
        let elements = unsafe { &mut *std::ptr::from_mut(elements).cast::<Vec<C>>() };
        let domain = same_type(&self.0)?;
        Some(offload(Context::of_thread(), domain, direction, elements))
    }
}

/// Tries the card; `elements` are as they were if it declines.
fn offload<F: CardField>(
    context: Context,
    domain: &GeneralEvaluationDomain<F>,
    direction: NttDirection,
    elements: &mut Vec<F>,
) -> Offload {
    let started = Instant::now();
    let (given, size) = (elements.len(), domain.size());
    let result = if given * SHORT <= size && given < size {
        Err(Reason::TooSmall)
    } else if !size.is_power_of_two() {
        Err(Reason::Unsupported)
    } else {
        elements.resize(size, F::zero());
        let result = card_field::transform(context.session(), domain, direction, elements);
        result
            .map(|(output, usage)| {
                *elements = output;
                usage
            })
            .inspect_err(|_| elements.truncate(given))
    };
    let operation = operation(direction, !domain.coset_offset().is_one());
    Offload::begun(context, started, operation, F::FIELD.name(), size, result)
}

/// The explicit form: an error where the policy demands one.
pub(crate) fn transform<F: CardField>(
    session: &Session,
    domain: &GeneralEvaluationDomain<F>,
    direction: NttDirection,
    elements: &mut Vec<F>,
) -> Result<(), Error> {
    let offload = offload(Context::of_session(session), domain, direction, elements);
    if let Some(error) = offload.refusal() {
        return Err(error);
    }
    if !offload.is_on_card() {
        match direction {
            NttDirection::Forward => domain.fft_in_place(elements),
            NttDirection::Inverse => domain.ifft_in_place(elements),
        }
    }
    offload.finish();
    Ok(())
}

/// From the values on the domain of polynomials that stand one behind the other to those on its coset, in
/// place.
pub(crate) fn to_coset<F: CardField>(
    session: &Session,
    domain: &GeneralEvaluationDomain<F>,
    coset: &GeneralEvaluationDomain<F>,
    values: &mut Vec<F>,
) -> Result<(), Error> {
    let started = Instant::now();
    let context = Context::of_session(session);
    let result = card_field::to_coset(session, domain, coset, values);
    let result = result.map(|(output, usage)| {
        *values = output;
        usage
    });
    let (name, length) = (F::FIELD.name(), values.len());
    let offload = Offload::begun(context, started, Operation::Extension, name, length, result);
    if let Some(error) = offload.refusal() {
        return Err(error);
    }
    if !offload.is_on_card() {
        for values in values.chunks_mut(domain.size()) {
            let transformed = coset.fft(&domain.ifft(values));
            values.copy_from_slice(&transformed);
        }
    }
    offload.finish();
    Ok(())
}

fn operation(direction: NttDirection, coset: bool) -> Operation {
    match (direction, coset) {
        (NttDirection::Forward, false) => Operation::Fft,
        (NttDirection::Forward, true) => Operation::CosetFft,
        (NttDirection::Inverse, false) => Operation::Ifft,
        (NttDirection::Inverse, true) => Operation::CosetIfft,
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
        self.transform(NttDirection::Forward, coefficients, |domain, elements| {
            domain.fft_in_place(elements);
        });
    }

    fn ifft_in_place<T: DomainCoeff<F>>(&self, values: &mut Vec<T>) {
        self.transform(NttDirection::Inverse, values, |domain, elements| {
            domain.ifft_in_place(elements);
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
