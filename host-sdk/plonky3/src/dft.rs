//! The transforms.

use crate::CardField;
use crate::check::{Side, agree};
use gristmill::{Offload, Transform};
use gristmill_driver::{NttDirection, NttOrder, NttShape};
use p3_dft::{Radix2DitParallel, TwoAdicSubgroupDft};
use p3_matrix::Matrix;
use p3_matrix::bitrev::{BitReversedMatrixView, BitReversibleMatrix};
use p3_matrix::dense::RowMajorMatrix;

/// Transforms on the card of the session, by `Inner` where the card does not.
#[derive(Clone, Debug, Default)]
pub struct AcceleratedDft<F, Inner = Radix2DitParallel<F>> {
    inner: Inner,
    field: std::marker::PhantomData<F>,
}

impl<F, Inner> AcceleratedDft<F, Inner> {
    /// With this transform for what the card does not do.
    pub fn new(inner: Inner) -> Self {
        Self {
            inner,
            field: std::marker::PhantomData,
        }
    }
}

type Reversed<F> = BitReversedMatrixView<RowMajorMatrix<F>>;

/// What the card is to do with the columns of a matrix.
#[derive(Clone, Copy)]
struct Task<F> {
    direction: NttDirection,
    extension_log2: Option<u32>,
    shift: F,
}

impl<F: CardField> Task<F> {
    fn new(direction: NttDirection, shift: F) -> Self {
        Self {
            direction,
            extension_log2: None,
            shift,
        }
    }

    /// What input and output say of the polynomials; coefficients are in natural order, values that are
    /// computed in bit-reversed order.
    fn sides(&self) -> (Side<F>, Side<F>) {
        match (self.extension_log2, self.direction) {
            (Some(_), _) => (Side::Values(F::ONE), Side::ReversedValues(self.shift)),
            (None, NttDirection::Forward) => (Side::Coefficients, Side::ReversedValues(self.shift)),
            (None, NttDirection::Inverse) => (Side::Values(self.shift), Side::Coefficients),
        }
    }

    /// The result, by the card if it can, else by `inner`.
    fn run<R>(
        self,
        matrix: RowMajorMatrix<F>,
        wrap: impl FnOnce(RowMajorMatrix<F>) -> R,
        inner: impl FnOnce(RowMajorMatrix<F>) -> R,
    ) -> R {
        let (height, width) = (matrix.height(), matrix.width());
        // Which the inner transform knows how to answer.
        if !height.is_power_of_two() || width == 0 {
            return inner(matrix);
        }
        let (input_side, output_side) = self.sides();
        let shift = [self.shift];
        let transform = Transform {
            shape: NttShape {
                field: F::FIELD,
                size_log2: height.trailing_zeros(),
                extension_log2: self.extension_log2,
                batch: width,
                columns: true,
            },
            direction: self.direction,
            input_order: NttOrder::Natural,
            output_order: match output_side {
                Side::ReversedValues(_) => NttOrder::BitReversed,
                _ => NttOrder::Natural,
            },
            offset: (self.shift != F::ONE).then_some(F::bytes(&shift)),
        };
        let extended = height.checked_shl(self.extension_log2.unwrap_or(0));
        let elements = extended.and_then(|height| height.checked_mul(width));
        let Some(elements) = elements.filter(|_| Offload::is_offered(&transform)) else {
            let offload = Offload::declined(&transform);
            let result = inner(matrix);
            offload.finish();
            return result;
        };
        let mut output = F::zero_vec(elements);
        let input = F::bytes(&matrix.values);
        let offload = Offload::attempt(
            &transform,
            input,
            F::bytes_mut(&mut output),
            |checks, bytes| {
                F::are_elements(bytes)
                    && (!checks || {
                        // SAFETY: these bytes are the elements of `output`, and were found to be some.
                        let output = unsafe {
                            std::slice::from_raw_parts(bytes.as_ptr().cast::<F>(), elements)
                        };
                        agree(width, (&matrix.values, input_side), (output, output_side))
                    })
            },
        );
        let result = match offload.is_on_card() {
            true => wrap(RowMajorMatrix::new(output, width)),
            false => inner(matrix),
        };
        offload.finish();
        result
    }
}

impl<F, Inner> TwoAdicSubgroupDft<F> for AcceleratedDft<F, Inner>
where
    F: CardField,
    Inner: TwoAdicSubgroupDft<F, Evaluations = Reversed<F>>,
{
    type Evaluations = Reversed<F>;

    fn dft_batch(&self, matrix: RowMajorMatrix<F>) -> Self::Evaluations {
        let task = Task::new(NttDirection::Forward, F::ONE);
        task.run(matrix, reversed, |matrix| self.inner.dft_batch(matrix))
    }

    fn coset_dft_batch(&self, matrix: RowMajorMatrix<F>, shift: F) -> Self::Evaluations {
        let task = Task::new(NttDirection::Forward, shift);
        let inner = |matrix| self.inner.coset_dft_batch(matrix, shift);
        task.run(matrix, reversed, inner)
    }

    fn idft_batch(&self, matrix: RowMajorMatrix<F>) -> RowMajorMatrix<F> {
        let task = Task::new(NttDirection::Inverse, F::ONE);
        task.run(
            matrix,
            |output| output,
            |matrix| self.inner.idft_batch(matrix),
        )
    }

    fn coset_idft_batch(&self, matrix: RowMajorMatrix<F>, shift: F) -> RowMajorMatrix<F> {
        let task = Task::new(NttDirection::Inverse, shift);
        let inner = |matrix| self.inner.coset_idft_batch(matrix, shift);
        task.run(matrix, |output| output, inner)
    }

    fn coset_lde_batch(
        &self,
        matrix: RowMajorMatrix<F>,
        added_bits: usize,
        shift: F,
    ) -> Self::Evaluations {
        let inner = |matrix| self.inner.coset_lde_batch(matrix, added_bits, shift);
        let Ok(extension) = u32::try_from(added_bits) else {
            return inner(matrix);
        };
        let task = Task {
            direction: NttDirection::Forward,
            extension_log2: Some(extension),
            shift,
        };
        task.run(matrix, reversed, inner)
    }
}

/// The view of rows that lie in bit-reversed order.
fn reversed<F: CardField>(rows: RowMajorMatrix<F>) -> Reversed<F> {
    rows.bit_reverse_rows()
}
