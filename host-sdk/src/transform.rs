//! Transforms of elements as bytes: the seam that arkworks' domain and other ecosystems' share.

use std::{sync::Arc, time::Instant};

use gristmill_driver::{NttDirection, NttOrder, NttShape};

use crate::{
    backend::{Backend, Usage},
    error::Error,
    report::{Event, Operation, Place, Reason},
    scope::Context,
    session::Session,
};

/// A batch of transforms, without its elements.
#[derive(Clone, Copy, Debug)]
pub struct Transform<'a> {
    /// Field, sizes and layout, see [`NttShape`].
    pub shape: NttShape,
    /// Direction; forward for an extension.
    pub direction: NttDirection,
    /// Order of the input.
    pub input_order: NttOrder,
    /// Order of the output.
    pub output_order: NttOrder,
    /// The coset offset in memory form, not zero; `None` for 1. That of an extension's second half.
    pub offset: Option<&'a [u8]>,
}

impl Transform<'_> {
    /// What it counts as.
    pub fn operation(&self) -> Operation {
        match (self.shape.extension_log2, self.direction, self.offset) {
            (Some(_), _, _) => Operation::Extension,
            (None, NttDirection::Forward, None) => Operation::Fft,
            (None, NttDirection::Forward, Some(_)) => Operation::CosetFft,
            (None, NttDirection::Inverse, None) => Operation::Ifft,
            (None, NttDirection::Inverse, Some(_)) => Operation::CosetIfft,
        }
    }

    /// Elements of all outputs.
    fn elements(&self) -> usize {
        let bytes = self.shape.output_bytes().unwrap_or(0);
        bytes / self.shape.field.element_bytes()
    }
}

/// A transform that the card has done or declined. Whoever is told that it declined computes it, and then
/// calls [`Self::finish`].
#[must_use = "what ran where is told by `finish`"]
pub struct Offload {
    context: Context,
    started: Instant,
    operation: Operation,
    group: &'static str,
    length: usize,
    result: Result<Usage, Reason>,
}

impl Offload {
    /// Tries the card of the scope that this thread is in, else that of the process. `input` and `output`
    /// are tightly packed elements in memory form; after a success `output` has the results. `accept` is
    /// told whether the session checks results, and looks at them; they are not handed back if it says no.
    pub fn attempt(
        transform: &Transform<'_>,
        input: &[u8],
        output: &mut [u8],
        accept: impl FnOnce(bool, &[u8]) -> bool,
    ) -> Self {
        let started = Instant::now();
        let context = Context::of_thread();
        let result = context
            .session()
            .transform(transform, input, output, accept);
        let operation = transform.operation();
        let group = transform.shape.field.name();
        Self::begun(
            context,
            started,
            operation,
            group,
            transform.elements(),
            result,
        )
    }

    /// Whether that card would be given the transform: memory for the output is only worth having then.
    pub fn is_offered(transform: &Transform<'_>) -> bool {
        Context::of_thread().session().offers(transform).is_ok()
    }

    /// One that is not attempted, as [`Self::is_offered`] said no.
    pub fn declined(transform: &Transform<'_>) -> Self {
        Self::attempt(transform, &[], &mut [], |_, _| false)
    }

    /// One that no card does.
    pub(crate) fn unsupported(operation: Operation, group: &'static str, length: usize) -> Self {
        let context = Context::of_thread();
        let result = Err(Reason::Unsupported);
        Self::begun(context, Instant::now(), operation, group, length, result)
    }

    pub(crate) fn begun(
        context: Context,
        started: Instant,
        operation: Operation,
        group: &'static str,
        length: usize,
        result: Result<Usage, Reason>,
    ) -> Self {
        Self {
            context,
            started,
            operation,
            group,
            length,
            result,
        }
    }

    /// The error with which the policy answers, if it does.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.context.session().refusal(&self.result)
    }

    /// Whether the card has done it.
    pub fn is_on_card(&self) -> bool {
        self.result.is_ok()
    }

    /// Counts it, where it ran and how long it took.
    ///
    /// # Panics
    /// Under [`Fallback::Never`](crate::Fallback::Never), outside of scopes, with the error of the card.
    pub fn finish(self) {
        let refusal = self.refusal();
        self.context.record(Event {
            operation: self.operation,
            group: self.group,
            length: self.length,
            place: match self.result {
                Ok(usage) => Place::Card(usage),
                Err(reason) => Place::Cpu(reason),
            },
            elapsed: self.started.elapsed(),
        });
        if let Some(error) = refusal {
            self.context.fail(error);
        }
    }
}

impl Session {
    /// The card, if it is to be tried.
    fn offers(&self, transform: &Transform<'_>) -> Result<&Arc<dyn Backend>, Reason> {
        let card = self.card().map_err(|error| Reason::Failed(error.clone()))?;
        let engine = card.transform_engine(transform.shape.field);
        let fits = |size_log2| transform.shape.output_size_log2() <= size_log2;
        if !engine.is_some_and(|engine| fits(engine.size_log2)) {
            return Err(Reason::Unsupported);
        }
        match transform.shape.output_bytes() {
            None => Err(Reason::Unsupported),
            Some(0) => Err(Reason::Empty),
            Some(bytes) if bytes / 32 < self.threshold() => Err(Reason::TooSmall),
            Some(_) => Ok(card),
        }
    }

    /// Tries the card.
    pub(crate) fn transform(
        &self,
        transform: &Transform<'_>,
        input: &[u8],
        output: &mut [u8],
        accept: impl FnOnce(bool, &[u8]) -> bool,
    ) -> Result<Usage, Reason> {
        let card = self.offers(transform)?;
        if transform.shape.output_bytes() != Some(output.len()) {
            return Err(Reason::Failed(Error::Malformed(
                "a transform without room for its output",
            )));
        }
        let usage = card
            .transform(transform, input, output)
            .map_err(Reason::Failed)?;
        match accept(self.checks(), output) {
            true => Ok(usage),
            false => Err(Reason::Failed(Error::CheckFailed)),
        }
    }
}
