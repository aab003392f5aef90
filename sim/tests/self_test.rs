//! The pipeline that tests itself: it passes, and it notices one inverted bit.

use gristmill_datapath::Fill;
use gristmill_hdl::ntt::SelfTest;
use gristmill_hdl::ntt::self_test::plan;
use gristmill_sim::verilator::{Design, Model, ModelLibrary, Optimise, Options, lint};
use p3_baby_bear::BabyBear;
use p3_dft::{Radix2Dit, TwoAdicSubgroupDft};
use p3_field::PrimeCharacteristicRing;
use p3_field::PrimeField64;

const TOP: &str = "ntt_self_test";
/// Cycles in which a run must be judged.
const PATIENCE: usize = 1 << 17;

fn model(verilog: String) -> Model {
    let design = Design::new(TOP, verilog).with_options(Options {
        optimise: Optimise::Build,
        ..Options::default()
    });
    let library = ModelLibrary::build(&design).unwrap_or_else(|error| panic!("{error}"));
    library.instantiate().expect("a model")
}

/// Runs until a run has been judged; `passed` and `failed` after it, and the cycles that it took.
fn judged(model: &mut Model, inject: bool) -> (bool, bool, usize) {
    let inject_port = model.input("inject").expect("an input");
    let [passed, failed, judged] =
        ["passed", "failed", "judged"].map(|name| model.output(name).expect("an output"));
    model.set(inject_port, inject.into());
    for cycle in 0..PATIENCE {
        model.cycle().expect("the model runs");
        if model.bit(judged) {
            model.cycle().expect("the model runs");
            return (model.bit(passed), model.bit(failed), cycle);
        }
    }
    panic!("no verdict in {PATIENCE} cycles");
}

fn text(fill: Fill) -> String {
    let emitted = SelfTest::verilog(fill, TOP);
    emitted.expect("the self-test can be emitted").text()
}

/// Plonky3's transform of residues; the inverse one without 1/N is the forward one at the opposite places.
fn plonky3(elements: &[u64], inverse: bool) -> Vec<u64> {
    let elements = elements.iter().map(|x| BabyBear::from_u64(*x)).collect();
    let outputs: Vec<BabyBear> = Radix2Dit::default().dft(elements);
    let mut outputs: Vec<u64> = outputs.iter().map(|x| x.as_canonical_u64()).collect();
    if inverse {
        outputs[1..].reverse();
    }
    outputs
}

#[test]
fn plonky3_has_the_same_signature() {
    assert_eq!(plan::signature(plonky3), plan::signature(plan::definition));
    let wrong = |elements: &[u64], inverse: bool| {
        let mut outputs = plonky3(elements, inverse);
        outputs[17] ^= 1;
        outputs
    };
    assert_ne!(plan::signature(wrong), plan::signature(plonky3));
}

#[test]
fn it_passes_and_sees_an_inverted_bit() {
    let text = text(Fill::Portable);
    lint(&text, TOP).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    let mut model = model(text);
    for _ in 0..3 {
        let (passed, failed, cycles) = judged(&mut model, false);
        assert!(passed && !failed, "a run of {cycles} cycles");
    }
    let (passed, failed, _) = judged(&mut model, true);
    assert!(!passed && failed, "a bit was inverted");
    let (passed, failed, _) = judged(&mut model, false);
    assert!(passed && failed, "the failure is remembered");
}

/// Faults of the RTL itself: each is one inverted bit of a constant, or a stuck control.
#[test]
fn it_sees_faults_of_the_pipeline() {
    let text = text(Fill::Portable);
    let place = text
        .find("words[1] = ")
        .expect("a memory of twiddle factors");
    let digit = text[place..].find("'h").expect("a word") + place + 2;
    let other = if &text[digit..=digit] == "1" {
        "2"
    } else {
        "1"
    };
    let mut faulty = text.clone();
    faulty.replace_range(digit..=digit, other);
    let (passed, failed, _) = judged(&mut model(faulty), false);
    assert!(!passed && failed, "a twiddle factor is another one");
}
