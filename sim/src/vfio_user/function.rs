//! The configuration space of the served function, and the bytes of its MSI-X BAR.

use gristmill_protocol::{pci, register};

/// Bytes of the configuration space.
pub const BYTES: usize = 256;

const COMMAND: usize = 0x04;
const BUS_MASTER: u8 = 1 << 2;
const FIRST_CAPABILITY: u8 = 0x40;

/// PCI Express capability (PCI Express base specification 5.0, section 7.5.3).
const EXPRESS: usize = 0x40;
const DEVICE_CONTROL: usize = EXPRESS + 8;
/// Bit 15 of the device control register, in its upper byte.
const FUNCTION_RESET: u8 = 1 << 7;
/// MSI-X capability (PCI local bus specification 3.0, section 6.8.2).
const MSIX: usize = 0x80;
const MSIX_CONTROL: usize = MSIX + 2;
/// Bit 14 of the message control register, in its upper byte: all vectors are masked.
const MSIX_MASK_ALL: u8 = 1 << 6;
/// Power management capability (PCI bus power management specification 1.2, section 3.2).
const POWER: usize = 0x90;
const POWER_STATE: usize = POWER + 4;
/// The state's bits; zero is D0, where the function works.
const POWER_STATE_BITS: u8 = 3;

/// What a write to the configuration space brings about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The function is to be reset.
    pub reset: bool,
}

/// A function's configuration space and MSI-X BAR.
pub struct Function {
    bytes: [u8; BYTES],
    /// Bits that a client may change.
    writable: [u8; BYTES],
    msix: Vec<u8>,
    /// Vectors whose entry in the table the client has written; a mask there counts from then on. Clients that
    /// connect eventfds leave the table alone, and its entries are masked after a reset.
    programmed: Vec<bool>,
}

impl Function {
    /// The function of a card with this many vectors, as after a reset.
    pub fn new(vectors: u32) -> Self {
        let mut function = Self {
            bytes: [0; BYTES],
            writable: [0; BYTES],
            msix: Vec::new(),
            programmed: Vec::new(),
        };
        function.put(0x00, &pci::VENDOR.to_le_bytes());
        function.put(0x02, &pci::DEVICE.to_le_bytes());
        // memory accesses, bus master, parity errors, system errors, no legacy interrupt
        function.writable[COMMAND..COMMAND + 2].copy_from_slice(&0x0546u16.to_le_bytes());
        function.put(0x06, &[0x10]);
        function.put(0x08, &[pci::REVISION]);
        function.put(0x0a, &pci::CLASS.to_le_bytes());
        function.writable[0x0c] = 0xff;
        for (bar, bytes) in [
            (pci::REGISTER_BAR, register::BAR_BYTES),
            (pci::MSIX_BAR, pci::MSIX_BAR_BYTES),
        ] {
            let at = 0x10 + 4 * bar as usize;
            // the bits that cannot be set tell the size
            self::set(&mut function.writable, at, &(!(bytes - 1)).to_le_bytes());
        }
        function.put(0x2c, &pci::VENDOR.to_le_bytes());
        function.put(0x2e, &pci::DEVICE.to_le_bytes());
        function.put(0x34, &[FIRST_CAPABILITY]);
        function.writable[0x3c] = 0xff;

        // endpoint, version 2; function reset; Gen3 x16
        function.put(EXPRESS, &[0x10, MSIX as u8, 0x02, 0x00]);
        function.put(EXPRESS + 4, &(1u32 << 28 | 1 << 15).to_le_bytes());
        function.put(EXPRESS + 0x0c, &0x0103u32.to_le_bytes());
        function.put(EXPRESS + 0x12, &0x0103u16.to_le_bytes());
        self::set(&mut function.writable, DEVICE_CONTROL, &[0xff, 0x7f]);

        function.put(MSIX, &[0x11, POWER as u8]);
        function.put(MSIX_CONTROL, &(vectors as u16 - 1).to_le_bytes());
        function.writable[MSIX_CONTROL + 1] = 0xc0;
        let table = pci::MSIX_TABLE_OFFSET | pci::MSIX_BAR;
        let pending = pci::MSIX_PENDING_OFFSET | pci::MSIX_BAR;
        function.put(MSIX + 4, &table.to_le_bytes());
        function.put(MSIX + 8, &pending.to_le_bytes());

        // version 3; a return to D0 is no reset
        function.put(POWER, &[0x01, 0x00, 0x03, 0x00]);
        function.put(POWER_STATE, &[1 << 3]);
        function.writable[POWER_STATE] = POWER_STATE_BITS;

        function.programmed = vec![false; vectors as usize];
        function.msix = vec![0; pci::MSIX_BAR_BYTES as usize];
        for vector in 0..vectors {
            function.msix[control_of(vector)] = 1;
        }
        function
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        set(&mut self.bytes, at, bytes);
    }

    /// Reads the configuration space; what is beyond it reads as zeros.
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        for (i, byte) in into.iter_mut().enumerate() {
            *byte = self.bytes.get(offset + i).copied().unwrap_or(0);
        }
    }

    /// Writes the configuration space; what cannot be changed stays.
    pub fn write(&mut self, offset: usize, from: &[u8]) -> Effect {
        let mut effect = Effect::default();
        for (at, value) in (offset..).zip(from) {
            let Some(byte) = self.bytes.get_mut(at) else {
                break;
            };
            effect.reset |= at == DEVICE_CONTROL + 1 && value & FUNCTION_RESET != 0;
            *byte = *byte & !self.writable[at] | value & self.writable[at];
        }
        effect
    }

    /// Reads the MSI-X BAR, with these pending vectors. The caller has checked the range.
    pub fn read_msix(&self, offset: usize, into: &mut [u8], pending: u64) {
        into.copy_from_slice(&self.msix[offset..offset + into.len()]);
        let at = pci::MSIX_PENDING_OFFSET as usize;
        for (i, byte) in (at..).zip(pending.to_le_bytes()) {
            if let Some(byte_read) = i.checked_sub(offset).and_then(|i| into.get_mut(i)) {
                *byte_read = byte;
            }
        }
    }

    /// Writes the MSI-X BAR: the table, not the pending bits. The caller has checked the range.
    pub fn write_msix(&mut self, offset: usize, from: &[u8]) {
        for (at, value) in (offset..).zip(from) {
            let entry = at / pci::MSIX_ENTRY_BYTES as usize;
            if let Some(programmed) = self.programmed.get_mut(entry) {
                self.msix[at] = *value;
                *programmed |= at == control_of(entry as u32);
            }
        }
    }

    /// Whether the card may reach its host's memory: it masters the bus, and is awake.
    pub fn masters_bus(&self) -> bool {
        self.bytes[COMMAND] & BUS_MASTER != 0 && self.is_awake()
    }

    /// Whether the function is in power state D0; otherwise its BARs do not answer.
    pub fn is_awake(&self) -> bool {
        self.bytes[POWER_STATE] & POWER_STATE_BITS == 0
    }

    /// Whether the client has masked a vector, in the table or all at once.
    pub fn is_masked(&self, vector: u32) -> bool {
        let all = self.bytes[MSIX_CONTROL + 1] & MSIX_MASK_ALL != 0;
        let programmed = self.programmed.get(vector as usize).copied();
        all || programmed.unwrap_or(false) && self.msix[control_of(vector)] & 1 != 0
    }
}

fn set(bytes: &mut [u8; BYTES], at: usize, values: &[u8]) {
    bytes[at..at + values.len()].copy_from_slice(values);
}

/// Where the mask of a vector is in the MSI-X BAR.
fn control_of(vector: u32) -> usize {
    (pci::MSIX_TABLE_OFFSET + vector * pci::MSIX_ENTRY_BYTES + 12) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capabilities_are_a_list_that_ends() {
        let function = Function::new(8);
        let mut at = usize::from(function.bytes[0x34]);
        let mut found = Vec::new();
        while at != 0 {
            found.push(function.bytes[at]);
            at = usize::from(function.bytes[at + 1]);
        }
        assert_eq!(found, [0x10, 0x11, 0x01]);
    }

    #[test]
    fn a_bar_tells_its_size() {
        let mut function = Function::new(8);
        function.write(0x10, &[0xff; 12]);
        let mut bars = [0; 12];
        function.read(0x10, &mut bars);
        assert_eq!(bars[..4], (!(register::BAR_BYTES - 1)).to_le_bytes());
        assert_eq!(bars[4..8], [0; 4]);
        assert_eq!(bars[8..], (!(pci::MSIX_BAR_BYTES - 1)).to_le_bytes());
    }

    #[test]
    fn identity_stays_and_the_reset_bit_reads_as_zero() {
        let mut function = Function::new(8);
        let before = Function::new(8).bytes;
        assert!(!function.write(0, &[0; 4]).reset);
        assert!(function.write(DEVICE_CONTROL, &[0, 0x80]).reset);
        assert_eq!(function.bytes, before);
        assert!(!function.write(1 << 20, &[1]).reset);
    }

    #[test]
    fn sleep_and_bus_mastering() {
        let mut function = Function::new(8);
        assert!(!function.masters_bus());
        function.write(COMMAND, &[0x06, 0]);
        assert!(function.masters_bus());
        function.write(POWER_STATE, &[3]);
        assert!(!function.masters_bus() && !function.is_awake());
    }

    #[test]
    fn masks() {
        let mut function = Function::new(8);
        assert!(!function.is_masked(2));
        function.write_msix(control_of(2), &[1]);
        assert!(function.is_masked(2) && !function.is_masked(1));
        function.write_msix(control_of(2), &[0]);
        assert!(!function.is_masked(2));
        function.write(MSIX_CONTROL, &[0, 0x40]);
        assert!(function.is_masked(2) && function.is_masked(7));
        let mut pending = [0; 8];
        function.read_msix(pci::MSIX_PENDING_OFFSET as usize, &mut pending, 0x84);
        assert_eq!(u64::from_le_bytes(pending), 0x84);
    }
}
