//! A card in plain Rust, a thread of this process: the protocol as the driver and the suite
//! understand it, with switches that break it.

mod execute;
mod faults;
mod msm;
mod ntt;
mod pointwise;
mod registers;
mod state;
mod thread;
mod transform;

pub use faults::{Faults, Mutation};

use gristmill_driver::{DmaBuffer, HostMemory, Interrupts, Transport, TransportError};
use gristmill_protocol::capability::feature;
use gristmill_protocol::{Capabilities, CurveId, EngineCapability, EngineKind, FieldId, register};
use state::State;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

/// What a reference card is.
#[derive(Clone, Debug)]
pub struct ReferenceOptions {
    /// What its registers say.
    pub capabilities: Capabilities,
    /// What its capability table says.
    pub engines: Vec<EngineCapability>,
    /// The one thing that it does wrong.
    pub mutation: Option<Mutation>,
}

impl ReferenceOptions {
    /// A card with one MSM engine.
    pub fn msm(curve: CurveId) -> Self {
        let (element_bytes, scalar_bytes, scalar_bits) = match curve {
            CurveId::Toy => (8, 8, 8),
            CurveId::Bn254G1 => (32, 32, 254),
            CurveId::Bls12381G1 => (48, 32, 255),
        };
        let engine = EngineCapability {
            kind: EngineKind::Msm as u32,
            group: curve as u32,
            size_log2: 12,
            lanes: 1,
            adders: 2,
            windows_per_pass: if curve == CurveId::Toy { 2 } else { 16 },
            buckets_log2: if curve == CurveId::Toy { 4 } else { 8 },
            window_min: 2,
            window_max: if curve == CurveId::Toy { 5 } else { 8 },
            element_bytes,
            scalar_bytes,
            scalar_bits,
            latency: 40,
            features: feature::SCALARS_RESIDENT,
            ..EngineCapability::default()
        };
        Self {
            capabilities: Capabilities {
                build: 0x0123_4567,
                clock_kilohertz: 250_000,
                queues: 4,
                regions: 16,
                memory_bytes: 1 << 20,
                address_bits: 40,
                vectors: 4,
                engines: 1,
            },
            engines: vec![engine],
            mutation: None,
        }
    }

    /// A card with one NTT engine.
    pub fn ntt(field: FieldId) -> Self {
        let mut options = Self::msm(CurveId::Toy);
        options.engines.clear();
        options.and_ntt(field)
    }

    /// The same with an NTT engine behind its engines.
    pub fn and_ntt(mut self, field: FieldId) -> Self {
        let (pass_log2, size_log2) = match field {
            FieldId::Toy => (4, 8),
            _ => (6, 12),
        };
        self.engines.push(EngineCapability {
            kind: EngineKind::Ntt as u32,
            group: field as u32,
            size_log2,
            lanes: (64 / field.element_bytes() as u32).max(2),
            element_bytes: field.element_bytes() as u16,
            latency: 100,
            pass_log2,
            job_slots: 2,
            ..EngineCapability::default()
        });
        self.capabilities.engines = self.engines.len() as u32;
        self
    }

    /// The same with an engine of element-wise arithmetic behind its engines.
    pub fn and_pointwise(mut self, field: FieldId) -> Self {
        self.engines.push(EngineCapability {
            kind: EngineKind::Pointwise as u32,
            group: field as u32,
            size_log2: 12,
            lanes: (64 / field.element_bytes() as u32).max(2),
            element_bytes: field.element_bytes() as u16,
            latency: 80,
            job_slots: 1,
            ..EngineCapability::default()
        });
        self.capabilities.engines = self.engines.len() as u32;
        self
    }

    /// The same with a mutation.
    pub fn with(mut self, mutation: Mutation) -> Self {
        self.mutation = Some(mutation);
        self
    }
}

/// The card, and the transport to it.
pub struct ReferenceCard {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

pub(crate) struct Shared {
    host: Arc<HostMemory>,
    interrupts: Interrupts,
    options: ReferenceOptions,
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReferenceCard {
    /// Powers it up.
    pub fn new(options: ReferenceOptions) -> std::io::Result<Arc<Self>> {
        let shared = Arc::new(Shared {
            host: HostMemory::new(options.capabilities.address_bits),
            interrupts: Interrupts::new(options.capabilities.vectors),
            state: Mutex::new(State::new(&options)),
            options,
            changed: Condvar::new(),
        });
        let running = shared.clone();
        let thread = std::thread::Builder::new()
            .name("reference card".into())
            .spawn(move || running.run())?;
        Ok(Arc::new(Self {
            shared,
            thread: Some(thread),
        }))
    }

    /// The host's memory, as the card sees it.
    pub fn host(&self) -> &Arc<HostMemory> {
        &self.shared.host
    }

    /// Its interrupt vectors.
    pub fn interrupts(&self) -> &Interrupts {
        &self.shared.interrupts
    }

    /// Changes the faults, at once.
    pub fn inject(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.shared.lock().faults);
        self.shared.changed.notify_all();
    }
}

impl Drop for ReferenceCard {
    fn drop(&mut self) {
        self.shared.lock().power_off = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("the reference card panicked");
        }
    }
}

impl Transport for ReferenceCard {
    fn name(&self) -> String {
        "reference card".into()
    }

    fn read_register(&self, offset: u32) -> Result<u32, TransportError> {
        check_offset(offset)?;
        Ok(self.shared.lock().read(offset, &self.shared.options))
    }

    fn write_register(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        check_offset(offset)?;
        if let Some(vector) = self
            .shared
            .lock()
            .write(offset, value, &self.shared.options)
        {
            self.shared.interrupts.raise(vector);
        }
        self.shared.changed.notify_all();
        Ok(())
    }

    fn allocate(&self, bytes: usize) -> Result<DmaBuffer, TransportError> {
        self.shared.host.allocate(bytes)
    }

    fn wait_interrupt(&self, vector: u32, deadline: Instant) -> Result<bool, TransportError> {
        self.shared.interrupts.wait(vector, deadline)
    }

    fn reset(&self, _deadline: Instant) -> Result<(), TransportError> {
        let mut state = self.shared.lock();
        if state.faults.function_reset_fails {
            return Err(TransportError::Refused {
                operation: "function reset",
                reason: "injected".into(),
            });
        }
        state.faults = Faults::default();
        state.reset(&self.shared.options);
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }
}

fn check_offset(offset: u32) -> Result<(), TransportError> {
    match offset.is_multiple_of(4) && offset < register::BAR_BYTES {
        true => Ok(()),
        false => Err(TransportError::NoRegister { offset }),
    }
}
