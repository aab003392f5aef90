//! What the tests share: sessions with the card in plain Rust and with the Verilated one.
#![allow(dead_code, reason = "each test file uses its part")]

use gristmill::{CardProvider, DriverCard, Fallback, Session, SessionBuilder};
use gristmill_conformance::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardOptions};
use gristmill_protocol::FieldId;
use gristmill_sim::simulated::{SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory};
use std::sync::Arc;

/// A card that must be used, with more memory than the reference card has by itself.
pub fn builder(options: ReferenceOptions) -> SessionBuilder {
    let mut options = options;
    options.capabilities.memory_bytes = 8 << 20;
    let reference = ReferenceCard::new(options).unwrap();
    let card = Card::open(reference, CardOptions::default()).unwrap();
    Session::builder()
        .card(Arc::new(DriverCard::new(card)))
        .fallback(Fallback::Never)
}

pub fn session(field: FieldId) -> Session {
    builder(ReferenceOptions::ntt(field)).build()
}

/// The card of hdl/cards for this field, on the RTL.
pub fn simulated(field: FieldId) -> Session {
    let simulated = SimulatedCard {
        config: format!("ntt_{}", field.name().replace('-', "_")),
        fill: SimulatedFill::Fast,
        link: SimulatedLink::Gen3,
        memory: SimulatedMemory::Ddr4,
    };
    let card = Card::open(simulated.transport().unwrap(), simulated.options()).unwrap();
    let card = DriverCard::with_patience(card, simulated.patience());
    Session::builder()
        .card(Arc::new(card))
        .fallback(Fallback::Never)
        .build()
}
