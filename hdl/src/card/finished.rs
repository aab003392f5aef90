//! A job that has ended, on its way to its completion.

use rust_hdl_core::prelude::*;

/// An executor's side.
#[derive(LogicInterface, Default)]
#[join = "FinishedServer"]
pub struct FinishedClient {
    /// A job has ended; what follows is stable until `taken`.
    pub valid: Signal<Out, Bit>,
    /// Its queue.
    pub queue: Signal<Out, Bits<4>>,
    /// Its tag.
    pub tag: Signal<Out, Bits<32>>,
    /// Its descriptor wants no interrupt.
    pub silent: Signal<Out, Bit>,
    /// Status code.
    pub status: Signal<Out, Bits<16>>,
    /// See [`JobClient`](super::socket::JobClient).
    pub counters: Signal<Out, Bits<352>>,
    /// Detail.
    pub detail: Signal<Out, Bits<64>>,
    /// One cycle: the completion has all of it.
    pub taken: Signal<In, Bit>,
}

/// The completion writer's side.
#[derive(LogicInterface, Default)]
#[join = "FinishedClient"]
pub struct FinishedServer {
    pub valid: Signal<In, Bit>,
    pub queue: Signal<In, Bits<4>>,
    pub tag: Signal<In, Bits<32>>,
    pub silent: Signal<In, Bit>,
    pub status: Signal<In, Bits<16>>,
    pub counters: Signal<In, Bits<352>>,
    pub detail: Signal<In, Bits<64>>,
    pub taken: Signal<Out, Bit>,
}
