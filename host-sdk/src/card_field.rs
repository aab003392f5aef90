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
    let offset = domain.coset_offset();
    let offset_bytes = to_bytes(&[offset]);
    let transform = Transform {
        shape: NttShape {
            field: F::FIELD,
            size_log2: elements.len().trailing_zeros(),
            extension_log2: None,
            batch: 1,
            columns: false,
        },
        direction,
        input_order: NttOrder::Natural,
        output_order: NttOrder::Natural,
        offset: (!offset.is_one()).then_some(&offset_bytes),
    };
    let mut output = vec![F::zero(); elements.len()];
    let accept = |_: bool, _: &[u8]| true;
    let usage = match F::layout_matches() {
        true => {
            // SAFETY: the layout was probed: an element is its limbs, without padding.
            let (input, bytes) = unsafe { (memory(elements), memory_mut(&mut output)) };
            let usage = session.transform(&transform, input, bytes, accept)?;
            let reduced = output
                .par_iter()
                .all(|element| F::from_limbs(element.limbs()).is_some());
            reduced.then_some(usage)
        }
        false => {
            let mut bytes = vec![0; elements.len() * BYTES];
            let usage = session.transform(&transform, &to_bytes(elements), &mut bytes, accept)?;
            from_bytes(&bytes).map(|elements| {
                output = elements;
                usage
            })
        }
    };
    let malformed = Error::Malformed("an element is not below the modulus");
    let usage = usage.ok_or(Reason::Failed(malformed))?;
    let (coefficients, values) = match direction {
        NttDirection::Forward => (elements, &*output),
        NttDirection::Inverse => (&*output, elements),
    };
    match !session.checks() || agree(domain, coefficients, values) {
        true => Ok((output, usage)),
        false => Err(Reason::Failed(Error::CheckFailed)),
    }
}

/// Whether the polynomial with these coefficients has these values on the domain, judged at a random point:
/// there it is the sum of its coefficients times powers, and that of its values times the Lagrange
/// polynomials. Wrong ones pass with a probability of at most the domain's size over the field's.
fn agree<F: CardField>(
    domain: &GeneralEvaluationDomain<F>,
    coefficients: &[F],
    values: &[F],
) -> bool {
    const CHUNK: usize = 1 << 12;
    let point = F::rand(&mut StdRng::from_entropy());
    let by_coefficients: F = coefficients
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(i, chunk)| {
            let sum = chunk.iter().rev().fold(F::zero(), |sum, c| sum * point + c);
            sum * point.pow([(i * CHUNK) as u64])
        })
        .sum();
    let lagrange = domain.evaluate_all_lagrange_coefficients(point);
    let by_values: F = lagrange
        .par_iter()
        .zip(values)
        .map(|(l, value)| *l * value)
        .sum();
    by_coefficients == by_values
}

/// The value, if its two names stand for one type.
pub(crate) fn same_type<A: 'static, B: 'static>(value: &A) -> Option<&B> {
    (TypeId::of::<A>() == TypeId::of::<B>()).then(|| {
        // SAFETY: A and B are the same type.
        unsafe { &*std::ptr::from_ref(value).cast() }
    })
}

fn to_bytes<F: CardField>(elements: &[F]) -> Vec<u8> {
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
            assert!(agree(&domain, &coefficients, &values));
            values[17] += F::from(1);
            assert!(!agree(&domain, &coefficients, &values));
            values[17] -= F::from(1);
            values.swap(3, 4);
            assert!(!agree(&domain, &coefficients, &values));
        }
    }
}
