//! The fills of the modular multipliers agree: the same job on the same card ends with the same bits.
//!
//! The card is the toy card, or the one in `GRISTMILL_FILLS`, of which the fill of record takes minutes to build.

use std::sync::Arc;
use std::time::Duration;

use gristmill_conformance::curve::Curve;
use gristmill_driver::{
    Card, CardOptions, Density, MsmBases, MsmRequest, MsmResult, MsmScalars, Plan,
};
use gristmill_protocol::{CurveId, EngineKind};
use gristmill_sim::card::CardSimulation;
use gristmill_sim::simulated::{
    SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory, design,
};
use gristmill_sim::verilator::{self, ModelLibrary, Optimise};
use num_bigint::{BigUint, RandBigInt};
use rand::{SeedableRng, rngs::StdRng};

const PAIRS: usize = 40;

/// The results of one job in one pass, or as few as possible, and of one in as many as possible.
fn results(config: &str, fill: SimulatedFill, link: SimulatedLink) -> [MsmResult; 2] {
    let simulated = SimulatedCard {
        config: config.into(),
        fill,
        link,
        memory: SimulatedMemory::Flat,
    };
    let design = design(&simulated.load().unwrap().design(fill.fill()).unwrap());
    let library = ModelLibrary::build(&design.with_options(verilator::Options {
        optimise: Optimise::Build,
        ..verilator::Options::default()
    }));
    let board = simulated.board().unwrap();
    let card = CardSimulation::start(config, &library.unwrap(), &board, 48).unwrap();
    let card = Card::open(Arc::new(card), CardOptions::default()).unwrap();
    let engine = card.engine(EngineKind::Msm).unwrap();
    let curve = Curve::of(CurveId::from_code(engine.group).unwrap());

    let mut random = StdRng::seed_from_u64(5);
    let (mut points, mut scalars) = (Vec::new(), Vec::new());
    let mut sum = BigUint::ZERO;
    for _ in 0..PAIRS {
        let logarithm = random.gen_biguint_below(&curve.order);
        let scalar = random.gen_biguint_below(&curve.order);
        points.extend(curve.encode_point(&curve.multiply(&logarithm, &curve.generator())));
        scalars.extend(curve.encode_scalar(&scalar, false));
        sum += scalar * logarithm;
    }
    let sum = curve.multiply(&(sum % &curve.order), &curve.generator());

    let bases = card
        .load_bases(points, 2 * engine.element_bytes, PAIRS)
        .unwrap();
    let window = engine.window_min.max(3);
    let plan = Plan::with_window(engine, window, PAIRS, Density::UNIFORM).unwrap();
    [plan, plan.narrowest(engine)].map(|plan| {
        let request = MsmRequest {
            bases: MsmBases::Resident {
                bases: &bases,
                first: 0,
            },
            scalars: MsmScalars::Bytes(&scalars),
            montgomery: false,
            count: PAIRS,
            density: None,
            plan: Some(plan),
            patience: Duration::from_secs(3600),
        };
        let result = card.msm(&request).unwrap();
        let found = curve.sum_of_slots(&result.slots, window.into()).unwrap();
        assert!(curve.equal(&found, &sum), "{fill:?}, {plan:?}");
        assert_eq!(result.statistics.passes, u64::from(plan.passes), "{plan:?}");
        result
    })
}

#[test]
fn the_fills_agree() {
    let other = std::env::var("GRISTMILL_FILLS").ok();
    let config = other.as_deref().unwrap_or("toy");
    let record = results(config, SimulatedFill::Rtl, SimulatedLink::Gen3);
    // slots, completion and statistics, bit for bit and cycle for cycle
    let fast = |link| results(config, SimulatedFill::Fast, link);
    assert_eq!(fast(SimulatedLink::Gen3), record);
    // the comparison sees cycles: behind another link the sums are the same
    let ideal = fast(SimulatedLink::Ideal);
    assert_ne!(ideal, record);
    assert_eq!(
        ideal.map(|result| result.slots),
        record.map(|result| result.slots)
    );
    if other.is_none() {
        // its latency may differ: the sum alone, which `results` has compared
        results(config, SimulatedFill::Portable, SimulatedLink::Gen3);
    }
}
