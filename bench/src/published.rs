//! Published designs in their own units: cycles a point of an MSM, elements a cycle of a transform.

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::results::Operation;

/// A figure that someone published, or that follows from published ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Whose.
    pub design: String,
    /// Of what.
    pub operation: Operation,
    /// Curve and form, or field.
    pub group: String,
    /// Binary logarithm of the size.
    pub size_log2: u32,
    /// The clock.
    pub megahertz: f64,
    /// Adders of an MSM.
    pub adders: Option<u32>,
    /// Cycles a point, or elements a cycle.
    pub per_unit: f64,
    /// How the figure was got.
    pub mark: Mark,
    /// What is in it.
    pub includes: String,
    /// Where it stands.
    pub source: String,
}

/// How a figure was got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It stands in the source.
    Seen,
    /// It follows from time, clock and size in the source.
    Derived,
}

/// All of them.
///
/// # Errors
/// When the data file is malformed.
pub fn all() -> Result<Vec<Published>, Failure> {
    Ok(serde_json::from_str(include_str!(
        "../data/published.json"
    ))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_name_their_sources() {
        let all = all().unwrap();
        assert!(all.iter().any(|p| p.operation == Operation::Ntt));
        for published in all {
            assert!(!published.source.is_empty() && !published.includes.is_empty());
            assert!(published.per_unit > 0.0 && published.megahertz > 0.0);
        }
    }
}
