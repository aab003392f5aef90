/// Bank groups of a channel.
pub const GROUPS: usize = 4;
/// Banks of a channel, in all its groups.
pub const BANKS: usize = 16;
const BANK_BITS: u32 = BANKS.ilog2();

/// Where an address is.
///
/// From the lowest bits: bytes of a burst; bursts of a granule; the channel; the rest of the channel's own address.
/// That own address, in bursts: one bit of the bank group, so that neighbours alternate between two groups and come
/// without tCCD_L; the column; the other bit of the bank group; the bank in its group; the row.
///
/// With `hash` the channel is XORed with everything above it, folded, and the bank with the row, folded: the strides of
/// powers of two that transposers make visit all channels and banks. Without it such strides stay on a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Channels, a power of two.
    pub channels: usize,
    /// Bytes of one channel before the next one's, a power of two.
    pub granule_bytes: u64,
    /// Bytes of a burst of the DRAM, a power of two.
    pub burst_bytes: u64,
    /// Bytes of a row of all of a channel's devices, a power of two.
    pub row_bytes: u64,
    /// Whether higher bits choose the channel and the bank with the lower ones.
    pub hash: bool,
}

/// A burst's place in DRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The channel.
    pub channel: usize,
    /// The bank among all of the channel; its two low bits are the bank group.
    pub bank: usize,
    /// The row.
    pub row: u64,
    /// The burst in the row.
    pub column: u64,
}

impl Place {
    /// The bank group.
    pub fn group(&self) -> usize {
        self.bank % GROUPS
    }
}

/// The XOR of all pieces of `bits` bits.
fn fold(mut value: u64, bits: u32) -> u64 {
    let mut folded = 0;
    while value != 0 && bits != 0 {
        folded ^= value & ((1 << bits) - 1);
        value >>= bits;
    }
    folded
}

/// The lowest `bits` bits, and the rest.
fn split(value: u64, bits: u32) -> (u64, u64) {
    (value & ((1 << bits) - 1), value >> bits)
}

impl Mapping {
    /// Where the burst is that contains an address.
    pub fn place(&self, address: u64) -> Place {
        let channel_bits = self.channels.ilog2();
        let granule = (self.granule_bytes / self.burst_bytes).ilog2();
        let (low, rest) = split(address / self.burst_bytes, granule);
        let (mut channel, upper) = split(rest, channel_bits);
        let (group_low, rest) = split(upper << granule | low, 1);
        let (column, rest) = split(rest, (self.row_bytes / self.burst_bytes).ilog2());
        let (bank_high, row) = split(rest, BANK_BITS - 1);
        let mut bank = bank_high << 1 | group_low;
        if self.hash {
            channel ^= fold(upper, channel_bits);
            bank ^= fold(row, BANK_BITS);
        }
        Place {
            channel: channel as usize,
            bank: bank as usize,
            row,
            column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const MAPPING: Mapping = Mapping {
        channels: 4,
        granule_bytes: 256,
        burst_bytes: 64,
        row_bytes: 8192,
        hash: true,
    };

    #[test]
    fn no_two_bursts_share_a_place() {
        for hash in [false, true] {
            let mapping = Mapping { hash, ..MAPPING };
            let places: HashSet<Place> = (0..1 << 16)
                .map(|burst| mapping.place(burst * 64))
                .collect();
            assert_eq!(places.len(), 1 << 16);
        }
    }

    #[test]
    fn neighbours_alternate_between_bank_groups() {
        for granule in 0..64 {
            let bursts: Vec<Place> = (0..4)
                .map(|burst| MAPPING.place(granule * 256 + burst * 64))
                .collect();
            assert!(
                bursts
                    .iter()
                    .all(|place| place.channel == bursts[0].channel)
            );
            assert!(
                bursts
                    .windows(2)
                    .all(|two| two[0].group() != two[1].group())
            );
        }
    }

    #[test]
    fn strides_of_powers_of_two_visit_all_channels_and_many_banks() {
        for stride in 12..=22 {
            let visited = |hash| -> HashSet<(usize, usize)> {
                let mapping = Mapping { hash, ..MAPPING };
                (0..256_u64)
                    .map(|step| mapping.place(step << stride))
                    .map(|place| (place.channel, place.bank))
                    .collect()
            };
            let channels: HashSet<usize> =
                visited(true).iter().map(|&(channel, _)| channel).collect();
            assert_eq!(channels.len(), 4, "stride 2^{stride}");
            assert!(
                visited(true).len() >= 16,
                "stride 2^{stride}: {} banks",
                visited(true).len()
            );
            if stride >= 19 {
                assert_eq!(visited(false).len(), 1, "stride 2^{stride} without a hash");
            }
        }
    }
}
