//! Offload of zero-knowledge provers to a Gristmill card.
//!
//! # arkworks
//! Wrap the engine and the reduction; keys and proofs stay the same bytes, and convert without a copy:
//!
//! ```no_run
//! use ark_bn254::Bn254;
//! use ark_groth16::{Groth16, ProvingKey};
//! # use ark_relations::gr1cs::ConstraintSynthesizer;
//! use gristmill::{Accelerated, AcceleratedReduction, key, with_key};
//! # use ark_snark::SNARK;
//!
//! type Prover = Groth16<Accelerated<Bn254>, AcceleratedReduction>;
//!
//! # fn example(stock: ProvingKey<Bn254>, circuit: impl ConstraintSynthesizer<ark_bn254::Fr>) -> Result<(), Box<dyn std::error::Error>> {
//! # let mut rng = rand::thread_rng();
//! let key = key::accelerate_proving_key(stock);
//! let scoped = with_key(&key, || Prover::prove(&key, circuit, &mut rng))?;
//! let proof = key::stock_proof(scoped.value?);
//! println!("{}", scoped.report);
//! # Ok(())
//! # }
//! ```
//!
//! [`with_key`] uploads each query once and keeps it on the card while the closure runs. Other provers over a
//! `Pairing` or a `CurveGroup` (KZG and its kin) use the same types, with [`with_bases`].
//!
//! [`groth16::prove`] does the same on stock types, with fewer transfers.
//!
//! # By hand
//! [`Session::load_bases`], [`Session::msm`], [`Session::fft`] and [`Session::ifft`] work on stock types and return
//! their errors. [`Offload`] is for other ecosystems' transforms; the crate `gristmill-plonky3` is made with it.
//!
//! # Which card, and what without it
//! A [`Session`] is a card and a policy. [`install`] sets the one of the process; else the environment does:
//!
//! | variable | values |
//! |---|---|
//! | `GRISTMILL_CARD` | `auto` (default), `off`, `sim`, `vfio:<address>`, `vfio-user:<path>` |
//! | `GRISTMILL_FALLBACK` | `cpu` (default), `never` |
//! | `GRISTMILL_CHECK` | `0` (default), `1`: each sum is checked by a second job, each transform at a random point |
//!
//! `vfio:<address>` is a card in a slot (`gristmill list` says which there are, and what keeps one from being used),
//! `vfio-user:<path>` a card that another process serves, `sim` one that a process of its own simulates
//! (`gristmill-sim`, see [`remote`]). Whenever the card
//! does not (none there, no engine for the group, too small to pay, an error) arkworks does, the caller sees the
//! same answer, and the [`Report`] says why. Under `never` that is an error. An arkworks call cannot return one: it
//! answers from the CPU, and its scope returns the error instead of its value. **Outside of scopes such a call
//! panics with the error**, the one panic of this crate.

mod backend;
mod bases;
mod card;
mod card_field;
mod check;
mod choice;
mod circom;
pub mod cli;
mod dispatch;
mod domain;
mod error;
mod fused;
pub mod groth16;
mod group;
mod group_arithmetic;
mod group_traits;
mod installed;
pub mod key;
mod layout;
mod pairing;
mod reduction;
pub mod remote;
pub mod report;
mod scope;
mod session;
mod slot;
mod sum;
mod transform;

pub use backend::{Backend, RawSum, Resident, ResidentScalars, ResidentVectors, ScalarForm, Usage};
pub use bases::Bases;
pub use card::{DriverCard, PATIENCE};
pub use card_field::CardField;
pub use choice::{
    CARD_VARIABLE, CHECK_VARIABLE, CardChoice, CardProvider, FALLBACK_VARIABLE, Fallback, choose,
    machine_cards,
};
pub use circom::CircomReduction;
pub use domain::AcceleratedDomain;
pub use error::Error;
pub use group::{AcceleratedAffine, AcceleratedGroup};
pub use installed::{current, install, uninstall};
pub use layout::CardGroup;
pub use pairing::{Accelerated, PreparedG1, PreparedG2};
pub use reduction::AcceleratedReduction;
pub use report::{Event, Operation, Place, Reason, Report, report};
pub use scope::{Scoped, scope, with_bases, with_key};
pub use session::{AUTO_THRESHOLD, Session, SessionBuilder};
pub use transform::{Offload, Transform};

/// The arkworks crates that this version works with. Types of other versions are other types.
pub mod ark {
    pub use {
        ark_bls12_381 as bls12_381, ark_bn254 as bn254, ark_ec as ec, ark_ff as ff,
        ark_groth16 as groth16, ark_poly as poly, ark_relations as relations,
        ark_serialize as serialize, ark_snark as snark, ark_std as std,
    };
}
