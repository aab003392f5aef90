//! Scalars as provers have them, and as they hurt.

use std::fmt;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// How the scalars of a multiplication are distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// So many percent zero, so many one, the others uniform.
    Mixed {
        /// Percent that are zero.
        zeros: u8,
        /// Percent that are one.
        ones: u8,
    },
}

impl fmt::Display for Distribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mixed { zeros, ones } => {
                return write!(formatter, "{zeros} % zero, {ones} % one");
            }
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
    /// Values, the same in every call, of which `uniform` draws one, and `small` makes 0 and 1.
    pub fn values<T: Copy>(
        self,
        count: usize,
        uniform: impl Fn(&mut StdRng) -> T,
        small: impl Fn(bool) -> T,
    ) -> Vec<T> {
        let mut random = StdRng::seed_from_u64(20_261_122);
        let hot: [T; 16] = std::array::from_fn(|_| uniform(&mut random));
        let (mut run, mut left) = (hot[0], 0);
        let one = |_| match self {
            Self::Uniform => uniform(&mut random),
            Self::Equal => hot[0],
            Self::Hot => hot[random.gen_range(0..hot.len())],
            Self::Runs => {
                if left == 0 {
                    (run, left) = (uniform(&mut random), random.gen_range(64..=512));
                }
                left -= 1;
                run
            }
            Self::OnePercentEqual => match random.gen_range(0..100) {
                0 => hot[0],
                _ => uniform(&mut random),
            },
            Self::Bits => small(random.r#gen::<bool>()),
            Self::Witness => match random.gen_range(0..100) {
                0..45 => small(false),
                45..90 => small(true),
                _ => uniform(&mut random),
            },
            Self::Mixed { zeros, ones } => match random.gen_range(0..100) {
                percent if percent < zeros => small(false),
                percent if percent < zeros.saturating_add(ones) => small(true),
                _ => uniform(&mut random),
            },
        };
        (0..count).map(one).collect()
    }

    /// Scalars of a field, the same in every call.
    pub fn scalars<F: ark_ff::PrimeField>(self, count: usize) -> Vec<F> {
        self.values(count, |random| F::rand(random), F::from)
    }
}
