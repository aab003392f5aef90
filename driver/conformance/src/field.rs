//! The fields of the NTT engines and their transforms, slowly and from the definition: what the suite
//! compares with.

use gristmill_protocol::FieldId;
use gristmill_protocol::field::Limbs;
use gristmill_protocol::format::slot_bytes;
use gristmill_protocol::ntt::{self, Table};
use num_bigint::BigUint;
use num_traits::One;

/// A field, and the form of its elements in memory.
#[derive(Clone, Debug)]
pub struct Field {
    /// Which one it is.
    pub id: FieldId,
    /// The prime.
    pub modulus: BigUint,
    /// Bytes of an element in memory.
    pub element_bytes: usize,
}

impl Field {
    /// The field with this name.
    pub fn of(id: FieldId) -> Self {
        Self {
            id,
            modulus: number(id.modulus()),
            element_bytes: id.element_bytes(),
        }
    }

    /// The root of unity of order 2^`log2`, or its inverse.
    pub fn root(&self, log2: u32, inverse: bool) -> BigUint {
        let root = number(self.id.root_of_unity());
        let exponent = BigUint::one() << (self.id.two_adicity() - log2);
        let root = root.modpow(&exponent, &self.modulus);
        match inverse {
            true => self.inverse(&root),
            false => root,
        }
    }

    /// 1/a.
    pub fn inverse(&self, a: &BigUint) -> BigUint {
        a.modinv(&self.modulus).unwrap_or_default()
    }

    /// An element in memory form.
    pub fn encode(&self, element: &BigUint) -> Vec<u8> {
        let radix = BigUint::one() << self.id.radix_log2();
        let mut bytes = (element * radix % &self.modulus).to_bytes_le();
        bytes.resize(self.element_bytes, 0);
        bytes
    }

    /// The inverse of [`Self::encode`]; `None` for a word that is not below the modulus.
    pub fn decode(&self, bytes: &[u8]) -> Option<BigUint> {
        let word = BigUint::from_bytes_le(&bytes[..self.element_bytes]);
        let radix = BigUint::one() << self.id.radix_log2();
        (word < self.modulus).then(|| word * self.inverse(&radix) % &self.modulus)
    }

    /// The transform with the coset offset `shift`.
    pub fn transform(&self, x: &[BigUint], inverse: bool, shift: &BigUint) -> Vec<BigUint> {
        let root = self.root(x.len().trailing_zeros(), inverse);
        let p = &self.modulus;
        let powers = |start: BigUint, ratio: BigUint| {
            std::iter::successors(Some(start), move |power| Some(power * &ratio % p))
        };
        let times = |x: &[BigUint], factors: &mut dyn Iterator<Item = BigUint>| {
            x.iter().zip(factors).map(|(x, f)| x * f % p).collect()
        };
        if inverse {
            let scale = self.inverse(&x.len().into());
            let y = self.sums(x, &root);
            times(&y, &mut powers(scale, self.inverse(shift)))
        } else {
            let shifted: Vec<_> = times(x, &mut powers(BigUint::one(), shift.clone()));
            self.sums(&shifted, &root)
        }
    }

    /// Σ_j x\[j\] root^(jk), by halves.
    fn sums(&self, x: &[BigUint], root: &BigUint) -> Vec<BigUint> {
        if x.len() == 1 {
            return x.to_vec();
        }
        let p = &self.modulus;
        let square = root * root % p;
        let half = |first| {
            let every_second: Vec<_> = x.iter().skip(first).step_by(2).cloned().collect();
            self.sums(&every_second, &square)
        };
        let (even, odd) = (half(0), half(1));
        let mut power = BigUint::one();
        (0..x.len())
            .map(|k| {
                let at = k % even.len();
                let sum = (&even[at] + &odd[at] * &power) % p;
                power = &power * root % p;
                sum
            })
            .collect()
    }

    /// The table set of a transform; `scale` stands for the factor 1/N.
    pub fn table_set(
        &self,
        size_log2: u32,
        inverse: bool,
        shift: &BigUint,
        scale: &BigUint,
    ) -> Vec<u8> {
        let p = &self.modulus;
        let shift = match inverse {
            true => self.inverse(shift),
            false => shift.clone(),
        };
        let root = self.root(size_log2, inverse);
        let h = ntt::table_log2(size_log2);
        let bytes = ntt::table_set_bytes(self.element_bytes, size_log2);
        let mut set = vec![0; bytes as usize];
        set[..64].copy_from_slice(&slot_bytes(ntt::header(self.id, size_log2, inverse)));
        let one = BigUint::one();
        for (table, base, step, factor) in [
            (Table::WLow, &root, 0, &one),
            (Table::WHigh, &root, h, &one),
            (Table::GLow, &shift, 0, &one),
            (Table::GHigh, &shift, h, scale),
        ] {
            let at = ntt::table_offset(table, self.element_bytes, size_log2) as usize;
            for i in 0..1usize << h {
                let power = base.modpow(&BigUint::from(i << step), p);
                let element = self.encode(&(power * factor % p));
                set[at + i * self.element_bytes..][..self.element_bytes].copy_from_slice(&element);
            }
        }
        set
    }
}

fn number(limbs: Limbs) -> BigUint {
    let bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    BigUint::from_bytes_le(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gristmill_driver::{PrimeField, table_set};

    #[test]
    fn transforms_are_their_definition() {
        for id in FieldId::ALL {
            let field = Field::of(id);
            let p = &field.modulus;
            let x: Vec<BigUint> = (0..8u32).map(|i| BigUint::from(i * i + 3) % p).collect();
            let shift = BigUint::from(7u32);
            let (root, values) = (field.root(3, false), field.transform(&x, false, &shift));
            for (k, value) in values.iter().enumerate() {
                let point = &shift * root.modpow(&k.into(), p) % p;
                let sum = x
                    .iter()
                    .rev()
                    .fold(BigUint::ZERO, |sum, x| (sum * &point + x) % p);
                assert_eq!(*value, sum, "{id:?}");
            }
            assert_eq!(field.transform(&values, true, &shift), x, "{id:?}");
        }
    }

    #[test]
    fn the_drivers_tables_are_these() {
        for id in FieldId::ALL {
            let field = Field::of(id);
            let shift = BigUint::from(5u32);
            for (size_log2, inverse) in [(0, false), (0, true), (1, true), (4, false), (7, true)] {
                let scale = match inverse {
                    true => field.inverse(&(BigUint::one() << size_log2)),
                    false => BigUint::one(),
                };
                let wanted = field.table_set(size_log2, inverse, &shift, &scale);
                let offset = field.encode(&shift);
                let made = table_set(id, size_log2, inverse, Some(&offset), None);
                assert_eq!(made, Some(wanted), "{id:?} 2^{size_log2}");
                let factor = BigUint::from(11u32);
                let product = scale * &factor % &field.modulus;
                let wanted = field.table_set(size_log2, inverse, &shift, &product);
                let factor = field.encode(&factor);
                let made = table_set(id, size_log2, inverse, Some(&offset), Some(&factor));
                assert_eq!(made, Some(wanted), "{id:?} 2^{size_log2}");
            }
            let arithmetic = PrimeField::new(id);
            let five = arithmetic.read(&field.encode(&shift));
            assert_eq!(five, Some(arithmetic.element(5)));
            let zeros = vec![0; field.element_bytes];
            assert_eq!(table_set(id, 3, false, Some(&zeros), None), None);
            assert_eq!(table_set(id, 3, true, None, Some(&zeros)), None);
            let over = id.two_adicity() + 1;
            assert_eq!(table_set(id, over, false, None, None), None);
        }
    }
}
