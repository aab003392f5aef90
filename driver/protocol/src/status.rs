//! Status codes: how a job ended, and why a queue stopped.

macro_rules! statuses {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        /// How a job ended. Each completion carries one; zero is success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Status { $(#[doc = $meaning] $name = $code),* }
        impl Status {
            /// All codes, in order.
            pub const ALL: &'static [Status] = &[$(Status::$name),*];
            /// The status with this code, if there is one.
            pub const fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Status::$name),)* _ => None }
            }
            /// What it means, and what `detail` then holds.
            pub const fn meaning(self) -> &'static str {
                match self { $(Status::$name => $meaning),* }
            }
        }
    };
}

statuses! {
    Success = 0, "Done. Detail: the operation's own result.";
    UnknownOpcode = 1, "No engine knows the opcode. Detail: the opcode.";
    ReservedNotZero = 2, "A reserved bit is set. Detail: index of the descriptor's word.";
    WrongVersion = 3, "The descriptor has another format. Detail: the version found.";
    SizeLimit = 4, "A size is zero where it may not be, or over the card's limit. Detail: the size.";
    RegionBounds = 5, "The access leaves its region, or a region leaves card memory. Detail: index of the descriptor's word.";
    Misaligned = 6, "An address, offset or length is not aligned. Detail: index of the descriptor's word.";
    StaleGeneration = 7, "The handle's generation is not the region's. Detail: the region's index.";
    RegionInvalid = 8, "No such region. Detail: the region's index.";
    NotPermitted = 9, "The queue's domain does not own the region, or the queue is not the admin queue. Detail: the region's index.";
    UnsupportedParameter = 10, "A parameter is outside what the engine supports. Detail: index of the descriptor's word.";
    HostMemoryError = 11, "Host memory answered an access with an error. Detail: the address, as far as known.";
    CardMemoryError = 12, "Card memory answered an access with an error. Detail: the address, as far as known.";
    NonCanonicalScalar = 13, "A scalar is not below the group's order. Detail: its index.";
    NonCanonicalBase = 14, "A coordinate of a base is not below the field's modulus. Detail: its index.";
    RingAddress = 15, "Queue: a ring is misaligned, over-sized, or beyond the card's address bits.";
    RingOverlap = 16, "Queue: the submission and the completion ring overlap.";
    TablesMismatch = 17, "The table sets are not those of the transform. Detail: a `TableFault`, bit 8: of the second set.";
    Overlap = 18, "Areas overlap that may not. Detail: index of the descriptor's word.";
    NonCanonicalElement = 19, "An element is not below the field's modulus. Detail: its index in the batch (of the matrix with COLUMNS: row * columns + column), or all ones where it is not known.";
    Stride = 20, "Rows are longer than the stride. Detail: index of the descriptor's word.";
}

impl Status {
    /// The code that crosses the link.
    pub const fn code(self) -> u16 {
        self as u16
    }
}
