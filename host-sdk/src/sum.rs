//! From the card's result slots to a point.

use gristmill_protocol::format::result_slot_bytes;

use crate::{error::Error, layout::CardGroup};

/// The sum of 2^i times slot i, which is how the card leaves an MSM: the slot of window w and weight l has
/// index w * c + l and stands for 2^(c w + l).
///
/// # Errors
/// [`Error::Malformed`] if the bytes are not whole slots or a slot is not on the curve.
pub(crate) fn sum_of_slots<G: CardGroup>(slots: &[u8]) -> Result<G, Error> {
    let slots = slots.chunks_exact(result_slot_bytes(G::ELEMENT_BYTES));
    if !slots.remainder().is_empty() {
        return Err(Error::Malformed("a result slot is cut short"));
    }
    slots.rev().try_fold(G::zero(), |mut sum, slot| {
        let (x, rest) = slot.split_at(G::ELEMENT_BYTES);
        let (y, rest) = rest.split_at(G::ELEMENT_BYTES);
        let (z, _) = rest.split_at(G::ELEMENT_BYTES);
        let point = G::decode_homogeneous(x, y, z)
            .ok_or(Error::Malformed("a result slot is not on the curve"))?;
        sum.double_in_place();
        sum += point;
        Ok(sum)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ec::AffineRepr;
    use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField, UniformRand};
    use ark_std::test_rng;

    /// X, Y, Z, 0 of a point times an arbitrary factor, in canonical form.
    fn slot<G: CardGroup>(point: G, factor: G::BaseField) -> Vec<u8> {
        let affine = point.into_affine();
        let [x, y, z] = match affine.xy() {
            Some((x, y)) => [x, y, G::BaseField::ONE],
            None => [G::BaseField::ZERO, G::BaseField::ONE, G::BaseField::ZERO],
        };
        let mut bytes = Vec::new();
        for coordinate in [x, y, z, G::BaseField::ZERO] {
            for element in (coordinate * factor).to_base_prime_field_elements() {
                bytes.extend(element.into_bigint().to_bytes_le());
            }
        }
        bytes
    }

    fn weights<G: CardGroup>() {
        let rng = &mut test_rng();
        let points: Vec<G> = (0..7)
            .map(|i| if i == 3 { G::zero() } else { G::rand(rng) })
            .collect();
        let mut slots: Vec<u8> = points
            .iter()
            .flat_map(|point| slot(*point, G::BaseField::rand(rng)))
            .collect();
        slots.extend(vec![0; result_slot_bytes(G::ELEMENT_BYTES)]);
        let expected: G = (0u32..)
            .zip(&points)
            .map(|(i, point)| *point * G::ScalarField::from(1u64 << i))
            .sum();
        assert_eq!(sum_of_slots::<G>(&slots).unwrap(), expected);
        slots[0] ^= 1;
        assert!(matches!(
            sum_of_slots::<G>(&slots),
            Err(Error::Malformed(_))
        ));
        slots.pop();
        assert!(matches!(
            sum_of_slots::<G>(&slots),
            Err(Error::Malformed(_))
        ));
        assert_eq!(sum_of_slots::<G>(&[]).unwrap(), G::zero());
    }

    #[test]
    fn slot_i_weighs_two_to_the_i() {
        weights::<ark_bn254::G1Projective>();
        weights::<ark_bls12_381::G1Projective>();
    }
}
