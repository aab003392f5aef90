//! Plonky3's discrete Fourier transforms on a Gristmill card.
//!
//! ```no_run
//! use gristmill_plonky3::AcceleratedDft;
//! use p3_baby_bear::BabyBear;
//!
//! type Dft = AcceleratedDft<BabyBear>;
//! // type Pcs = TwoAdicFriPcs<BabyBear, Dft, ValMmcs, ChallengeMmcs>;
//! let dft = Dft::default();
//! # let _ = dft;
//! ```
//!
//! A low-degree extension is one job: the values go up, the card finds the coefficients and the values on the
//! larger coset, and these come down with their rows in bit-reversed order, as FRI wants them. Proofs are the
//! same as the stock prover's.
//!
//! Which card, and what without it, is the session's say: that of the [`gristmill::scope`] which the calling thread is
//! in, else the one that [`gristmill::install`] set, else the environment's. What the card does not do (none there,
//! another field, a size over its limit, too small to pay, an error) the inner transform does, and
//! [`gristmill::report()`] says why.
//!
//! For Plonky3 0.8; types of other minor versions are other types.

mod check;
mod dft;
mod field;

pub use dft::AcceleratedDft;
pub use field::CardField;
