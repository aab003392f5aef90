//! The machine: its file systems, its modules, its card, its end.

use std::error::Error;
use std::fs::{self, File};
use std::process::ExitCode;

use gristmill_vfio::kernel::sysfs::{Obstacle, Slot};
use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, finit_module, reboot};

/// The driver that hands a function to a program.
const DRIVER: &str = "vfio-pci";

/// Mounts, loads modules, binds the card; returns its PCI address.
pub fn start() -> Result<String, Box<dyn Error>> {
    for (kind, folder) in [
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("devtmpfs", "/dev"),
        ("tmpfs", "/tmp"),
    ] {
        fs::create_dir_all(folder)?;
        mount(kind, folder, kind, MountFlags::empty(), None).or_else(|error| match error {
            // the kernel may have mounted it already
            rustix::io::Errno::BUSY => Ok(()),
            error => Err(error),
        })?;
    }
    println!(
        "kernel {}",
        fs::read_to_string("/proc/sys/kernel/osrelease")?.trim()
    );
    for module in fs::read_to_string("/modules/order")?.lines() {
        let file = File::open(format!("/modules/{module}"))?;
        finit_module(&file, c"", 0).map_err(|error| format!("{module}: {error}"))?;
    }
    let slots = Slot::all();
    let [slot] = &slots[..] else {
        return Err(format!("{} cards on the bus", slots.len()).into());
    };
    println!("{}: {slot}", slot.address);
    bind(&slot.address)?;
    let slot = Slot::look(&slot.address);
    println!("{}: {slot}", slot.address);
    if let (Some(expected), Some(interface)) = (option("interface"), slot.interface)
        && interface.to_string() != expected
    {
        return Err(format!("the interface is {interface}, not {expected}").into());
    }
    match slot.obstacle {
        // a check of its own
        None | Some(Obstacle::NotViable(_)) => Ok(slot.address),
        Some(obstacle) => Err(obstacle.to_string().into()),
    }
}

/// Takes a function from its driver.
pub fn unbind(address: &str) -> std::io::Result<()> {
    let driver = format!("/sys/bus/pci/devices/{address}/driver/unbind");
    fs::write(driver, address)
}

fn bind(address: &str) -> std::io::Result<()> {
    let folder = format!("/sys/bus/pci/devices/{address}");
    fs::write(format!("{folder}/driver_override"), DRIVER)?;
    fs::write("/sys/bus/pci/drivers_probe", address)
}

/// A word of the kernel's command line, `name=value`.
pub fn option(name: &str) -> Option<String> {
    let line = fs::read_to_string("/proc/cmdline").ok()?;
    let mut words = line.split_whitespace();
    words.find_map(|word| Some(word.strip_prefix(name)?.strip_prefix('=')?.to_string()))
}

/// Does not return, if the kernel can help it.
pub fn power_off() -> ExitCode {
    rustix::fs::sync();
    if let Err(error) = reboot(RebootCommand::PowerOff) {
        println!("the machine does not power off: {error}");
    }
    ExitCode::FAILURE
}
