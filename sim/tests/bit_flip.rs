//! A card that computes wrongly is found out, and the caller gets the right sum or an error.

use std::sync::Arc;

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_std::UniformRand;
use gristmill::report::{Operation, report};
use gristmill::{CardProvider, DriverCard, Error, Fallback, Session};
use gristmill_driver::{Card, CardOptions};
use gristmill_hdl::datapath::Fill;
use gristmill_sim::card::CardSimulation;
use gristmill_sim::simulated::{
    SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory, design,
};
use gristmill_sim::verilator::{Design, ModelLibrary, Optimise};
use rand::{SeedableRng, rngs::StdRng};

const PAIRS: usize = 60;

/// The BN254 card after a change of its text.
struct Faulty {
    simulated: SimulatedCard,
    library: ModelLibrary,
}

impl Faulty {
    fn new(change: impl FnOnce(&mut Design)) -> Self {
        let simulated = SimulatedCard {
            config: "bn254".into(),
            fill: SimulatedFill::Fast,
            link: SimulatedLink::Ideal,
            memory: SimulatedMemory::Flat,
        };
        let mut design = design(&simulated.load().unwrap().design(Fill::Fast).unwrap());
        design.options.optimise = Optimise::Build;
        change(&mut design);
        let library = ModelLibrary::build(&design).unwrap();
        Self { simulated, library }
    }

    fn session(&self, fallback: Fallback, check: bool) -> Session {
        let board = self.simulated.board().unwrap();
        let card = CardSimulation::start("faulty", &self.library, &board, 48).unwrap();
        let card = Card::open(Arc::new(card), CardOptions::default()).unwrap();
        let card = DriverCard::with_patience(card, self.simulated.patience());
        Session::builder()
            .card(Arc::new(card))
            .fallback(fallback)
            .check(check)
            .build()
    }
}

fn replace_once(text: &mut String, old: &str, new: &str) {
    assert_eq!(text.matches(old).count(), 1, "{old}");
    *text = text.replace(old, new);
}

fn input() -> (Vec<G1Affine>, Vec<Fr>) {
    let mut random = StdRng::seed_from_u64(8);
    let points: Vec<_> = (0..PAIRS)
        .map(|_| G1Projective::rand(&mut random))
        .collect();
    let scalars = (0..PAIRS).map(|_| Fr::rand(&mut random)).collect();
    (G1Projective::normalize_batch(&points), scalars)
}

/// Sums of the CPU that the process has counted under this label.
fn counted(label: &'static str) -> u64 {
    let key = (Operation::Msm, "bn254.g1", label);
    report().totals.get(&key).map_or(0, |total| total.calls)
}

/// Once from power-up on, one bit is wrong: the sign of a digit. What comes out is a point of the curve, and
/// only the second computation can tell that it is the wrong one.
#[test]
fn a_wrong_point_is_caught() {
    let faulty = Faulty::new(|design| {
        replace_once(
            &mut design.verilog,
            "assign digit_0_negate = digits_0_negative ^ held_negative_q;",
            "reg [31:0] digits_so_far = 0;
  always @(posedge clock) if (digit_0_valid) digits_so_far <= digits_so_far + 1;
  assign digit_0_negate = digits_0_negative ^ held_negative_q ^ (digits_so_far == 777);",
        );
    });
    let (points, scalars) = input();
    let right = G1Projective::msm_unchecked(&points, &scalars);

    let session = faulty.session(Fallback::Never, false);
    let bases = session.load_bases::<G1Projective>(&points).unwrap();
    assert_ne!(session.msm(&bases, &scalars).unwrap(), right);
    // the fault is over
    assert_eq!(session.msm(&bases, &scalars).unwrap(), right);

    let session = faulty.session(Fallback::Cpu, true);
    let bases = session.load_bases::<G1Projective>(&points).unwrap();
    assert!(bases.is_on_card());
    assert_eq!(session.msm(&bases, &scalars).unwrap(), right);
    assert_eq!(counted("CPU (check failed)"), 1);

    let session = faulty.session(Fallback::Never, true);
    let bases = session.load_bases::<G1Projective>(&points).unwrap();
    let refused = session.msm(&bases, &scalars);
    assert!(matches!(refused, Err(Error::CheckFailed)), "{refused:?}");
    assert_eq!(session.msm(&bases, &scalars).unwrap(), right);
}

/// For one sum of products in some thousand, one bit of a multiplier's result is wrong. No point of the curve comes
/// out of that, which is seen without a second computation.
#[test]
fn a_wrong_product_is_caught() {
    let faulty = Faulty::new(|design| {
        // the MSM engine's come first
        let [functions, ..] = &mut design.functions[..] else {
            panic!("a file of functions for each engine");
        };
        let store = "  store<";
        assert!(functions.contains(store));
        *functions = functions.replace(
            store,
            "  if (sum[0] % 4099 == 17) sum[1] ^= 1ull << 20;\n  store<",
        );
    });
    let (points, scalars) = input();
    let right = G1Projective::msm_unchecked(&points, &scalars);

    let session = faulty.session(Fallback::Cpu, false);
    let bases = session.load_bases::<G1Projective>(&points).unwrap();
    assert!(bases.is_on_card());
    assert_eq!(session.msm(&bases, &scalars).unwrap(), right);
    assert_eq!(counted("CPU (card failed)"), 1);

    let session = faulty.session(Fallback::Never, false);
    let bases = session.load_bases::<G1Projective>(&points).unwrap();
    let refused = session.msm(&bases, &scalars);
    assert!(matches!(refused, Err(Error::Malformed(_))), "{refused:?}");
}
