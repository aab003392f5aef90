//! Talks to a Gristmill card: transports, DMA memory, queues, faults.

mod bases;
mod card;
mod dma;
mod dma_vec;
mod error;
mod host_memory;
mod interrupts;
mod msm;
mod plan;
mod shared;
mod sync;
mod transport;

pub use bases::{Bases, BasesSource};
pub use card::{Card, CardOptions, Counters};
pub use dma::{DmaBacking, DmaBuffer};
pub use dma_vec::{DmaSlice, DmaVec};
pub use error::{CardError, JobError, Loss};
pub use host_memory::{HostFault, HostMemory};
pub use interrupts::Interrupts;
pub use msm::{MsmBases, MsmRequest, MsmResult, MsmScalars};
pub use plan::{Density, Plan};
pub use transport::{Transport, TransportError};
