//! A served card as its clients see it: the conformance suite over the socket, one client after the other, and
//! faults on either side. The card is the one in plain Rust; nothing here depends on what is behind the server.

#[path = "vfio_user/card.rs"]
mod card;
#[path = "vfio_user/clients.rs"]
mod clients;
#[path = "vfio_user/faults.rs"]
mod faults;
#[path = "vfio_user/fuzz.rs"]
mod fuzz;
#[path = "vfio_user/notices.rs"]
mod notices;
#[path = "vfio_user/prover.rs"]
mod prover;
