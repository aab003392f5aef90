//! The conformance suite on whole cards, of the toy curve and the toy field, in the RTL of record.

use std::sync::Arc;
use std::time::Duration;

use gristmill_conformance::suite::{self, Options, Outcome};
use gristmill_hdl::datapath::Fill;
use gristmill_sim::card::{BoardOptions, CardSimulation};
use gristmill_sim::simulated::{
    SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory, design,
};
use gristmill_sim::verilator::{self, ModelLibrary, Optimise};

fn conforms(config: &str, absent: &[&str]) {
    let simulated = SimulatedCard {
        config: config.into(),
        fill: SimulatedFill::Rtl,
        link: SimulatedLink::Ideal,
        memory: SimulatedMemory::Flat,
    };
    let design = design(&simulated.load().unwrap().design(Fill::Record).unwrap());
    let library = ModelLibrary::build(&design.with_options(verilator::Options {
        optimise: Optimise::Build,
        ..verilator::Options::default()
    }));
    let library = library.unwrap();
    let ideal = simulated.board().unwrap();
    let hostile = BoardOptions {
        memory_bytes: ideal.memory_bytes,
        ..BoardOptions::hostile(3)
    };
    for board in [ideal, hostile] {
        let card = CardSimulation::start(config, &library, &board, 48).unwrap();
        let card = Arc::new(card);
        let options = Options {
            patience: Duration::from_secs(60),
            ..Options::default()
        };
        let report = suite::run(card.clone(), options, &mut |result| println!("{result}"));
        assert_eq!(report.failures().collect::<Vec<_>>(), [""; 0]);
        assert!(card.failure().is_none(), "{:?}", card.failure());
        let skipped = |result: &&suite::CheckResult| matches!(result.outcome, Outcome::Skipped(_));
        let skipped = report.results.iter().filter(skipped);
        // the checks of an engine that the card has not
        let of_absent = |name: &str| absent.iter().any(|prefix| name.starts_with(prefix));
        let skipped = skipped.filter(|result| !of_absent(result.name));
        assert_eq!(
            skipped.map(|result| result.name).collect::<Vec<_>>(),
            [""; 0]
        );
    }
}

#[test]
fn one_adder_conforms() {
    conforms("toy", &["ntt", "pointwise"]);
}

#[test]
fn two_adders_conform() {
    conforms("toy2", &["ntt", "pointwise"]);
}

#[test]
fn two_lanes_conform() {
    conforms("ntt_toy", &["msm", "pointwise"]);
}

#[test]
fn four_lanes_conform() {
    conforms("ntt_toy4", &["msm", "pointwise"]);
}

#[test]
fn half_as_many_lanes_conform() {
    conforms("ntt_toy_half", &["msm", "pointwise"]);
}

#[test]
fn all_engines_on_one_card_conform() {
    conforms("toy_prover", &[]);
}
