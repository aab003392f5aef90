//! What an engine sees of the card: its jobs, and ports to host and card memory.
//!
//! An engine is outside the core and is joined to it by these interfaces, so that another engine
//! changes nothing in the core. Each interface has two sides: the client is the engine's.
//!
//! A memory port moves whole beats of W bits. One request is one contiguous run of beats; the card
//! splits it into bursts. Requests may follow one another: beats move in the order of the requests.

use rust_hdl_core::prelude::*;

/// An engine's side of a port that reads memory.
#[derive(LogicInterface, Default)]
#[join = "ReadServer"]
pub struct ReadClient<const W: usize> {
    /// There is a request; held until `accepted`.
    pub request: Signal<Out, Bit>,
    /// Byte address of the first beat, a multiple of W / 8.
    pub address: Signal<Out, Bits<64>>,
    /// Beats wanted, at least 1.
    pub beats: Signal<Out, Bits<32>>,
    /// The request is taken in this cycle.
    pub accepted: Signal<In, Bit>,
    /// There is a beat; it moves in a cycle in which `ready` is high too.
    pub valid: Signal<In, Bit>,
    /// The beat.
    pub data: Signal<In, Bits<W>>,
    /// Memory answered this beat with an error.
    pub error: Signal<In, Bit>,
    /// The engine takes the beat.
    pub ready: Signal<Out, Bit>,
    /// Level: forget the request; what is on its way is dropped until `idle`.
    pub flush: Signal<Out, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<In, Bit>,
}

/// The card's side of a port that reads memory.
#[derive(LogicInterface, Default)]
#[join = "ReadClient"]
pub struct ReadServer<const W: usize> {
    /// See [`ReadClient`].
    pub request: Signal<In, Bit>,
    /// See [`ReadClient`].
    pub address: Signal<In, Bits<64>>,
    /// See [`ReadClient`].
    pub beats: Signal<In, Bits<32>>,
    /// See [`ReadClient`].
    pub accepted: Signal<Out, Bit>,
    /// See [`ReadClient`].
    pub valid: Signal<Out, Bit>,
    /// See [`ReadClient`].
    pub data: Signal<Out, Bits<W>>,
    /// See [`ReadClient`].
    pub error: Signal<Out, Bit>,
    /// See [`ReadClient`].
    pub ready: Signal<In, Bit>,
    /// See [`ReadClient`].
    pub flush: Signal<In, Bit>,
    /// See [`ReadClient`].
    pub idle: Signal<Out, Bit>,
}

/// An engine's side of a port that writes memory.
#[derive(LogicInterface, Default)]
#[join = "WriteServer"]
pub struct WriteClient<const W: usize> {
    /// There is a request; held until `accepted`.
    pub request: Signal<Out, Bit>,
    /// Byte address of the first beat, a multiple of W / 8.
    pub address: Signal<Out, Bits<64>>,
    /// Beats that will come, at least 1.
    pub beats: Signal<Out, Bits<32>>,
    /// The request is taken in this cycle.
    pub accepted: Signal<In, Bit>,
    /// There is a beat; it moves in a cycle in which `ready` is high too.
    pub valid: Signal<Out, Bit>,
    /// The beat.
    pub data: Signal<Out, Bits<W>>,
    /// The card takes the beat.
    pub ready: Signal<In, Bit>,
    /// One cycle: every write response of all requests so far has come.
    pub done: Signal<In, Bit>,
    /// With `done`: memory answered a burst with an error since the port was idle.
    pub error: Signal<In, Bit>,
    /// Level: forget the request; a burst that has begun ends with its strobes low, until `idle`.
    pub flush: Signal<Out, Bit>,
    /// Nothing is on its way.
    pub idle: Signal<In, Bit>,
}

/// The card's side of a port that writes memory.
#[derive(LogicInterface, Default)]
#[join = "WriteClient"]
pub struct WriteServer<const W: usize> {
    /// See [`WriteClient`].
    pub request: Signal<In, Bit>,
    /// See [`WriteClient`].
    pub address: Signal<In, Bits<64>>,
    /// See [`WriteClient`].
    pub beats: Signal<In, Bits<32>>,
    /// See [`WriteClient`].
    pub accepted: Signal<Out, Bit>,
    /// See [`WriteClient`].
    pub valid: Signal<In, Bit>,
    /// See [`WriteClient`].
    pub data: Signal<In, Bits<W>>,
    /// See [`WriteClient`].
    pub ready: Signal<Out, Bit>,
    /// See [`WriteClient`].
    pub done: Signal<Out, Bit>,
    /// See [`WriteClient`].
    pub error: Signal<Out, Bit>,
    /// See [`WriteClient`].
    pub flush: Signal<In, Bit>,
    /// See [`WriteClient`].
    pub idle: Signal<Out, Bit>,
}

/// An engine's side of a job port; an engine may have several, whose jobs it ends in any order. The core has checked opcode, version, reserved bits, both
/// handles (index, generation, domain); bounds inside the regions are the engine's to check.
#[derive(LogicInterface, Default)]
#[join = "JobServer"]
pub struct JobClient {
    /// One cycle, only while `idle`: a job starts. What follows is stable until `done`.
    pub start: Signal<In, Bit>,
    /// The descriptor, word 0 in the lowest 64 bits.
    pub descriptor: Signal<In, Bits<512>>,
    /// First byte in card memory of the region named in word 3.
    pub first_base: Signal<In, Bits<64>>,
    /// Bytes of that region; 0 when the descriptor names none.
    pub first_length: Signal<In, Bits<64>>,
    /// First byte in card memory of the region named in word 7.
    pub second_base: Signal<In, Bits<64>>,
    /// Bytes of that region; 0 when the descriptor names none.
    pub second_length: Signal<In, Bits<64>>,
    /// Level: a soft reset; the engine drops its job without `done`, flushes its ports and becomes idle.
    pub abort: Signal<In, Bit>,
    /// The engine has no job and nothing on its way.
    pub idle: Signal<Out, Bit>,
    /// One cycle: the job has ended, every write response has come. What follows is stable until the next start.
    pub done: Signal<Out, Bit>,
    /// Status code.
    pub status: Signal<Out, Bits<16>>,
    /// Words 0 to 4 and the lower half of word 5 of the completion (320 + 32 bits), without the bytes of the completion itself.
    pub counters: Signal<Out, Bits<352>>,
    /// Detail.
    pub detail: Signal<Out, Bits<64>>,
    /// Changes while the job advances.
    pub progress: Signal<Out, Bits<32>>,
}

/// The core's side of an engine's job port.
#[derive(LogicInterface, Default)]
#[join = "JobClient"]
pub struct JobServer {
    /// See [`JobClient`].
    pub start: Signal<Out, Bit>,
    /// See [`JobClient`].
    pub descriptor: Signal<Out, Bits<512>>,
    /// See [`JobClient`].
    pub first_base: Signal<Out, Bits<64>>,
    /// See [`JobClient`].
    pub first_length: Signal<Out, Bits<64>>,
    /// See [`JobClient`].
    pub second_base: Signal<Out, Bits<64>>,
    /// See [`JobClient`].
    pub second_length: Signal<Out, Bits<64>>,
    /// See [`JobClient`].
    pub abort: Signal<Out, Bit>,
    /// See [`JobClient`].
    pub idle: Signal<In, Bit>,
    /// See [`JobClient`].
    pub done: Signal<In, Bit>,
    /// See [`JobClient`].
    pub status: Signal<In, Bits<16>>,
    /// See [`JobClient`].
    pub counters: Signal<In, Bits<352>>,
    /// See [`JobClient`].
    pub detail: Signal<In, Bits<64>>,
    /// See [`JobClient`].
    pub progress: Signal<In, Bits<32>>,
}
