//! A rollup batch as a Groth16 statement: payments between accounts in a Poseidon Merkle tree.
//!
//! [`Ledger`] is the state machine in plain Rust; [`Ledger::apply`] gives a [`Batch`], which is the
//! witness and, as a `ConstraintSynthesizer`, the circuit. [`prove()`] proves one, with and without a card.

pub mod batch;
pub mod circuit;
pub mod ledger;
pub mod poseidon;
pub mod prove;
pub mod snarkjs;
pub mod tree;

pub use batch::{Batch, Opening, Shape, Transfer};
pub use ledger::{Account, Ledger, LedgerError, Payment};
pub use prove::{Outcome, ProveError, ProveOptions, prove, prove_with};
