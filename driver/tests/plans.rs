//! Plans: within the engine's limits, and cheapest by the model.

use gristmill_driver::{Density, Plan};
use gristmill_protocol::EngineCapability;

/// A card of the class that the design aims at: four adders, 2^17 buckets each.
fn engine() -> EngineCapability {
    EngineCapability {
        kind: 1,
        group: 2,
        size_log2: 26,
        lanes: 1,
        adders: 4,
        windows_per_pass: 16,
        buckets_log2: 17,
        window_min: 4,
        window_max: 17,
        element_bytes: 32,
        scalar_bytes: 32,
        scalar_bits: 254,
        latency: 160,
        ..EngineCapability::default()
    }
}

#[test]
fn a_plan_keeps_the_engines_limits() {
    for adders in 1..=5 {
        for windows_per_pass in [adders, 2 * adders, 16, 64] {
            for buckets_log2 in [3, 8, 15, 20] {
                let engine = EngineCapability {
                    adders,
                    windows_per_pass,
                    buckets_log2,
                    ..engine()
                };
                for count in [1, 100, 1 << 16, 1 << 24] {
                    let plan = Plan::choose(&engine, count, Density::UNIFORM);
                    let plan = plan.unwrap();
                    let k = u32::from(plan.windows_per_pass);
                    let c = u32::from(plan.window);
                    assert!((engine.window_min..=engine.window_max).contains(&plan.window));
                    assert!(k <= windows_per_pass && k.is_multiple_of(adders));
                    assert!(u64::from(k / adders) << (c - 1) <= 1 << buckets_log2);
                    assert_eq!(plan.windows, 254u32.div_ceil(c));
                    assert_eq!(plan.passes, plan.windows.div_ceil(k));
                }
            }
        }
    }
}

#[test]
fn larger_jobs_get_wider_windows() {
    let widths = [1 << 8, 1 << 12, 1 << 16, 1 << 20, 1 << 24].map(|count| {
        Plan::choose(&engine(), count, Density::UNIFORM)
            .unwrap()
            .window
    });
    assert!(
        widths.is_sorted() && widths[0] < 10 && widths[4] >= 15,
        "{widths:?}"
    );
}

#[test]
fn the_target_is_met_at_two_to_the_twenty_four() {
    let plan = Plan::choose(&engine(), 1 << 24, Density::UNIFORM).unwrap();
    let cycles_a_point = plan.cycles as f64 / f64::from(1 << 24);
    assert!(cycles_a_point < 4.4, "{cycles_a_point}");
}

#[test]
fn a_pass_has_enough_windows_to_hide_its_records() {
    // the BN254 card: wider windows would be fewer digits, one or two a pass
    let engine = EngineCapability {
        adders: 1,
        windows_per_pass: 32,
        buckets_log2: 15,
        window_max: 16,
        ..engine()
    };
    for count in [1 << 18, 1 << 20, 1 << 22, 1 << 24] {
        let plan = Plan::choose(&engine, count, Density::UNIFORM).unwrap();
        assert!(plan.windows_per_pass >= 3, "{plan:?}");
        let cycles_a_point = plan.cycles as f64 / count as f64;
        assert!(cycles_a_point < 22.0, "{cycles_a_point}");
        let one = Plan::with_window(&engine, 16, count, Density::UNIFORM).unwrap();
        assert_eq!(one.windows_per_pass, 1);
        assert!(one.cycles > 2 * plan.cycles, "{one:?}");
    }
}

#[test]
fn cheap_scalars_cost_one_cycle() {
    let half = Density {
        zero: 0.3,
        light: 0.2,
    };
    let dense = Plan::with_window(&engine(), 16, 1 << 20, Density::UNIFORM).unwrap();
    let cheap = Plan::with_window(&engine(), 16, 1 << 20, half).unwrap();
    assert_eq!(dense.cycles - cheap.cycles, (1 << 19) * 3);
}

#[test]
fn the_sample_sees_zeros_and_short_scalars() {
    let mut scalars = vec![0u8; 32 * 6400];
    for (i, scalar) in scalars.chunks_exact_mut(32).enumerate() {
        match i / 64 % 4 {
            0 => {}
            1 => scalar[0] = 1,
            _ => scalar.fill(0x11),
        }
    }
    let plain = Density::sample(&scalars, 32, false);
    assert_eq!((plain.zero, plain.light), (0.25, 0.25));
    let montgomery = Density::sample(&scalars, 32, true);
    assert_eq!((montgomery.zero, montgomery.light), (0.25, 0.0));
    assert_eq!(Density::sample(&[], 32, false), Density::UNIFORM);
}
