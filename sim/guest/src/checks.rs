//! What is checked with the card behind the kernel.

use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_conformance::latency;
use gristmill_conformance::suite::{self, Options};
use gristmill_driver::{Card, CardOptions, Transport, TransportError};
use gristmill_protocol::{IDENTITY, register};
use gristmill_vfio::VfioKernel;
use gristmill_vfio::kernel::sysfs::Slot;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::{machine, proof};

type Checked = Result<(), Box<dyn Error>>;
/// A check of the card at a PCI address.
type Check = fn(&str) -> Checked;

/// Works through all checks, or those that the kernel's command line names (`checks=suite,proof`), and returns
/// the names of those that fail.
pub fn all(address: &str) -> Vec<String> {
    let checks: [(&str, Check); 7] = [
        ("suite", conforms),
        ("proof", proves),
        ("figures", measures),
        ("second open", opens_once),
        ("huge pages", with_and_without_huge_pages),
        ("limits", limits),
        ("removal", removal),
    ];
    let chosen = machine::option("checks");
    // the last one needs the host's help
    let chosen = |name: &str| match &chosen {
        Some(names) => names
            .split(',')
            .any(|chosen| chosen == name.replace(' ', "-")),
        None => name != "removal",
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

fn conforms(address: &str) -> Checked {
    let card = Arc::new(VfioKernel::open(address)?);
    let options = Options {
        patience: Duration::from_secs(60),
        ..Options::default()
    };
    let report = suite::run(card, options, &mut |result| println!("  {result}"));
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

/// Another user, at first without the right to the card, then with it but a limit on locked memory.
fn limits(address: &str) -> Checked {
    const USER: u32 = 1000;
    let run = || {
        let program = Command::new("/init")
            .args(["unprivileged", address])
            .uid(USER)
            .gid(USER)
            .output()?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&program.stdout).into_owned())
    };
    let denied = run()?;
    print!("{denied}");
    if !denied.contains("cannot be opened by this user") {
        return Err("an unprivileged user is not told what is missing".into());
    }
    let group = Slot::look(address).group.ok_or("the card has no group")?;
    std::os::unix::fs::chown(format!("/dev/vfio/{group}"), Some(USER), Some(USER))?;
    let limited = run()?;
    print!("{limited}");
    std::os::unix::fs::chown(format!("/dev/vfio/{group}"), Some(0), Some(0))?;
    match limited.contains("4 MiB: mapped") && limited.contains("memlock") {
        true => Ok(()),
        false => Err("the memory limit is not named".into()),
    }
}

/// What [`limits`] runs as another user: opens the card with 8 MiB of memory to lock.
pub fn unprivileged(address: &str) -> ExitCode {
    let limit = Some(8 << 20);
    let limited = setrlimit(
        Resource::Memlock,
        Rlimit {
            current: limit,
            maximum: limit,
        },
    );
    if let Err(error) = limited {
        println!("  no limit can be set: {error}");
        return ExitCode::FAILURE;
    }
    let card = match VfioKernel::open(address) {
        Ok(card) => card,
        Err(error) => {
            println!("  another user: {error}");
            return ExitCode::FAILURE;
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
    ExitCode::SUCCESS
}

/// The host takes the card away in mid-proof; the prover finishes on the CPU, and the reason is named.
fn removal(address: &str) -> Checked {
    let transport = Arc::new(VfioKernel::open(address)?);
    let card = Card::open(transport.clone(), options())?;
    proof::prove_through_removal(&card, Duration::from_secs(120))?;
    // The kernel waits for more than a minute for the reset of a dead function, whoever closes it.
    std::mem::forget((card, transport));
    Ok(())
}
