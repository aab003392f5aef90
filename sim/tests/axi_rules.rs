//! Each checker fails when its rule is broken, and is content when it is not.

use gristmill_sim::axi::{
    Access, Address, Channel, Checker, Link, LiteSlave, MasterSignals, Memory, RegisterError,
    RegisterMaster, Rule, SlaveSignals, SparseMemory, WriteBeat,
};

const BEAT: usize = 64;

fn read(address: Address) -> MasterSignals {
    MasterSignals {
        ar: Some(address),
        ..MasterSignals::default()
    }
}

fn write(address: Option<Address>, last: Option<bool>) -> MasterSignals {
    let w = last.map(|last| WriteBeat {
        strobes: u64::MAX,
        last,
        ..WriteBeat::default()
    });
    MasterSignals {
        aw: address,
        w,
        ..MasterSignals::default()
    }
}

fn burst(beats: u8) -> Address {
    Address::incrementing(1, 0x1000, beats, BEAT)
}

const READY: SlaveSignals = SlaveSignals {
    aw_ready: true,
    w_ready: true,
    ar_ready: true,
    b: None,
    r: None,
};
const NOT_READY: SlaveSignals = SlaveSignals {
    aw_ready: false,
    w_ready: false,
    ar_ready: false,
    b: None,
    r: None,
};

/// The first broken rule of a script.
fn run(script: &[(MasterSignals, SlaveSignals)]) -> Result<Checker, Rule> {
    let mut checker = Checker::new(BEAT);
    for (master, slave) in script {
        checker.observe(master, slave)?;
    }
    Ok(checker)
}

#[track_caller]
fn broken(script: &[(MasterSignals, SlaveSignals)], rule: Rule) {
    assert_eq!(run(script).map(drop), Err(rule));
}

#[test]
fn a_good_master_breaks_nothing() {
    let script = [
        (read(burst(4)), NOT_READY),
        (read(burst(4)), READY),
        (write(None, Some(false)), READY),
        (write(Some(burst(2)), Some(true)), NOT_READY),
        (write(Some(burst(2)), Some(true)), READY),
        (write(Some(burst(1)), None), READY),
        (write(None, Some(true)), READY),
    ];
    assert_eq!(run(&script).unwrap().finish(), Ok(()));
}

#[test]
fn what_is_valid_stays() {
    let nothing = MasterSignals::default();
    for (channel, offer) in [
        (Channel::Ar, read(burst(1))),
        (Channel::Aw, write(Some(burst(1)), None)),
        (Channel::W, write(None, Some(true))),
    ] {
        broken(
            &[(offer, NOT_READY), (nothing, READY)],
            Rule::ValidDropped(channel),
        );
    }
}

#[test]
fn what_waits_does_not_change() {
    for (channel, first, second) in [
        (Channel::Ar, read(burst(1)), read(burst(2))),
        (
            Channel::Aw,
            write(Some(burst(1)), None),
            write(Some(burst(2)), None),
        ),
        (
            Channel::W,
            write(None, Some(true)),
            write(None, Some(false)),
        ),
    ] {
        broken(
            &[(first, NOT_READY), (second, READY)],
            Rule::PayloadChanged(channel),
        );
        assert!(run(&[(first, READY), (second, READY)]).is_ok());
    }
}

#[test]
fn addresses_keep_to_the_contract() {
    for channel in [Channel::Ar, Channel::Aw] {
        let offer = |address| match channel {
            Channel::Ar => (read(address), NOT_READY),
            _ => (write(Some(address), None), NOT_READY),
        };
        let address = 0x1fc0;
        let crossing = Address::incrementing(0, address, 2, BEAT);
        broken(
            &[offer(crossing)],
            Rule::CrossesPage {
                channel,
                address,
                bytes: 128,
            },
        );
        assert!(run(&[offer(Address::incrementing(0, address, 1, BEAT))]).is_ok());
        let unaligned = Address {
            address: 0x1020,
            ..burst(1)
        };
        broken(
            &[offer(unaligned)],
            Rule::Unaligned {
                channel,
                address: 0x1020,
            },
        );
        broken(
            &[offer(Address {
                size: 5,
                ..burst(1)
            })],
            Rule::Size { channel, size: 5 },
        );
        broken(
            &[offer(Address {
                burst: 0,
                ..burst(1)
            })],
            Rule::Burst { channel, burst: 0 },
        );
    }
}

#[test]
fn the_last_beat_is_where_it_should_be() {
    let early = Rule::LastEarly { beat: 1, beats: 2 };
    let missing = Rule::LastMissing { beat: 2, beats: 2 };
    let address = (write(Some(burst(2)), None), READY);
    let (last, more) = (
        (write(None, Some(true)), READY),
        (write(None, Some(false)), READY),
    );
    broken(&[address, last], early);
    broken(&[address, more, more], missing);
    broken(&[last, address], early);
    broken(&[more, more, more, address], missing);
    broken(&[more, more, last, address], missing);
    broken(
        &vec![more; 256],
        Rule::LastMissing {
            beat: 256,
            beats: 256,
        },
    );
}

#[test]
fn nothing_is_left_at_the_end() {
    let data = [(write(None, Some(true)), READY)];
    assert_eq!(
        run(&data).unwrap().finish(),
        Err(Rule::DataWithoutAddress(1))
    );
    let address = [(write(Some(burst(3)), None), READY)];
    assert_eq!(
        run(&address).unwrap().finish(),
        Err(Rule::AddressWithoutData(1))
    );
}

#[test]
fn nothing_is_valid_in_reset() {
    let mut memory = Memory::new("host", BEAT, Link::ideal(), SparseMemory::new(1 << 20));
    assert!(memory.clock_reset(&MasterSignals::default()).is_ok());
    let violation = memory.clock_reset(&read(burst(1))).unwrap_err();
    assert_eq!(violation.rule, Rule::ValidInReset(Channel::Ar));
}

#[test]
fn a_violation_names_port_and_cycle() {
    let mut memory = Memory::new("host", BEAT, Link::ideal(), SparseMemory::new(1 << 20));
    memory.clock(&MasterSignals::default()).unwrap();
    let violation = memory
        .clock(&read(Address {
            burst: 2,
            ..burst(1)
        }))
        .unwrap_err();
    assert_eq!((violation.port.as_str(), violation.cycle), ("host", 1));
    assert!(
        violation.to_string().contains("must be INCR"),
        "{violation}"
    );
}

/// Runs a register read against a slave that takes everything and answers as told.
fn register(answers: &[LiteSlave]) -> Result<Vec<Result<u32, RegisterError>>, Rule> {
    let mut master = RegisterMaster::new("registers", 20, 0.0, 0);
    master.submit(Access::Read { address: 4 }).unwrap();
    let taking = LiteSlave {
        aw_ready: true,
        w_ready: true,
        ar_ready: true,
        ..LiteSlave::default()
    };
    let mut results = Vec::new();
    for cycle in 0..60 {
        let slave = answers.get(cycle).copied().unwrap_or(taking);
        let completion = master.clock(&slave).map_err(|violation| violation.rule)?;
        results.extend(completion.map(|completion| completion.result));
    }
    Ok(results)
}

#[test]
fn registers_answer_when_asked() {
    let idle = LiteSlave::default();
    let taking = LiteSlave {
        ar_ready: true,
        ..idle
    };
    let with = |response| LiteSlave {
        r: Some((7, response)),
        ..idle
    };
    assert_eq!(register(&[idle, taking, with(0)]), Ok(vec![Ok(7)]));
    assert_eq!(
        register(&[idle, taking, with(2)]),
        Ok(vec![Err(RegisterError::Slave)])
    );
    assert_eq!(
        register(&[idle, taking, with(3)]),
        Ok(vec![Err(RegisterError::Decode)])
    );
    assert_eq!(
        register(&[]),
        Ok(vec![Err(RegisterError::TimedOut { cycles: 20 })])
    );
    assert_eq!(
        register(&[idle, idle, with(0)]),
        Err(Rule::Unrequested(Channel::R))
    );
    let write = LiteSlave { b: Some(0), ..idle };
    assert_eq!(
        register(&[idle, taking, write]),
        Err(Rule::Unrequested(Channel::B))
    );
}

#[test]
fn a_register_answer_stays() {
    let mut master = RegisterMaster::new("registers", 100, 0.9, 3);
    master.submit(Access::Read { address: 4 }).unwrap();
    let mut answer = LiteSlave {
        ar_ready: true,
        ..LiteSlave::default()
    };
    while master.signals().ar.is_none() {
        master.clock(&answer).unwrap();
    }
    master.clock(&answer).unwrap();
    answer.r = Some((7, 0));
    while master.signals().r_ready {
        master.clock(&LiteSlave::default()).unwrap();
    }
    master.clock(&answer).unwrap();
    answer.r = Some((8, 0));
    let violation = master.clock(&answer).unwrap_err();
    assert_eq!(violation.rule, Rule::PayloadChanged(Channel::R));
}
