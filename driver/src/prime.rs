//! Arithmetic in the fields of the NTT engines, for tables and checks on the host.

use gristmill_protocol::FieldId;
use gristmill_protocol::field::Limbs;

/// A field's arithmetic. Elements are [`Residue`]s of this field; nothing here takes constant time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrimeField {
    id: FieldId,
    modulus: Limbs,
    /// -1 / modulus modulo 2^64.
    negated_inverse: u64,
    one: Residue,
    /// 2^512 modulo the modulus: multiplied by, it brings limbs into Montgomery form.
    radix_squared: Residue,
    /// The memory form's radix, not in Montgomery form: multiplied by, it brings residues there.
    memory_radix: Residue,
    /// What brings a word in memory form into Montgomery form.
    from_memory: Residue,
}

/// An element of a [`PrimeField`], in Montgomery form with radix 2^256, below the modulus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Residue(Limbs);

impl PrimeField {
    /// The arithmetic of this field.
    pub fn new(id: FieldId) -> Self {
        let modulus = id.modulus();
        // Newton's iteration doubles the bits that are right; the modulus is its own inverse modulo 8.
        let inverse = (0..5).fold(modulus[0], |x, _| {
            x.wrapping_mul(2u64.wrapping_sub(modulus[0].wrapping_mul(x)))
        });
        let mut field = Self {
            id,
            modulus,
            negated_inverse: inverse.wrapping_neg(),
            one: Residue::default(),
            radix_squared: Residue::default(),
            memory_radix: Residue::default(),
            from_memory: Residue::default(),
        };
        let bare = field;
        let power_of_two = |exponent: u32| {
            let start = Residue([1, 0, 0, 0]);
            (0..exponent).fold(start, |x, _| bare.add(x, x))
        };
        (field.one, field.radix_squared) = (power_of_two(256), power_of_two(512));
        let radix = id.radix_log2();
        (field.memory_radix, field.from_memory) = (power_of_two(radix), power_of_two(512 - radix));
        field
    }

    /// Which field it is.
    pub fn id(&self) -> FieldId {
        self.id
    }

    /// 1.
    pub fn one(&self) -> Residue {
        self.one
    }

    /// The element with this residue, modulo the modulus for the primes of 64 bits and fewer.
    pub fn element(&self, residue: u64) -> Residue {
        self.multiply(Residue([residue, 0, 0, 0]), self.radix_squared)
    }

    /// The root of unity of order 2^`log2`, a power of [`FieldId::root_of_unity`]; `None` when the
    /// field has none.
    pub fn root_of_unity(&self, log2: u32) -> Option<Residue> {
        let squarings = self.id.two_adicity().checked_sub(log2)?;
        let root = self.multiply(Residue(self.id.root_of_unity()), self.radix_squared);
        Some((0..squarings).fold(root, |root, _| self.multiply(root, root)))
    }

    /// a + b.
    pub fn add(&self, a: Residue, b: Residue) -> Residue {
        let (sum, carry) = add(a.0, b.0);
        let (less, borrow) = subtract(sum, self.modulus);
        Residue(if carry || !borrow { less } else { sum })
    }

    /// a - b.
    pub fn subtract(&self, a: Residue, b: Residue) -> Residue {
        let (difference, borrow) = subtract(a.0, b.0);
        Residue(match borrow {
            true => add(difference, self.modulus).0,
            false => difference,
        })
    }

    /// a * b: the product and Montgomery's reduction, limb by limb.
    pub fn multiply(&self, a: Residue, b: Residue) -> Residue {
        let mut sum = [0u64; 5];
        for limb in a.0 {
            let mut carry = 0;
            for (sum, b) in sum.iter_mut().zip(b.0) {
                (*sum, carry) = multiply_add(limb, b, *sum, carry);
            }
            let (top, over) = sum[4].overflowing_add(carry);
            let factor = sum[0].wrapping_mul(self.negated_inverse);
            let (_, mut carry) = multiply_add(factor, self.modulus[0], sum[0], 0);
            for i in 1..4 {
                (sum[i - 1], carry) = multiply_add(factor, self.modulus[i], sum[i], carry);
            }
            let (low, over_again) = top.overflowing_add(carry);
            sum[3] = low;
            sum[4] = u64::from(over) + u64::from(over_again);
        }
        let product = [sum[0], sum[1], sum[2], sum[3]];
        let (less, borrow) = subtract(product, self.modulus);
        Residue(if sum[4] > 0 || !borrow { less } else { product })
    }

    /// a^exponent.
    pub fn power(&self, a: Residue, exponent: u64) -> Residue {
        self.power_limbs(a, [exponent, 0, 0, 0])
    }

    /// 1/a; 0 of 0.
    pub fn inverse(&self, a: Residue) -> Residue {
        // Fermat: a^(p-2).
        let (exponent, _) = subtract(self.modulus, [2, 0, 0, 0]);
        self.power_limbs(a, exponent)
    }

    fn power_limbs(&self, a: Residue, exponent: Limbs) -> Residue {
        (0..256).rev().fold(self.one, |power, bit| {
            let square = self.multiply(power, power);
            match exponent[bit / 64] >> (bit % 64) & 1 {
                1 => self.multiply(square, a),
                _ => square,
            }
        })
    }

    /// The element in these bytes of memory ([`FieldId::element_bytes`] of them, in memory form), or
    /// `None` when they are too few or not below the modulus. Goldilocks takes every word.
    pub fn read(&self, bytes: &[u8]) -> Option<Residue> {
        let mut limbs = [0; 4];
        let bytes = bytes.get(..self.id.element_bytes())?;
        for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks(8)) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            *limb = u64::from_le_bytes(word);
        }
        let below = subtract(limbs, self.modulus).1;
        (below || self.id == FieldId::Goldilocks)
            .then(|| self.multiply(Residue(limbs), self.from_memory))
    }

    /// The inverse of [`Self::read`]: fills the first bytes of `into`.
    ///
    /// # Panics
    /// When they are fewer than [`FieldId::element_bytes`].
    pub fn write(&self, a: Residue, into: &mut [u8]) {
        // One reduction takes the radix 2^256 away, the memory form's has come in before it.
        let word = self.multiply(a, self.memory_radix).0;
        let into = &mut into[..self.id.element_bytes()];
        for (chunk, limb) in into.chunks_mut(8).zip(word) {
            chunk.copy_from_slice(&limb.to_le_bytes()[..chunk.len()]);
        }
    }
}

fn multiply_add(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let sum = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(carry);
    (sum as u64, (sum >> 64) as u64)
}

fn add(a: Limbs, b: Limbs) -> (Limbs, bool) {
    let mut carry = false;
    let sum = std::array::from_fn(|i| {
        let (sum, over) = a[i].overflowing_add(b[i]);
        let (sum, over_again) = sum.overflowing_add(u64::from(carry));
        carry = over || over_again;
        sum
    });
    (sum, carry)
}

fn subtract(a: Limbs, b: Limbs) -> (Limbs, bool) {
    let mut borrow = false;
    let difference = std::array::from_fn(|i| {
        let (difference, under) = a[i].overflowing_sub(b[i]);
        let (difference, under_again) = difference.overflowing_sub(u64::from(borrow));
        borrow = under || under_again;
        difference
    });
    (difference, borrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_have_their_orders() {
        for id in FieldId::ALL {
            let field = PrimeField::new(id);
            let minus_one = field.subtract(Residue::default(), field.one());
            assert_eq!(field.root_of_unity(0), Some(field.one()));
            assert_eq!(field.root_of_unity(1), Some(minus_one), "{id:?}");
            assert_eq!(field.root_of_unity(id.two_adicity() + 1), None);
            let root = field.root_of_unity(id.two_adicity()).unwrap();
            let half = 1 << (id.two_adicity() - 1);
            assert_eq!(field.power(root, half), minus_one);
            assert_eq!(field.multiply(field.inverse(root), root), field.one());
        }
    }

    #[test]
    fn memory_form_is_what_the_protocol_says() {
        for id in FieldId::ALL {
            let field = PrimeField::new(id);
            let mut bytes = [0; 32];
            field.write(field.element(5), &mut bytes);
            assert_eq!(field.read(&bytes), Some(field.element(5)));
            let five = (0..5).fold(Residue::default(), |sum, _| field.add(sum, field.one()));
            assert_eq!(five, field.element(5));
            assert_eq!(field.read(&[]), None);
        }
        let word = |id, x| {
            let field = PrimeField::new(id);
            let mut bytes = [0; 4];
            field.write(field.element(x), &mut bytes);
            u32::from_le_bytes(bytes)
        };
        assert_eq!(word(FieldId::BabyBear, 1), 0x0fff_fffe);
        assert_eq!(word(FieldId::KoalaBear, 1), 0x01ff_fffe);
        let field = PrimeField::new(FieldId::BabyBear);
        assert_eq!(field.read(&0x7800_0001u32.to_le_bytes()), None);
        let field = PrimeField::new(FieldId::Goldilocks);
        assert_eq!(field.read(&[0xff; 8]), Some(field.element(0xffff_fffe)));
    }

    #[test]
    fn the_toy_field_is_right_throughout() {
        let field = PrimeField::new(FieldId::Toy);
        for a in 0..257 {
            for b in [0, 1, 2, 100, 255, 256] {
                let (x, y) = (field.element(a), field.element(b));
                assert_eq!(field.multiply(x, y), field.element(a * b % 257));
                assert_eq!(field.add(x, y), field.element((a + b) % 257));
                assert_eq!(field.subtract(x, y), field.element((257 + a - b) % 257));
            }
        }
    }
}
