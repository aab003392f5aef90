//! The orders in which elements pass a buffer: as permutations of the bits of their positions.
//!
//! A tile has at most 2^T elements. Each has a position in the order of the memory side and one in the
//! order of the pipeline's side, and in every mode the bits of one are those of the other at other places. With
//! λ = log2 L, bits λ-1..0 of a position are the lane, the others count beats.
//!
//! An element is in bank b of L, b linear over GF(2) in its memory position m: b_x = m_x, or m_x xor m_h
//! where a lane bit of the pipeline's side stands at m_h, h ≥ λ, and none at m_x. So the lanes of a beat of either
//! side are in different banks: see [`Route`].

/// The sizes of buffers and tiles, all as binary logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Lanes, λ: at least 1.
    pub lanes_log2: usize,
    /// The largest frame, K.
    pub pass_log2: usize,
    /// Elements of the largest tile, T: at least K + λ, so that a tile of columns has whole beats.
    pub tile_log2: usize,
    /// Columns of a tile, γ, where a tile has room for as many: at least λ.
    pub columns_log2: usize,
    /// Beats of a burst where the two halves of a frame alternate.
    pub split_log2: usize,
}

impl Geometry {
    /// Columns of a tile of frames of 2^`size_log2` elements.
    pub fn columns(&self, size_log2: usize) -> usize {
        self.columns_log2.min(self.tile_log2 - size_log2)
    }

    /// Bits of the number of a beat in the buffer, which holds two tiles of the largest size.
    pub fn beat_bits(&self) -> usize {
        self.tile_log2 + 1 - self.lanes_log2
    }
}

/// How a tile stands in memory. f numbers its frames, u the elements of a frame of 2^k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Load {
    /// Frame by frame: f 2^k + u.
    Rows = 0,
    /// One frame, bursts of its two halves in turn; for k > λ + split_log2.
    Split = 1,
    /// Frame by frame, each in bit-reversed order.
    RowsReversed = 2,
    /// Row by row of a matrix whose columns are the frames: u C + f.
    Columns = 3,
    /// The same, the rows in bit-reversed order.
    ColumnsReversed = 4,
}

/// How a tile goes to memory. p numbers the places of a frame, of which place p holds X\[rev p\].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Store {
    /// Frame by frame: f 2^k + p.
    Rows = 0,
    /// Frame by frame: f 2^k + rev p.
    RowsReversed = 1,
    /// Row by row: p C + f.
    Columns = 2,
    /// Row by row: rev p · C + f.
    ColumnsReversed = 3,
    /// Row by row: rev p · C + rev f.
    ColumnsBothReversed = 4,
}

impl Load {
    /// All modes.
    pub const ALL: [Self; 5] = [
        Self::Rows,
        Self::Split,
        Self::RowsReversed,
        Self::Columns,
        Self::ColumnsReversed,
    ];

    /// For each bit of a position in the pipeline's order (split order), the bit of the memory position
    /// that it is; `None` when there are no such tiles.
    pub fn permutation(self, geometry: &Geometry, size_log2: usize) -> Option<Vec<usize>> {
        let (k, lanes, columns) = (size_log2, geometry.lanes_log2, geometry.columns(size_log2));
        let chunk = lanes + geometry.split_log2;
        if self == Self::Split && k <= chunk {
            return None;
        }
        let index = |u: usize| match self {
            Self::Rows => u,
            Self::Split if u == k - 1 => chunk,
            Self::Split => u + usize::from(u >= chunk),
            Self::RowsReversed => k - 1 - u,
            Self::Columns => columns + u,
            Self::ColumnsReversed => columns + k - 1 - u,
        };
        let by_columns = matches!(self, Self::Columns | Self::ColumnsReversed);
        Some(join(geometry, k, by_columns, |bit| {
            // split order: the top lane bit is the top bit of the index
            if k < lanes || bit < lanes - 1 {
                index(bit)
            } else if bit == lanes - 1 {
                index(k - 1)
            } else {
                index(bit - 1)
            }
        }))
    }
}

/// The mode in which frames of 2^`kept` elements, fewer than L, stand one behind the other, and are zero from there
/// on: f 2^kept + u.
pub const fn short(kept: usize) -> u8 {
    Load::ALL.len() as u8 + kept as u8
}

impl Store {
    /// All modes.
    pub const ALL: [Self; 5] = [
        Self::Rows,
        Self::RowsReversed,
        Self::Columns,
        Self::ColumnsReversed,
        Self::ColumnsBothReversed,
    ];

    /// For each bit of a position in the pipeline's order (places), the bit of the memory position
    /// that it is.
    pub fn permutation(self, geometry: &Geometry, size_log2: usize) -> Option<Vec<usize>> {
        let (k, columns) = (size_log2, geometry.columns(size_log2));
        let by_columns = !matches!(self, Self::Rows | Self::RowsReversed);
        let mut bits = join(geometry, k, by_columns, |place| match self {
            Self::Rows => place,
            Self::RowsReversed => k - 1 - place,
            Self::Columns => columns + place,
            Self::ColumnsReversed | Self::ColumnsBothReversed => columns + k - 1 - place,
        });
        if self == Self::ColumnsBothReversed {
            bits[k..k + columns].reverse();
        }
        Some(bits)
    }
}

/// The bits inside a frame as `inside` says, those of the frame's number above or below them, and behind
/// the tile what is always zero.
fn join(
    geometry: &Geometry,
    k: usize,
    by_columns: bool,
    inside: impl Fn(usize) -> usize,
) -> Vec<usize> {
    let columns = geometry.columns(k);
    (0..geometry.tile_log2)
        .map(|bit| match bit {
            _ if bit < k => inside(bit),
            _ if by_columns && bit < k + columns => bit - k,
            _ => bit,
        })
        .collect()
}

/// What the two sides of a buffer do in one mode, at one size. Bit x of a bank's number stands for bit x of
/// the memory side's lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Memory side: the bit of the beat's number with which bit x of the lane is to be inverted to have the bank.
    pub memory_mask: Vec<Option<usize>>,
    /// Pipeline's side: likewise, for the bit of the lane that `lane` names.
    pub mask: Vec<Option<usize>>,
    /// The bit of the pipeline's lane that is bit x of the bank, before it is inverted.
    pub lane: Vec<usize>,
    /// For each bit of the address in a bank, the bit of the pipeline's beat number that it is; `None`
    /// for those that differ from bank to bank.
    pub address: Vec<Option<usize>>,
    /// The bit of the address that, in bank b, is bit x of b as inverted by `mask`.
    pub place: Vec<Option<usize>>,
}

impl Route {
    /// The route for a permutation of the bits of positions, from the pipeline's order to that of memory.
    pub fn new(lanes_log2: usize, permutation: &[usize]) -> Self {
        let from = |bit: usize| {
            let found = permutation.iter().position(|to| *to == bit);
            found.expect("a permutation has every bit")
        };
        let lanes = 0..lanes_log2;
        let mut far = lanes.clone().filter(|i| permutation[*i] >= lanes_log2);
        // bits of memory's lane that are no lane bits of the pipeline take the far ones in
        let lane: Vec<usize> = lanes
            .clone()
            .map(|x| match from(x) {
                near if near < lanes_log2 => near,
                _ => far.next().expect("as many are far as are free"),
            })
            .collect();
        let pair = |x: usize| (permutation[lane[x]] >= lanes_log2).then(|| permutation[lane[x]]);
        Self {
            memory_mask: lanes
                .clone()
                .map(|x| pair(x).map(|bit| bit - lanes_log2))
                .collect(),
            mask: lanes
                .clone()
                .map(|x| pair(x).map(|_| from(x) - lanes_log2))
                .collect(),
            address: (lanes_log2..permutation.len())
                .map(|bit| from(bit).checked_sub(lanes_log2))
                .collect(),
            place: lanes
                .clone()
                .map(|x| pair(x).map(|bit| bit - lanes_log2))
                .collect(),
            lane,
        }
    }

    /// The route of mode [`short`]. Lanes and beats that are zero find anything.
    pub fn short(geometry: &Geometry, size_log2: usize, kept: usize) -> Self {
        let (lanes, k) = (geometry.lanes_log2, size_log2);
        // lane bits of the frame's number follow those of the index that are kept; the others are zero where it matters
        let numbers = k.min(lanes)..lanes;
        let lane: Vec<usize> = (0..kept).chain(numbers).chain(kept..k.min(lanes)).collect();
        let near = lanes - (k.min(lanes) - kept);
        // beats count the frames whose number has no lane bits
        let first = k.saturating_sub(lanes);
        let bits = geometry.tile_log2 - lanes;
        let beat = |bit: usize| {
            let from = bit.checked_sub(near).map(|number| number + first);
            from.filter(|from| *from < bits)
        };
        Self {
            memory_mask: vec![None; lanes],
            mask: (0..lanes).map(beat).collect(),
            address: (lanes..geometry.tile_log2).map(beat).collect(),
            place: vec![None; lanes],
            lane,
        }
    }

    /// The bank of lane `lane` of memory's beat `beat`; its address in the bank is the beat's number.
    pub fn memory_bank(&self, beat: usize, lane: usize) -> usize {
        let inverted = |x: usize| self.memory_mask[x].map_or(0, |bit| beat >> bit & 1);
        (0..self.lane.len()).fold(lane, |bank, x| bank ^ inverted(x) << x)
    }

    /// Bank and address of lane `lane` of the pipeline's beat `beat`.
    pub fn pipeline_place(&self, beat: usize, lane: usize) -> (usize, usize) {
        let (mut bank, mut address) = (0, 0);
        for (bit, from) in self.address.iter().enumerate() {
            address |= from.map_or(0, |from| (beat >> from & 1) << bit);
        }
        for x in 0..self.lane.len() {
            let lane = lane >> self.lane[x] & 1;
            bank |= (lane ^ self.mask[x].map_or(0, |bit| beat >> bit & 1)) << x;
            address |= self.place[x].map_or(0, |bit| lane << bit);
        }
        (bank, address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The routes of all modes and sizes, with the permutations that they are for.
    fn routes(geometry: &Geometry) -> Vec<(Vec<usize>, Route)> {
        let sizes = 0..=geometry.pass_log2;
        let loads = sizes.clone().flat_map(|k| {
            Load::ALL
                .iter()
                .filter_map(move |mode| mode.permutation(geometry, k))
        });
        let stores = sizes.flat_map(|k| {
            Store::ALL
                .iter()
                .filter_map(move |mode| mode.permutation(geometry, k))
        });
        loads
            .chain(stores)
            .map(|bits| (bits.clone(), Route::new(geometry.lanes_log2, &bits)))
            .collect()
    }

    #[test]
    fn both_sides_find_every_element_in_one_place_without_conflicts() {
        for lanes_log2 in 1..=4 {
            for (pass_log2, columns_log2) in [(5, 4), (8, 6), (9, 4)] {
                let geometry = Geometry {
                    lanes_log2,
                    pass_log2,
                    tile_log2: pass_log2 + 4,
                    columns_log2: columns_log2.max(lanes_log2),
                    split_log2: 1,
                };
                for (bits, route) in routes(&geometry) {
                    check(&geometry, &bits, &route);
                }
            }
        }
    }

    #[test]
    fn short_frames_find_their_elements() {
        for lanes_log2 in 1..=4 {
            let geometry = Geometry {
                lanes_log2,
                pass_log2: 6,
                tile_log2: 10,
                columns_log2: 4,
                split_log2: 1,
            };
            for kept in 0..lanes_log2 {
                for k in kept + 1..=geometry.pass_log2 {
                    let route = Route::short(&geometry, k, kept);
                    for frame in 0..1usize << (geometry.tile_log2 - k) {
                        for u in 0..1usize << kept {
                            // split order: elements of the first half stand in the lower lanes
                            let position = frame << k | u;
                            let (beat, lane) =
                                (position >> lanes_log2, position % (1 << lanes_log2));
                            let memory = frame << kept | u;
                            let (memory_beat, memory_lane) =
                                (memory >> lanes_log2, memory % (1 << lanes_log2));
                            let bank = route.memory_bank(memory_beat, memory_lane);
                            assert_eq!(route.pipeline_place(beat, lane), (bank, memory_beat));
                        }
                    }
                }
            }
        }
    }

    fn check(geometry: &Geometry, bits: &[usize], route: &Route) {
        let lanes = 1 << geometry.lanes_log2;
        for beat in 0..1usize << (geometry.tile_log2 - geometry.lanes_log2) {
            let (mut banks, mut memory_banks) = (0u32, 0u32);
            for lane in 0..lanes {
                let position = beat << geometry.lanes_log2 | lane;
                let moved = |to: usize, (bit, target): (usize, &usize)| {
                    to | (position >> bit & 1) << target
                };
                let memory = bits.iter().enumerate().fold(0, moved);
                let (memory_beat, memory_lane) = (memory >> geometry.lanes_log2, memory % lanes);
                let (bank, address) = route.pipeline_place(beat, lane);
                assert_eq!(address, memory_beat);
                assert_eq!(bank, route.memory_bank(memory_beat, memory_lane));
                banks |= 1 << bank;
                memory_banks |= 1 << route.memory_bank(beat, lane);
            }
            assert_eq!([banks, memory_banks], [(1u32 << lanes) - 1; 2]);
        }
    }
}
