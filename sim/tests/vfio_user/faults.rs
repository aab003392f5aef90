//! Bad servers, and cards that go away.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gristmill_driver::{Card, CardOptions, Loss, Transport, TransportError};
use gristmill_protocol::register;
use gristmill_vfio::VfioUser;
use gristmill_vfio::client::{Client, ClientError};
use gristmill_vfio::wire::{Header, Version, flags};

use crate::card::Served;

const PATIENCE: Duration = Duration::from_millis(200);

/// A server that answers the version, and then each message with what `answer` makes of it.
fn with_server(answer: impl Fn(Header, &mut UnixStream) + Send, test: impl FnOnce(&Path)) {
    serve(0, answer, test);
}

/// A server of this major version of the protocol, which says nothing else.
pub fn with_version(major: u16, test: impl FnOnce(&Path)) {
    serve(major, |_, _| {}, test);
}

fn serve(major: u16, answer: impl Fn(Header, &mut UnixStream) + Send, test: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut first = true;
            let mut header = [0; size_of::<Header>()];
            while stream.read_exact(&mut header).is_ok() {
                let header: Header = bytemuck::pod_read_unaligned(&header);
                let mut payload = vec![0; header.size as usize - size_of::<Header>()];
                stream.read_exact(&mut payload).unwrap();
                if std::mem::take(&mut first) {
                    let version = Version { major, minor: 1 };
                    send(&mut stream, reply(header), bytemuck::bytes_of(&version));
                } else {
                    answer(header, &mut stream);
                }
            }
        });
        test(&path);
    });
}

fn reply(command: Header) -> Header {
    Header {
        flags: flags::REPLY,
        ..command
    }
}

fn send(stream: &mut UnixStream, mut header: Header, payload: &[u8]) {
    header.size = (size_of::<Header>() + payload.len()) as u32;
    // the client may have hung up already
    let _ = stream.write_all(bytemuck::bytes_of(&header));
    let _ = stream.write_all(payload);
}

fn read(path: &Path) -> (Result<(), ClientError>, Result<(), ClientError>) {
    let client = Client::connect(path, PATIENCE).unwrap();
    let mut word = [0; 4];
    (client.read(0, 0, &mut word), client.read(0, 0, &mut word))
}

#[test]
fn a_server_that_says_nothing_is_given_up_at_the_deadline() {
    with_server(
        |_, _| {},
        |path| {
            let started = Instant::now();
            let (first, second) = read(path);
            assert!(matches!(first, Err(ClientError::TimedOut { .. })));
            assert_eq!(first, second);
            assert!(started.elapsed() < 3 * PATIENCE);
        },
    );
}

#[test]
fn a_late_answer_is_no_answer() {
    with_server(
        |header, stream| {
            std::thread::sleep(2 * PATIENCE);
            send(stream, reply(header), &[0; 20]);
        },
        |path| {
            let (first, second) = read(path);
            assert!(matches!(first, Err(ClientError::TimedOut { .. })));
            std::thread::sleep(2 * PATIENCE);
            assert_eq!(first, second);
        },
    );
}

#[test]
fn answers_that_break_the_protocol_poison_the_connection() {
    type Answer = fn(Header, &mut UnixStream);
    let answers: [Answer; 8] = [
        |header, stream| {
            let id = header.id + 1;
            send(
                stream,
                Header {
                    id,
                    ..reply(header)
                },
                &[0; 20],
            );
        },
        |header, stream| {
            send(
                stream,
                Header {
                    command: 10,
                    ..reply(header)
                },
                &[0; 20],
            )
        },
        |header, stream| send(stream, header, &[0; 20]),
        |header, stream| send(stream, reply(header), &[0; 19]),
        |header, stream| send(stream, reply(header), &[0; 3]),
        |header, stream| send(stream, reply(header), &[1; 20]),
        |header, stream| {
            let size = 7;
            let header = Header {
                size,
                ..reply(header)
            };
            stream.write_all(bytemuck::bytes_of(&header)).unwrap();
        },
        |header, stream| {
            let size = u32::MAX;
            let header = Header {
                size,
                ..reply(header)
            };
            stream.write_all(bytemuck::bytes_of(&header)).unwrap();
        },
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        with_server(answer, |path| {
            let (first, second) = read(path);
            assert!(
                matches!(first, Err(ClientError::Broken(_))),
                "{number}: {first:?}"
            );
            assert_eq!(first, second, "{number}");
        });
    }
}

#[test]
fn nobody_at_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = VfioUser::connect(&folder.path().join("card"));
    assert!(matches!(nowhere, Err(TransportError::Down { .. })));
    let path = folder.path().join("dead");
    drop(UnixListener::bind(&path).unwrap());
    assert!(matches!(
        VfioUser::connect(&path),
        Err(TransportError::Down { .. })
    ));
}

#[test]
fn a_card_whose_server_dies_is_lost_and_nothing_hangs() {
    let mut served = Served::start();
    let transport = Arc::new(VfioUser::connect(&served.path()).unwrap());
    let options = CardOptions {
        patience: Duration::from_secs(2),
        ..CardOptions::default()
    };
    let card = Card::open(transport.clone(), options).unwrap();
    served.card.inject(|faults| faults.hang_queue = true);
    let loading = std::thread::spawn(move || {
        let started = Instant::now();
        let failed = card.load_bases(vec![0; 1024], 16, 64).err();
        (failed, card.loss(), started.elapsed())
    });
    std::thread::sleep(Duration::from_millis(100));
    served.server = None;
    let (failed, loss, took) = loading.join().unwrap();
    assert!(failed.is_some());
    assert!(matches!(loss, Some(Loss::Transport(_))), "{loss:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(matches!(
        transport.read_register(register::IDENTITY),
        Err(TransportError::Down { .. })
    ));
}
