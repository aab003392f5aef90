//! Offload of zero-knowledge provers to a Gristmill card.
