//! The card around its engines: registers, rings, regions, copies, and the way to both memories.
#![allow(
    missing_docs,
    reason = "the derives make public functions; AXI names need no words"
)]
#![allow(
    clippy::needless_range_loop,
    reason = "a kernel's loops are over indices, for each is a part of the circuit"
)]

pub mod axi;
pub mod burst;
pub mod card_registers;
pub mod channel;
pub mod completion;
pub mod config;
pub mod copy;
pub mod copy_checks;
pub mod core;
pub mod decoder;
pub mod dispatch;
pub mod fetch;
pub mod finished;
pub mod job_slot;
pub mod lite;
pub mod msm_card;
pub mod ntt_card;
pub mod proving_card;
pub mod queue;
pub mod queue_engine;
pub mod queue_settings;
pub mod queues;
pub mod read_arbiter;
pub mod read_mover;
pub mod regions;
pub mod socket;
pub mod soft_reset;
pub mod write_arbiter;
pub mod write_mover;
