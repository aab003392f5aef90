//! The reference card, served.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_conformance::reference::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{DmaBuffer, HostMemory, Interrupts, Transport, TransportError};
use gristmill_protocol::CurveId;
use gristmill_sim::vfio_user::{ServedCard, Server};
use tempfile::TempDir;

/// Vectors of the reference card.
pub const VECTORS: u32 = 4;

/// The reference card as something to serve.
pub struct Reference(pub Arc<ReferenceCard>);

impl Transport for Reference {
    fn name(&self) -> String {
        self.0.name()
    }
    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        self.0.read_register(offset)
    }
    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.0.write_register(offset, value)
    }
    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        self.0.allocate(bytes)
    }
    fn wait_interrupt(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        self.0.wait_interrupt(vector, deadline)
    }
    fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        self.0.reset(deadline)
    }
}

impl ServedCard for Reference {
    fn host_memory(&self) -> &Arc<HostMemory> {
        self.0.host()
    }
    fn interrupts(&self) -> &Interrupts {
        self.0.interrupts()
    }
    fn vectors(&self) -> u32 {
        VECTORS
    }
}

/// A served card, and the folder of its socket.
pub struct Served {
    pub card: Arc<ReferenceCard>,
    pub server: Option<Server>,
    folder: TempDir,
}

impl Served {
    pub fn start() -> Self {
        let card = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card");
        let server = Server::start(Arc::new(Reference(card.clone())), &path).unwrap();
        Self {
            card,
            server: Some(server),
            folder,
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("card")
    }
}

/// Waits for what another thread brings about.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
