//! The conformance suite on the core of a card, which has no engine: all but the checks of a job.

use std::sync::Arc;

use gristmill_conformance::suite::{self, Options, Outcome};
use gristmill_hdl::card::{config::CoreConfig, core::Core};
use gristmill_sim::card::{BoardOptions, CardSimulation, PortNames};
use gristmill_sim::verilator::{self, Design, ModelLibrary, Optimise};
use rust_hdl_core::prelude::Block;

const MEMORY_BYTES: u64 = 16 << 20;

fn conforms<const W: usize, const S: usize>() {
    let config = CoreConfig {
        memory_bytes: MEMORY_BYTES,
        ..CoreConfig::default()
    };
    let mut core = Core::<W, S>::new(&config);
    core.connect_all();
    let verilog = gristmill_hdl::emit::verilog(&core, "core").unwrap().text();
    let design = Design::new("core", verilog).with_options(verilator::Options {
        optimise: Optimise::Build,
        ..verilator::Options::default()
    });
    let library = ModelLibrary::build(&design).unwrap();
    for options in [BoardOptions::default(), BoardOptions::hostile(2)] {
        let options = BoardOptions {
            memory_bytes: MEMORY_BYTES,
            names: PortNames {
                registers: "registers_".into(),
                host: "host_".into(),
                memory: "memory_".into(),
                ..PortNames::default()
            },
            ..options
        };
        let card = CardSimulation::start("core", &library, &options, config.address_bits).unwrap();
        let card = Arc::new(card);
        let report = suite::run(card.clone(), Options::default(), &mut |_| {});
        let lines: Vec<String> = report.results.iter().map(ToString::to_string).collect();
        assert!(
            report.passed() && card.failure().is_none(),
            "{}\n{:?}",
            lines.join("\n"),
            card.failure()
        );
        let skipped = report
            .results
            .iter()
            .filter(|result| matches!(result.outcome, Outcome::Skipped(_)));
        let skipped: Vec<&str> = skipped.map(|result| result.name).collect();
        assert!(
            skipped.iter().all(|name| ["msm", "ntt", "pointwise"]
                .iter()
                .any(|engine| name.starts_with(engine))),
            "skipped: {skipped:?}"
        );
    }
}

#[test]
fn the_narrow_core_conforms() {
    conforms::<64, 8>();
}

#[test]
fn the_wide_core_conforms() {
    conforms::<512, 64>();
}
