//! The suite that any transport and any card must pass.
