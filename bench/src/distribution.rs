//! Scalars as provers have them, and as they hurt.

use std::fmt;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How the scalars of a multiplication are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Uniform below the order.
    Uniform,
    /// One uniform scalar, everywhere.
    Equal,
    /// One of 16 uniform scalars, each as likely.
    Hot,
    /// Runs of 64 to 512 equal scalars, uniform from run to run.
    Runs,
    /// One in a hundred the same, the others uniform.
    OnePercentEqual,
    /// 0 or 1, as likely.
    Bits,
    /// 45 % zero, 45 % one, 10 % uniform.
    Witness,
}

impl fmt::Display for Distribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Uniform => "uniform",
            Self::Equal => "all equal",
            Self::Hot => "16 hot values",
            Self::Runs => "runs of 64 to 512",
            Self::OnePercentEqual => "1 % equal",
            Self::Bits => "half 0, half 1",
            Self::Witness => "45 % zero, 45 % one",
        })
    }
}

impl Distribution {
    /// Scalars, the same in every call.
    pub fn scalars(self, count: usize) -> Vec<Fr> {
        let mut random = StdRng::seed_from_u64(20_261_122);
        let hot: [Fr; 16] = std::array::from_fn(|_| Fr::rand(&mut random));
        let (mut run, mut left) = (hot[0], 0);
        let one = |_| match self {
            Self::Uniform => Fr::rand(&mut random),
            Self::Equal => hot[0],
            Self::Hot => hot[random.gen_range(0..hot.len())],
            Self::Runs => {
                if left == 0 {
                    (run, left) = (Fr::rand(&mut random), random.gen_range(64..=512));
                }
                left -= 1;
                run
            }
            Self::OnePercentEqual => match random.gen_range(0..100) {
                0 => hot[0],
                _ => Fr::rand(&mut random),
            },
            Self::Bits => Fr::from(random.r#gen::<bool>()),
            Self::Witness => match random.gen_range(0..100) {
                0..45 => Fr::ZERO,
                45..90 => Fr::ONE,
                _ => Fr::rand(&mut random),
            },
        };
        (0..count).map(one).collect()
    }
}
