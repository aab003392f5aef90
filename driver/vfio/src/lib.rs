//! Ways to a card that is not in this process: the kernel's VFIO, and vfio-user, which is VFIO's
//! messages over a socket, where a simulated card answers.

pub mod client;
mod configuration;
pub mod connection;
mod events;
pub mod kernel;
pub mod memory;
pub mod user;
pub mod wire;

pub use kernel::VfioKernel;
pub use user::VfioUser;
