//! Jobs that are dropped in the middle.

use rand::{Rng, SeedableRng, rngs::SmallRng};

use crate::bench::{Job, SCALARS};
use crate::on_all;

/// Aborted jobs on each engine, with each kind of waits.
const ABORTS: u64 = 60;

#[test]
fn nothing_is_left_of_an_aborted_job() {
    on_all(|bench, group| {
        for seed in 0..ABORTS {
            let mut random = SmallRng::seed_from_u64(seed);
            let (scalars, bases) = group.random(random.gen_range(1..80), seed);
            let mut job = || Job {
                window: random.gen_range(2..=8),
                windows: random.gen_range(1..=3) * bench.lanes,
                streamed: random.r#gen(),
                resident: random.r#gen::<bool>().then(|| 8 * random.gen_range(0..20)),
                ..Job::default()
            };
            let (aborted, next) = (job(), job());
            let cycles = bench
                .check(group, &scalars, &bases, aborted)
                .completion
                .cycles;
            let request = bench.place(group, &scalars, &bases, aborted);
            if seed % 4 == 3 {
                // the abort may then meet a job that has failed, and empties its buckets
                let place = SCALARS + 8 * random.gen_range(0..scalars.len());
                bench.host.bytes[place..][..8].fill(0xff);
            }
            bench.start(&request);
            bench.advance(random.gen_range(0..cycles));
            bench.abort();
            bench.check(group, &scalars, &bases, next);
        }
    });
}
