//! The core of a card without engines, on kind and hostile boards, at the least and the largest width.

mod copies;
#[path = "../core_bench/mod.rs"]
mod core_bench;
mod engines;
mod regions;
mod registers;
mod resets;
mod rings;

use core_bench::Bench;
use gristmill_protocol::{Handle, Msm, Operation};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

fn random(bytes: usize, seed: u64) -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(seed);
    (0..bytes).map(|_| random.r#gen()).collect()
}

fn copy_to(bench: &mut Bench, data: &[u8], region: Handle, offset: u64) -> Operation {
    Operation::CopyToCard {
        host: bench.keep(data),
        region,
        offset,
        length: data.len() as u64,
    }
}

/// A job for the echo.
fn echo(
    bases: Option<Handle>,
    offset: u64,
    slots: u32,
    results: u64,
    scratch: Handle,
) -> Operation {
    Operation::Msm(Msm {
        scalars: 0,
        scalars_resident: false,
        montgomery: false,
        bases,
        bases_offset: offset,
        length: slots,
        stride: 0,
        window: 0,
        windows_per_pass: 0,
        results,
        scratch,
    })
}
