//! A prover whose card fails in mid-job, or cannot be opened: it finishes on the CPU, with the right proof, in time,
//! and the cause is named.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, Instant};

use ark_bn254::{Bn254, Fr};
use ark_ff::{Field, UniformRand};
use ark_groth16::{Groth16, Proof, ProvingKey};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable,
};
use ark_relations::lc;
use ark_snark::SNARK;
use gristmill::{
    Accelerated, AcceleratedReduction, CardChoice, DriverCard, Operation, Place, Reason, Report,
    Session, choose, key,
};
use gristmill_conformance::reference::{Faults, Mutation, ReferenceCard, ReferenceOptions};
use gristmill_driver::{Card, CardOptions, Loss};
use gristmill_protocol::{CurveId, FieldId};
use gristmill_sim::vfio_user::{ServedCard, Server};
use gristmill_vfio::VfioUser;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::card::{Reference, Served, eventually};

type Stock = Groth16<Bn254>;
type OnCard = Groth16<Accelerated<Bn254>, AcceleratedReduction>;

/// Wall time that a job may take.
const JOB: Duration = Duration::from_secs(4);
/// Wall time in which the server has to answer where it does not; elsewhere it has what a busy machine needs.
const IMPATIENCE: Duration = Duration::from_secs(1);
/// Names the variable with the socket for [`serve_for_another_process`].
const SOCKET: &str = "GRISTMILL_TEST_SOCKET";

/// Knowledge of where a chain of squarings plus one begins.
#[derive(Clone, Copy)]
struct Chain(Fr);

impl ConstraintSynthesizer<Fr> for Chain {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut value = self.0;
        let mut variable = system.new_witness_variable(|| Ok(value))?;
        for round in 0..30 {
            value = value.square() + Fr::ONE;
            let next = match round {
                29 => system.new_input_variable(|| Ok(value))?,
                _ => system.new_witness_variable(|| Ok(value))?,
            };
            let operand = || LinearCombination::from(variable);
            let square = lc!() + next - Variable::One;
            system.enforce_r1cs_constraint(operand, operand, || square.clone())?;
            variable = next;
        }
        Ok(())
    }
}

/// A key, the proof that stock arkworks makes with it, and how long that takes without a card.
struct Prover {
    key: ProvingKey<Accelerated<Bn254>>,
    expected: Proof<Bn254>,
    on_cpu: Duration,
}

fn circuit() -> Chain {
    Chain(Fr::from(7))
}

fn random() -> StdRng {
    StdRng::seed_from_u64(3)
}

fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| {
        let stock: ProvingKey<Bn254> =
            Stock::generate_random_parameters_with_reduction(circuit(), &mut random()).unwrap();
        let mut prover = Prover {
            expected: Stock::prove(&stock, circuit(), &mut random()).unwrap(),
            key: key::accelerate_proving_key(stock),
            on_cpu: Duration::MAX,
        };
        prover.on_cpu = prover.prove(&Session::builder().build(), || {}).1;
        prover
    })
}

impl Prover {
    /// Proves; `begin` is called when the key is where it is to be. What ran where, and how long it took.
    fn prove(&self, session: &Session, begin: impl FnOnce()) -> (Report, Duration) {
        let scoped = session.with_key(&self.key, || {
            begin();
            let started = Instant::now();
            let proof = OnCard::prove(&self.key, circuit(), &mut random()).unwrap();
            (proof, started.elapsed())
        });
        let scoped = scoped.unwrap();
        let (proof, took) = scoped.value;
        assert_eq!(key::stock_proof(proof), self.expected);
        (scoped.report, took)
    }
}

/// What sent operations to the CPU that were the card's.
fn causes(report: &Report) -> Vec<String> {
    let events = report.events.iter();
    let failures = events.filter_map(|event| match &event.place {
        Place::Cpu(reason @ Reason::Failed(_)) => Some(reason.to_string()),
        _ => None,
    });
    failures.collect()
}

#[track_caller]
fn assert_named(report: &Report, cause: &str) {
    let causes = causes(report);
    assert!(causes.iter().any(|told| told.contains(cause)), "{causes:?}");
}

/// In time: the deadline of one job, and what the CPU takes on a machine that may have become busier meanwhile.
#[track_caller]
fn assert_in_time(took: Duration) {
    let limit = JOB + 4 * prover().on_cpu;
    assert!(took < limit, "{took:?} of {limit:?}");
}

fn options() -> ReferenceOptions {
    ReferenceOptions::msm(CurveId::Bn254G1).and_ntt(FieldId::Bn254Fr)
}

fn open(path: &Path, patience: Duration) -> Arc<Card> {
    let options = CardOptions {
        liveness_interval: Duration::from_millis(5),
        patience: Duration::from_secs(5),
        ..CardOptions::default()
    };
    let transport = VfioUser::connect_with(path, patience).unwrap();
    Card::open(Arc::new(transport), options).unwrap()
}

fn session(card: &Arc<Card>) -> Session {
    let card = DriverCard::with_patience(card.clone(), JOB);
    Session::builder().card(Arc::new(card)).build()
}

/// A served card in use.
struct Scene {
    served: Served,
    card: Arc<Card>,
}

impl Scene {
    fn new() -> Self {
        Self::with_patience(gristmill_vfio::user::PATIENCE)
    }

    fn with_patience(patience: Duration) -> Self {
        let served = Served::with(options());
        let card = open(&served.path(), patience);
        Self { served, card }
    }

    /// Proves, and breaks something while a job of the proof is in flight, which would not end before its deadline.
    #[track_caller]
    fn falls_back(&mut self, fault: impl FnOnce(&mut Served, &Card) + Send, cause: &str) {
        let Self { served, card } = self;
        let card: &Arc<Card> = card;
        let reference = served.card.clone();
        let session = session(card);
        let (report, took) = std::thread::scope(|scope| {
            let (begun, begins) = mpsc::channel();
            scope.spawn(move || {
                let before = begins.recv().unwrap();
                eventually("a job is in flight", || card.counters().submitted > before);
                std::thread::sleep(Duration::from_millis(20));
                fault(served, card);
            });
            prover().prove(&session, || {
                reference.inject(|faults| faults.slow_milliseconds = 60_000);
                begun.send(card.counters().submitted).unwrap();
            })
        });
        assert_named(&report, cause);
        assert_in_time(took);
    }
}

#[test]
fn a_healthy_card_does_it_all() {
    let scene = Scene::new();
    let (report, _) = prover().prove(&session(&scene.card), || {});
    assert_eq!(causes(&report), [""; 0]);
    assert_eq!(report.on_card(Operation::Msm), 4);
}

#[test]
fn all_ones() {
    Scene::new().falls_back(
        |served, _| served.card.inject(|faults| faults.gone = true),
        "the card is gone: its identity reads 0xffffffff",
    );
}

#[test]
fn the_server_goes() {
    Scene::new().falls_back(|served, _| served.server = None, "closed the connection");
}

#[test]
fn a_late_reply() {
    Scene::with_patience(IMPATIENCE).falls_back(
        |served, _| {
            let late = 2 * IMPATIENCE.as_millis() as u64;
            served.reference.read_delay.store(late, Ordering::Relaxed);
        },
        "a register read did not finish within",
    );
}

#[test]
fn a_reset() {
    Scene::new().falls_back(
        |served, card| {
            card.recover().unwrap();
            // the jobs behind the reset are the card's again
            served.card.inject(|faults| faults.slow_milliseconds = 0);
        },
        "the card was reset in mid-job",
    );
}

#[test]
fn an_error_of_the_bus() {
    Scene::new().falls_back(
        |served, _| *served.reference.failure.lock().unwrap() = Some("stopped".into()),
        "the bus reports an error that the card does not recover from",
    );
}

#[test]
fn a_removal() {
    Scene::new().falls_back(
        |served, _| served.server.as_ref().unwrap().request_removal(),
        "the system asks for the card back",
    );
}

#[test]
fn memory_that_is_gone_for_the_whole_card() {
    // the rings are out of reach too: what is in flight ends, what comes next cannot be fetched
    Scene::new().falls_back(
        |served, _| {
            served.reference.host_memory().connect(false);
            served.card.inject(|faults| faults.slow_milliseconds = 0);
        },
        "the card stopped queue 0: HostMemoryError",
    );
}

#[test]
fn an_access_outside_of_the_maps() {
    let scene = Scene::new();
    let (report, took) = prover().prove(&session(&scene.card), || {
        scene.served.card.inject(|faults| faults.memory_errors = 1);
    });
    let causes = causes(&report);
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert_named(&report, "HostMemoryError");
    assert_in_time(took);
    assert_eq!(scene.card.loss(), None);
}

#[test]
fn lost_interrupts_send_nothing_to_the_cpu() {
    let scene = Scene::new();
    let drop_interrupts = || {
        scene
            .served
            .card
            .inject(|faults| faults.drop_interrupts = true)
    };
    let (report, took) = prover().prove(&session(&scene.card), drop_interrupts);
    assert_eq!(causes(&report), [""; 0]);
    assert!(scene.card.counters().lost_interrupts > 0);
    assert_in_time(took);
}

#[test]
fn a_job_that_takes_too_long() {
    let scene = Scene::new();
    let session = session(&scene.card);
    let points: Vec<_> = (0..8)
        .map(|_| ark_bn254::G1Affine::rand(&mut random()))
        .collect();
    let scalars: Vec<_> = (0..8).map(|_| Fr::rand(&mut random())).collect();
    let expected: ark_bn254::G1Projective = points
        .iter()
        .zip(&scalars)
        .map(|(point, scalar)| *point * scalar)
        .sum();
    let bases = session.load_bases::<ark_bn254::G1Projective>(&points);
    let bases = bases.unwrap();
    let sum = || session.msm(&bases, &scalars).unwrap();
    // the first sum has the memory made that it works in: the next one is a single job
    assert_eq!(sum(), expected);
    let slow = |faults: &mut Faults| faults.slow_milliseconds = 60_000;
    scene.served.card.inject(slow);
    let started = Instant::now();
    let scoped = session.scope(sum).unwrap();
    let took = started.elapsed();
    assert_eq!(scoped.value, expected);
    assert_named(&scoped.report, "the job did not finish within");
    assert!(took >= JOB);
    assert_in_time(took);
    assert_eq!(scene.card.loss(), None);
}

/// The proof of a session whose card cannot be opened.
#[track_caller]
fn does_without(path: &Path, cause: &str) {
    let card = choose(&CardChoice::VfioUser(path.into()), &[]).unwrap();
    let session = Session::builder().open(&*card).build();
    let (report, took) = prover().prove(&session, || {});
    assert_eq!(report.on_card(Operation::Msm), 0);
    assert_named(&report, cause);
    assert_in_time(took);
}

#[test]
fn a_card_that_another_process_has() {
    let scene = Scene::new();
    does_without(&scene.served.path(), "serves another process");
}

#[test]
fn a_card_of_another_protocol() {
    let served = Served::with(options().with(Mutation::Version));
    does_without(&served.path(), "the card speaks protocol 32767.0");
}

#[test]
fn a_server_of_another_protocol() {
    crate::faults::with_version(7, |path| {
        does_without(path, "the server speaks vfio-user 7.1");
    });
}

#[test]
fn no_server() {
    let folder = tempfile::tempdir().unwrap();
    does_without(&folder.path().join("card"), "the link to the card is down");
}

#[test]
fn the_servers_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card");
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["prover::serve_for_another_process", "--exact", "--ignored"])
        .env(SOCKET, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the server answers", || VfioUser::connect(&path).is_ok());
    let mut card = None;
    eventually("the card is free", || {
        let transport = VfioUser::connect(&path).ok();
        card = transport.and_then(|new| Card::open(Arc::new(new), CardOptions::default()).ok());
        card.is_some()
    });
    let card = card.unwrap();
    let (report, took) = std::thread::scope(|scope| {
        scope.spawn(|| {
            // every job takes a fifth of a second: one of them is in flight
            eventually("jobs come", || card.counters().submitted > 3);
            server.kill().unwrap();
        });
        prover().prove(&session(&card), || {})
    });
    server.wait().unwrap();
    assert_named(&report, "closed the connection");
    assert_in_time(took);
    let loss = card.loss();
    assert!(matches!(loss, Some(Loss::Transport(_))), "{loss:?}");
}

/// Not a test but the process that [`the_servers_process_is_killed`] kills; it ends with its standard input.
#[test]
#[ignore = "another test starts it"]
fn serve_for_another_process() {
    let Some(path) = std::env::var_os(SOCKET) else {
        return;
    };
    let card = ReferenceCard::new(options()).unwrap();
    let _server = Server::start(Reference::new(card.clone()), path.as_ref()).unwrap();
    // a reset takes faults away
    std::thread::spawn(move || {
        loop {
            card.inject(|faults| faults.slow_milliseconds = 200);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    while std::io::stdin()
        .read(&mut [0; 64])
        .is_ok_and(|bytes| bytes > 0)
    {}
}
