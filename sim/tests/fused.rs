//! A proof whose vectors stay on the card, with the card in Verilog: the same bytes as stock arkworks, and what a
//! fault does to it.

use std::sync::Arc;

use gristmill::{CardProvider, DriverCard, Error, Fallback, Operation, Session};
use gristmill_driver::{Card, CardOptions};
use gristmill_hdl::datapath::Fill;
use gristmill_rollup::{Outcome, ProveError, ProveOptions, prove_with};
use gristmill_sim::card::CardSimulation;
use gristmill_sim::simulated::{
    SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory, design,
};
use gristmill_sim::verilator::{Design, ModelLibrary, Optimise};

struct Proving {
    simulated: SimulatedCard,
    library: ModelLibrary,
}

impl Proving {
    /// The card of `make prove`, after a change of its text.
    fn new(optimise: Optimise, change: impl FnOnce(&mut Design)) -> Self {
        let simulated = SimulatedCard {
            config: "bn254_prover".into(),
            fill: SimulatedFill::Fast,
            link: SimulatedLink::Ideal,
            memory: SimulatedMemory::Flat,
        };
        let mut design = design(&simulated.load().unwrap().design(Fill::Fast).unwrap());
        design.options.optimise = optimise;
        change(&mut design);
        let library = ModelLibrary::build(&design).unwrap();
        Self { simulated, library }
    }

    fn prove(&self, fallback: Fallback, check: bool, fused: bool) -> Result<Outcome, ProveError> {
        let board = self.simulated.board().unwrap();
        let card = CardSimulation::start("proving", &self.library, &board, 48).unwrap();
        let card = Card::open(Arc::new(card), CardOptions::default()).unwrap();
        let card = DriverCard::with_patience(card, self.simulated.patience());
        let session = Session::builder()
            .card(Arc::new(card))
            .fallback(fallback)
            .check(check)
            .build();
        let folder = tempfile::tempdir().unwrap();
        let options = ProveOptions {
            payments: 1,
            depth: 1,
            seed: 5,
            output: folder.path().into(),
            check,
            fused,
            fallback: fallback == Fallback::Cpu,
            fill: None,
        };
        prove_with(&options, &session)
    }
}

#[test]
fn everything_in_g1_and_every_transform_is_the_cards() {
    let proving = Proving::new(Optimise::Speed, |_| {});
    let apart = proving.prove(Fallback::Never, false, false).unwrap();
    assert!(apart.is_success(), "{apart}");
    for check in [false, true] {
        let outcome = proving.prove(Fallback::Never, check, true).unwrap();
        assert!(outcome.is_success(), "{outcome}");
        let report = &outcome.report;
        assert_eq!(report.on_card(Operation::Msm), 4, "{outcome}");
        assert_eq!(report.on_cpu(Operation::Msm), 1, "{outcome}");
        assert_eq!(report.on_card(Operation::Ifft), 3, "{outcome}");
        assert_eq!(report.on_card(Operation::CosetFft), 3, "{outcome}");
        assert_eq!(report.on_card(Operation::CosetIfft), 1, "{outcome}");
        assert_eq!(report.on_card(Operation::MultiplySubtract), 1, "{outcome}");
        if !check {
            // seven vectors up and seven down become three up; of four vectors of scalars one is left
            let vector = 32 * outcome.domain as u64;
            let (less, more) = (report.usage.link_bytes, apart.report.usage.link_bytes);
            assert!(less + 11 * vector < more, "{less}, {more}, {vector}");
        }
    }
}

/// Once, one bit of a result of the element-wise engine is wrong.
#[test]
fn a_wrong_product_is_caught() {
    let proving = Proving::new(Optimise::Build, |design| {
        let right = "assign results_valid = outgoing_valid & running;";
        assert_eq!(design.verilog.matches(right).count(), 1);
        let data = "assign results_data = outgoing_q;";
        assert_eq!(design.verilog.matches(data).count(), 1);
        design.verilog = design.verilog.replace(
            data,
            "reg [31:0] beats_so_far = 0;
  always @(posedge clock) if (results_valid && results_ready) beats_so_far <= beats_so_far + 1;
  assign results_data = beats_so_far == 77 ? outgoing_q ^ 512'd2 : outgoing_q;",
        );
    });
    let refused = proving.prove(Fallback::Never, true, true);
    assert!(matches!(
        refused,
        Err(ProveError::Fused(gristmill::groth16::ProveError::Card(
            Error::CheckFailed
        )))
    ));
    let outcome = proving.prove(Fallback::Cpu, true, true).unwrap();
    assert!(outcome.is_success(), "{outcome}");
    assert_eq!(outcome.report.on_cpu(Operation::MultiplySubtract), 1);
    let unseen = proving.prove(Fallback::Never, false, true).unwrap();
    assert!(!unseen.same_bytes && !unseen.accepted);
}
