//! The configuration space of a PCI function: identity, and what must be switched on.

use gristmill_driver::TransportError;
use gristmill_protocol::pci;

/// Byte offset of the vendor and device numbers.
const IDENTITY: u64 = 0;
/// Byte offset of the command register.
const COMMAND: u64 = 4;
/// Bits of the command register: memory accesses are answered, the bus is mastered.
const MEMORY_AND_MASTER: u16 = 1 << 1 | 1 << 2;

/// Access to a function's configuration space.
pub(crate) trait Configuration {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), TransportError>;
    fn write(&self, offset: u64, from: &[u8]) -> Result<(), TransportError>;
}

/// Refuses what is no Gristmill card.
pub(crate) fn check_identity(function: &impl Configuration) -> Result<(), TransportError> {
    let mut identity = [0; 4];
    function.read(IDENTITY, &mut identity)?;
    let [vendor, device] = [0, 2].map(|at| u16::from_le_bytes([identity[at], identity[at + 1]]));
    if (vendor, device) == (pci::VENDOR, pci::DEVICE) {
        Ok(())
    } else {
        Err(not_a_card(&format!("it is {vendor:04x}:{device:04x}")))
    }
}

/// Switches on what a reset, or the kernel's opening of the function, switches off.
pub(crate) fn enable(function: &impl Configuration) -> Result<(), TransportError> {
    let mut command = [0; 2];
    function.read(COMMAND, &mut command)?;
    let command = u16::from_le_bytes(command) | MEMORY_AND_MASTER;
    function.write(COMMAND, &command.to_le_bytes())
}

pub(crate) fn not_a_card(why: &str) -> TransportError {
    TransportError::Refused {
        operation: "opening the card",
        reason: format!("this is no Gristmill card: {why}"),
    }
}
