//! The MSM engine behind its socket, without a card: toy curve, all corners, random waits.

mod aborts;
mod bench;
mod errors;
mod jobs;
mod ports;
mod toy;

use bench::Bench;
use ports::Waits;
use toy::Group;

const SMOOTH: Waits = Waits {
    stall: 0.0,
    latency: 20,
};
const ROUGH: Waits = Waits {
    stall: 0.5,
    latency: 70,
};

/// Runs a test on engines of one and of two lanes, with and without waits.
fn on_all(test: impl Fn(&mut Bench, &Group)) {
    let group = Group::new();
    for lanes in [1, 2] {
        let mut bench = Bench::new(lanes);
        for waits in [SMOOTH, ROUGH] {
            bench.waits = waits;
            test(&mut bench, &group);
        }
    }
}
