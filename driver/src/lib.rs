//! Talks to a Gristmill card: transports, DMA memory, queues, faults.
//!
//! A [`Transport`] is a way to one card; a [`Card`] is the card in use. Jobs are submitted from any
//! thread and waited for with a deadline or by `.await`. What goes wrong is a typed error that names
//! its cause: a refused or overdue job is its own affair, a lost card fails all waiters until
//! [`Card::recover`] succeeds. No buffer that a card may still write to is ever freed.

mod bases;
mod card;
mod dma;
mod dma_vec;
mod error;
mod host_memory;
mod interrupts;
mod job;
mod liveness;
mod memory;
mod msm;
mod ntt;
mod object;
mod plan;
mod prime;
mod queue;
mod ranges;
pub mod registers;
pub mod ring;
mod session;
mod shared;
mod staging;
mod sync;
mod transport;
mod vectors;

pub use bases::{Bases, BasesSource};
pub use card::{Card, CardOptions, Counters};
pub use dma::{DmaBacking, DmaBuffer};
pub use dma_vec::{DmaSlice, DmaVec};
pub use error::{CardError, JobError, Loss};
pub use host_memory::{ForeignMemory, HostFault, HostMemory, Rights};
pub use interrupts::Interrupts;
pub use job::Ticket;
pub use msm::{MsmBases, MsmRequest, MsmResult, MsmScalars, MsmTicket};
pub use ntt::{
    NttDirection, NttInput, NttOrder, NttPlan, NttRequest, NttResult, NttShape, NttTicket,
    NttUsage, table_set,
};
pub use plan::{Density, Plan, RUN_CYCLES, RUN_RECORDS};
pub use prime::{PrimeField, Residue};
pub use transport::{Transport, TransportError};
pub use vectors::{CardVectors, VectorTransform};
