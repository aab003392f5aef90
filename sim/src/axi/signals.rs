use std::ops::{Deref, DerefMut};

/// Bytes of the widest beat.
pub const MAX_BEAT_BYTES: usize = 64;

/// The data lines of one beat; those beyond the port's width are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines(pub [u8; MAX_BEAT_BYTES]);

impl Default for Lines {
    fn default() -> Self {
        Self([0; MAX_BEAT_BYTES])
    }
}

impl Deref for Lines {
    type Target = [u8; MAX_BEAT_BYTES];
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// The payload of an address channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Transaction identifier.
    pub id: u32,
    /// Byte address of the first beat.
    pub address: u64,
    /// AxLEN: beats less one.
    pub length: u8,
    /// AxSIZE: binary logarithm of the bytes of a beat.
    pub size: u8,
    /// AxBURST: 1 is INCR.
    pub burst: u8,
}

impl Address {
    /// An incrementing burst of `beats` beats of `beat_bytes` bytes.
    pub fn incrementing(id: u32, address: u64, beats: u8, beat_bytes: usize) -> Self {
        let size = beat_bytes.trailing_zeros() as u8;
        Self {
            id,
            address,
            length: beats.saturating_sub(1),
            size,
            burst: 1,
        }
    }

    /// Beats of the burst.
    pub fn beats(&self) -> usize {
        usize::from(self.length) + 1
    }
}

/// The payload of the write data channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteBeat {
    /// The data lines.
    pub data: Lines,
    /// One bit a byte.
    pub strobes: u64,
    /// WLAST.
    pub last: bool,
}

/// What a response says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Response {
    /// Done.
    #[default]
    Okay = 0,
    /// The subordinate failed (SLVERR).
    SlaveError = 2,
    /// There is nothing at the address (DECERR).
    DecodeError = 3,
}

/// The payload of the write response channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteResponse {
    /// Transaction identifier.
    pub id: u32,
    /// How the write went.
    pub response: Response,
}

/// The payload of the read data channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadBeat {
    /// Transaction identifier.
    pub id: u32,
    /// The data lines.
    pub data: Lines,
    /// How the read went.
    pub response: Response,
    /// RLAST.
    pub last: bool,
}

/// Everything an AXI4 master drives in one cycle; a payload is there when its valid signal is high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MasterSignals {
    /// Write address.
    pub aw: Option<Address>,
    /// Write data.
    pub w: Option<WriteBeat>,
    /// BREADY.
    pub b_ready: bool,
    /// Read address.
    pub ar: Option<Address>,
    /// RREADY.
    pub r_ready: bool,
}

/// Everything an AXI4 slave drives in one cycle; a payload is there when its valid signal is high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlaveSignals {
    /// AWREADY.
    pub aw_ready: bool,
    /// WREADY.
    pub w_ready: bool,
    /// Write response.
    pub b: Option<WriteResponse>,
    /// ARREADY.
    pub ar_ready: bool,
    /// Read data.
    pub r: Option<ReadBeat>,
}

/// Everything an AXI4-Lite master of 32 bits drives in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiteMaster {
    /// Write address.
    pub aw: Option<u32>,
    /// Write data; all bytes are strobed.
    pub w: Option<u32>,
    /// BREADY.
    pub b_ready: bool,
    /// Read address.
    pub ar: Option<u32>,
    /// RREADY.
    pub r_ready: bool,
}

/// Everything an AXI4-Lite slave of 32 bits drives in one cycle; responses are the two bits on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiteSlave {
    /// AWREADY.
    pub aw_ready: bool,
    /// WREADY.
    pub w_ready: bool,
    /// Write response.
    pub b: Option<u8>,
    /// ARREADY.
    pub ar_ready: bool,
    /// Read data and response.
    pub r: Option<(u32, u8)>,
}
