//! What is checked with the card behind the kernel.

use std::error::Error;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_conformance::latency;
use gristmill_conformance::suite::{self, Options, Outcome};
use gristmill_driver::{Card, CardOptions, Loss, Transport, TransportError};
use gristmill_protocol::{IDENTITY, register};
use gristmill_vfio::VfioKernel;
use gristmill_vfio::kernel::sysfs::{Obstacle, Slot};
use rustix::process::{Gid, Resource, Rlimit, Uid, setrlimit};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};

use crate::{machine, proof};

type Checked = Result<(), Box<dyn Error>>;
/// A check of the card at a PCI address.
type Check = fn(&str) -> Checked;

/// Works through all checks, or those that the kernel's command line names (`checks=suite,proof`), and returns
/// the names of those that fail.
pub fn all(address: &str) -> Vec<String> {
    let checks: [(&str, Check); 9] = [
        ("shared group", shared_group),
        ("suite", conforms),
        ("proof", proves),
        ("figures", measures),
        ("second open", opens_once),
        ("huge pages", with_and_without_huge_pages),
        ("limits", limits),
        ("request", removal_requested),
        ("removal", removal),
    ];
    let chosen = machine::option("checks");
    // three need another function in the slot, or the host's help
    let chosen = |name: &str| match &chosen {
        Some(names) => names
            .split(',')
            .any(|chosen| chosen == name.replace(' ', "-")),
        None => !["shared group", "request", "removal"].contains(&name),
    };
    let mut failed = Vec::new();
    for (name, check) in checks.into_iter().filter(|(name, _)| chosen(name)) {
        let started = Instant::now();
        match check(address) {
            Ok(()) => println!("pass {name} ({:.1?})", started.elapsed()),
            Err(error) => {
                println!("FAIL {name} ({:.1?}): {error}", started.elapsed());
                failed.push(name.into());
            }
        }
    }
    failed
}

fn options() -> CardOptions {
    CardOptions {
        patience: Duration::from_secs(60),
        ..CardOptions::default()
    }
}

/// Another function of the slot has a driver: the kernel hands out groups whole, so the card is refused, and the
/// prover does without; once that driver has let go, the card is there.
fn shared_group(address: &str) -> Checked {
    let slot = Slot::look(address);
    let Some(Obstacle::NotViable(neighbours)) = slot.obstacle else {
        return Err("the card's group is not shared".into());
    };
    let refused = refusal(VfioKernel::open(address))?;
    println!("  {refused}");
    for (neighbour, driver) in &neighbours {
        proof::sums_on_cpu(address, &format!("shared with {neighbour} ({driver})"))?;
    }
    for (neighbour, _) in &neighbours {
        machine::unbind(neighbour)?;
    }
    VfioKernel::open(address)?;
    Ok(())
}

fn conforms(address: &str) -> Checked {
    let card = Arc::new(VfioKernel::open(address)?);
    let options = Options {
        patience: Duration::from_secs(60),
        // the path is tried, not the engine; the virtual machine computes slowly
        longest_transform_log2: 8,
        ..Options::default()
    };
    let report = suite::run(card, options, &mut |result| println!("  {result}"));
    let skipped = |outcome: &Outcome| matches!(outcome, Outcome::Skipped(_));
    let skips = report
        .results
        .iter()
        .filter(|result| skipped(&result.outcome));
    println!(
        "  {} checks, {} skipped",
        report.results.len(),
        skips.count()
    );
    match report.failures().collect::<Vec<_>>()[..] {
        [] => Ok(()),
        ref failures => Err(failures.join(", ").into()),
    }
}

fn proves(address: &str) -> Checked {
    let transport = Arc::new(VfioKernel::open(address)?);
    proof::prove(&Card::open(transport, options())?)
}

/// In a virtual machine these say how the path works, not how fast a card is.
fn measures(address: &str) -> Checked {
    for latency in latency::measure(Arc::new(VfioKernel::open(address)?), 200)? {
        println!("  {latency}");
    }
    Ok(())
}

fn opens_once(address: &str) -> Checked {
    let first = VfioKernel::open(address)?;
    let second = refusal(VfioKernel::open(address))?;
    println!("  {second}");
    let told = second.contains("process 1 has it");
    proof::sums_on_cpu(address, "process 1 has it")?;
    let alive = first.read_register(register::IDENTITY)? == IDENTITY;
    drop(first);
    // and the card is free again
    VfioKernel::open(address)?;
    match told && alive {
        true => Ok(()),
        false => Err("the refusal does not name the holder, or harmed it".into()),
    }
}

fn refusal(opened: Result<VfioKernel, TransportError>) -> Result<String, Box<dyn Error>> {
    match opened {
        Ok(_) => Err("the card was opened".into()),
        Err(error) => Ok(error.to_string()),
    }
}

fn with_and_without_huge_pages(address: &str) -> Checked {
    const BYTES: usize = 8 << 20;
    let card = VfioKernel::open(address)?;
    for pages in [0, 8] {
        std::fs::write("/proc/sys/vm/nr_hugepages", pages.to_string())?;
        let started = Instant::now();
        let buffer = card.allocate(BYTES)?;
        println!(
            "  8 MiB with {pages} huge pages to spare: {:.1?}, at {:#x}",
            started.elapsed(),
            buffer.iova()
        );
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        buffer.write(BYTES - 8, &bytes)?;
        let mut back = [0; 8];
        buffer.read(BYTES - 8, &mut back)?;
        if back != bytes {
            return Err("the memory does not hold what was written".into());
        }
        buffer.free()?;
    }
    Ok(())
}

/// A user without rights.
const USER: u32 = 1000;

/// Another user, at first without the right to the card, then with it but a limit on locked memory.
fn limits(address: &str) -> Checked {
    let run = || {
        let program = Command::new("/init")
            .args(["unprivileged", address])
            .output()?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&program.stdout).into_owned())
    };
    let denied = run()?;
    print!("{denied}");
    if !denied.contains("on the CPU: cannot be opened by this user") {
        return Err("an unprivileged user is not told what is missing".into());
    }
    let files = Slot::look(address).files;
    let give = |user| {
        let mut files = files.iter();
        files.try_for_each(|file| std::os::unix::fs::chown(file, Some(user), Some(user)))
    };
    give(USER)?;
    let limited = run()?;
    print!("{limited}");
    give(0)?;
    match limited.contains("4 MiB: mapped") && limited.contains("on the CPU: memlock") {
        true => Ok(()),
        false => Err("the memory limit is not named".into()),
    }
}

/// What [`limits`] runs as another user: opens the card with 8 MiB of memory to lock, then with none.
pub fn unprivileged(address: &str) -> ExitCode {
    match try_unprivileged(address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("  another user: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_unprivileged(address: &str) -> Checked {
    // Here and not by whoever starts the process: the standard library does that over a socket, and the kernel of the
    // other virtual machine has none. The process has one thread yet.
    set_thread_groups(&[])?;
    set_thread_gid(Gid::from_raw(USER))?;
    set_thread_uid(Uid::from_raw(USER))?;
    lock_at_most(8 << 20)?;
    let card = match VfioKernel::open(address) {
        Ok(card) => card,
        Err(error) => {
            println!("  another user: {error}");
            return says_on_cpu(address, "cannot be opened by this user");
        }
    };
    let small = card.allocate(4 << 20);
    match &small {
        Ok(_) => println!("  another user, 4 MiB: mapped"),
        Err(error) => println!("  another user, 4 MiB: {error}"),
    }
    match card.allocate(16 << 20) {
        Ok(_) => println!("  another user, 16 MiB: mapped, against the limit"),
        Err(error) => println!("  another user, 16 MiB: {error}"),
    }
    drop(small);
    drop(card);
    lock_at_most(0)?;
    says_on_cpu(address, "memlock")
}

fn lock_at_most(bytes: u64) -> Checked {
    let limit = Some(bytes);
    let limit = Rlimit {
        current: limit,
        maximum: limit,
    };
    Ok(setrlimit(Resource::Memlock, limit)?)
}

fn says_on_cpu(address: &str, cause: &str) -> Checked {
    proof::sums_on_cpu(address, cause)?;
    println!("  another user, on the CPU: {cause}");
    Ok(())
}

/// The host takes the card away in mid-proof; the prover finishes on the CPU, and the reason is named.
fn removal(address: &str) -> Checked {
    lost(address, "READY FOR REMOVAL", |loss| {
        matches!(loss, Loss::Gone { .. })
    })
}

/// The host asks for the card back in mid-proof, as for an unplugging: the kernel's request interrupt.
fn removal_requested(address: &str) -> Checked {
    lost(address, "READY FOR REQUEST", |loss| {
        *loss == Loss::Transport(TransportError::RemovalRequested)
    })
}

fn lost(address: &str, ready: &str, is_cause: fn(&Loss) -> bool) -> Checked {
    let transport = Arc::new(VfioKernel::open(address)?);
    let card = Card::open(transport.clone(), options())?;
    let loss = proof::prove_until_lost(&card, ready, Duration::from_secs(120))?;
    // The kernel waits for more than a minute for the reset of a dead function, whoever closes it; and QEMU 11.1
    // aborts when a function that it has unplugged is closed. The machine ends with this check.
    std::mem::forget((card, transport));
    match is_cause(&loss) {
        true => Ok(()),
        false => Err(format!("the card was lost otherwise: {loss}").into()),
    }
}
