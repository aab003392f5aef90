//! The MSM engine behind its socket, without a card: toy curve, all corners, random waits.

mod aborts;
mod bench;
mod errors;
mod jobs;
mod ports;
mod toy;

use bench::Bench;
use ports::Waits;
use toy::Group;

const SMOOTH: Waits = Waits {
    stall: 0.0,
    latency: 20,
};
const ROUGH: Waits = Waits {
    stall: 0.5,
    latency: 70,
};

/// Runs a test on engines of one and of two lanes, with and without waits.
fn on_all(test: impl Fn(&mut Bench, &Group)) {
    let group = Group::new();
    for lanes in [1, 2] {
        let mut bench = Bench::new(lanes);
        for waits in [SMOOTH, ROUGH] {
            bench.waits = waits;
            test(&mut bench, &group);
        }
    }
}

#[test]
fn an_abort_leaves_nothing_behind() {
    let group = Group::new();
    let mut bench = Bench::new(1);
    let job = Job::default();
    for seed in 0..4 {
        let (scalars, bases) = group.random(200, seed);
        bench.start(&group, &scalars, &bases, job);
        bench.run_for(50 + 150 * seed);
        bench.abort();
        check(&mut bench, &group, &scalars, &bases, job);
    }
}

#[test]
fn the_counters_count() {
    let group = Group::new();
    let mut bench = Bench::new(1);
    let points = group.all();
    let outcome = bench.run(&group, &[1, 0, 17, 1], &points[1..5], Job::default());
    assert!(outcome.cycles > 0);
    assert_eq!(
        (outcome.statistics.points, outcome.statistics.digits),
        (3, 4)
    );
    assert_eq!(
        (outcome.statistics.passes, outcome.statistics.records),
        (1, 0)
    );
}
