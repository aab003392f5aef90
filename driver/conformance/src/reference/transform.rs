//! Transforms as the engine does them: the roots of a pass are built in, all other factors come from
//! the tables.

use gristmill_driver::{PrimeField, Residue};
use gristmill_protocol::ntt::{self, Table};

/// A table set as the engine holds it.
pub(super) struct Tables {
    low_log2: u32,
    tables: [Vec<Residue>; 4],
}

impl Tables {
    /// Reads the set of a transform of 2^`size_log2` from these bytes, which are long enough.
    pub(super) fn read(field: &PrimeField, size_log2: u32, bytes: &[u8]) -> Self {
        let element = field.id().element_bytes();
        let low_log2 = ntt::table_log2(size_log2);
        let read = |table| {
            let at = ntt::table_offset(table, element, size_log2) as usize;
            let elements = bytes[at..].chunks_exact(element).take(1 << low_log2);
            elements
                .map(|element| field.read(element).unwrap_or_default())
                .collect()
        };
        Self {
            low_log2,
            tables: [Table::WLow, Table::WHigh, Table::GLow, Table::GHigh].map(read),
        }
    }

    /// The power that two tables make.
    fn power(&self, field: &PrimeField, low: Table, high: Table, exponent: usize) -> Residue {
        let (low, high) = (&self.tables[low as usize], &self.tables[high as usize]);
        let mask = (1 << self.low_log2) - 1;
        field.multiply(low[exponent & mask], high[exponent >> self.low_log2])
    }

    pub(super) fn coset(&self, field: &PrimeField, exponent: usize) -> Residue {
        self.power(field, Table::GLow, Table::GHigh, exponent)
    }

    fn twiddle(&self, field: &PrimeField, exponent: usize) -> Residue {
        self.power(field, Table::WLow, Table::WHigh, exponent)
    }

    /// Forgets the upper twiddles, for the mutation.
    pub(super) fn without_high_twiddles(&mut self, field: &PrimeField) {
        self.tables[Table::WHigh as usize].fill(field.one());
    }
}

/// One transform, natural order in and out.
pub(super) struct Transform<'a> {
    pub(super) field: &'a PrimeField,
    pub(super) tables: &'a Tables,
    pub(super) inverse: bool,
    pub(super) pass_log2: u32,
}

impl Transform<'_> {
    pub(super) fn run(&self, x: &mut [Residue]) {
        if !self.inverse {
            self.shift(x);
        }
        let size_log2 = x.len().trailing_zeros();
        match size_log2 <= self.pass_log2 {
            true => self.pass(x),
            false => self.two_passes(x, size_log2),
        }
        if self.inverse {
            self.shift(x);
        }
    }

    /// Multiplies by the powers of the coset offset; those of an inverse hold 1/N.
    fn shift(&self, x: &mut [Residue]) {
        for (i, x) in x.iter_mut().enumerate() {
            *x = self.field.multiply(*x, self.tables.coset(self.field, i));
        }
    }

    /// j = j1 N2 + j2 and k = k1 + N1 k2: over j1, by w^(k1 j2), over j2.
    fn two_passes(&self, x: &mut [Residue], size_log2: u32) {
        let (rows, columns) = (1 << size_log2.div_ceil(2), 1 << (size_log2 / 2));
        for j2 in 0..columns {
            let mut column: Vec<_> = (0..rows).map(|j1| x[j1 * columns + j2]).collect();
            self.pass(&mut column);
            for (k1, element) in column.into_iter().enumerate() {
                let twiddle = self.tables.twiddle(self.field, k1 * j2);
                x[k1 * columns + j2] = self.field.multiply(element, twiddle);
            }
        }
        let mut output = vec![Residue::default(); x.len()];
        for (k1, row) in x.chunks_mut(columns).enumerate() {
            self.pass(row);
            for (k2, element) in row.iter().enumerate() {
                output[k1 + rows * k2] = *element;
            }
        }
        x.copy_from_slice(&output);
    }

    /// Radix 2, decimation in time.
    fn pass(&self, x: &mut [Residue]) {
        let (field, size_log2) = (self.field, x.len().trailing_zeros());
        for i in 0..x.len() {
            let j = reverse(i, size_log2);
            if i < j {
                x.swap(i, j);
            }
        }
        for stage in 1..=size_log2 {
            let root = field.root_of_unity(stage).unwrap_or_default();
            let root = match self.inverse {
                true => field.inverse(root),
                false => root,
            };
            let half = 1 << (stage - 1);
            let mut roots = vec![field.one(); half];
            for i in 1..half {
                roots[i] = field.multiply(roots[i - 1], root);
            }
            for block in x.chunks_mut(2 * half) {
                let (even, odd) = block.split_at_mut(half);
                for ((even, odd), root) in even.iter_mut().zip(odd).zip(&roots) {
                    let product = field.multiply(*odd, *root);
                    (*even, *odd) = (field.add(*even, product), field.subtract(*even, product));
                }
            }
        }
    }
}

/// The index with its lowest `bits` bits reversed.
pub(super) fn reverse(index: usize, bits: u32) -> usize {
    match bits {
        0 => index,
        _ => index.reverse_bits() >> (usize::BITS - bits),
    }
}
