//! Transforms of elements as bytes: the seam that arkworks' domain and other ecosystems' share.

use std::time::Instant;

use gristmill_driver::{NttDirection, NttOrder, NttShape};

use crate::{
    backend::Usage,
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
        let bytes = self.shape.output_bytes().unwrap_or(usize::MAX);
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
    /// are tightly packed elements in memory form; after a success `output` has the results. `accept`
    /// looks at them if the session checks results; they are not handed back if it does not.
    pub fn attempt(
        transform: &Transform<'_>,
        input: &[u8],
        output: &mut [u8],
        accept: impl FnOnce(&[u8]) -> bool,
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

    /// One that does not reach the card, for this reason.
    pub(crate) fn declined(
        operation: Operation,
        group: &'static str,
        length: usize,
        reason: Reason,
    ) -> Self {
        let context = Context::of_thread();
        Self::begun(
            context,
            Instant::now(),
            operation,
            group,
            length,
            Err(reason),
        )
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
    /// Tries the card.
    pub(crate) fn transform(
        &self,
        transform: &Transform<'_>,
        input: &[u8],
        output: &mut [u8],
        accept: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Usage, Reason> {
        let card = self.card().map_err(|error| Reason::Failed(error.clone()))?;
        let engine = card.transform_engine(transform.shape.field);
        let fits = |size_log2| transform.shape.output_size_log2() <= size_log2;
        if !engine.is_some_and(|engine| fits(engine.size_log2)) {
            return Err(Reason::Unsupported);
        }
        if output.is_empty() {
            return Err(Reason::Empty);
        }
        if output.len() / 32 < self.threshold() {
            return Err(Reason::TooSmall);
        }
        let usage = card
            .transform(transform, input, output)
            .map_err(Reason::Failed)?;
        match !self.checks() || accept(output) {
            true => Ok(usage),
            false => Err(Reason::Failed(Error::CheckFailed)),
        }
    }
}
