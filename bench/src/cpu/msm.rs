//! Multi-scalar multiplications over G1: arkworks, halo2curves and blst.

use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{BigInteger, PrimeField};
use halo2curves::bn256;
use halo2curves::group::Curve as _;

use super::Timer;
use crate::Failure;
use crate::distribution::Distribution;
use crate::points::multiples;
use crate::results::{CpuTime, Operation};

/// The distributions that are timed.
const SCALARS: [Distribution; 2] = [Distribution::Uniform, Distribution::Witness];

fn what(group: &str, library: &str, log2: u32, scalars: Distribution, threads: usize) -> CpuTime {
    CpuTime {
        operation: Operation::Msm,
        group: group.into(),
        library: library.into(),
        log2,
        scalars: Some(scalars),
        threads,
        samples: 0,
        min: 0.0,
        median: 0.0,
        max: 0.0,
    }
}

/// Times all libraries on BN254 and BLS12-381.
///
/// # Errors
/// When a library differs from arkworks, or a measurement cannot be kept.
pub fn measure(timer: &mut Timer) -> Result<(), Failure> {
    let most = timer.sizes.last().map_or(0, |log2| 1usize << log2);
    bn254(timer, &multiples::<ark_bn254::G1Projective>(most))?;
    bls12_381(timer, &multiples::<ark_bls12_381::G1Projective>(most))
}

fn bn254(timer: &mut Timer, points: &[ark_bn254::G1Affine]) -> Result<(), Failure> {
    let theirs: Vec<bn256::G1Affine> = points.iter().map(to_halo2curves).collect();
    for log2 in timer.sizes.clone() {
        for distribution in SCALARS {
            let count = 1 << log2;
            let (points, theirs) = (&points[..count], &theirs[..count]);
            let scalars: Vec<ark_bn254::Fr> = distribution.scalars(count);
            let their_scalars: Vec<bn256::Fr> = scalars
                .iter()
                .map(|s| their_element(&s.into_bigint()))
                .collect();
            let expected = ark_bn254::G1Projective::msm_unchecked(points, &scalars).into_affine();
            let found = halo2curves::msm::msm_best(&their_scalars, theirs).to_affine();
            if found != to_halo2curves(&expected) {
                return Err(format!("halo2curves differs from arkworks at 2^{log2}").into());
            }
            for threads in timer.threads.clone() {
                let this = |library| what("bn254.g1", library, log2, distribution, threads);
                timer.time(this("arkworks 0.6"), || {
                    ark_bn254::G1Projective::msm_unchecked(points, &scalars)
                })?;
                timer.time(this("halo2curves 0.10"), || {
                    halo2curves::msm::msm_best(&their_scalars, theirs)
                })?;
            }
        }
    }
    Ok(())
}

fn their_element<F: halo2curves::ff::PrimeField<Repr: AsMut<[u8]>>>(
    integer: &impl BigInteger,
) -> F {
    let mut repr = F::Repr::default();
    for (byte, from) in repr.as_mut().iter_mut().zip(integer.to_bytes_le()) {
        *byte = from;
    }
    Option::from(F::from_repr(repr)).unwrap_or(F::ZERO)
}

fn to_halo2curves(point: &ark_bn254::G1Affine) -> bn256::G1Affine {
    match point.xy() {
        None => bn256::G1Affine::default(),
        Some((x, y)) => bn256::G1Affine {
            x: their_element(&x.into_bigint()),
            y: their_element(&y.into_bigint()),
        },
    }
}

fn bls12_381(timer: &mut Timer, points: &[ark_bls12_381::G1Affine]) -> Result<(), Failure> {
    let theirs: Vec<blst::blst_p1_affine> = points.iter().map(to_blst).collect();
    for log2 in timer.sizes.clone() {
        for distribution in SCALARS {
            let count = 1 << log2;
            let (points, theirs) = (&points[..count], &theirs[..count]);
            let scalars: Vec<ark_bls12_381::Fr> = distribution.scalars(count);
            let bytes: Vec<u8> = scalars
                .iter()
                .flat_map(|scalar| scalar.into_bigint().to_bytes_le())
                .collect();
            let expected =
                ark_bls12_381::G1Projective::msm_unchecked(points, &scalars).into_affine();
            for threads in timer.threads.clone() {
                let found = blst_affine(&blst_sum(theirs, &bytes, threads));
                if (found.x.l, found.y.l) != (to_blst(&expected).x.l, to_blst(&expected).y.l) {
                    return Err(format!("blst differs from arkworks at 2^{log2}").into());
                }
                let this = |library| what("bls12-381.g1", library, log2, distribution, threads);
                timer.time(this("arkworks 0.6"), || {
                    ark_bls12_381::G1Projective::msm_unchecked(points, &scalars)
                })?;
                timer.time(this("blst 0.3"), || blst_sum(theirs, &bytes, threads))?;
            }
        }
    }
    Ok(())
}

/// Both hold the limbs of Montgomery form with the radix 2^384.
fn to_blst(point: &ark_bls12_381::G1Affine) -> blst::blst_p1_affine {
    match point.xy() {
        None => blst::blst_p1_affine::default(),
        Some((x, y)) => blst::blst_p1_affine {
            x: blst::blst_fp { l: x.0.0 },
            y: blst::blst_fp { l: y.0.0 },
        },
    }
}

/// Bits of a scalar.
const SCALAR_BITS: usize = 255;

/// blst's own threads are as many as the machine has; with one it is its single-threaded function.
fn blst_sum(points: &[blst::blst_p1_affine], scalars: &[u8], threads: usize) -> blst::blst_p1 {
    use blst::MultiPoint;
    if threads > 1 {
        return points.mult(scalars, SCALAR_BITS);
    }
    let mut sum = blst::blst_p1::default();
    // one pointer and a null: the rest follows the first without gaps
    let points_from = [points.as_ptr(), std::ptr::null()];
    let scalars_from = [scalars.as_ptr(), std::ptr::null()];
    // SAFETY: the scratch memory has the bytes that blst asks for, there are as many points and scalars of 32
    // bytes as it is told, and it keeps none of the pointers.
    unsafe {
        let words = blst::blst_p1s_mult_pippenger_scratch_sizeof(points.len()) / 8;
        let mut scratch = vec![0u64; words];
        blst::blst_p1s_mult_pippenger(
            &mut sum,
            points_from.as_ptr(),
            points.len(),
            scalars_from.as_ptr(),
            SCALAR_BITS,
            scratch.as_mut_ptr(),
        );
    }
    sum
}

fn blst_affine(point: &blst::blst_p1) -> blst::blst_p1_affine {
    let mut affine = blst::blst_p1_affine::default();
    // SAFETY: it reads one structure and writes the other.
    unsafe { blst::blst_p1_to_affine(&mut affine, point) };
    affine
}
