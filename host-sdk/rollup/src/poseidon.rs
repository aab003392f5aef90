//! The hash of the rollup: Poseidon of width 3, natively.

use ark_crypto_primitives::sponge::{
    Absorb, CryptographicSponge, FieldBasedCryptographicSponge,
    poseidon::{PoseidonConfig, PoseidonSponge, find_poseidon_ark_and_mds},
};
use ark_ff::PrimeField;

/// Field elements that a permutation takes in; the width is one more, the capacity.
pub const RATE: usize = 2;
const FULL_ROUNDS: usize = 8;
const PARTIAL_ROUNDS: usize = 57;
const ALPHA: u64 = 5;

/// The parameters of the hash: x^5, width 3, 8 full and 57 partial rounds, which is 128-bit security
/// over a prime field of 254 or 255 bits in which 5 does not divide p - 1 (BN254, BLS12-381).
///
/// Round numbers: Grassi et al., "Poseidon: A New Hash Function for Zero-Knowledge Proof Systems",
/// table 7. Round constants and MDS matrix: the Grain LFSR of the paper's appendix F, as arkworks
/// implements it. For BN254 they are those of circomlib; arkworks gives out element 1 of the state
/// where circomlib gives out element 0, so that digests differ from circomlib's.
pub fn parameters<F: PrimeField>() -> PoseidonConfig<F> {
    let (round_constants, matrix) = find_poseidon_ark_and_mds::<F>(
        F::MODULUS_BIT_SIZE as u64,
        RATE,
        FULL_ROUNDS as u64,
        PARTIAL_ROUNDS as u64,
        0,
    );
    PoseidonConfig::new(
        FULL_ROUNDS,
        PARTIAL_ROUNDS,
        ALPHA,
        matrix,
        round_constants,
        RATE,
        1,
    )
}

/// The hash of at most [`RATE`] field elements in one permutation.
///
/// The statement hashes one element (a secret) or two (everything else); both have a fixed length at
/// each place of use, so that no two uses can be confused by padding.
pub fn hash<F: PrimeField + Absorb>(parameters: &PoseidonConfig<F>, inputs: &[F]) -> F {
    let mut sponge = PoseidonSponge::new(parameters);
    sponge.absorb(&inputs);
    sponge.squeeze_native_field_elements(1)[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ff::MontFp;

    #[test]
    fn constants_are_those_of_circomlib() {
        let parameters = parameters::<Fr>();
        assert_eq!(
            parameters.ark[0][0],
            MontFp!("6745197990210204598374042828761989596302876299545964402857411729872131034734")
        );
        assert_eq!(
            parameters.mds[0][0],
            MontFp!("7511745149465107256748700652201246547602992235352608707588321460060273774987")
        );
    }
}
