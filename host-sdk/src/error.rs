//! What can go wrong between a prover and its card.

use std::{path::PathBuf, sync::Arc};

use gristmill_protocol::{CurveId, FieldId};
use thiserror::Error;

/// Why an operation could not run on a card.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// An environment variable has a value that it cannot have.
    #[error("{variable}={value}: expected {expected}")]
    Environment {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The choice was to do without a card.
    #[error("the card is switched off")]
    Off,
    /// This machine has no card.
    #[error("no card was found")]
    NoCard,
    /// The program that simulates a card does not.
    #[error("{}: {why}", program.display())]
    Simulator {
        /// The program.
        program: PathBuf,
        /// Why not.
        why: String,
    },
    /// The card lacks an engine for the group.
    #[error("the card has no engine for {}", .0.name())]
    NoEngine(CurveId),
    /// The card lacks an engine for transforms in the field.
    #[error("the card has no engine for transforms in {}", .0.name())]
    NoTransform(FieldId),
    /// The card does not keep vectors of the field.
    #[error("the card keeps no vectors of {}", .0.name())]
    NoVectors(FieldId),
    /// The driver or the card reported a failure.
    #[error("the card failed: {0}")]
    Card(Arc<dyn std::error::Error + Send + Sync>),
    /// What the card returned cannot be a sum of the bases.
    #[error("the card returned a malformed result: {0}")]
    Malformed(&'static str),
    /// A second computation contradicts the first, or a polynomial its values: something is wrong.
    #[error("the check of the card's result failed")]
    CheckFailed,
}

impl Error {
    /// Wraps a failure of a card or of the code that drives it.
    pub fn card(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Card(Arc::new(error))
    }
}
