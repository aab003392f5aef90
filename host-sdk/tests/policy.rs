//! Which card, and what happens without it.

mod common;

use std::sync::{Arc, atomic::Ordering};

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{UniformRand, Zero};
use ark_std::test_rng;
use common::{SoftwareCard, session};
use gristmill::{
    AcceleratedAffine, AcceleratedGroup, Error, Fallback, Operation, Place, Reason, Report, Session,
};

type Group = AcceleratedGroup<G1Projective>;
type Affine = AcceleratedAffine<G1Projective>;
type OtherGroup = AcceleratedGroup<ark_bls12_381::G1Projective>;

fn points<C: CurveGroup>(n: usize) -> Vec<AcceleratedAffine<C>> {
    let rng = &mut test_rng();
    (0..n)
        .map(|_| AcceleratedAffine(C::rand(rng).into_affine()))
        .collect()
}

fn scalars<F: UniformRand>(n: usize) -> Vec<F> {
    let rng = &mut test_rng();
    (0..n).map(|_| F::rand(rng)).collect()
}

fn stock(points: &[Affine], scalars: &[Fr]) -> G1Projective {
    let points: Vec<G1Affine> = points.iter().map(|point| point.0).collect();
    G1Projective::msm_unchecked(&points, scalars)
}

fn reason(report: &Report) -> &Reason {
    match &report.events[0].place {
        Place::Cpu(reason) => reason,
        Place::Card(_) => panic!("ran on the card"),
    }
}

#[test]
fn without_a_card_the_cpu_answers_and_says_why() {
    let (points, scalars) = (points(20), scalars(20));
    let session = Session::builder().build();
    let scoped = session
        .scope(|| Group::msm_unchecked(&points, &scalars))
        .unwrap();
    assert_eq!(scoped.value.0, stock(&points, &scalars));
    assert!(matches!(
        reason(&scoped.report),
        Reason::Failed(Error::NoCard)
    ));
}

#[test]
fn a_group_without_engine() {
    let (points, scalars) = (points(20), scalars(20));
    let (session, _) = session();
    let scoped = session
        .scope(|| OtherGroup::msm_unchecked(&points, &scalars))
        .unwrap();
    let inner: Vec<_> = points.iter().map(|point| point.0).collect();
    let expected = ark_bls12_381::G1Projective::msm_unchecked(&inner, &scalars);
    assert_eq!(scoped.value.0, expected);
    assert!(matches!(
        reason(&scoped.report),
        Reason::Failed(Error::NoEngine(_))
    ));
}

#[test]
fn too_small_to_pay() {
    let (points, scalars) = (points(20), scalars(20));
    let (card, switches) = SoftwareCard::new();
    let session = Session::builder().card(card.clone()).threshold(21).build();
    let scoped = session
        .with_bases(&points, || Group::msm_unchecked(&points, &scalars))
        .unwrap();
    assert_eq!(scoped.value.0, stock(&points, &scalars));
    assert!(matches!(reason(&scoped.report), Reason::TooSmall));
    assert_eq!(switches.loads.load(Ordering::Relaxed), 0);

    let never = Session::builder()
        .card(card)
        .threshold(21)
        .fallback(Fallback::Never)
        .build();
    let scoped = never
        .scope(|| Group::msm_unchecked(&points, &scalars))
        .unwrap();
    assert_eq!(scoped.report.on_card(Operation::Msm), 1);
}

#[test]
fn under_never_the_scope_fails_after_the_cpu_has_answered() {
    let (points, scalars) = (points(20), scalars(20));
    let (card, switches) = SoftwareCard::new();
    switches.refuse_msm.store(true, Ordering::Relaxed);
    let never = Session::builder()
        .card(card)
        .fallback(Fallback::Never)
        .build();
    let mut answer = None;
    let result = never.scope(|| answer = Some(Group::msm_unchecked(&points, &scalars)));
    assert!(matches!(result, Err(Error::Card(_))));
    assert_eq!(answer.unwrap().0, stock(&points, &scalars));
}

#[test]
fn under_never_a_failed_upload_ends_the_scope_before_it_begins() {
    let points: Vec<Affine> = points(20);
    let (card, switches) = SoftwareCard::new();
    switches.refuse_load.store(true, Ordering::Relaxed);
    let never = Session::builder()
        .card(card)
        .fallback(Fallback::Never)
        .build();
    let result = never.with_bases(&points, || panic!("must not run"));
    assert!(matches!(result, Err(Error::Card(_))));
}

#[test]
fn under_never_no_card_is_an_error_and_nothing_to_do_is_none() {
    let (points, scalars) = (points(20), scalars(20));
    let never = Session::builder().fallback(Fallback::Never).build();
    let result = never.scope(|| Group::msm_unchecked(&points, &scalars));
    assert!(matches!(result, Err(Error::NoCard)));
    let nothing = never.scope(|| Group::msm_unchecked(&points, &[])).unwrap();
    assert!(nothing.value.is_zero());
    assert!(matches!(reason(&nothing.report), Reason::Empty));
}

#[test]
fn a_worker_thread_finds_the_scope_by_its_points() {
    let (points, scalars) = (points(20), scalars(20));
    let (card, switches) = SoftwareCard::new();
    let never = Session::builder()
        .card(card)
        .fallback(Fallback::Never)
        .build();
    let work = || {
        std::thread::scope(|threads| {
            threads
                .spawn(|| Group::msm_unchecked(&points[4..], &scalars))
                .join()
                .unwrap()
        })
    };
    let scoped = never.with_bases(&points, work).unwrap();
    assert_eq!(scoped.value.0, stock(&points[4..], &scalars));
    assert_eq!(scoped.report.on_card(Operation::Msm), 1);
    assert_eq!(switches.loads.load(Ordering::Relaxed), 1);

    switches.refuse_msm.store(true, Ordering::Relaxed);
    assert!(matches!(
        never.with_bases(&points, work),
        Err(Error::Card(_))
    ));
}

#[test]
fn scopes_nest() {
    let (points, scalars) = (points(20), scalars(20));
    let (session, switches) = session();
    let off = Session::builder().build();
    let outer = session
        .with_bases(&points, || {
            let inner = off
                .scope(|| Group::msm_unchecked(&points[..3], &scalars))
                .unwrap();
            assert_eq!(inner.report.on_cpu(Operation::Msm), 1);
            Group::msm_unchecked(&points, &scalars)
        })
        .unwrap();
    assert_eq!(outer.report.events.len(), 1);
    assert_eq!(outer.report.on_card(Operation::Msm), 1);
    assert_eq!(switches.loads.load(Ordering::Relaxed), 1);
}

#[test]
fn a_scope_ends_when_its_closure_panics() {
    let points: Vec<Affine> = points(4);
    let (session, switches) = session();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        session.with_bases(&points, || panic!("on purpose"))
    }));
    assert!(panicked.is_err());
    let off = Session::builder().build();
    let scoped = off
        .scope(|| Group::msm_unchecked(&points, &scalars(4)))
        .unwrap();
    assert_eq!(scoped.report.on_card(Operation::Msm), 0);
    assert_eq!(switches.sums.load(Ordering::Relaxed), 0);
}

/// One test, as what is installed is there for the whole process.
#[test]
fn an_installed_session_serves_calls_outside_of_scopes() {
    let (points, scalars) = (points(7), scalars(7));
    let (card, switches) = SoftwareCard::new();
    let never = Session::builder()
        .card(Arc::clone(&card) as _)
        .fallback(Fallback::Never)
        .build();
    assert!(gristmill::install(never).is_none());
    assert_eq!(
        Group::msm(&points, &scalars).unwrap().0,
        stock(&points, &scalars)
    );
    assert_eq!(switches.sums.load(Ordering::Relaxed), 1);

    switches.refuse_msm.store(true, Ordering::Relaxed);
    let panicked = std::panic::catch_unwind(|| Group::msm(&points, &scalars));
    let message = *panicked.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(message, "the card failed: told to refuse");

    assert!(gristmill::uninstall().is_some());
    assert_eq!(
        Group::msm(&points, &scalars).unwrap().0,
        stock(&points, &scalars)
    );
    assert!(gristmill::report().on_card(Operation::Msm) >= 1);
    assert!(gristmill::report().on_cpu(Operation::Msm) >= 1);
}
