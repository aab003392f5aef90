//! Descriptions of prime fields.

use num_bigint::BigUint;
use num_traits::{Num, One};

/// How the elements of a field stand in memory, and by which reduction they are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The residue itself, of the modulus 2^64 - 2^32 + 1, for which 2^64 = 2^32 - 1 and 2^96 = -1.
    Goldilocks,
    /// The residue times 2^bits modulo the modulus (Montgomery form).
    Montgomery {
        /// The radix as an exponent of two.
        bits: usize,
    },
}

/// A prime field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Lower case with underscores, as in module names.
    pub name: &'static str,
    /// The prime.
    pub modulus: BigUint,
    /// Bits of the modulus.
    pub bits: usize,
    /// How elements stand in memory.
    pub form: Form,
    /// Bytes of an element in memory, little endian.
    pub element_bytes: usize,
    /// How often two divides the modulus less one.
    pub two_adicity: usize,
    /// The residue of order 2^two_adicity that the CPU libraries take (ark-ff's `TWO_ADIC_ROOT_OF_UNITY`, Plonky3's
    /// `two_adic_generator(two_adicity)`): their generator to the power of the odd part of the modulus less one.
    pub root_of_unity: BigUint,
}

impl Field {
    /// A field by its modulus in hexadecimal and its multiplicative generator.
    pub(crate) fn from_hex(
        name: &'static str,
        modulus: &str,
        generator: u32,
        form: Form,
        element_bytes: usize,
    ) -> Self {
        let modulus = BigUint::from_str_radix(modulus, 16).expect("the digits are hexadecimal");
        let order = &modulus - 1u32;
        let two_adicity = order.trailing_zeros().unwrap_or(0);
        let root_of_unity = BigUint::from(generator).modpow(&(order >> two_adicity), &modulus);
        Field {
            two_adicity: two_adicity as usize,
            root_of_unity,
            name,
            bits: modulus.bits() as usize,
            modulus,
            form,
            element_bytes,
        }
    }

    /// Width of an element's word in memory in bits.
    pub fn word_bits(&self) -> usize {
        8 * self.element_bytes
    }

    /// What one stands for in memory: 1 or the Montgomery radix, modulo the modulus.
    pub fn one(&self) -> BigUint {
        match self.form {
            Form::Goldilocks => BigUint::one(),
            Form::Montgomery { bits } => (BigUint::one() << bits) % &self.modulus,
        }
    }

    /// The root of unity of order 2^`order_log2` that [`Field::root_of_unity`] gives, or its inverse; a residue.
    ///
    /// # Panics
    /// If there is none, because `order_log2` is above the two-adicity.
    pub fn root(&self, order_log2: usize, inverse: bool) -> BigUint {
        assert!(
            order_log2 <= self.two_adicity,
            "{} has no root of order 2^{order_log2}",
            self.name
        );
        let root = &self.root_of_unity;
        let order = BigUint::one() << self.two_adicity;
        let exponent = BigUint::one() << (self.two_adicity - order_log2);
        match inverse {
            false => root.modpow(&exponent, &self.modulus),
            true => root.modpow(&(order - exponent), &self.modulus),
        }
    }

    /// The memory word of a residue.
    pub fn to_memory(&self, residue: &BigUint) -> BigUint {
        residue * self.one() % &self.modulus
    }

    /// The residue of a memory word.
    ///
    /// # Panics
    /// If the modulus is not prime, so that the radix has no inverse.
    pub fn from_memory(&self, word: &BigUint) -> BigUint {
        let inverse = self.one().modinv(&self.modulus);
        word * inverse.expect("the modulus is prime") % &self.modulus
    }
}
