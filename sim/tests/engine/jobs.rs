//! Jobs that succeed: sums, and what the job says of itself.

use crate::bench::{Bench, Job};
use crate::on_all;
use crate::toy::{Group, Point};

#[test]
fn every_scalar_and_every_point() {
    let group = Group::new();
    let mut bench = Bench::new(1);
    let points = group.all();
    for window in 2..=8 {
        let job = Job {
            window,
            windows: 8 / window + 1,
            ..Job::default()
        };
        for scalar in (u64::from(window)..group.order).step_by(16) {
            bench.check(&group, &vec![scalar; points.len()], &points, job);
        }
        let scalars: Vec<u64> = (0..group.order).collect();
        bench.check(&group, &scalars, &vec![points[1]; scalars.len()], job);
    }
}

#[test]
fn one_pair_of_each() {
    on_all(|bench, group| {
        for (i, point) in group.all().into_iter().enumerate().step_by(3) {
            let scalar = (i as u64 * 37) % group.order;
            bench.check(group, &[scalar], &[point], Job::default());
        }
    });
}

#[test]
fn later_passes() {
    on_all(|bench, group| {
        for (window, windows) in [(2, 1), (2, 2), (3, 1), (3, 2), (4, 1)] {
            let (scalars, bases) = group.random(300, 7);
            let job = Job {
                window,
                windows: windows * bench.lanes,
                ..Job::default()
            };
            bench.check(group, &scalars, &bases, job);
        }
    });
}

#[test]
fn forms_of_the_input() {
    on_all(|bench, group| {
        for (streamed, montgomery) in [(false, true), (true, false), (true, true)] {
            for stride in [16, 24, 72, 104, 1024] {
                let (scalars, bases) = group.random(50, u64::from(stride));
                let job = Job {
                    streamed,
                    montgomery,
                    stride,
                    ..Job::default()
                };
                bench.check(group, &scalars, &bases, job);
            }
        }
    });
}

#[test]
fn scalars_in_card_memory() {
    on_all(|bench, group| {
        for (window, windows) in [(8, 1), (4, 2), (3, 1), (2, 1)] {
            for (gap, streamed, montgomery) in [
                (0, false, false),
                (8, true, false),
                (56, false, true),
                (64, true, true),
            ] {
                let (scalars, bases) = group.random(1 + 9 * gap, gap as u64);
                let job = Job {
                    window,
                    windows: windows * bench.lanes,
                    streamed,
                    montgomery,
                    resident: Some(gap),
                    ..Job::default()
                };
                bench.check(group, &scalars, &bases, job);
            }
        }
    });
}

/// Jobs in one pass and in several.
fn in_all_shapes(bench: &mut Bench, group: &Group, scalars: &[u64], bases: &[Point]) {
    for (window, windows) in [(2, 1), (3, 2), (4, 2), (8, 1)] {
        let job = Job {
            window,
            windows: windows * bench.lanes,
            ..Job::default()
        };
        bench.check(group, scalars, bases, job);
    }
}

#[test]
fn infinity_among_the_bases() {
    on_all(|bench, group| {
        let (scalars, mut bases) = group.random(40, 3);
        for i in [0, 1, 17, 38, 39] {
            bases[i] = None;
        }
        in_all_shapes(bench, group, &scalars, &bases);
        bases.fill(None);
        in_all_shapes(bench, group, &scalars, &bases);
    });
}

#[test]
fn all_scalars_alike() {
    on_all(|bench, group| {
        let (_, bases) = group.random(100, 4);
        for scalar in [
            0,
            1,
            2,
            group.order / 2,
            group.order / 2 + 1,
            group.order - 1,
        ] {
            in_all_shapes(bench, group, &[scalar].repeat(bases.len()), &bases);
        }
    });
}

#[test]
fn a_point_again_and_again() {
    on_all(|bench, group| {
        let (scalars, bases) = group.random(100, 5);
        in_all_shapes(bench, group, &scalars, &[bases[0]].repeat(scalars.len()));
        in_all_shapes(bench, group, &[scalars[1]; 100], &[bases[1]; 100]);
    });
}

#[test]
fn points_and_their_opposites() {
    on_all(|bench, group| {
        let (mut scalars, mut bases) = group.random(60, 6);
        for i in (0..60).step_by(2) {
            bases[i + 1] = group.times(group.order - 1, bases[i]);
            scalars[i + 1] = scalars[i];
        }
        in_all_shapes(bench, group, &scalars, &bases);
        // the same with opposite scalars: nothing cancels
        for i in (0..60).step_by(2) {
            scalars[i + 1] = (group.order - scalars[i]) % group.order;
        }
        in_all_shapes(bench, group, &scalars, &bases);
    });
}
