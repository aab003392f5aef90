//! Bad clients: mutated messages, to the session itself and through the socket.

use std::io::Write;
use std::os::unix::net::UnixStream;

use gristmill_conformance::reference::{ReferenceCard, ReferenceOptions};
use gristmill_driver::Transport;
use gristmill_protocol::{CurveId, register};
use gristmill_sim::vfio_user::Session;
use gristmill_vfio::VfioUser;
use gristmill_vfio::connection::Message;
use gristmill_vfio::memory::SharedMemory;
use gristmill_vfio::wire::{
    self, DeviceInfo, DmaMap, DmaUnmap, Header, IrqInfo, RegionAccess, RegionInfo, SetIrqs,
    Version, flags,
};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;

use crate::card::{Reference, Served};

/// Mutated messages to the session; `GRISTMILL_FUZZ` sets another number.
const MESSAGES: usize = 1_000_000;

/// A message that a good client could send.
fn sensible(random: &mut SmallRng) -> (Header, Vec<u8>) {
    let argsz = 64;
    let (command, payload) = match random.gen_range(0..10) {
        0 => {
            let (major, minor) = wire::VERSION;
            let mut payload = bytemuck::bytes_of(&Version { major, minor }).to_vec();
            payload.extend(wire::capabilities());
            (1, payload)
        }
        1 => {
            let map = DmaMap {
                argsz,
                flags: 3,
                offset: 4096 * random.gen_range(0..4),
                address: 4096 * random.gen_range(0..64),
                size: 4096 * random.gen_range(1..4),
            };
            (2, bytemuck::bytes_of(&map).to_vec())
        }
        2 => {
            let unmap = DmaUnmap {
                argsz,
                flags: 0,
                address: 4096 * random.gen_range(0..64),
                size: 4096 * random.gen_range(1..4),
            };
            (3, bytemuck::bytes_of(&unmap).to_vec())
        }
        3 => (
            4,
            bytemuck::bytes_of(&DeviceInfo {
                argsz,
                ..Default::default()
            })
            .to_vec(),
        ),
        4 => {
            let index = random.gen_range(0..9);
            (
                5,
                bytemuck::bytes_of(&RegionInfo {
                    argsz,
                    index,
                    ..Default::default()
                })
                .to_vec(),
            )
        }
        5 => {
            let index = random.gen_range(0..5);
            (
                7,
                bytemuck::bytes_of(&IrqInfo {
                    argsz,
                    index,
                    ..Default::default()
                })
                .to_vec(),
            )
        }
        6 => {
            let set = SetIrqs {
                argsz,
                flags: 1 << random.gen_range(0..3) | 1 << random.gen_range(3..6),
                index: random.gen_range(2..5),
                start: random.gen_range(0..4),
                count: random.gen_range(0..4),
            };
            (8, bytemuck::bytes_of(&set).to_vec())
        }
        7 | 8 => {
            let write = random.r#gen();
            let access = RegionAccess {
                offset: 4 * random.gen_range(0..0x400),
                region: *[0, 2, 7].get(random.gen_range(0..3)).unwrap(),
                count: 4,
            };
            let mut payload = bytemuck::bytes_of(&access).to_vec();
            if write {
                payload.extend(random.r#gen::<[u8; 4]>());
            }
            (if write { 10 } else { 9 }, payload)
        }
        _ => (13, Vec::new()),
    };
    let header = Header {
        id: random.r#gen(),
        command,
        flags: if random.gen_ratio(1, 8) {
            flags::NO_REPLY
        } else {
            0
        },
        ..Header::default()
    };
    (header, payload)
}

/// Some of it made wrong: bits, length, command.
fn mutated(random: &mut SmallRng) -> (Header, Vec<u8>) {
    let (mut header, mut payload) = sensible(random);
    for _ in 0..random.gen_range(0..3) {
        match random.gen_range(0..6) {
            0 => payload.truncate(random.gen_range(0..=payload.len())),
            1 => payload.resize(payload.len() + random.gen_range(0..40), 0xff),
            2 => header.command = random.gen_range(0..20),
            3 if !payload.is_empty() => {
                let at = random.gen_range(0..payload.len());
                payload[at] = random.r#gen();
            }
            4 if payload.len() >= 8 => {
                let at = random.gen_range(0..=payload.len() - 8);
                let word = [0, 1, u64::MAX, 1 << 63, u64::MAX - 4095, 4096];
                let word = word[random.gen_range(0..word.len())];
                payload[at..at + 8].copy_from_slice(&word.to_le_bytes());
            }
            _ => {
                if !payload.is_empty() {
                    let at = random.gen_range(0..payload.len());
                    payload[at] ^= 1 << random.gen_range(0..8);
                }
            }
        }
    }
    (header, payload)
}

fn files(random: &mut SmallRng, memory: &SharedMemory) -> Vec<OwnedFd> {
    let one = |random: &mut SmallRng| match random.gen_range(0..4) {
        0 => std::fs::File::open("/dev/null").unwrap().into(),
        1 => eventfd(0, EventfdFlags::NONBLOCK).unwrap(),
        _ => memory.file().try_clone_to_owned().unwrap(),
    };
    (0..random.gen_range(0..3)).map(|_| one(random)).collect()
}

#[test]
fn no_message_breaks_a_session() {
    let messages = std::env::var("GRISTMILL_FUZZ");
    let messages = messages.map_or(MESSAGES, |text| text.parse().unwrap());
    let mut random = SmallRng::seed_from_u64(1);
    let card = ReferenceCard::new(ReferenceOptions::msm(CurveId::Toy)).unwrap();
    let memory = SharedMemory::new(4 * 4096).unwrap();
    let mut session = Session::new(Reference::new(card.clone()));
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..messages {
        let (header, payload) = mutated(&mut random);
        let files = match header.command {
            2 | 8 => files(&mut random, &memory),
            _ => Vec::new(),
        };
        let message = Message {
            header,
            payload,
            files,
        };
        match session.handle(message) {
            Ok(Some(Ok(_))) => accepted += 1,
            Ok(Some(Err(_))) => refused += 1,
            Ok(None) | Err(_) => {}
        }
    }
    println!("{messages} messages: {accepted} accepted, {refused} refused");
    assert!(accepted > messages / 10 && refused > messages / 10);
    drop(session);
    assert!(card.host().read(0, &mut [0; 8]).is_err());
    let mut next = Session::new(Reference::new(card));
    let (major, minor) = wire::VERSION;
    let mut payload = bytemuck::bytes_of(&Version { major, minor }).to_vec();
    payload.extend(wire::capabilities());
    let header = Header {
        command: 1,
        ..Header::default()
    };
    let message = Message {
        header,
        payload,
        files: Vec::new(),
    };
    assert!(matches!(next.handle(message), Ok(Some(Ok(_)))));
}

#[test]
fn no_client_breaks_the_server() {
    let served = Served::start();
    let mut random = SmallRng::seed_from_u64(2);
    for round in 0..200 {
        let mut stream = UnixStream::connect(served.path()).unwrap();
        let mut bytes = Vec::new();
        for _ in 0..random.gen_range(0..40) {
            let (mut header, payload) = mutated(&mut random);
            header.size = (size_of::<Header>() + payload.len()) as u32;
            if random.gen_ratio(1, 20) {
                header.size = random.r#gen();
            }
            header.flags |= flags::NO_REPLY;
            if random.gen_ratio(1, 20) {
                header.flags = random.r#gen();
            }
            bytes.extend_from_slice(bytemuck::bytes_of(&header));
            bytes.extend(payload);
        }
        bytes.truncate(random.gen_range(0..=bytes.len()));
        // the server may have hung up already
        let _ = stream.write_all(&bytes);
        drop(stream);
        if round % 20 == 0 {
            // it may still be busy with the one before
            let transport = (0..100)
                .find_map(|_| {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    VfioUser::connect(&served.path()).ok()
                })
                .unwrap();
            let identity = transport.read_register(register::IDENTITY).unwrap();
            assert_eq!(identity, gristmill_protocol::IDENTITY);
        }
    }
}
