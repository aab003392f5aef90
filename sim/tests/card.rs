//! A small card in Verilog on the board, through the driver's transport.

use std::time::{Duration, Instant};

use gristmill_driver::{Transport, TransportError};
use gristmill_sim::axi::{Link, Rule};
use gristmill_sim::card::{BoardError, BoardOptions, CardSimulation};
use gristmill_sim::verilator::{Design, ModelLibrary};

const COPY_CARD: &str = include_str!("designs/copy_card.v");

fn start(verilog: &str, options: &BoardOptions) -> CardSimulation {
    let library =
        ModelLibrary::build(&Design::new("top", verilog)).unwrap_or_else(|error| panic!("{error}"));
    CardSimulation::start("copy card", &library, options, 32).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// Copies `beats` beats and checks them; `round` makes the data different each time.
fn copy(card: &CardSimulation, beats: u32, round: u8) {
    let bytes = beats as usize * 64;
    let (source, target) = (card.allocate(bytes).unwrap(), card.allocate(bytes).unwrap());
    let mut data: Vec<u8> = (0..bytes)
        .map(|byte| (byte as u8).wrapping_mul(31).wrapping_add(round) | 1)
        .collect();
    source.write(0, &data).unwrap();
    let writes = [
        (4, source.iova() as u32),
        (8, 0x7_0000 + 4096 * u32::from(round)),
        (12, target.iova() as u32),
    ];
    for (register, value) in writes {
        card.write_register(register, value).unwrap();
    }
    card.write_register(16, beats).unwrap();
    assert_eq!(
        card.wait_interrupt(0, soon()),
        Ok(true),
        "{:?}",
        card.failure()
    );
    let mut copied = vec![0; bytes];
    target.read(0, &mut copied).unwrap();
    for beat in data.chunks_mut(64) {
        let word = u32::from_le_bytes(beat[..4].try_into().unwrap()).wrapping_add(1);
        beat[..4].copy_from_slice(&word.to_le_bytes());
    }
    assert_eq!(copied, data);
}

#[test]
fn a_card_works_on_any_board() {
    let pcie = BoardOptions {
        host_link: Link::pcie_gen3_x16(250_000),
        ..BoardOptions::default()
    };
    let boards = [BoardOptions::default(), pcie]
        .into_iter()
        .chain((0..6).map(BoardOptions::hostile));
    for options in boards {
        let card = start(COPY_CARD, &options);
        assert_eq!(card.read_register(0), Ok(0x434f_5059));
        for round in 0..20 {
            copy(&card, 1 + u32::from(round) % 8, round);
        }
        assert_eq!(card.read_register(20), Ok(0));
        assert!(card.failure().is_none());
        let progress = card.progress();
        assert_eq!(progress.host.read.bytes, progress.host.write.bytes);
        assert_eq!(progress.memory.read.bytes, progress.host.read.bytes);
    }
}

#[test]
fn time_stands_still_without_work() {
    let card = start(COPY_CARD, &BoardOptions::default());
    copy(&card, 8, 0);
    std::thread::sleep(Duration::from_millis(100));
    let cycles = card.cycles();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(card.cycles(), cycles);
    assert!(cycles < 1000, "{cycles}");
    assert_eq!(
        card.wait_interrupt(0, Instant::now() + Duration::from_millis(10)),
        Ok(false)
    );
}

#[test]
fn what_is_not_there_reads_as_ones_and_faults() {
    let card = start(COPY_CARD, &BoardOptions::default());
    assert_eq!(card.read_register(24), Ok(u32::MAX));
    assert_eq!(
        card.read_register(2),
        Err(TransportError::NoRegister { offset: 2 })
    );
    assert_eq!(
        card.wait_interrupt(4, soon()),
        Err(TransportError::NoVector { vector: 4 })
    );
    card.write_register(4, 64).unwrap();
    card.write_register(12, 128).unwrap();
    card.write_register(16, 1).unwrap();
    assert_eq!(card.wait_interrupt(0, soon()), Ok(true));
    assert_eq!(
        card.read_register(20),
        Ok(2),
        "the card sees the error responses"
    );
}

#[test]
fn a_reset_in_the_middle_leaves_a_working_card() {
    let card = start(COPY_CARD, &BoardOptions::hostile(5));
    copy(&card, 2, 1);
    card.write_register(16, 8).unwrap();
    card.read_register(0).unwrap();
    card.reset(soon()).unwrap();
    for round in 0..4 {
        copy(&card, 4, round);
    }
}

#[test]
fn a_broken_rule_ends_the_simulation_with_its_name() {
    let broken = COPY_CARD.replace("assign awsize = 6", "assign awsize = 5");
    let card = start(&broken, &BoardOptions::default());
    let source = card.allocate(64).unwrap();
    card.write_register(4, source.iova() as u32).unwrap();
    card.write_register(8, 0).unwrap();
    card.write_register(16, 1).unwrap();
    let waited = card.wait_interrupt(0, soon());
    assert!(
        matches!(&waited, Err(TransportError::Down { reason }) if reason.contains("AWSIZE is 5")),
        "{waited:?}"
    );
    assert!(matches!(
        card.read_register(0),
        Err(TransportError::Down { .. })
    ));
    match card.failure().as_deref() {
        Some(BoardError::Violation(violation)) => {
            assert!(matches!(violation.rule, Rule::Size { size: 5, .. }));
            assert_eq!(violation.port, "memory");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_card_that_does_not_answer_reads_as_ones() {
    let dead = COPY_CARD.replace("registers_rvalid <= 1;", "registers_rvalid <= 0;");
    let card = start(
        &dead,
        &BoardOptions {
            register_limit: 100,
            ..BoardOptions::default()
        },
    );
    assert_eq!(card.read_register(0), Ok(u32::MAX));
    assert_eq!(card.read_register(0), Ok(u32::MAX));
    card.reset(soon()).unwrap();
    assert_eq!(card.read_register(0), Ok(u32::MAX));
}
