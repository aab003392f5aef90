//! The fields of Plonky3 that a card transforms in.

use gristmill_protocol::FieldId;
use p3_baby_bear::BabyBear;
use p3_field::extension::BinomialExtensionField;
use p3_field::{ExtensionField, TwoAdicField};
use p3_goldilocks::Goldilocks;
use p3_koala_bear::KoalaBear;

/// A field that some card transforms in: BabyBear, KoalaBear or Goldilocks.
pub trait CardField: TwoAdicField + Ord + private::Sealed {
    /// Its name on the link.
    const FIELD: FieldId;

    /// An extension in which a check at a random point is worth its name.
    type Extension: ExtensionField<Self>;

    /// The elements as they lie in memory, which is the card's format.
    fn bytes(elements: &[Self]) -> &[u8] {
        // SAFETY: the types of this sealed trait are transparent over an unsigned integer.
        unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
    }

    /// The same, to write to. What is written shall be [`Self::are_elements`].
    fn bytes_mut(elements: &mut [Self]) -> &mut [u8] {
        // SAFETY: as above, and any bytes are an integer.
        unsafe {
            std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), size_of_val(elements))
        }
    }

    /// Whether these bytes are elements: words below the modulus, or any words for Goldilocks.
    fn are_elements(bytes: &[u8]) -> bool;
}

mod private {
    /// Keeps [`super::CardField`] to transparent types.
    pub trait Sealed {}
    impl Sealed for super::BabyBear {}
    impl Sealed for super::KoalaBear {}
    impl Sealed for super::Goldilocks {}
}

fn are_below(bytes: &[u8], field: FieldId) -> bool {
    let modulus = field.modulus()[0];
    let words = bytes.as_chunks::<4>().0;
    words
        .iter()
        .all(|word| u64::from(u32::from_le_bytes(*word)) < modulus)
}

const _: () = assert!(cfg!(target_endian = "little"));
const _: () = assert!(size_of::<BabyBear>() == 4 && size_of::<KoalaBear>() == 4);
const _: () = assert!(size_of::<Goldilocks>() == 8);

impl CardField for BabyBear {
    const FIELD: FieldId = FieldId::BabyBear;
    type Extension = BinomialExtensionField<Self, 4>;

    fn are_elements(bytes: &[u8]) -> bool {
        are_below(bytes, Self::FIELD)
    }
}

impl CardField for KoalaBear {
    const FIELD: FieldId = FieldId::KoalaBear;
    type Extension = BinomialExtensionField<Self, 4>;

    fn are_elements(bytes: &[u8]) -> bool {
        are_below(bytes, Self::FIELD)
    }
}

impl CardField for Goldilocks {
    const FIELD: FieldId = FieldId::Goldilocks;
    type Extension = BinomialExtensionField<Self, 2>;

    fn are_elements(_: &[u8]) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gristmill_driver::PrimeField;

    fn the_protocol_knows_the_field<F: CardField>() {
        let field = PrimeField::new(F::FIELD);
        let mut word = vec![0; F::FIELD.element_bytes()];
        assert_eq!(F::TWO_ADICITY as u32, F::FIELD.two_adicity());
        for log2 in [0, 1, 6, F::TWO_ADICITY] {
            field.write(field.root_of_unity(log2 as u32).unwrap(), &mut word);
            assert_eq!(F::bytes(&[F::two_adic_generator(log2)]), word);
        }
        for x in [0, 1, 2, 77, (1 << 31) - 1, 1 << 63] {
            field.write(field.element(x), &mut word);
            assert_eq!(F::bytes(&[F::from_u64(x)]), word, "{x}");
        }
        assert!(F::are_elements(F::bytes(&[F::NEG_ONE, F::GENERATOR])));
    }

    #[test]
    fn roots_and_bytes_are_the_protocols() {
        the_protocol_knows_the_field::<BabyBear>();
        the_protocol_knows_the_field::<KoalaBear>();
        the_protocol_knows_the_field::<Goldilocks>();
        assert!(!BabyBear::are_elements(&0x7800_0001u32.to_le_bytes()));
        assert!(!KoalaBear::are_elements(&[0xff; 8]));
        assert!(Goldilocks::are_elements(&[0xff; 8]));
    }
}
