//! Which path each operation took: an event each, and totals.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{backend::Usage, error::Error};

/// Events that a report keeps; of older ones only the totals remain.
pub const EVENTS_KEPT: usize = 4096;

/// What was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Multi-scalar multiplication.
    Msm,
    /// Transform from coefficients to values.
    Fft,
    /// Transform from values to coefficients.
    Ifft,
    /// [`Operation::Fft`] over a coset.
    CosetFft,
    /// [`Operation::Ifft`] over a coset.
    CosetIfft,
    /// Low-degree extension: values to coefficients to the values on a larger coset.
    Extension,
    /// a b - c, element by element.
    MultiplySubtract,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Msm => "MSM",
            Self::Fft => "FFT",
            Self::Ifft => "inverse FFT",
            Self::CosetFft => "coset FFT",
            Self::CosetIfft => "inverse coset FFT",
            Self::Extension => "extension",
            Self::MultiplySubtract => "a b - c",
        })
    }
}

/// Why an operation ran on the CPU.
#[derive(Clone, Debug)]
pub enum Reason {
    /// There was nothing to compute.
    Empty,
    /// It was below the size from which the card pays, or is quicker on the CPU as most of it is zero.
    TooSmall,
    /// The card does not do it: no engine for transforms of this size and field, G2, scalars of a small integer type.
    Unsupported,
    /// A card should have done it and could not.
    Failed(Error),
}

impl Reason {
    /// The failure, where the reason is one.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Empty | Self::TooSmall | Self::Unsupported => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::TooSmall => f.write_str("too small"),
            Self::Unsupported => f.write_str("not offered by the card"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// Where an operation ran.
#[derive(Clone, Debug)]
pub enum Place {
    /// On the card; what its jobs cost, the check included.
    Card(Usage),
    /// On the CPU.
    Cpu(Reason),
}

impl Place {
    /// The place in words without particulars, by which totals are kept.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Card(_) => CARD,
            Self::Cpu(Reason::Empty) => "CPU (empty)",
            Self::Cpu(Reason::TooSmall) => "CPU (too small)",
            Self::Cpu(Reason::Unsupported) => "CPU (not offered by the card)",
            Self::Cpu(Reason::Failed(Error::Off)) => "CPU (card off)",
            Self::Cpu(Reason::Failed(Error::NoCard)) => "CPU (no card)",
            Self::Cpu(Reason::Failed(
                Error::NoEngine(_) | Error::NoTransform(_) | Error::NoVectors(_),
            )) => "CPU (no engine)",
            Self::Cpu(Reason::Failed(Error::CheckFailed)) => "CPU (check failed)",
            Self::Cpu(Reason::Failed(_)) => "CPU (card failed)",
        }
    }
}

const CARD: &str = "card";

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Card(_) => f.write_str(CARD),
            Self::Cpu(reason) => write!(f, "CPU ({reason})"),
        }
    }
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Event {
    /// What was computed.
    pub operation: Operation,
    /// Over which group or field, as in `bn254.g1`.
    pub group: &'static str,
    /// Elements: pairs of an MSM, all values of a batch of transforms.
    pub length: usize,
    /// Where it ran.
    pub place: Place,
    /// Wall time, transfers and the host's part included.
    pub elapsed: Duration,
}

/// Operations of one kind in one place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Total {
    /// How many.
    pub calls: u64,
    /// Their elements.
    pub elements: u64,
    /// Their wall time.
    pub elapsed: Duration,
}

/// What ran where.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The last [`EVENTS_KEPT`] operations, in the order in which they ended.
    pub events: VecDeque<Event>,
    /// All operations, by what they are, their group, and [`Place::label`].
    pub totals: BTreeMap<(Operation, &'static str, &'static str), Total>,
    /// What all jobs on the card cost.
    pub usage: Usage,
}

impl Report {
    pub(crate) fn record(&mut self, event: Event) {
        if let Place::Card(usage) = event.place {
            self.usage += usage;
        }
        let key = (event.operation, event.group, event.place.label());
        let total = self.totals.entry(key).or_default();
        total.calls += 1;
        total.elements += event.length as u64;
        total.elapsed += event.elapsed;
        if self.events.len() == EVENTS_KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Operations of this kind that a card did.
    pub fn on_card(&self, operation: Operation) -> u64 {
        self.calls(operation, |place| place == CARD)
    }

    /// Operations of this kind that the CPU did, for whatever reason.
    pub fn on_cpu(&self, operation: Operation) -> u64 {
        self.calls(operation, |place| place != CARD)
    }

    fn calls(&self, operation: Operation, place: impl Fn(&str) -> bool) -> u64 {
        self.totals
            .iter()
            .filter(|((what, _, found), _)| *what == operation && place(found))
            .map(|(_, total)| total.calls)
            .sum()
    }
}

impl fmt::Display for Report {
    /// A table of the events, then what the card's jobs cost.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18}{:<14}{:>9}  {:>10}  where",
            "operation", "group", "size", "time"
        )?;
        for event in &self.events {
            writeln!(
                f,
                "{:<18}{:<14}{:>9}  {:>7.1} ms  {}",
                event.operation,
                event.group,
                event.length,
                event.elapsed.as_secs_f64() * 1e3,
                event.place
            )?;
        }
        self.usage.fmt(f)
    }
}

static PROCESS: Mutex<Option<Report>> = Mutex::new(None);

/// What this process did so far, inside and outside of scopes.
pub fn report() -> Report {
    lock(&PROCESS).clone().unwrap_or_default()
}

pub(crate) fn record(event: Event) {
    tracing::debug!(
        operation = %event.operation, group = event.group, length = event.length,
        place = %event.place, elapsed = ?event.elapsed,
    );
    lock(&PROCESS).get_or_insert_default().record(event);
}

/// A lock whose data stay valid when a holder panics.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
