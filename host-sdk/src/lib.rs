//! Offload of zero-knowledge provers to a Gristmill card.
mod backend;
mod card;
mod check;
mod choice;
pub mod cli;
mod dispatch;
mod domain;
mod error;
mod group;
mod group_arithmetic;
mod group_traits;
pub mod key;
mod layout;
mod pairing;
mod reduction;
pub mod report;
mod scope;
mod session;
mod sum;

pub use backend::{Backend, RawSum, Resident, ScalarForm, Usage};
pub use card::{DriverCard, PATIENCE};
pub use choice::{
    CARD_VARIABLE, CHECK_VARIABLE, CardChoice, CardProvider, FALLBACK_VARIABLE, Fallback, choose,
    machine_cards,
};
pub use domain::AcceleratedDomain;
pub use error::Error;
pub use group::{AcceleratedAffine, AcceleratedGroup};
pub use layout::CardGroup;
pub use pairing::{Accelerated, PreparedG1, PreparedG2};
pub use reduction::AcceleratedReduction;
pub use report::{Event, Operation, Place, Reason, Report, report};
pub use scope::{Scoped, scope, with_bases, with_key};
pub use session::{AUTO_THRESHOLD, Bases, Session, SessionBuilder, current, install, uninstall};
