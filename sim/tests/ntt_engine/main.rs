//! The NTT engine on its card, by descriptors, with data in card memory.

#[path = "../core_bench/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod core_bench;

mod bench;
mod errors;
mod fields;
mod jobs;
mod overlap;
mod rates;
mod resets;

use bench::Bench;
use gristmill_hdl::datapath::Fill;
use gristmill_sim::card::BoardOptions;

/// The toy cards: two lanes, four, and two behind beats of four elements.
const TOYS: [&str; 3] = ["ntt_toy", "ntt_toy4", "ntt_toy_half"];

/// Runs a test on the toy cards, on a kind and on a hostile board.
fn on_toys(test: impl Fn(&mut Bench)) {
    for card in TOYS {
        for options in [BoardOptions::default(), BoardOptions::hostile(5)] {
            test(&mut Bench::new(card, Fill::Record, options));
        }
    }
}
