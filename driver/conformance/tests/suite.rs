//! The suite passes on the reference card, and fails where a card is broken.

use gristmill_conformance::suite::{self, CheckResult, Options, Outcome, Report};
use gristmill_conformance::{Mutation, ReferenceCard, ReferenceOptions};
use gristmill_protocol::{CurveId, FieldId};
use std::time::Duration;

fn run(card: ReferenceOptions, long: bool) -> Report {
    let options = Options {
        long,
        // Broken cards are waited for.
        patience: match card.mutation {
            Some(_) => Duration::from_secs(2),
            None => Duration::from_secs(30),
        },
        ..Options::default()
    };
    let card = ReferenceCard::new(card).unwrap();
    suite::run(card, options, &mut |_| {})
}

#[track_caller]
fn assert_passed(report: &Report) {
    let misses = report
        .results
        .iter()
        .filter(|result| result.outcome != Outcome::Passed);
    let misses: Vec<_> = misses.map(|result| result.to_string()).collect();
    assert!(misses.is_empty(), "{misses:#?}");
}

#[track_caller]
fn assert_no_failure(report: &Report) {
    let ran = |result: &&CheckResult| !matches!(result.outcome, Outcome::Skipped(_));
    assert!(report.results.iter().filter(ran).count() > 50);
    let failures: Vec<_> = report.failures().collect();
    assert!(failures.is_empty(), "{report:#?}");
}

#[test]
fn the_reference_card_passes() {
    for curve in [CurveId::Toy, CurveId::Bn254G1, CurveId::Bls12381G1] {
        assert_no_failure(&run(ReferenceOptions::msm(curve), false));
    }
}

#[test]
fn the_reference_card_transforms_in_every_field() {
    for field in FieldId::ALL {
        assert_no_failure(&run(ReferenceOptions::ntt(field), false));
        let all = ReferenceOptions::msm(CurveId::Toy)
            .and_ntt(field)
            .and_pointwise(field);
        assert_passed(&run(all, false));
    }
}

#[test]
fn the_reference_card_passes_the_long_suite() {
    for curve in [CurveId::Toy, CurveId::Bn254G1, CurveId::Bls12381G1] {
        assert_no_failure(&run(ReferenceOptions::msm(curve), true));
    }
    for field in FieldId::ALL {
        assert_no_failure(&run(
            ReferenceOptions::ntt(field).and_pointwise(field),
            true,
        ));
    }
}

#[test]
fn a_card_without_engines_passes() {
    let mut card = ReferenceOptions::msm(CurveId::Toy);
    card.engines.clear();
    card.capabilities.engines = 0;
    let report = run(card, false);
    assert_eq!(report.failures().collect::<Vec<_>>(), [""; 0]);
    let skipped = |name: &str| {
        let result = report.results.iter().find(|result| result.name == name);
        matches!(result.unwrap().outcome, Outcome::Skipped(_))
    };
    assert!(skipped("msm random") && !skipped("random descriptors"));
}

/// The check that each mutation turns red.
const RED: &[(Mutation, &str)] = &[
    (Mutation::Version, "identity"),
    (Mutation::Latency, "capability table"),
    (Mutation::CyclesBackwards, "cycle counter"),
    (Mutation::WritableRegister, "read-only registers"),
    (Mutation::ForgetfulRegister, "queue registers"),
    (Mutation::Tag, "nop"),
    (Mutation::Phase, "ring wrap"),
    (Mutation::CompletionCount, "ring counters"),
    (Mutation::Overrun, "ring full"),
    (Mutation::RingAddress, "ring address"),
    (Mutation::RingOverlap, "ring overlap"),
    (Mutation::Disable, "queue off"),
    (Mutation::Starvation, "several queues"),
    (Mutation::Opcode, "unknown opcode"),
    (Mutation::ReservedBits, "reserved bits"),
    (Mutation::DescriptorVersion, "wrong version"),
    (Mutation::ZeroSize, "size limit"),
    (Mutation::Alignment, "misaligned"),
    (Mutation::HostMemoryError, "host memory error"),
    (Mutation::Copy, "copies"),
    (Mutation::Bounds, "region bounds"),
    (Mutation::Generation, "stale generation"),
    (Mutation::Clear, "region cleared"),
    (Mutation::Domain, "region domain"),
    (Mutation::Admin, "admin queue"),
    (Mutation::Wipe, "wipe"),
    (Mutation::TestVector, "interrupt test"),
    (Mutation::Vector, "interrupt"),
    (Mutation::NoInterruptFlag, "interrupt suppressed"),
    (Mutation::InterruptMask, "interrupt masked"),
    (Mutation::ResetKey, "reset key"),
    (Mutation::ResetBusy, "reset in mid-job"),
    (Mutation::ResetGeneration, "handles after reset"),
    (Mutation::SmallResult, "msm random"),
    (Mutation::Infinity, "msm infinity"),
    (Mutation::Opposite, "msm opposite points"),
    (Mutation::LargestScalar, "msm corner scalars"),
    (Mutation::Equal, "msm all equal"),
    (Mutation::Montgomery, "msm montgomery"),
    (Mutation::Streamed, "msm streamed"),
    (Mutation::WideStride, "msm wide stride"),
    (Mutation::ResidentScalars, "msm resident scalars"),
    (Mutation::SecondPass, "msm several passes"),
    (Mutation::Statistics, "msm statistics"),
    (Mutation::Progress, "msm progress"),
    (Mutation::Length, "msm length"),
    (Mutation::Window, "msm window"),
    (Mutation::Stride, "msm stride"),
    (Mutation::Scratch, "msm scratch"),
    (Mutation::MsmBounds, "msm bounds"),
    (Mutation::MsmAlignment, "msm misaligned"),
    (Mutation::ScalarRange, "msm scalar range"),
    (Mutation::BaseRange, "msm base range"),
    (Mutation::ResidentBounds, "msm resident errors"),
    (Mutation::MsmHostMemoryError, "msm host memory error"),
    (Mutation::NttSizes, "ntt sizes"),
    (Mutation::NttOrders, "ntt orders"),
    (Mutation::NttCoset, "ntt coset"),
    (Mutation::NttFactor, "ntt factor"),
    (Mutation::NttBatch, "ntt batch"),
    (Mutation::NttColumns, "ntt columns"),
    (Mutation::NttExtension, "ntt extension"),
    (Mutation::NttPasses, "ntt two passes"),
    (Mutation::NttInPlace, "ntt in place"),
    (Mutation::NttInFlight, "ntt in flight"),
    (Mutation::NttNeighbours, "ntt neighbours"),
    (Mutation::NttStatistics, "ntt statistics"),
    (Mutation::NttProgress, "ntt progress"),
    (Mutation::NttSizeLimit, "ntt size limit"),
    (Mutation::NttUnused, "ntt unused fields"),
    (Mutation::NttAlignment, "ntt misaligned"),
    (Mutation::NttBounds, "ntt bounds"),
    (Mutation::NttOverlap, "ntt overlap"),
    (Mutation::NttStride, "ntt stride"),
    (Mutation::NttTables, "ntt tables"),
    (Mutation::NttFlags, "ntt flags"),
    (Mutation::NttRange, "ntt element range"),
    (Mutation::PointwiseValues, "pointwise values"),
    (Mutation::PointwiseNeighbours, "pointwise neighbours"),
    (Mutation::PointwiseProgress, "pointwise progress"),
    (Mutation::PointwiseSizeLimit, "pointwise size limit"),
    (Mutation::PointwiseAlignment, "pointwise misaligned"),
    (Mutation::PointwiseBounds, "pointwise bounds"),
    (Mutation::PointwiseOverlap, "pointwise overlap"),
    (Mutation::PointwiseRange, "pointwise element range"),
    (Mutation::Endurance, "random descriptors"),
];

#[test]
fn every_check_can_fail() {
    let reds: Vec<_> = RED.iter().map(|(_, name)| *name).collect();
    assert_eq!(reds, suite::names().collect::<Vec<_>>());
    let wrong = std::thread::scope(|scope| {
        let parts: Vec<_> = RED
            .chunks(RED.len().div_ceil(4))
            .map(|part| {
                scope.spawn(move || {
                    let failures = part.iter().map(|(mutation, name)| {
                        let card = ReferenceOptions::msm(CurveId::Toy)
                            .and_ntt(FieldId::Toy)
                            .and_pointwise(FieldId::Toy)
                            .with(*mutation);
                        let failures: Vec<_> = run(card, false).failures().collect();
                        (*mutation, *name, failures)
                    });
                    failures
                        .filter(|(_, name, failures)| *failures != [*name])
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = parts.into_iter().map(|part| part.join().unwrap());
        joined.flatten().collect::<Vec<_>>()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}
