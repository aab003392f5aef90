//! Cycles of a number-theoretic transform of data in card memory.
//!
//! With n elements, L lanes, B = n / L slots, frames of n' elements; tiles and tables come and go by beats of memory, of
//! L or 2 L elements:
//!
//! * **one pass**: the tables come first; the frames are fed as they come (B), the first result leaves n' / L slots and a
//!   latency later, and goes to memory at a beat a cycle; in natural order when the whole frame is there.
//! * **two passes** over frames of 2^⌈k/2⌉ and 2^⌊k/2⌋: each feeds B beats. In the first nothing is fed before a tile of
//!   columns has come; the last tile is written when all of it has left, but for the second pass in reversed order; the
//!   second pass, whose frames are rows and are fed as they come, begins when the first is in memory.
//!
//! What is fitted: cycles a pass, and what DRAM adds to a pass, and to a beat of one over columns.

use gristmill_protocol::ntt::table_log2;

use super::card::{Board, NttModel};
use super::least_squares::solve;
use crate::points::Work;

/// Fitted constants.
const UNKNOWNS: usize = 3;

/// What the structure says of a job.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Cycles that need no constant.
    pub known: f64,
    /// What the constants are multiplied with.
    pub factors: [f64; UNKNOWNS],
}

/// The fitted constants, in cycles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// A pass.
    pub pass: f64,
    /// A pass in DRAM, beyond its latency: rows to open, refresh.
    pub dram_pass: f64,
    /// A beat of a pass over columns in DRAM, beyond one cycle.
    pub dram_beat: f64,
}

impl Terms {
    /// The terms of a job on this engine; `None` when it is no transform.
    pub fn of(model: &NttModel, board: &Board, work: &Work) -> Option<Self> {
        let Work::Ntt {
            log2,
            batch,
            reversed,
            ..
        } = *work
        else {
            return None;
        };
        let (engine, config) = (&model.engine, &model.config);
        let latency = |log2: u32| model.latencies.get(log2 as usize).copied().unwrap_or(0) as f64;
        let lanes = f64::from(engine.lanes);
        let slots_of = |log2: u32| 2f64.powi(log2 as i32) / lanes;
        let in_beat = board.beat_bytes / f64::from(engine.element_bytes);
        let beats_of = |log2: u32| 2f64.powi(log2 as i32) / in_beat;
        let beats = batch as f64 * slots_of(log2);
        // also with half a beat of lanes: beats of tables and of data take turns, so both halves have the time
        let tables = 4.0 * beats_of(table_log2(log2)).max(1.0);
        let one = log2 <= engine.pass_log2;
        let (passes, tiles, slots, pipeline) = if one {
            let frame = slots_of(log2).max(1.0);
            // the pipeline's slots, and the frame that is turned round before it is stored
            (
                1.0,
                if reversed {
                    0.0
                } else {
                    beats_of(log2).max(1.0)
                },
                frame,
                latency(log2),
            )
        } else {
            let (high, low) = (log2.div_ceil(2), log2 / 2);
            let columns =
                |size: u32| (config.columns_log2 as u32).min(config.tile_log2 as u32 - size);
            let tile = |size: u32| beats_of(size + columns(size));
            let (first, second) = (tile(high), tile(low));
            (
                2.0,
                2.0 * first + if reversed { 0.0 } else { second },
                slots_of(high) + slots_of(low),
                latency(high) + latency(low),
            )
        };
        let fed = passes * beats;
        let known = tables
            + fed
            + slots
            + tiles
            + pipeline
            + passes * board.memory_latency
            + board.memory_latency
            + board.write_latency;
        Some(Self {
            known,
            factors: match (board.dram, one) {
                (false, _) => [passes, 0.0, 0.0],
                (true, true) => [passes, passes, 0.0],
                (true, false) => [passes, passes, fed],
            },
        })
    }
}

impl Constants {
    /// The constants for which the relative errors are least.
    pub fn fit(points: impl Iterator<Item = (Terms, f64)>) -> Option<Self> {
        let rows: Vec<_> = points
            .map(|(terms, cycles)| {
                let row = terms.factors.map(|factor| factor / cycles);
                (row, (cycles - terms.known) / cycles)
            })
            .collect();
        let [pass, dram_pass, dram_beat] = solve(&rows)?;
        Some(Self {
            pass,
            dram_pass,
            dram_beat,
        })
    }

    /// The cycles of a job.
    pub fn cycles(&self, terms: &Terms) -> f64 {
        let constants = [self.pass, self.dram_pass, self.dram_beat];
        let fitted = constants.iter().zip(terms.factors).map(|(c, f)| c * f);
        terms.known + fitted.sum::<f64>()
    }
}
