//! Proofs, public inputs and verifying keys as the JSON files of snarkjs.
//!
//! Format: `groth16_prove.js` and `zkey_export_verificationkey.js` of snarkjs 0.7: numbers are decimal
//! strings, points projective with a last coordinate of one, an element of Fq2 is `[c0, c1]`, one of Fq12
//! nested as its tower.

use ark_bn254::{Bn254, Fq, Fq2, Fq6, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, pairing::Pairing};
use ark_ff::{AdditiveGroup, Field, PrimeField};
use ark_groth16::{Proof, VerifyingKey};
use serde_json::{Value, json};

/// `proof.json`.
pub fn proof(proof: &Proof<Bn254>) -> Value {
    json!({
        "pi_a": g1(&proof.a),
        "pi_b": g2(&proof.b),
        "pi_c": g1(&proof.c),
        "protocol": "groth16",
        "curve": "bn128",
    })
}

/// `public.json`.
pub fn public_inputs(inputs: &[Fr]) -> Value {
    inputs.iter().map(|input| number(*input)).collect()
}

/// `verification_key.json`.
pub fn verifying_key(key: &VerifyingKey<Bn254>) -> Value {
    let target = Bn254::pairing(key.alpha_g1, key.beta_g2).0;
    json!({
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": key.gamma_abc_g1.len().saturating_sub(1),
        "vk_alpha_1": g1(&key.alpha_g1),
        "vk_beta_2": g2(&key.beta_g2),
        "vk_gamma_2": g2(&key.gamma_g2),
        "vk_delta_2": g2(&key.delta_g2),
        "vk_alphabeta_12": [fq6(target.c0), fq6(target.c1)],
        "IC": key.gamma_abc_g1.iter().map(g1).collect::<Vec<_>>(),
    })
}

fn number(value: impl PrimeField) -> Value {
    value.into_bigint().to_string().into()
}

fn fq2(value: Fq2) -> Value {
    json!([number(value.c0), number(value.c1)])
}

fn fq6(value: Fq6) -> Value {
    json!([fq2(value.c0), fq2(value.c1), fq2(value.c2)])
}

fn g1(point: &G1Affine) -> Value {
    let [x, y, z] = match point.xy() {
        Some((x, y)) => [x, y, Fq::ONE],
        None => [Fq::ZERO, Fq::ONE, Fq::ZERO],
    };
    json!([number(x), number(y), number(z)])
}

fn g2(point: &G2Affine) -> Value {
    let [x, y, z] = match point.xy() {
        Some((x, y)) => [x, y, Fq2::ONE],
        None => [Fq2::ZERO, Fq2::ONE, Fq2::ZERO],
    };
    json!([fq2(x), fq2(y), fq2(z)])
}
