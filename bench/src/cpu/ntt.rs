//! Transforms: arkworks and halo2curves over scalar fields, Plonky3 over the small ones.

use ark_ff::{BigInteger, PrimeField};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use halo2curves::bn256;
use halo2curves::ff::{Field as _, PrimeField as _};
use p3_dft::{NaiveDft, Radix2DitParallel, TwoAdicSubgroupDft};
use p3_field::{PrimeField64, TwoAdicField};
use p3_matrix::dense::RowMajorMatrix;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

use super::Timer;
use crate::Failure;
use crate::distribution::Distribution;
use crate::results::{CpuTime, Operation};

fn what(group: &str, library: &str, log2: u32, threads: usize) -> CpuTime {
    CpuTime {
        operation: Operation::Ntt,
        group: group.into(),
        library: library.into(),
        log2,
        scalars: None,
        threads,
        samples: 0,
        min: 0.0,
        median: 0.0,
        max: 0.0,
    }
}

/// Times all libraries on all fields.
///
/// # Errors
/// When a library's values are wrong, or a measurement cannot be kept.
pub fn measure(timer: &mut Timer) -> Result<(), Failure> {
    arkworks::<ark_bn254::Fr>(timer, "bn254.fr")?;
    halo2curves_bn254(timer)?;
    arkworks::<ark_bls12_381::Fr>(timer, "bls12-381.fr")?;
    plonky3(
        timer,
        "goldilocks",
        "Plonky3 0.8, Radix2DFTSmallBatch",
        &p3_dft::Radix2DFTSmallBatch::<p3_goldilocks::Goldilocks>::default(),
    )?;
    plonky3(
        timer,
        "baby-bear",
        "Plonky3 0.8, RecursiveDft, output bit-reversed",
        &p3_monty_31::dft::RecursiveDft::<p3_baby_bear::BabyBear>::default(),
    )?;
    plonky3(
        timer,
        "koala-bear",
        "Plonky3 0.8, RecursiveDft, output bit-reversed",
        &p3_monty_31::dft::RecursiveDft::<p3_koala_bear::KoalaBear>::default(),
    )
}

fn arkworks<F: PrimeField>(timer: &mut Timer, group: &str) -> Result<(), Failure> {
    for log2 in timer.sizes.clone() {
        let domain = Radix2EvaluationDomain::<F>::new(1 << log2).ok_or("no such domain")?;
        let mut values: Vec<F> = Distribution::Uniform.scalars(1 << log2);
        for threads in timer.threads.clone() {
            timer.time(what(group, "arkworks 0.6", log2, threads), || {
                domain.fft_in_place(&mut values);
            })?;
        }
    }
    Ok(())
}

fn halo2curves_bn254(timer: &mut Timer) -> Result<(), Failure> {
    for log2 in timer.sizes.clone() {
        let ours: Vec<ark_bn254::Fr> = Distribution::Uniform.scalars(1 << log2);
        let from = |element: &ark_bn254::Fr| -> bn256::Fr {
            let mut repr = <bn256::Fr as halo2curves::ff::PrimeField>::Repr::default();
            let bytes = element.into_bigint().to_bytes_le();
            repr.as_mut().copy_from_slice(&bytes);
            Option::from(bn256::Fr::from_repr(repr)).unwrap_or(bn256::Fr::ZERO)
        };
        let domain =
            Radix2EvaluationDomain::<ark_bn254::Fr>::new(1 << log2).ok_or("no such domain")?;
        let root = from(&domain.group_gen);
        let mut values: Vec<bn256::Fr> = ours.iter().map(from).collect();
        halo2curves::fft::best_fft(&mut values, root, log2);
        if values != domain.fft(&ours).iter().map(from).collect::<Vec<_>>() {
            return Err(format!("halo2curves differs from arkworks at 2^{log2}").into());
        }
        for threads in timer.threads.clone() {
            timer.time(what("bn254.fr", "halo2curves 0.10", log2, threads), || {
                halo2curves::fft::best_fft(&mut values, root, log2);
            })?;
        }
    }
    Ok(())
}

/// A single transform at a time, in the order in which the library leaves it. The reference is Plonky3's definition at a small size, and at the others its
/// plain radix-2 transform.
fn plonky3<F: PrimeField64 + TwoAdicField, D: TwoAdicSubgroupDft<F, Evaluations: Send> + Sync>(
    timer: &mut Timer,
    group: &str,
    library: &str,
    dft: &D,
) -> Result<(), Failure> {
    let mut random = StdRng::seed_from_u64(20_261_122);
    for log2 in timer.sizes.clone() {
        let values: Vec<F> = (0..1 << log2)
            .map(|_| F::from_u64(random.next_u64()))
            .collect();
        let found = dft.dft(values.clone());
        let expected = match log2 {
            ..10 => NaiveDft.dft(values.clone()),
            _ => Radix2DitParallel::<F>::default().dft(values.clone()),
        };
        if found != expected {
            return Err(format!("{library} is wrong over {group} at 2^{log2}").into());
        }
        for threads in timer.threads.clone() {
            let input = || RowMajorMatrix::new_col(values.clone());
            timer.time_with(what(group, library, log2, threads), input, |matrix| {
                dft.dft_batch(matrix)
            })?;
        }
    }
    Ok(())
}
