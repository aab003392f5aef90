//! The demonstration from end to end, without a card and small.

use gristmill::{Fallback, Operation, Session};
use gristmill_rollup::{ProveError, ProveOptions, prove_with};

fn options(output: &std::path::Path) -> ProveOptions {
    ProveOptions {
        payments: 1,
        depth: 2,
        seed: 3,
        output: output.into(),
        check: false,
        fused: false,
        fallback: true,
        fill: Some("behavioural".into()),
    }
}

#[test]
fn proves_compares_and_writes() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = prove_with(&options(folder.path()), &Session::builder().build()).unwrap();
    assert!(outcome.is_success());
    assert_eq!(outcome.report.on_cpu(Operation::Msm), 5);
    let text = outcome.to_string();
    for line in [
        "proof bytes equal to stock arkworks: yes",
        "stock verifier: accepted",
        "one public input changed: rejected",
    ] {
        assert!(text.lines().any(|found| found == line), "{text}");
    }
    let read = |name: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(read("public.json").as_array().unwrap().len(), 3);
    assert_eq!(read("proof.json")["pi_b"][2], serde_json::json!(["1", "0"]));
    let key = read("verification_key.json");
    assert_eq!(key["nPublic"], 3);
    assert_eq!(key["IC"].as_array().unwrap().len(), 4);
    assert_eq!(key["vk_alphabeta_12"][1][2].as_array().unwrap().len(), 2);
}

#[test]
fn the_fused_prover_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let options = ProveOptions {
        fused: true,
        ..options(folder.path())
    };
    let outcome = prove_with(&options, &Session::builder().build()).unwrap();
    assert!(outcome.is_success());
    assert_eq!(outcome.report.on_cpu(Operation::Msm), 5);
    assert_eq!(outcome.report.on_cpu(Operation::MultiplySubtract), 1);
}

#[test]
fn under_never_a_missing_card_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::builder().fallback(Fallback::Never).build();
    let result = prove_with(&options(folder.path()), &session);
    assert!(matches!(
        result,
        Err(ProveError::Card(gristmill::Error::NoCard))
    ));
}
