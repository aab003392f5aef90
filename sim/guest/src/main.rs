//! The first and only program of the virtual machine that `make test-vm` boots.
//!
//! As process 1 it loads the kernel's VFIO, binds the card, and works through the [checks] with the card behind
//! the kernel. The last line on the console is `RESULT: PASS` or `RESULT: FAIL` with what failed; then
//! the machine powers off. On the host, `gristmill-guest make-key FILE` makes the proving key that the guest uses,
//! and `unplug SOCKET DEVICE`, `pause SOCKET` and `resume SOCKET` speak to QEMU's monitor.

mod checks;
mod machine;
mod monitor;
mod proof;

use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make-key", file] => ended(proof::make_key(file.as_ref())),
        ["unplug", socket, device] => ended(monitor::unplug(socket.as_ref(), device)),
        ["pause", socket] => ended(monitor::pause(socket.as_ref(), true)),
        ["resume", socket] => ended(monitor::pause(socket.as_ref(), false)),
        ["unprivileged", address] => checks::unprivileged(address),
        _ if std::process::id() == 1 => {
            let failures = run();
            match failures[..] {
                [] => println!("RESULT: PASS"),
                _ => println!("RESULT: FAIL {}", failures.join(", ")),
            }
            machine::power_off()
        }
        _ => {
            eprintln!(
                "usage: gristmill-guest make-key FILE, unplug SOCKET DEVICE, pause SOCKET, or resume SOCKET; \
                 otherwise it runs as process 1 of a virtual machine"
            );
            ExitCode::FAILURE
        }
    }
}

fn ended(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gristmill-guest: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The names of the checks that failed.
fn run() -> Vec<String> {
    match machine::start() {
        Ok(address) => checks::all(&address),
        Err(error) => {
            println!("the machine does not start: {error}");
            vec!["start".into()]
        }
    }
}
