//! Groth16 keys and proofs between stock and accelerated types. Vectors keep their buffers.

use ark_ec::pairing::Pairing;
use ark_groth16::{Proof, ProvingKey, VerifyingKey};
use bytemuck::TransparentWrapperAlloc;

use crate::{group::AcceleratedAffine, pairing::Accelerated};

type G1<E> = AcceleratedAffine<<E as Pairing>::G1>;
type G2<E> = AcceleratedAffine<<E as Pairing>::G2>;

/// The same verifying key for the accelerated engine.
pub fn accelerate_verifying_key<E: Pairing>(key: VerifyingKey<E>) -> VerifyingKey<Accelerated<E>> {
    VerifyingKey {
        alpha_g1: AcceleratedAffine(key.alpha_g1),
        beta_g2: AcceleratedAffine(key.beta_g2),
        gamma_g2: AcceleratedAffine(key.gamma_g2),
        delta_g2: AcceleratedAffine(key.delta_g2),
        gamma_abc_g1: G1::<E>::wrap_vec(key.gamma_abc_g1),
    }
}

/// The same verifying key for the stock engine.
pub fn stock_verifying_key<E: Pairing>(key: VerifyingKey<Accelerated<E>>) -> VerifyingKey<E> {
    VerifyingKey {
        alpha_g1: key.alpha_g1.0,
        beta_g2: key.beta_g2.0,
        gamma_g2: key.gamma_g2.0,
        delta_g2: key.delta_g2.0,
        gamma_abc_g1: G1::<E>::peel_vec(key.gamma_abc_g1),
    }
}

/// The same proving key for the accelerated engine.
pub fn accelerate_proving_key<E: Pairing>(key: ProvingKey<E>) -> ProvingKey<Accelerated<E>> {
    ProvingKey {
        vk: accelerate_verifying_key(key.vk),
        beta_g1: AcceleratedAffine(key.beta_g1),
        delta_g1: AcceleratedAffine(key.delta_g1),
        a_query: G1::<E>::wrap_vec(key.a_query),
        b_g1_query: G1::<E>::wrap_vec(key.b_g1_query),
        b_g2_query: G2::<E>::wrap_vec(key.b_g2_query),
        h_query: G1::<E>::wrap_vec(key.h_query),
        l_query: G1::<E>::wrap_vec(key.l_query),
    }
}

/// The same proving key for the stock engine.
pub fn stock_proving_key<E: Pairing>(key: ProvingKey<Accelerated<E>>) -> ProvingKey<E> {
    ProvingKey {
        vk: stock_verifying_key(key.vk),
        beta_g1: key.beta_g1.0,
        delta_g1: key.delta_g1.0,
        a_query: G1::<E>::peel_vec(key.a_query),
        b_g1_query: G1::<E>::peel_vec(key.b_g1_query),
        b_g2_query: G2::<E>::peel_vec(key.b_g2_query),
        h_query: G1::<E>::peel_vec(key.h_query),
        l_query: G1::<E>::peel_vec(key.l_query),
    }
}

/// The same proof for the accelerated engine.
pub fn accelerate_proof<E: Pairing>(proof: Proof<E>) -> Proof<Accelerated<E>> {
    Proof {
        a: AcceleratedAffine(proof.a),
        b: AcceleratedAffine(proof.b),
        c: AcceleratedAffine(proof.c),
    }
}

/// The same proof for the stock engine.
pub fn stock_proof<E: Pairing>(proof: Proof<Accelerated<E>>) -> Proof<E> {
    Proof {
        a: proof.a.0,
        b: proof.b.0,
        c: proof.c.0,
    }
}
