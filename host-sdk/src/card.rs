//! The driver's card behind the SDK's seam.

use std::{any::Any, ops::Range, sync::Arc, time::Duration};

use gristmill_driver::{
    Bases, Card, CardVectors, MsmBases, MsmRequest, MsmScalars, NttInput, NttRequest, NttUsage,
    VectorTransform,
};
use gristmill_protocol::{Completion, CurveId, EngineCapability, EngineKind, FieldId};

use crate::{
    backend::{Backend, RawSum, Resident, ResidentScalars, ResidentVectors, ScalarForm, Usage},
    error::Error,
    transform::Transform,
};

/// How long a job may take, unless the program says otherwise. The driver gives a card up long before, when it
/// makes no progress; this is for one that is merely slow, as simulated ones are.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// A card of the driver.
pub struct DriverCard {
    card: Arc<Card>,
    patience: Duration,
}

impl DriverCard {
    /// With [`PATIENCE`].
    pub fn new(card: Arc<Card>) -> Self {
        Self::with_patience(card, PATIENCE)
    }

    /// Jobs that take longer than `patience`, in wall time, fail.
    pub fn with_patience(card: Arc<Card>, patience: Duration) -> Self {
        Self { card, patience }
    }

    /// The engine that the driver gives all multiplications to.
    fn msm_engine(&self) -> Result<&EngineCapability, Error> {
        self.card.engine(EngineKind::Msm).map_err(Error::card)
    }
}

impl Backend for DriverCard {
    fn description(&self) -> String {
        self.card.name()
    }

    fn engine(&self, curve: CurveId) -> Option<EngineCapability> {
        let engine = self.msm_engine().ok()?;
        (CurveId::from_code(engine.group) == Some(curve)).then_some(*engine)
    }

    fn load(&self, curve: CurveId, points: Vec<u8>) -> Result<Arc<dyn Resident>, Error> {
        let engine = self.engine(curve).ok_or(Error::NoEngine(curve))?;
        let stride = 2 * engine.element_bytes;
        let count = points.len() / usize::from(stride);
        let bases = self.card.load_bases(points, stride, count);
        Ok(Arc::new(OnDriverCard {
            card: self.card.clone(),
            bases: bases.map_err(Error::card)?,
            engine,
            patience: self.patience,
        }))
    }

    fn transform_engine(&self, field: FieldId) -> Option<EngineCapability> {
        let engine = self.card.engine(EngineKind::Ntt).ok()?;
        (FieldId::from_code(engine.group) == Some(field)).then_some(*engine)
    }

    fn transform(
        &self,
        transform: &Transform<'_>,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<Usage, Error> {
        let request = NttRequest {
            shape: transform.shape,
            direction: transform.direction,
            input_order: transform.input_order,
            output_order: transform.output_order,
            offset: transform.offset,
            input: NttInput::Bytes(input),
            patience: self.patience,
        };
        let usage = self.card.ntt(&request, output).map_err(Error::card)?;
        Ok(transform_usage(&usage))
    }

    fn keeps_vectors(&self, field: FieldId, length: usize, count: usize) -> bool {
        self.card.keeps_vectors(field, length, count)
    }

    fn vectors(
        &self,
        field: FieldId,
        length: usize,
        count: usize,
    ) -> Result<Box<dyn ResidentVectors>, Error> {
        let vectors = self.card.vectors(field, length, count, self.patience);
        Ok(Box::new(VectorsOnDriverCard {
            card: self.card.clone(),
            vectors: vectors.map_err(Error::card)?,
            patience: self.patience,
        }))
    }
}

/// Vectors on a card of the driver.
struct VectorsOnDriverCard {
    card: Arc<Card>,
    vectors: CardVectors,
    patience: Duration,
}

impl ResidentVectors for VectorsOnDriverCard {
    fn upload(&self, vector: usize, elements: &[u8]) -> Result<Usage, Error> {
        let sent = self
            .card
            .upload(&self.vectors, vector, elements, self.patience);
        Ok(copy_usage(sent.map_err(Error::card)?))
    }

    fn download(&self, vector: usize, elements: &mut [u8]) -> Result<Usage, Error> {
        let read = self
            .card
            .download(&self.vectors, vector, elements, self.patience);
        Ok(copy_usage(read.map_err(Error::card)?))
    }

    fn transform(
        &self,
        vectors: Range<usize>,
        transform: &VectorTransform<'_>,
    ) -> Result<Usage, Error> {
        let usage = self
            .card
            .transform_vectors(&self.vectors, vectors, transform, self.patience);
        Ok(transform_usage(&usage.map_err(Error::card)?))
    }

    fn multiply_subtract(&self, operands: [usize; 3]) -> Result<Usage, Error> {
        let vectors = &self.vectors;
        let done = self
            .card
            .multiply_subtract(vectors, operands, self.patience);
        // three are read, one is written
        let bytes = 4 * vectors.length() * vectors.field().element_bytes();
        Ok(Usage {
            busy: 0,
            memory_bytes: bytes as u64,
            ..usage(&done.map_err(Error::card)?, 0)
        })
    }
}

fn copy_usage(link_bytes: u64) -> Usage {
    Usage {
        link_bytes,
        ..Usage::default()
    }
}

/// Points on a card of the driver.
struct OnDriverCard {
    card: Arc<Card>,
    bases: Bases,
    engine: EngineCapability,
    patience: Duration,
}

impl Resident for OnDriverCard {
    fn msm(&self, first: usize, scalars: &[u8], form: ScalarForm) -> Result<RawSum, Error> {
        let count = scalars.len() / usize::from(self.engine.scalar_bytes);
        let request = MsmRequest {
            montgomery: form == ScalarForm::Montgomery,
            ..self.request(first, MsmScalars::Bytes(scalars), count)
        };
        self.run(&request)
    }

    fn msm_resident(&self, first: usize, scalars: &ResidentScalars<'_>) -> Result<RawSum, Error> {
        let vectors: &dyn Any = scalars.vectors;
        let vectors = vectors.downcast_ref::<VectorsOnDriverCard>();
        let resident = MsmScalars::Resident {
            vectors: &vectors
                .ok_or(Error::Malformed("the scalars are not this card's"))?
                .vectors,
            vector: scalars.vector,
            first: scalars.first,
        };
        let request = MsmRequest {
            density: Some(scalars.density),
            ..self.request(first, resident, scalars.count)
        };
        self.run(&request)
    }
}

impl OnDriverCard {
    /// A sum over these points, of scalars in Montgomery form.
    fn request<'a>(
        &'a self,
        first: usize,
        scalars: MsmScalars<'a>,
        count: usize,
    ) -> MsmRequest<'a> {
        MsmRequest {
            bases: MsmBases::Resident {
                bases: &self.bases,
                first,
            },
            scalars,
            montgomery: true,
            count,
            density: None,
            plan: None,
            patience: self.patience,
        }
    }

    fn run(&self, request: &MsmRequest<'_>) -> Result<RawSum, Error> {
        let result = self.card.msm(request).map_err(Error::card)?;
        Ok(RawSum {
            slots: result.slots,
            usage: usage(&result.completion, self.engine.adders),
        })
    }
}

fn transform_usage(used: &NttUsage) -> Usage {
    let mut total = Usage::default();
    for (completion, statistics) in &used.jobs {
        total += Usage {
            busy: 0,
            beats: completion.busy,
            memory_bytes: statistics.read_bytes + statistics.written_bytes,
            ..usage(completion, 0)
        };
    }
    total.link_bytes += used.copied_bytes;
    total
}

fn usage(completion: &Completion, adders: u32) -> Usage {
    Usage {
        jobs: 1,
        cycles: completion.cycles,
        busy: completion.busy,
        slots: completion.cycles * u64::from(adders),
        link_bytes: completion.link_bytes,
        stall_input: completion.stall_input.into(),
        stall_memory: completion.stall_memory.into(),
        stall_collision: completion.stall_collision.into(),
        stall_output: completion.stall_output.into(),
        drain: completion.drain.into(),
        ..Usage::default()
    }
}
