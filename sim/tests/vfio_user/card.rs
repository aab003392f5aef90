//! The reference card, served.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gristmill_conformance::reference::{ReferenceCard, ReferenceOptions};
use gristmill_driver::{DmaBuffer, HostMemory, Interrupts, Transport, TransportError};
use gristmill_protocol::CurveId;
use gristmill_sim::vfio_user::{ServedCard, Server};
use tempfile::TempDir;

/// Vectors of the reference card.
pub const VECTORS: u32 = 4;

/// The reference card as something to serve.
pub struct Reference {
    pub card: Arc<ReferenceCard>,
    /// Milliseconds that every register read takes.
    pub read_delay: AtomicU64,
    /// Why the card has failed for good.
    pub failure: Mutex<Option<String>>,
}

impl Reference {
    pub fn new(card: Arc<ReferenceCard>) -> Arc<Self> {
        Arc::new(Self {
            card,
            read_delay: AtomicU64::new(0),
            failure: Mutex::default(),
        })
    }
}

impl Transport for Reference {
    fn name(&self) -> String {
        self.card.name()
    }
    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        let delay = self.read_delay.load(Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(delay));
        self.card.read_register(offset)
    }
    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.card.write_register(offset, value)
    }
    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        self.card.allocate(bytes)
    }
    fn wait_interrupt(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        self.card.wait_interrupt(vector, deadline)
    }
    fn reset(&self, deadline: Instant) -> Result<(), TransportError> {
        self.card.reset(deadline)
    }
}

impl ServedCard for Reference {
    fn host_memory(&self) -> &Arc<HostMemory> {
        self.card.host()
    }
    fn interrupts(&self) -> &Interrupts {
        self.card.interrupts()
    }
    fn vectors(&self) -> u32 {
        VECTORS
    }
    fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap().clone()
    }
}

/// A served card, and the folder of its socket.
pub struct Served {
    pub card: Arc<ReferenceCard>,
    pub reference: Arc<Reference>,
    pub server: Option<Server>,
    folder: TempDir,
}

impl Served {
    pub fn start() -> Self {
        Self::with(ReferenceOptions::msm(CurveId::Toy))
    }

    pub fn with(options: ReferenceOptions) -> Self {
        let card = ReferenceCard::new(options).unwrap();
        let reference = Reference::new(card.clone());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card");
        let server = Server::start(reference.clone(), &path).unwrap();
        Self {
            card,
            reference,
            server: Some(server),
            folder,
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("card")
    }
}

/// Waits for what another thread brings about.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
