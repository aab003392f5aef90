//! The way to the card: what it costs in this process, and over a socket.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill::CardProvider;
use gristmill_conformance::latency;
use gristmill_driver::{Card, CardError, CardOptions, Transport};
use gristmill_sim::axi::Link;
use gristmill_sim::card::CardSimulation;
use gristmill_sim::simulated::{SimulatedCard, SimulatedFill, SimulatedLink, SimulatedMemory};
use gristmill_sim::vfio_user::Server;
use gristmill_vfio::VfioUser;

use crate::table::{self, Bound, Figure};

/// Tries of each latency.
const TRIES: usize = 1000;
/// Empty jobs of each throughput.
const JOBS: usize = 2000;
/// Bytes that are staged, and streamed to the card.
const BYTES: usize = 16 << 20;
/// Wall time that an empty job may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures and prints; whether every figure with a bound is within it.
///
/// # Errors
/// When the card cannot be simulated, or a transport fails.
pub fn print() -> Result<bool, Box<dyn Error>> {
    let simulated = SimulatedCard {
        config: "bn254".into(),
        fill: SimulatedFill::Fast,
        link: SimulatedLink::Gen3,
        memory: SimulatedMemory::default(),
    };
    println!("in this process, simulated bn254:");
    let card = Arc::new(simulated.start()?);
    of_transport(card.clone())?;
    println!("over vfio-user, the same card:");
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("card");
    let server = Server::start(card, &path)?;
    of_transport(Arc::new(VfioUser::connect(&path)?))?;
    drop(server);

    let card = Arc::new(simulated.start()?);
    let clock = simulated.load()?.clock_kilohertz;
    let figures = [
        staging(&card)?,
        streaming(&card, &simulated, &Link::pcie_gen3_x16(clock))?,
    ];
    println!("\n{}", table::of_figures(&figures));
    Ok(figures.iter().all(Figure::is_met))
}

fn of_transport(transport: Arc<dyn Transport>) -> Result<(), Box<dyn Error>> {
    for latency in latency::measure(transport.clone(), TRIES)? {
        println!("  {latency}");
    }
    let card = Card::open(transport, CardOptions::default())?;
    for threads in [1, 8] {
        let rate = jobs_a_second(&card, threads, JOBS)?;
        println!("  empty jobs a second, {threads} threads: {rate:.0}");
    }
    Ok(())
}

/// Empty jobs a second that so many threads get done together.
pub(crate) fn jobs_a_second(card: &Card, threads: usize, jobs: usize) -> Result<f64, CardError> {
    let started = Instant::now();
    let done: Result<Vec<()>, _> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    (0..jobs / threads).try_for_each(|_| {
                        let deadline = Instant::now() + PATIENCE;
                        card.ping(0, deadline)?.wait(deadline).map(drop)
                    })
                })
            })
            .collect();
        let ended = workers.into_iter().map(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        ended.collect()
    });
    done?;
    Ok(jobs as f64 / started.elapsed().as_secs_f64())
}

/// Bytes a second into DMA memory, over those of a copy between two vectors.
fn staging(card: &Arc<CardSimulation>) -> Result<Figure, Box<dyn Error>> {
    let card = Card::open(card.clone(), CardOptions::default())?;
    let source = vec![7_u8; BYTES];
    let mut plain = vec![1_u8; BYTES];
    let mut staged = card.alloc::<u8>(BYTES)?;
    let target = staged.as_mut_slice().ok_or("the new vector is in use")?;
    let (mut copy, mut stage) = (Duration::MAX, Duration::MAX);
    for _ in 0..20 {
        let started = Instant::now();
        plain.copy_from_slice(black_box(&source));
        black_box(&mut plain);
        copy = copy.min(started.elapsed());
        let started = Instant::now();
        target.copy_from_slice(black_box(&source));
        black_box(&mut *target);
        stage = stage.min(started.elapsed());
    }
    Ok(Figure {
        name: format!(
            "bytes a second staged into DMA memory / copied between vectors, {} MiB, least of 20",
            BYTES >> 20
        ),
        value: copy.as_secs_f64() / stage.as_secs_f64(),
        bound: Bound::AtLeast(0.8),
    })
}

/// Bytes a cycle that the card reads while it is loaded, over those that bus or link allow.
fn streaming(
    simulation: &Arc<CardSimulation>,
    simulated: &SimulatedCard,
    link: &Link,
) -> Result<Figure, Box<dyn Error>> {
    let card = Card::open(simulation.clone(), simulated.options())?;
    let before = simulation.progress();
    let bases = card.load_bases(vec![0; BYTES], 64, BYTES / 64)?;
    let after = simulation.progress();
    drop(bases);
    let bytes = (after.host.read.bytes - before.host.read.bytes) as f64;
    // without the cycles in which memory of an unknown past is wiped
    let cycles = (after.host.busy_cycles - before.host.busy_cycles) as f64;
    let bus = simulated.load()?.axi_width as f64 / 8.0;
    let most = link.read_bytes_per_cycle.min(bus);
    Ok(Figure {
        name: format!(
            "bytes a cycle in which the host port is busy, while {} MiB are loaded / the lesser of bus ({bus:.0}) and link ({most:.1})",
            BYTES >> 20
        ),
        value: bytes / cycles / most,
        bound: Bound::AtLeast(0.95),
    })
}
