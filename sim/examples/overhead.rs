//! Measures what a simulated cycle costs beside the design: `cargo run --release -p gristmill-sim --example overhead`.

use std::error::Error;
use std::time::Instant;

use gristmill_driver::HostMemory;
use gristmill_sim::axi::Access;
use gristmill_sim::card::{Board, BoardOptions};
use gristmill_sim::verilator::{Design, ModelLibrary};

const CYCLES: u32 = 2_000_000;

fn measure(
    what: &str,
    mut cycle: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    for _ in 0..CYCLES {
        cycle()?;
    }
    let nanoseconds = start.elapsed().as_secs_f64() * 1e9 / f64::from(CYCLES);
    println!("{what:48} {nanoseconds:7.0} ns a cycle");
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let design = Design::new("top", include_str!("../tests/designs/copy_card.v"));
    let library = ModelLibrary::build(&design)?;
    println!(
        "{} ports, built in {:?} (cached: {})",
        library.ports().len(),
        start.elapsed(),
        library.was_cached()
    );

    let mut model = library.instantiate()?;
    measure("the model and its ports", || Ok(model.cycle()?))?;

    let host = HostMemory::new(32);
    let mut board = Board::new(&library, &BoardOptions::default(), host.clone())?;
    measure("the board, idle", || Ok(board.step().map(drop)?))?;

    let buffer = host.allocate(4096)?;
    for (address, value) in [
        (4, buffer.iova() as u32),
        (8, 0),
        (12, buffer.iova() as u32),
    ] {
        board.submit(Access::Write { address, value })?;
    }
    let beats = board.host_counters().read.beats;
    board.submit(Access::Write {
        address: 16,
        value: 8,
    })?;
    measure("the board, copying bursts of 8 beats", || {
        if board.step()?.interrupts != 0 {
            board.submit(Access::Write {
                address: 16,
                value: 8,
            })?;
        }
        Ok(())
    })?;
    let beats = 4 * (board.host_counters().read.beats - beats);
    println!("{:.2} beats a cycle", beats as f64 / f64::from(CYCLES));
    Ok(())
}
