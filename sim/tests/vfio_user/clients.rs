//! Good clients.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_conformance::suite::{self, Options};
use gristmill_driver::{Transport, TransportError};
use gristmill_protocol::{pci, register};
use gristmill_sim::vfio_user::{Server, ServerError};
use gristmill_vfio::VfioUser;
use gristmill_vfio::client::{Client, ClientError};
use gristmill_vfio::memory::SharedMemory;
use gristmill_vfio::wire::{irq, region};
use rustix::fd::AsFd;
use rustix::io::Errno;

use crate::card::{Reference, Served, eventually};

const SOON: Duration = Duration::from_secs(5);

#[test]
fn the_suite_passes_over_the_socket() {
    let served = Served::start();
    let transport = Arc::new(VfioUser::connect(&served.path()).unwrap());
    let report = suite::run(transport, Options::default(), &mut |_| {});
    assert_eq!(report.failures().collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn one_client_after_the_other_finds_a_clean_card() {
    let served = Served::start();
    for round in 0..3 {
        let transport = VfioUser::connect(&served.path()).unwrap();
        let register = register::queue_register(0, register::VECTOR);
        assert_eq!(transport.read_register(register).unwrap(), 0, "{round}");
        transport.write_register(register, 1).unwrap();
        assert_eq!(transport.read_register(register).unwrap(), 1);
        drop(transport);
        // memory that a client leaves behind
        let client = Client::connect(&served.path(), SOON).unwrap();
        let memory = SharedMemory::new(4096).unwrap();
        client
            .map(0x10_0000, memory.length(), memory.file(), 0)
            .unwrap();
        client.write(region::CONFIGURATION, 4, &[6, 0]).unwrap();
        let host = served.card.host();
        assert!(host.read(0x10_0000, &mut [0; 8]).is_ok());
        drop(client);
        eventually("the client's memory is gone", || {
            host.read(0x10_0000, &mut [0; 8]).is_err()
        });
    }
}

#[test]
fn a_second_client_is_told_that_the_card_is_in_use() {
    let served = Served::start();
    let first = VfioUser::connect(&served.path()).unwrap();
    let Err(refused) = VfioUser::connect(&served.path()) else {
        panic!("two clients");
    };
    assert!(
        refused.to_string().contains("serves another process"),
        "{refused}"
    );
    assert!(first.read_register(register::IDENTITY).is_ok());
}

#[test]
fn a_second_server_is_refused_and_a_dead_ones_socket_is_replaced() {
    let served = Served::start();
    let again = Server::start(Reference::new(served.card.clone()), &served.path());
    assert!(matches!(again, Err(ServerError::InUse(_))));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    Server::start(Reference::new(served.card.clone()), &path).unwrap();
}

#[test]
fn interrupts_arrive_and_masked_ones_wait() {
    let served = Served::start();
    let transport = VfioUser::connect(&served.path()).unwrap();
    for vector in 0..crate::card::VECTORS {
        transport
            .write_register(register::INTERRUPT_TEST, vector)
            .unwrap();
        let deadline = Instant::now() + SOON;
        assert!(transport.wait_interrupt(vector, deadline).unwrap());
    }
    let quiet = Instant::now() + Duration::from_millis(20);
    assert!(!transport.wait_interrupt(0, quiet).unwrap());
    assert_eq!(
        transport.wait_interrupt(99, quiet),
        Err(TransportError::NoVector { vector: 99 })
    );
}

#[test]
fn without_bus_mastering_the_card_reaches_nothing() {
    let served = Served::start();
    let client = Client::connect(&served.path(), SOON).unwrap();
    let memory = SharedMemory::new(4096).unwrap();
    client
        .map(0x10_0000, memory.length(), memory.file(), 0)
        .unwrap();
    let reaches = || served.card.host().read(0x10_0000, &mut [0; 8]).is_ok();
    assert!(!reaches());
    client.write(region::CONFIGURATION, 4, &[6, 0]).unwrap();
    assert!(reaches());
    client.write(region::CONFIGURATION, 4, &[2, 0]).unwrap();
    assert!(!reaches());
    client.write(region::CONFIGURATION, 4, &[6, 0]).unwrap();
    // a function reset through the configuration space, as a guest's kernel does it
    client
        .write(region::CONFIGURATION, 0x48, &[0, 0x80])
        .unwrap();
    assert!(!reaches());
}

#[test]
fn refusals_reach_the_caller_and_the_connection_goes_on() {
    let served = Served::start();
    let client = Client::connect(&served.path(), SOON).unwrap();
    let memory = SharedMemory::new(4096).unwrap();
    let refusal = |result: Result<(), ClientError>| match result {
        Err(ClientError::Refused { error, .. }) => error,
        other => panic!("{other:?}"),
    };
    client.map(0, 4096, memory.file(), 0).unwrap();
    assert_eq!(refusal(client.map(0, 4096, memory.file(), 0)), Errno::EXIST);
    assert_eq!(
        refusal(client.map(1 << 20, 8192, memory.file(), 0)),
        Errno::INVAL
    );
    assert_eq!(refusal(client.read(3, 0, &mut [0; 4])), Errno::INVAL);
    assert_eq!(
        refusal(client.read(pci::REGISTER_BAR, 0xffe, &mut [0; 4])),
        Errno::INVAL
    );
    let events = [memory.file()];
    assert_eq!(
        refusal(client.set_interrupts(irq::MSIX, &events)),
        Errno::INVAL
    );
    let null = std::fs::File::open("/dev/null").unwrap();
    assert_eq!(
        refusal(client.map(1 << 30, 4096, null.as_fd(), 0)),
        Errno::INVAL
    );
    assert!(client.device_info().is_ok());
}
