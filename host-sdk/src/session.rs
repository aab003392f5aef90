//! A card with the policy for its use, and the explicit API over it.

use std::{sync::Arc, time::Instant};

use ark_poly::GeneralEvaluationDomain;
use gristmill_driver::{Card, NttDirection};

use crate::{
    backend::Backend,
    bases::{Attempt, Bases, OnCard},
    card::DriverCard,
    card_field::CardField,
    check::Check,
    choice::{
        CARD_VARIABLE, CHECK_VARIABLE, CardChoice, CardProvider, FALLBACK_VARIABLE, Fallback,
        choose, machine_cards, parse_check,
    },
    domain,
    error::Error,
    layout::{CardGroup, Scalars, point_bytes},
    report::Reason,
    scope,
};

/// From how many pairs a card pays that nobody chose by name. Below it the transfers and the host's last
/// additions take longer than the CPU does.
pub const AUTO_THRESHOLD: usize = 1 << 14;

/// A card, or the lack of one, and what to do with it. Clones share the card.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    card: Result<Arc<dyn Backend>, Error>,
    fallback: Fallback,
    check: bool,
    threshold: usize,
}

/// Makes a [`Session`] step by step: by default without a card, with fallback, without checks.
#[derive(Clone)]
pub struct SessionBuilder {
    card: Result<Arc<dyn Backend>, Error>,
    fallback: Fallback,
    check: bool,
    threshold: usize,
}

impl SessionBuilder {
    /// Uses this card.
    pub fn card(mut self, card: Arc<dyn Backend>) -> Self {
        self.card = Ok(card);
        self
    }

    /// Opens this card and uses it. Where it cannot be opened, the session is one without a card, and the error is
    /// what its operations tell.
    pub fn open(mut self, card: &dyn CardProvider) -> Self {
        self.card = card.open();
        self
    }

    /// What happens to operations that the card does not do.
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// Whether each result is checked, a sum by a second job and a transform at a random point, see
    /// `GRISTMILL_CHECK`.
    pub fn check(mut self, check: bool) -> Self {
        self.check = check;
        self
    }

    /// Pairs below which an MSM stays on the CPU, and elements of 32 bytes (or smaller ones of as many bytes)
    /// below which a transform does; 0 by default. Ignored under [`Fallback::Never`].
    pub fn threshold(mut self, pairs: usize) -> Self {
        self.threshold = pairs;
        self
    }

    /// The session.
    pub fn build(self) -> Session {
        Session {
            inner: Arc::new(Inner {
                card: self.card,
                threshold: match self.fallback {
                    Fallback::Cpu => self.threshold,
                    Fallback::Never => 0,
                },
                fallback: self.fallback,
                check: self.check,
            }),
        }
    }
}

impl Session {
    /// A session by parts.
    pub fn builder() -> SessionBuilder {
        SessionBuilder {
            card: Err(Error::NoCard),
            fallback: Fallback::default(),
            check: false,
            threshold: 0,
        }
    }

    /// The session that `GRISTMILL_CARD`, `GRISTMILL_FALLBACK` and `GRISTMILL_CHECK` ask for. No card at all
    /// is no error here if the choice was `auto` or `off`.
    ///
    /// # Errors
    /// [`Error::Environment`] for values that make no sense; what [`choose`] and
    /// [`CardProvider::open`](crate::CardProvider::open) return for a card chosen by name.
    pub fn from_environment() -> Result<Self, Error> {
        let (session, error) = Self::from_variables(|name| std::env::var(name).ok());
        match error {
            None | Some(Error::Off | Error::NoCard) => Ok(session),
            Some(error) => Err(error),
        }
    }

    /// As [`Session::from_environment`]; where that has an error, the session's operations have it.
    pub(crate) fn from_environment_or_failing() -> Self {
        Self::from_variables(|name| std::env::var(name).ok()).0
    }

    /// The session for these variables, and why it has no card. Where they make no sense it fails all work
    /// that may fail, and checks what it can: the user asked for something, and shall not get less.
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> (Self, Option<Error>) {
        let choice = variable(CARD_VARIABLE).map_or(Ok(CardChoice::Auto), |text| text.parse());
        let fallback = variable(FALLBACK_VARIABLE).map_or(Ok(Fallback::Cpu), |text| text.parse());
        let check = variable(CHECK_VARIABLE).map_or(Ok(false), |text| parse_check(&text));
        let card = match (&choice, &fallback, &check) {
            (Ok(choice), Ok(_), Ok(_)) => {
                choose(choice, &machine_cards()).and_then(|card| card.open())
            }
            (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => Err(error.clone()),
        };
        let error = card.as_ref().err().cloned();
        let builder = SessionBuilder {
            card,
            fallback: fallback.unwrap_or(Fallback::Never),
            check: check.unwrap_or(true),
            threshold: match choice {
                Ok(CardChoice::Auto) => AUTO_THRESHOLD,
                _ => 0,
            },
        };
        (builder.build(), error)
    }

    /// The card, or why there is none.
    pub fn card(&self) -> Result<&Arc<dyn Backend>, &Error> {
        self.inner.card.as_ref()
    }

    /// What happens to operations that the card does not do.
    pub fn fallback(&self) -> Fallback {
        self.inner.fallback
    }

    /// Puts points on the card, for any number of sums.
    ///
    /// # Errors
    /// Under [`Fallback::Never`], whatever keeps the points from getting there. Else none: the sums over
    /// them will be the CPU's work.
    pub fn load_bases<'a, G: CardGroup>(
        &self,
        points: &'a [G::Affine],
    ) -> Result<Bases<'a, G>, Error> {
        let on_card = self.put_on_card(points);
        match self.refusal(&on_card) {
            Some(error) => Err(error),
            None => Ok(Bases::new(points, 0, on_card)),
        }
    }

    /// The values of a polynomial on the domain, by its coefficients; missing ones are zero.
    ///
    /// # Errors
    /// Under [`Fallback::Never`], whatever kept the card from computing it.
    pub fn fft<F: CardField>(
        &self,
        domain: &GeneralEvaluationDomain<F>,
        coefficients: &mut Vec<F>,
    ) -> Result<(), Error> {
        domain::transform(self, domain, NttDirection::Forward, coefficients)
    }

    /// The coefficients of a polynomial, by its values on the domain; missing ones are zero.
    ///
    /// # Errors
    /// As [`Session::fft`].
    pub fn ifft<F: CardField>(
        &self,
        domain: &GeneralEvaluationDomain<F>,
        values: &mut Vec<F>,
    ) -> Result<(), Error> {
        domain::transform(self, domain, NttDirection::Inverse, values)
    }

    /// The sum of scalars times points. If the lengths differ, the surplus is ignored, as arkworks does.
    ///
    /// # Errors
    /// Under [`Fallback::Never`], whatever kept the card from computing it.
    pub fn msm<G: CardGroup>(
        &self,
        bases: &Bases<'_, G>,
        scalars: &[G::ScalarField],
    ) -> Result<G, Error> {
        let attempt = self.attempt(bases, Scalars::Montgomery(scalars), Instant::now());
        match self.refusal(&attempt.result) {
            Some(error) => Err(error),
            None => {
                let (sum, event) = attempt.complete();
                scope::record(event);
                Ok(sum)
            }
        }
    }

    /// Size below which an operation stays on the CPU.
    pub(crate) fn threshold(&self) -> usize {
        self.inner.threshold
    }

    /// Whether results are checked.
    pub(crate) fn checks(&self) -> bool {
        self.inner.check
    }

    /// Whether the two are clones of one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn put_on_card<G: CardGroup>(
        &self,
        points: &[G::Affine],
    ) -> Result<Arc<OnCard<G>>, Reason> {
        if points.is_empty() {
            return Err(Reason::Empty);
        }
        let card = self.card().map_err(|error| Reason::Failed(error.clone()))?;
        if card.engine(G::CURVE).is_none() {
            return Err(Reason::Failed(Error::NoEngine(G::CURVE)));
        }
        if points.len() < self.inner.threshold {
            return Err(Reason::TooSmall);
        }
        let resident = card
            .load(G::CURVE, point_bytes::<G>(points))
            .map_err(Reason::Failed)?;
        let check = self.inner.check.then(|| Check::new(points));
        Ok(Arc::new(OnCard { resident, check }))
    }

    /// Tries the card with what was begun at `started`.
    pub(crate) fn attempt<'a, G: CardGroup>(
        &self,
        bases: &Bases<'a, G>,
        scalars: Scalars<'a, G::ScalarField>,
        started: Instant,
    ) -> Attempt<'a, G> {
        let length = bases.points.len().min(scalars.len());
        let scalars = scalars.first(length);
        let result = match &bases.on_card {
            Err(reason) => Err(reason.clone()),
            Ok(_) if length == 0 => Err(Reason::Empty),
            Ok(_) if length < self.inner.threshold => Err(Reason::TooSmall),
            Ok(on_card) => on_card.msm(bases.first, scalars).map_err(Reason::Failed),
        };
        Attempt {
            points: &bases.points[..length],
            scalars,
            started,
            result,
        }
    }

    /// The error with which the policy answers a result, if it does.
    pub(crate) fn refusal<T>(&self, result: &Result<T, Reason>) -> Option<Error> {
        match (self.inner.fallback, result) {
            (Fallback::Never, Err(reason)) => reason.error().cloned(),
            _ => None,
        }
    }
}

impl From<Arc<Card>> for Session {
    /// The card, with fallback and without checks.
    fn from(card: Arc<Card>) -> Self {
        let card = Arc::new(DriverCard::new(card));
        Self::builder().card(card).build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(variables: &[(&str, &str)]) -> (Session, Option<Error>) {
        Session::from_variables(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some((*value).into())
        })
    }

    #[test]
    fn nothing_set_is_auto_with_fallback() {
        let (session, error) = session(&[]);
        assert!(matches!(error, Some(Error::NoCard)));
        assert_eq!(session.fallback(), Fallback::Cpu);
        assert_eq!(session.inner.threshold, AUTO_THRESHOLD);
        assert!(!session.inner.check);
    }

    #[test]
    fn a_named_card_that_nobody_reaches() {
        let (session, error) = session(&[(CARD_VARIABLE, "vfio:ffff:ff:1f.7")]);
        assert!(matches!(error, Some(Error::Card(_))));
        assert!(session.card().is_err());
    }

    #[test]
    fn nonsense_fails_rather_than_falls_back() {
        let (session, error) = session(&[(CARD_VARIABLE, "off"), (FALLBACK_VARIABLE, "nver")]);
        assert!(matches!(error, Some(Error::Environment { .. })));
        assert_eq!(session.fallback(), Fallback::Never);
    }

    #[test]
    fn never_knows_no_threshold() {
        let (session, _) = session(&[(FALLBACK_VARIABLE, "never"), (CHECK_VARIABLE, "1")]);
        assert_eq!(session.inner.threshold, 0);
        assert!(session.inner.check);
    }
}
