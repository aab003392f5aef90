//! What listed points cost, beside what they cost when that was last accepted.

use gristmill_bench::baseline::{Baseline, TOLERANCE, listed, measure_listed};

#[test]
fn no_listed_point_costs_more_than_recorded() {
    let baseline = Baseline::recorded().unwrap();
    let measurements = measure_listed(false).unwrap();
    let exceeded: Vec<String> = baseline
        .exceeded(&measurements)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        exceeded.is_empty(),
        "more cycles than recorded; `make bench-accept REASON=\"...\"` records them:\n{}",
        exceeded.join("\n")
    );

    // the comparison sees what it is there for
    let mut better = baseline.clone();
    let first = &measurements[0];
    let name = first.point.to_string();
    let cycles = first.cycles as f64 / (1.0 + TOLERANCE) - 1.0;
    better.cycles.insert(name.clone(), cycles as u64);
    let exceeded = better.exceeded(&measurements);
    assert_eq!(exceeded.len(), 1);
    assert!(exceeded[0].to_string().contains(&name));
    better.cycles.remove(&name);
    assert_eq!(better.exceeded(&measurements)[0].recorded, None);
}

#[test]
fn every_listed_point_is_recorded() {
    let baseline = Baseline::recorded().unwrap();
    let listed = listed();
    for (point, _) in &listed {
        let name = point.to_string();
        assert!(
            baseline.cycles.contains_key(&name),
            "{name} is not recorded"
        );
    }
    assert_eq!(baseline.cycles.len(), listed.len());
    assert!(!baseline.reason.is_empty());
}
