//! The fields of the NTT engines: their codes, and what of them both sides must agree on.

/// 256-bit numbers, least significant limb first.
pub type Limbs = [u64; 4];

/// The field an NTT engine works in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum FieldId {
    /// The integers modulo 257, for exhaustive tests.
    Toy = 1,
    /// The scalar field of BN254.
    Bn254Fr = 2,
    /// The scalar field of BLS12-381.
    Bls12381Fr = 3,
    /// 2^64 - 2^32 + 1.
    Goldilocks = 4,
    /// 2^31 - 2^27 + 1.
    BabyBear = 5,
    /// 2^31 - 2^24 + 1.
    KoalaBear = 6,
}

impl FieldId {
    /// All fields, in order.
    pub const ALL: [FieldId; 6] = [
        Self::Toy,
        Self::Bn254Fr,
        Self::Bls12381Fr,
        Self::Goldilocks,
        Self::BabyBear,
        Self::KoalaBear,
    ];

    /// The field with this code, if there is one.
    pub const fn from_code(code: u32) -> Option<Self> {
        match code {
            1 => Some(Self::Toy),
            2 => Some(Self::Bn254Fr),
            3 => Some(Self::Bls12381Fr),
            4 => Some(Self::Goldilocks),
            5 => Some(Self::BabyBear),
            6 => Some(Self::KoalaBear),
            _ => None,
        }
    }

    /// Its name in configurations and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Toy => "toy",
            Self::Bn254Fr => "bn254.fr",
            Self::Bls12381Fr => "bls12-381.fr",
            Self::Goldilocks => "goldilocks",
            Self::BabyBear => "baby-bear",
            Self::KoalaBear => "koala-bear",
        }
    }

    /// Bytes of an element in memory, little-endian.
    pub const fn element_bytes(self) -> usize {
        match self {
            Self::Toy | Self::Goldilocks => 8,
            Self::Bn254Fr | Self::Bls12381Fr => 32,
            Self::BabyBear | Self::KoalaBear => 4,
        }
    }

    /// Binary logarithm of the Montgomery radix: an element x stands in memory as x * 2^radix modulo
    /// the modulus, below it. Zero for Goldilocks, whose words are the residues; there the card takes
    /// any 64-bit word and returns those below the modulus.
    pub const fn radix_log2(self) -> u32 {
        match self {
            Self::Goldilocks => 0,
            _ => 8 * self.element_bytes() as u32,
        }
    }

    /// Largest k such that 2^k divides the modulus less one.
    pub const fn two_adicity(self) -> u32 {
        match self {
            Self::Toy => 8,
            Self::Bn254Fr => 28,
            Self::Bls12381Fr | Self::Goldilocks => 32,
            Self::BabyBear => 27,
            Self::KoalaBear => 24,
        }
    }

    /// The prime.
    pub const fn modulus(self) -> Limbs {
        match self {
            Self::Toy => [257, 0, 0, 0],
            Self::Bn254Fr => [
                0x43e1_f593_f000_0001,
                0x2833_e848_79b9_7091,
                0xb850_45b6_8181_585d,
                0x3064_4e72_e131_a029,
            ],
            Self::Bls12381Fr => [
                0xffff_ffff_0000_0001,
                0x53bd_a402_fffe_5bfe,
                0x3339_d808_09a1_d805,
                0x73ed_a753_299d_7d48,
            ],
            Self::Goldilocks => [0xffff_ffff_0000_0001, 0, 0, 0],
            Self::BabyBear => [0x7800_0001, 0, 0, 0],
            Self::KoalaBear => [0x7f00_0001, 0, 0, 0],
        }
    }

    /// The root of unity of order 2^two_adicity whose powers the transforms use, as a residue (not in
    /// memory form): that of arkworks for the scalar fields, of Plonky3 for the small ones.
    pub const fn root_of_unity(self) -> Limbs {
        match self {
            Self::Toy => [3, 0, 0, 0],
            Self::Bn254Fr => [
                0x9bd6_1b6e_725b_19f0,
                0x402d_111e_4111_2ed4,
                0x00e0_a7eb_8ef6_2abc,
                0x2a3c_09f0_a58a_7e85,
            ],
            Self::Bls12381Fr => [
                0x3829_971f_439f_0d2b,
                0xb636_8350_8c22_80b9,
                0xd09b_6819_22c8_13b4,
                0x16a2_a19e_dfe8_1f20,
            ],
            Self::Goldilocks => [0x1856_29dc_da58_878c, 0, 0, 0],
            Self::BabyBear => [0x1a42_7a41, 0, 0, 0],
            Self::KoalaBear => [0x6ac4_9f88, 0, 0, 0],
        }
    }
}
