//! The parts of a proof whose vectors go to the card once and stay there.

use std::{sync::Mutex, time::Instant};

use ark_poly::{EvaluationDomain, GeneralEvaluationDomain};
use gristmill_driver::{Density, NttDirection, VectorTransform};

use crate::{
    backend::{ResidentScalars, ResidentVectors, Usage},
    bases::{Attempt, Bases},
    card_field::{self, CardField},
    error::Error,
    layout::{CardGroup, Scalars},
    report::{Event, Operation, Place, Reason, lock},
    scope,
    session::Session,
};

/// Vectors in the memory of the session's card, if it would be given the work.
fn reserve<F: CardField>(
    session: &Session,
    length: usize,
    count: usize,
) -> Result<Box<dyn ResidentVectors>, Reason> {
    let card = session
        .card()
        .map_err(|error| Reason::Failed(error.clone()))?;
    if length == 0 {
        return Err(Reason::Empty);
    }
    if !card.keeps_vectors(F::FIELD, length, count) {
        return Err(Reason::Unsupported);
    }
    if length < session.threshold() {
        return Err(Reason::TooSmall);
    }
    card.vectors(F::FIELD, length, count)
        .map_err(Reason::Failed)
}

/// Scalars that several sums use, and their copy on the card.
pub(crate) struct Staged<'a, F> {
    scalars: &'a [F],
    on_card: Result<Box<dyn ResidentVectors>, Reason>,
    density: Density,
    /// What the copy cost, until a sum has told of it.
    untold: Mutex<Usage>,
}

impl<'a, F: CardField> Staged<'a, F> {
    /// Copies the scalars to the session's card; where that fails, each sum sends its own.
    pub(crate) fn new(session: &Session, scalars: &'a [F]) -> Self {
        let mut untold = Usage::default();
        let on_card = reserve::<F>(session, scalars.len(), 1).and_then(|vectors| {
            let sent = card_field::with_bytes(scalars, |bytes| vectors.upload(0, bytes));
            untold += sent.map_err(Reason::Failed)?;
            Ok(vectors)
        });
        Self {
            scalars,
            on_card,
            density: density(scalars),
            untold: Mutex::new(untold),
        }
    }

    /// The sum of the scalars from `first` on times the points; the surplus is ignored.
    ///
    /// # Errors
    /// As [`Session::msm`].
    pub(crate) fn msm<G: CardGroup<ScalarField = F>>(
        &self,
        session: &Session,
        bases: &Bases<'_, G>,
        first: usize,
    ) -> Result<G, Error> {
        let started = Instant::now();
        let scalars = self.scalars.get(first..).unwrap_or_default();
        let count = scalars.len().min(bases.len());
        let (Ok(on_card), Ok(vectors)) = (&bases.on_card, &self.on_card) else {
            return session.msm(bases, scalars);
        };
        if count == 0 || count < session.threshold() {
            return session.msm(bases, scalars);
        }
        let scalars = Scalars::Montgomery(&scalars[..count]);
        let resident = ResidentScalars {
            vectors: &**vectors,
            vector: 0,
            first,
            count,
            density: self.density,
        };
        let result = on_card.msm_resident(bases.first, &resident, Some(&scalars));
        let result = result.map(|(sum, mut usage)| {
            usage += std::mem::take(&mut *lock(&self.untold));
            (sum, usage)
        });
        let attempt = Attempt {
            points: &bases.points[..count],
            scalars,
            started,
            result: result.map_err(Reason::Failed),
        };
        if let Some(error) = session.refusal(&attempt.result) {
            return Err(error);
        }
        let (sum, event) = attempt.complete();
        scope::record(event);
        Ok(sum)
    }
}

/// How many of the scalars are 0 and 1, by every 64th of them.
fn density<F: CardField>(scalars: &[F]) -> Density {
    let (mut zero, mut light, mut seen) = (0, 0, 0);
    for scalar in scalars.iter().step_by(64) {
        seen += 1;
        zero += u32::from(scalar.is_zero());
        light += u32::from(scalar.is_one());
    }
    let seen = f64::from(seen.max(1));
    Density {
        zero: f64::from(zero) / seen,
        light: f64::from(light) / seen,
    }
}

/// The vectors of a witness map, and what is to become of them.
pub(crate) struct Quotient<'a, F: CardField> {
    /// Where the three vectors, which stand one behind the other, are the values of polynomials A, B and C.
    pub(crate) domain: &'a GeneralEvaluationDomain<F>,
    /// Where A B - C is computed.
    pub(crate) coset: &'a GeneralEvaluationDomain<F>,
    /// 1/Z of the coset if the scalars are the coefficients of (A B - C)/Z, none if they are the values of A B - C.
    pub(crate) inverse_vanishing: Option<F>,
    pub(crate) values: &'a [F],
}

impl<F: CardField> Quotient<'_, F> {
    /// The sum of the scalars that the vectors become times the points; all in card memory but the vectors' way
    /// there. Only for a check the scalars come back.
    pub(crate) fn sum<G: CardGroup<ScalarField = F>>(
        &self,
        session: &Session,
        bases: &Bases<'_, G>,
    ) -> Result<(G, Vec<Event>), Reason> {
        let size = self.domain.size();
        let on_card = bases.on_card.as_ref().map_err(Clone::clone)?;
        let count = size.min(bases.len());
        if count == 0 {
            return Err(Reason::Empty);
        }
        if count < session.threshold() {
            return Err(Reason::TooSmall);
        }
        let vectors = reserve::<F>(session, size, 3)?;
        let mut steps = Steps::<F>::new(size);
        let mut sent = Usage::default();
        for (i, values) in self.values.chunks(size).enumerate() {
            let copied = card_field::with_bytes(values, |bytes| vectors.upload(i, bytes));
            sent += copied.map_err(Reason::Failed)?;
        }
        let transform = |range, direction, offset: Option<F>, scale: Option<F>| {
            let bytes =
                |element: Option<F>| element.map(|element| card_field::to_bytes(&[element]));
            let (offset, scale) = (bytes(offset), bytes(scale));
            let transform = VectorTransform {
                direction,
                offset: offset.as_deref(),
                scale: scale.as_deref(),
            };
            vectors.transform(range, &transform).map_err(Reason::Failed)
        };
        let offset = Some(self.coset.coset_offset());
        sent += transform(0..3, NttDirection::Inverse, None, None)?;
        steps.done(Operation::Ifft, 3, sent);
        let usage = transform(0..3, NttDirection::Forward, offset, None)?;
        steps.done(Operation::CosetFft, 3, usage);
        let mut usage = vectors
            .multiply_subtract([0, 1, 2])
            .map_err(Reason::Failed)?;
        let mut come_back = None;
        if let Some(scale) = self.inverse_vanishing {
            steps.done(Operation::MultiplySubtract, 1, usage);
            usage = transform(0..1, NttDirection::Inverse, offset, Some(scale))?;
        }
        if session.checks() {
            let (scalars, copied) = self.check(&*vectors)?;
            usage += copied;
            come_back = Some(scalars);
        }
        let last = match self.inverse_vanishing {
            Some(_) => Operation::CosetIfft,
            None => Operation::MultiplySubtract,
        };
        steps.done(last, 1, usage);
        let resident = ResidentScalars {
            vectors: &*vectors,
            vector: 0,
            first: 0,
            count,
            density: Density::UNIFORM,
        };
        let scalars = come_back.as_ref();
        let scalars = scalars.map(|scalars| Scalars::Montgomery(&scalars[..count]));
        let sum = on_card.msm_resident(bases.first, &resident, scalars.as_ref());
        let (sum, usage) = sum.map_err(Reason::Failed)?;
        let mut events = steps.events;
        events.push(Event {
            operation: Operation::Msm,
            group: G::NAME,
            length: count,
            place: Place::Card(usage),
            elapsed: steps.since.elapsed(),
        });
        Ok((sum, events))
    }

    /// Brings the scalars back and compares them with the values at a random point. A B - C is Z times what the
    /// scalars stand for, for every assignment that satisfies its constraints; wrong scalars pass with a probability of
    /// about their number over the field's size.
    fn check(&self, vectors: &dyn ResidentVectors) -> Result<(Vec<F>, Usage), Reason> {
        let size = self.domain.size();
        let mut scalars = vec![F::zero(); size];
        let read = |bytes: &mut [u8]| vectors.download(0, bytes);
        let usage = card_field::with_bytes_mut(&mut scalars, read).map_err(Reason::Failed)?;
        let point = card_field::random_point::<F>();
        let mut values = self.values.chunks(size);
        let mut value = || {
            let values = values.next().unwrap_or_default();
            card_field::by_values(self.domain, values, point)
        };
        let (a, b, c) = (value(), value(), value());
        let vanishing = self.domain.evaluate_vanishing_polynomial(point);
        let quotient = match self.inverse_vanishing {
            Some(_) => card_field::by_coefficients(&scalars, point),
            // On the coset Z has one value.
            None => {
                let offset = self.coset.coset_offset();
                let on_coset = self.domain.evaluate_vanishing_polynomial(offset);
                let inverse = on_coset.inverse().unwrap_or_else(F::zero);
                card_field::by_values(self.coset, &scalars, point) * inverse
            }
        };
        match a * b - c == quotient * vanishing {
            true => Ok((scalars, usage)),
            false => Err(Reason::Failed(Error::CheckFailed)),
        }
    }
}

/// What was done so far, and since when the next of it is under way.
struct Steps<F> {
    since: Instant,
    size: usize,
    events: Vec<Event>,
    field: std::marker::PhantomData<F>,
}

impl<F: CardField> Steps<F> {
    fn new(size: usize) -> Self {
        Self {
            since: Instant::now(),
            size,
            events: Vec::new(),
            field: std::marker::PhantomData,
        }
    }

    /// A job has done this operation so many times; an event for each, and its cost with the first.
    fn done(&mut self, operation: Operation, times: u32, mut usage: Usage) {
        let elapsed = self.since.elapsed() / times.max(1);
        for _ in 0..times {
            self.events.push(Event {
                operation,
                group: F::FIELD.name(),
                length: self.size,
                place: Place::Card(std::mem::take(&mut usage)),
                elapsed,
            });
        }
        self.since = Instant::now();
    }
}
