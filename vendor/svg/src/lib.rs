//! Empty stand-in for the crate `svg`; see the workspace manifest.
