//! The fields of arkworks whose elements a card transforms, and their check.

use std::any::TypeId;

use ark_ff::{BigInt, FftField, PrimeField};
use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use gristmill_driver::{NttDirection, NttOrder, NttShape};
use gristmill_protocol::FieldId;
use rand::{SeedableRng, rngs::StdRng};
use rayon::prelude::*;

use crate::{
    backend::Usage, error::Error, layout::CardGroup, report::Reason, session::Session,
    transform::Transform,
};

/// A field that some card transforms in: the scalar fields of BN254 and BLS12-381 of arkworks.
pub trait CardField: PrimeField + FftField + private::Sealed {
    /// Its name on the link.
    const FIELD: FieldId;

    /// Whether elements lie in memory as the card wants them.
    fn layout_matches() -> bool;

    /// The limbs in Montgomery form.
    fn limbs(&self) -> [u64; 4];

    /// The element with these limbs in Montgomery form; `None` when they are not below the modulus.
    fn from_limbs(limbs: [u64; 4]) -> Option<Self>;
}

mod private {
    /// Keeps [`super::CardField`] to the fields whose layout was examined.
    pub trait Sealed {}
    impl Sealed for ark_bn254::Fr {}
    impl Sealed for ark_bls12_381::Fr {}
}

macro_rules! card_field {
    ($krate:ident, $field:expr) => {
        impl CardField for $krate::Fr {
            const FIELD: FieldId = $field;

            fn layout_matches() -> bool {
                $krate::G1Projective::layout_matches()
            }

            fn limbs(&self) -> [u64; 4] {
                self.0.0
            }

            fn from_limbs(limbs: [u64; 4]) -> Option<Self> {
                let limbs = BigInt(limbs);
                (limbs < Self::MODULUS).then(|| Self::new_unchecked(limbs))
            }
        }
    };
}

card_field!(ark_bn254, FieldId::Bn254Fr);
card_field!(ark_bls12_381, FieldId::Bls12381Fr);

/// Bytes of an element.
const BYTES: usize = 32;

/// Transforms `elements`, as many as the domain has, on the session's card: from coefficients to the
/// values on the domain, or back.
pub(crate) fn transform<F: CardField>(
    session: &Session,
    domain: &GeneralEvaluationDomain<F>,
    direction: NttDirection,
    elements: &[F],
) -> Result<(Vec<F>, Usage), Reason> {
    let (output, usage) = run(session, elements, direction, None, domain.coset_offset(), 1)?;
    let (coefficients, values) = match direction {
        NttDirection::Forward => (elements, &*output),
        NttDirection::Inverse => (&*output, elements),
    };
    let agree = |point| by_coefficients(coefficients, point) == by_values(domain, values, point);
    accept(session, agree)?;
    Ok((output, usage))
}

/// From values on the domain to those of the same polynomials on a coset of it, for a batch of polynomials
/// whose values stand one behind the other: one job.
pub(crate) fn to_coset<F: CardField>(
    session: &Session,
    domain: &GeneralEvaluationDomain<F>,
    coset: &GeneralEvaluationDomain<F>,
    values: &[F],
) -> Result<(Vec<F>, Usage), Reason> {
    let size = domain.size();
    let batch = values.len() / size;
    let forward = NttDirection::Forward;
    let (output, usage) = run(
        session,
        values,
        forward,
        Some(0),
        coset.coset_offset(),
        batch,
    )?;
    let agree = |point| {
        let mut pairs = values.chunks(size).zip(output.chunks(size));
        pairs.all(|(a, b)| by_values(domain, a, point) == by_values(coset, b, point))
    };
    accept(session, agree)?;
    Ok((output, usage))
}

/// The card's output; its elements are below the modulus.
fn run<F: CardField>(
    session: &Session,
    elements: &[F],
    direction: NttDirection,
    extension_log2: Option<u32>,
    offset: F,
    batch: usize,
) -> Result<(Vec<F>, Usage), Reason> {
    let offset_bytes = to_bytes(&[offset]);
    let transform = Transform {
        shape: NttShape {
            field: F::FIELD,
            size_log2: (elements.len() / batch.max(1)).trailing_zeros(),
            extension_log2,
            batch,
            columns: false,
        },
        direction,
        input_order: NttOrder::Natural,
        output_order: NttOrder::Natural,
        offset: (!offset.is_one()).then_some(&offset_bytes),
    };
    let mut output = vec![F::zero(); elements.len()];
    let any = |_: bool, _: &[u8]| true;
    let usage = match F::layout_matches() {
        true => {
            // SAFETY: the layout was probed: an element is its limbs, without padding.
            let (input, bytes) = unsafe { (memory(elements), memory_mut(&mut output)) };
            let usage = session.transform(&transform, input, bytes, any)?;
            let is_element = |element: &F| F::from_limbs(element.limbs()).is_some();
            output.par_iter().all(is_element).then_some(usage)
        }
        false => {
            let mut bytes = vec![0; elements.len() * BYTES];
            let usage = session.transform(&transform, &to_bytes(elements), &mut bytes, any)?;
            from_bytes(&bytes).map(|elements| {
                output = elements;
                usage
            })
        }
    };
    let malformed = Error::Malformed("an element is not below the modulus");
    let usage = usage.ok_or(Reason::Failed(malformed))?;
    Ok((output, usage))
}

/// Asks, if the session checks results, whether two descriptions of a polynomial agree at a random point.
/// Wrong ones do with a probability of at most their degree over the field's size.
fn accept<F: CardField>(session: &Session, agree: impl FnOnce(F) -> bool) -> Result<(), Reason> {
    match !session.checks() || agree(random_point()) {
        true => Ok(()),
        false => Err(Reason::Failed(Error::CheckFailed)),
    }
}

/// A point that no card knows.
pub(crate) fn random_point<F: CardField>() -> F {
    F::rand(&mut StdRng::from_entropy())
}

/// Gives the elements as the card's bytes.
pub(crate) fn with_bytes<F: CardField, R>(elements: &[F], work: impl FnOnce(&[u8]) -> R) -> R {
    match F::layout_matches() {
        // SAFETY: the layout was probed: an element is its limbs, without padding.
        true => work(unsafe { memory(elements) }),
        false => work(&to_bytes(elements)),
    }
}

/// Fills the elements from the card's bytes.
///
/// # Errors
/// That of `work`, and [`Error::Malformed`] for an element that is not below the modulus.
pub(crate) fn with_bytes_mut<F: CardField, R>(
    elements: &mut [F],
    work: impl FnOnce(&mut [u8]) -> Result<R, Error>,
) -> Result<R, Error> {
    let mut bytes = vec![0; elements.len() * BYTES];
    let result = work(&mut bytes)?;
    let read = from_bytes(&bytes).ok_or(Error::Malformed("an element is not below the modulus"))?;
    elements.copy_from_slice(&read);
    Ok(result)
}

/// The value at `point` of the polynomial with these coefficients.
pub(crate) fn by_coefficients<F: CardField>(coefficients: &[F], point: F) -> F {
    const CHUNK: usize = 1 << 12;
    let chunks = coefficients.par_chunks(CHUNK).enumerate();
    chunks
        .map(|(i, chunk)| {
            let sum = chunk.iter().rev().fold(F::zero(), |sum, c| sum * point + c);
            sum * point.pow([(i * CHUNK) as u64])
        })
        .sum()
}

/// The value at `point` of the polynomial with these values on the domain, by the Lagrange polynomials.
pub(crate) fn by_values<F: CardField>(
    domain: &GeneralEvaluationDomain<F>,
    values: &[F],
    point: F,
) -> F {
    let lagrange = domain.evaluate_all_lagrange_coefficients(point);
    lagrange
        .par_iter()
        .zip(values)
        .map(|(l, value)| *l * value)
        .sum()
}

/// The value, if its two names stand for one type.
pub(crate) fn same_type<A: 'static, B: 'static>(value: &A) -> Option<&B> {
    (TypeId::of::<A>() == TypeId::of::<B>()).then(|| {
        // SAFETY: A and B are the same type.
        unsafe { &*std::ptr::from_ref(value).cast() }
    })
}

pub(crate) fn to_bytes<F: CardField>(elements: &[F]) -> Vec<u8> {
    let limbs = elements.iter().flat_map(F::limbs);
    limbs.flat_map(u64::to_le_bytes).collect()
}

fn from_bytes<F: CardField>(bytes: &[u8]) -> Option<Vec<F>> {
    let words = bytes.as_chunks::<8>().0.as_chunks::<4>().0;
    words
        .iter()
        .map(|words| F::from_limbs(words.map(u64::from_le_bytes)))
        .collect()
}

/// The memory of `elements`.
///
/// # Safety
/// `F` must have no padding and no interior mutability.
unsafe fn memory<F>(elements: &[F]) -> &[u8] {
    // SAFETY: all bytes are initialised, by the caller's promise.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// The memory of `elements`, to write to.
///
/// # Safety
/// `F` must have no padding, and any bytes must be an `F`.
unsafe fn memory_mut<F>(elements: &mut [F]) -> &mut [u8] {
    // SAFETY: as in `memory`; whatever is written is an `F`, by the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), size_of_val(elements)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;
    use ark_std::test_rng;
    use gristmill_driver::PrimeField as Arithmetic;

    fn the_protocol_knows_the_field<F: CardField>() {
        let field = Arithmetic::new(F::FIELD);
        let mut bytes = [0; BYTES];
        for log2 in [0, 1, 5, F::TWO_ADICITY] {
            let root = F::get_root_of_unity(1 << log2).unwrap();
            field.write(field.root_of_unity(log2).unwrap(), &mut bytes);
            assert_eq!(bytes.to_vec(), to_bytes(&[root]));
        }
        assert_eq!(F::TWO_ADICITY, F::FIELD.two_adicity());
        let elements: Vec<F> = (0..9).map(|_| F::rand(&mut test_rng())).collect();
        assert_eq!(from_bytes(&to_bytes(&elements)), Some(elements.clone()));
        assert!(F::layout_matches());
        // SAFETY: the layout was just probed.
        assert_eq!(unsafe { memory(&elements) }, to_bytes(&elements));
        assert_eq!(from_bytes::<F>(&[0xff; BYTES]), None);
    }

    #[test]
    fn roots_and_bytes_are_the_protocols() {
        the_protocol_knows_the_field::<ark_bn254::Fr>();
        the_protocol_knows_the_field::<ark_bls12_381::Fr>();
    }

    #[test]
    fn one_wrong_value_is_seen() {
        type F = ark_bn254::Fr;
        let rng = &mut test_rng();
        let domain = GeneralEvaluationDomain::<F>::new(64).unwrap();
        for domain in [domain, domain.get_coset(F::GENERATOR).unwrap()] {
            let coefficients: Vec<F> = (0..64).map(|_| F::rand(rng)).collect();
            let mut values = domain.fft(&coefficients);
            let point = F::rand(rng);
            let agree = |values: &[F]| {
                by_coefficients(&coefficients, point) == by_values(&domain, values, point)
            };
            assert!(agree(&values));
            values[17] += F::from(1);
            assert!(!agree(&values));
            values[17] -= F::from(1);
            values.swap(3, 4);
            assert!(!agree(&values));
        }
    }
}
