//! The cycle model on points that its constants were not fitted on.

use gristmill_bench::distribution::Distribution;
use gristmill_bench::model::{Fit, Judged, TOLERANCE, is_fitted, listed, recorded};
use gristmill_bench::points::{Place, Point, Work, measure};

/// What is over the tolerance, by name.
fn wrong(judged: &[Judged]) -> Vec<String> {
    let over = judged
        .iter()
        .filter(|judged| !judged.fitted && judged.error().abs() >= TOLERANCE);
    over.map(|judged| format!("{}: {:+.2} %", judged.point, 100.0 * judged.error()))
        .collect()
}

#[test]
fn unseen_points_are_within_the_tolerance() {
    let (_, judged) = Fit::of(&recorded().unwrap().points).unwrap();
    assert_eq!(wrong(&judged), [""; 0]);
    // the comparison sees an error
    let mut off = judged;
    for judged in &mut off {
        judged.modelled *= 1.0 + 2.0 * TOLERANCE;
    }
    assert!(!wrong(&off).is_empty());
}

#[test]
fn at_most_half_of_the_points_are_fitted_and_the_others_are_of_every_kind() {
    let points = recorded().unwrap().points;
    assert_eq!(points.len(), listed().len());
    let unseen: Vec<&Point> = points
        .iter()
        .map(|measured| &measured.point)
        .filter(|point| !is_fitted(point))
        .collect();
    assert!(2 * unseen.len() >= points.len());
    let has = |what: &str, is: &dyn Fn(&Point) -> bool| {
        assert!(unseen.iter().any(|point| is(point)), "no unseen {what}");
    };
    has("number of adders", &|point| point.place.card == "toy2");
    has("number of lanes", &|point| {
        point.place.card == "ntt_goldilocks"
    });
    has("c", &|point| {
        matches!(
            point.work,
            Work::Msm {
                plan: Some((9, _)),
                ..
            }
        )
    });
    has(
        "K",
        &|point| matches!(point.work, Work::Msm { plan: Some((_, windows)), .. } if windows % 2 == 1),
    );
    has(
        "n",
        &|point| matches!(point.work, Work::Msm { count, .. } if !count.is_power_of_two()),
    );
}

#[test]
fn points_that_are_simulated_now_are_within_the_tolerance() {
    let (fit, _) = Fit::of(&recorded().unwrap().points).unwrap();
    let points = [
        Point::msm(Place::ideal("toy2"), 3000, Distribution::Uniform),
        Point::msm(Place::ideal("bn254"), 700, Distribution::Uniform),
        Point {
            place: Place::ideal("bn254"),
            work: Work::Msm {
                count: 900,
                scalars: Distribution::Uniform,
                plan: Some((6, 21)),
            },
        },
    ];
    measure(&points, |measured| {
        let error = fit.cycles(&measured.point)? / measured.cycles as f64 - 1.0;
        assert!(
            error.abs() < TOLERANCE,
            "{}: {:+.2} %",
            measured.point,
            100.0 * error
        );
        Ok(())
    })
    .unwrap();
}
