//! The MSM engine behind its socket, without a card: toy curve, all corners, random waits.

mod bench;
mod ports;
mod toy;

use bench::{Bench, Job};
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

fn check(bench: &mut Bench, group: &Group, scalars: &[u64], bases: &[toy::Point], job: Job) {
    let expected = group.msm(scalars, bases);
    let outcome = bench.run(group, scalars, bases, job);
    assert_eq!(outcome.status, 0, "detail {}", outcome.detail);
    assert_eq!(outcome.sum, expected, "{} pairs, {job:?}", scalars.len());
}

#[test]
fn every_scalar_and_every_point() {
    let group = Group::new();
    let mut bench = Bench::new(1);
    let points = group.all();
    for window in 2..=8 {
        for scalar in 0..group.order {
            let scalars = vec![scalar; points.len()];
            if scalar % 16 == u64::from(window) {
                check(
                    &mut bench,
                    &group,
                    &scalars,
                    &points,
                    Job {
                        window,
                        windows: 8 / window + 1,
                        ..Job::default()
                    },
                );
            }
        }
        let scalars: Vec<u64> = (0..group.order).collect();
        let bases = vec![points[1]; scalars.len()];
        check(
            &mut bench,
            &group,
            &scalars,
            &bases,
            Job {
                window,
                windows: 8 / window + 1,
                ..Job::default()
            },
        );
    }
}

#[test]
fn one_pair_of_each() {
    let group = Group::new();
    let mut bench = Bench::new(1);
    let points = group.all();
    for (i, point) in points.iter().enumerate() {
        let scalar = (i as u64 * 37) % group.order;
        check(
            &mut bench,
            &group,
            &[scalar],
            &[*point],
            Job {
                window: 4,
                windows: 2,
                ..Job::default()
            },
        );
    }
}

#[test]
fn later_passes() {
    let group = Group::new();
    for lanes in [1, 2] {
        let mut bench = Bench::new(lanes);
        for waits in [SMOOTH, ROUGH] {
            bench.waits = waits;
            for (window, windows) in [(2, 1), (2, 2), (3, 1), (3, 2), (4, 1)] {
                let (scalars, bases) = group.random(300, 7);
                let job = Job {
                    window,
                    windows: windows * lanes as u32,
                    ..Job::default()
                };
                check(&mut bench, &group, &scalars, &bases, job);
            }
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
