//! Scopes: what an arkworks call inside them finds on the card, and where its outcome is told.
//!
//! arkworks passes slices. A slice is found again by its address, which is sound only as long as the
//! memory cannot be freed and reused: so a key is borrowed for the time of a closure, and its
//! queries are on the card for that time. Parts of a query are found by containment.

use std::{
    any::Any,
    cell::RefCell,
    ops::Range,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_groth16::ProvingKey;
use bytemuck::TransparentWrapper;

use crate::{
    bases::{Bases, OnCard},
    error::Error,
    group::AcceleratedAffine,
    installed::current,
    layout::{CardGroup, same_slice},
    pairing::Accelerated,
    report::{self, Event, Reason, Report, lock},
    session::Session,
};

/// What a scope returns: the closure's value and what ran where inside it.
#[derive(Clone, Debug)]
pub struct Scoped<R> {
    /// What the closure returned.
    pub value: R,
    /// The operations of the scope.
    pub report: Report,
}

struct Scope {
    session: Session,
    pinned: Vec<Pinned>,
    report: Mutex<Report>,
    failure: Mutex<Option<Error>>,
}

/// A slice of points that is on the card as long as its scope lasts.
struct Pinned {
    addresses: Range<usize>,
    /// `Result<Arc<OnCard<G>>, Reason>` for the group G of the points.
    on_card: Box<dyn Any + Send + Sync>,
}

thread_local! {
    static ENTERED: RefCell<Vec<Arc<Scope>>> = const { RefCell::new(Vec::new()) };
}
/// All scopes, as a scope's closure may hand work to other threads.
static ACTIVE: RwLock<Vec<Arc<Scope>>> = RwLock::new(Vec::new());

impl Session {
    /// Runs `work` with this session for the arkworks calls in it.
    ///
    /// # Errors
    /// Under [`Fallback::Never`](crate::Fallback::Never) the first error of such a call; the call itself was
    /// answered by the CPU, as arkworks has no way to return an error.
    pub fn scope<R>(&self, work: impl FnOnce() -> R) -> Result<Scoped<R>, Error> {
        self.run(Vec::new(), work)
    }

    /// As [`Session::scope`], with these points on the card. Points of groups without an engine stay on the host.
    ///
    /// # Errors
    /// As [`Session::scope`]; also, before `work` begins, that of the upload.
    pub fn with_bases<C: CurveGroup, R>(
        &self,
        points: &[AcceleratedAffine<C>],
        work: impl FnOnce() -> R,
    ) -> Result<Scoped<R>, Error> {
        self.run(self.pin_all(&[points])?, work)
    }

    /// As [`Session::scope`], with the key's queries in G1 on the card: each is uploaded once.
    ///
    /// # Errors
    /// As [`Session::with_bases`].
    pub fn with_key<E: Pairing, R>(
        &self,
        key: &ProvingKey<Accelerated<E>>,
        work: impl FnOnce() -> R,
    ) -> Result<Scoped<R>, Error> {
        let queries: [&[_]; 4] = [&key.h_query, &key.l_query, &key.a_query, &key.b_g1_query];
        self.run(self.pin_all(&queries)?, work)
    }

    fn pin_all<C: CurveGroup>(
        &self,
        slices: &[&[AcceleratedAffine<C>]],
    ) -> Result<Vec<Pinned>, Error> {
        let mut pinned = Vec::new();
        for slice in slices {
            let points = AcceleratedAffine::<C>::peel_slice(slice);
            pinned.extend(self.pin::<C, ark_bn254::G1Projective>(points)?);
            pinned.extend(self.pin::<C, ark_bls12_381::G1Projective>(points)?);
        }
        Ok(pinned)
    }

    /// Pins the points if C is G.
    fn pin<C: CurveGroup, G: CardGroup>(
        &self,
        points: &[C::Affine],
    ) -> Result<Option<Pinned>, Error> {
        let Some(points) = same_slice::<C::Affine, G::Affine>(points) else {
            return Ok(None);
        };
        let on_card = self.put_on_card::<G>(points);
        match self.refusal(&on_card) {
            Some(error) => Err(error),
            None => Ok(Some(Pinned {
                addresses: addresses(points),
                on_card: Box::new(on_card),
            })),
        }
    }

    fn run<R>(&self, pinned: Vec<Pinned>, work: impl FnOnce() -> R) -> Result<Scoped<R>, Error> {
        let entered = Entered::new(Scope {
            session: self.clone(),
            pinned,
            report: Mutex::default(),
            failure: Mutex::default(),
        });
        let value = work();
        let scope = entered.0.clone();
        drop(entered);
        if let Some(error) = lock(&scope.failure).take() {
            return Err(error);
        }
        let report = std::mem::take(&mut *lock(&scope.report));
        Ok(Scoped { value, report })
    }
}

/// [`Session::scope`] of the [`current`] session.
///
/// # Errors
/// As there.
pub fn scope<R>(work: impl FnOnce() -> R) -> Result<Scoped<R>, Error> {
    current().scope(work)
}

/// [`Session::with_key`] of the [`current`] session.
///
/// # Errors
/// As there.
pub fn with_key<E: Pairing, R>(
    key: &ProvingKey<Accelerated<E>>,
    work: impl FnOnce() -> R,
) -> Result<Scoped<R>, Error> {
    current().with_key(key, work)
}

/// [`Session::with_bases`] of the [`current`] session.
///
/// # Errors
/// As there.
pub fn with_bases<C: CurveGroup, R>(
    points: &[AcceleratedAffine<C>],
    work: impl FnOnce() -> R,
) -> Result<Scoped<R>, Error> {
    current().with_bases(points, work)
}

/// A scope while it lasts, also when its closure panics.
struct Entered(Arc<Scope>);

impl Entered {
    fn new(scope: Scope) -> Self {
        let scope = Arc::new(scope);
        ENTERED.with_borrow_mut(|entered| entered.push(scope.clone()));
        let mut active = ACTIVE.write().unwrap_or_else(PoisonError::into_inner);
        active.push(scope.clone());
        Self(scope)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let others = |scope: &Arc<Scope>| !Arc::ptr_eq(scope, &self.0);
        ENTERED.with_borrow_mut(|entered| entered.retain(others));
        let mut active = ACTIVE.write().unwrap_or_else(PoisonError::into_inner);
        active.retain(others);
    }
}

/// What an arkworks call finds: the session to use, and the scope to tell.
pub(crate) struct Context {
    session: Session,
    scope: Option<Arc<Scope>>,
}

impl Context {
    /// For a call without points.
    pub(crate) fn of_thread() -> Self {
        Self::in_scope(innermost())
    }

    /// For a call with points, and those points. Uploads them where no scope did.
    pub(crate) fn of_points<G: CardGroup>(points: &[G::Affine]) -> (Self, Bases<'_, G>) {
        let own = innermost();
        let session = own.as_ref().map(|scope| &scope.session);
        let active = ACTIVE.read().unwrap_or_else(PoisonError::into_inner);
        let found = find::<G>(&active, session, &addresses(points));
        drop(active);
        match found {
            Some((scope, first, on_card)) => (
                Self::in_scope(own.or(Some(scope))),
                Bases::new(points, first, on_card),
            ),
            None => {
                let context = Self::in_scope(own);
                let on_card = context.session.put_on_card(points);
                (context, Bases::new(points, 0, on_card))
            }
        }
    }

    /// For an explicit call of this session.
    pub(crate) fn of_session(session: &Session) -> Self {
        Self {
            session: session.clone(),
            scope: innermost(),
        }
    }

    fn in_scope(scope: Option<Arc<Scope>>) -> Self {
        let session = scope.as_ref().map_or_else(current, |s| s.session.clone());
        Self { session, scope }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Tells the scope and the process what ran.
    pub(crate) fn record(&self, event: Event) {
        if let Some(scope) = &self.scope {
            lock(&scope.report).record(event.clone());
        }
        report::record(event);
    }

    /// Fails the scope.
    ///
    /// # Panics
    /// With the error, if there is no scope: an arkworks call cannot return it, and under
    /// [`Fallback::Never`](crate::Fallback::Never) it must not be lost.
    pub(crate) fn fail(&self, error: Error) {
        match &self.scope {
            Some(scope) => {
                lock(&scope.failure).get_or_insert(error);
            }
            None => panic!("{error}"),
        }
    }
}

/// Tells the scope of this thread and the process what ran.
pub(crate) fn record(event: Event) {
    Context::of_thread().record(event);
}

fn innermost() -> Option<Arc<Scope>> {
    ENTERED.with_borrow(|entered| entered.last().cloned())
}

type Found<G> = (Arc<Scope>, usize, Result<Arc<OnCard<G>>, Reason>);

/// The last of the scopes, of this session if one is given, that pinned these addresses; their offset in
/// what it pinned, in points; and where that is.
fn find<G: CardGroup>(
    scopes: &[Arc<Scope>],
    session: Option<&Session>,
    addresses: &Range<usize>,
) -> Option<Found<G>> {
    let of_session = |scope: &&Arc<Scope>| session.is_none_or(|own| own.is(&scope.session));
    scopes.iter().rev().filter(of_session).find_map(|scope| {
        scope.pinned.iter().find_map(|pinned| {
            let inside = pinned.addresses.start <= addresses.start
                && addresses.end <= pinned.addresses.end
                && !addresses.is_empty();
            let on_card = inside.then(|| pinned.on_card.downcast_ref())??;
            let offset = (addresses.start - pinned.addresses.start) / size_of::<G::Affine>();
            Some((scope.clone(), offset, Clone::clone(on_card)))
        })
    })
}

fn addresses<A: AffineRepr>(points: &[A]) -> Range<usize> {
    let pointers = points.as_ptr_range();
    pointers.start.addr()..pointers.end.addr()
}
