//! The capability table: what each engine of the card can do. Sixteen 32-bit words an engine, from
//! [`CAPABILITY_BASE`](crate::register::CAPABILITY_BASE). The driver plans from it and never guesses.

/// 32-bit words of an engine's entry.
pub const ENGINE_WORDS: usize = 16;

/// What an engine computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum EngineKind {
    /// Multi-scalar multiplication.
    Msm = 1,
    /// Number-theoretic transform.
    Ntt = 2,
    /// Element-wise arithmetic on vectors in card memory.
    Pointwise = 3,
}

impl EngineKind {
    /// The kind with this code, if there is one.
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            1 => Some(Self::Msm),
            2 => Some(Self::Ntt),
            3 => Some(Self::Pointwise),
            _ => None,
        }
    }
}

/// Bits of [`EngineCapability::features`].
pub mod feature {
    /// MSM: scalars may be in card memory ([`flag::SCALARS_RESIDENT`](crate::descriptor::flag::SCALARS_RESIDENT)).
    pub const SCALARS_RESIDENT: u32 = 1 << 0;
}

/// The group an MSM engine works in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum CurveId {
    /// The curve of the exhaustive tests.
    Toy = 1,
    /// BN254 (alt_bn128) G1.
    Bn254G1 = 2,
    /// BLS12-381 G1.
    Bls12381G1 = 3,
}

impl CurveId {
    /// The curve with this code, if there is one.
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            1 => Some(Self::Toy),
            2 => Some(Self::Bn254G1),
            3 => Some(Self::Bls12381G1),
            _ => None,
        }
    }
    /// Its name in configurations and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Toy => "toy",
            Self::Bn254G1 => "bn254",
            Self::Bls12381G1 => "bls12-381",
        }
    }
}

/// One entry of the table. Words that do not concern the kind of engine are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCapability {
    /// Word 0: code of the [`EngineKind`].
    pub kind: u32,
    /// Word 1: code of the [`CurveId`], or of the [`FieldId`](crate::FieldId).
    pub group: u32,
    /// Word 2: binary logarithm of the largest number of elements; for an NTT with its extension.
    pub size_log2: u32,
    /// Word 3: lanes (elements a cycle); 1 for an MSM.
    pub lanes: u32,
    /// Word 4: adders.
    pub adders: u32,
    /// Word 5: most windows a pass, over all adders; a job's number is a multiple of the adders.
    pub windows_per_pass: u32,
    /// Word 6: binary logarithm of the buckets of each adder: (K / adders) * 2^(c-1) may not exceed them.
    pub buckets_log2: u32,
    /// Word 7, bits 7..0: least window width c.
    pub window_min: u8,
    /// Word 7, bits 15..8: largest window width c.
    pub window_max: u8,
    /// Word 8, bits 15..0: bytes of a base-field element, or of an element of a transform, in memory.
    pub element_bytes: u16,
    /// Word 8, bits 31..16: bytes of a scalar in memory.
    pub scalar_bytes: u16,
    /// Word 9: bits of the group's order.
    pub scalar_bits: u32,
    /// Word 10: latency in cycles of the adder, or of the arithmetic of a pass.
    pub latency: u32,
    /// Word 11: least bits K * c that a pass takes off a scalar, so that a record has room for the rest.
    pub pass_bits_min: u32,
    /// Word 12: NTT: binary logarithm of the largest transform of one pass; larger ones take two.
    pub pass_log2: u32,
    /// Word 13: NTT: jobs that the engine takes in before the first is complete.
    pub job_slots: u32,
    /// Word 14: what the engine can do besides, the bits of [`feature`].
    pub features: u32,
}

impl EngineCapability {
    /// The words that the card shows.
    pub const fn words(&self) -> [u32; ENGINE_WORDS] {
        [
            self.kind,
            self.group,
            self.size_log2,
            self.lanes,
            self.adders,
            self.windows_per_pass,
            self.buckets_log2,
            self.window_min as u32 | (self.window_max as u32) << 8,
            self.element_bytes as u32 | (self.scalar_bytes as u32) << 16,
            self.scalar_bits,
            self.latency,
            self.pass_bits_min,
            self.pass_log2,
            self.job_slots,
            self.features,
            0,
        ]
    }

    /// The inverse of [`Self::words`].
    pub const fn from_words(w: [u32; ENGINE_WORDS]) -> Self {
        Self {
            kind: w[0],
            group: w[1],
            size_log2: w[2],
            lanes: w[3],
            adders: w[4],
            windows_per_pass: w[5],
            buckets_log2: w[6],
            window_min: w[7] as u8,
            window_max: (w[7] >> 8) as u8,
            element_bytes: w[8] as u16,
            scalar_bytes: (w[8] >> 16) as u16,
            scalar_bits: w[9],
            latency: w[10],
            pass_bits_min: w[11],
            pass_log2: w[12],
            job_slots: w[13],
            features: w[14],
        }
    }
}

/// What the card's own registers say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// First 32 bits of the checksum of the card's configuration.
    pub build: u32,
    /// Assumed core clock in kHz.
    pub clock_kilohertz: u32,
    /// Queue pairs.
    pub queues: u32,
    /// Entries of the region table.
    pub regions: u32,
    /// Bytes of card memory.
    pub memory_bytes: u64,
    /// Bits of a host address.
    pub address_bits: u32,
    /// Interrupt vectors.
    pub vectors: u32,
    /// Engines.
    pub engines: u32,
}
