use std::collections::VecDeque;
use std::fmt;

use super::signals::{Address, MasterSignals, SlaveSignals};

/// A channel of AXI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Write address.
    Aw,
    /// Write data.
    W,
    /// Write response.
    B,
    /// Read address.
    Ar,
    /// Read data.
    R,
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Channel::Aw => "AW",
            Channel::W => "W",
            Channel::B => "B",
            Channel::Ar => "AR",
            Channel::R => "R",
        })
    }
}

/// A rule of AXI, or of the card's narrower contract, and how it was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum Rule {
    #[error("{0}VALID fell before {0}READY")]
    ValidDropped(Channel),
    #[error("the payload of {0} changed while it waited for {0}READY")]
    PayloadChanged(Channel),
    #[error("{0}VALID is high in reset")]
    ValidInReset(Channel),
    #[error("the burst of {bytes} bytes at {address:#x} on {channel} crosses a 4 KiB boundary")]
    CrossesPage {
        channel: Channel,
        address: u64,
        bytes: usize,
    },
    #[error("the address {address:#x} on {channel} is not a multiple of the beat")]
    Unaligned { channel: Channel, address: u64 },
    #[error("A{channel}SIZE is {size}, and must be the port's width")]
    Size { channel: Channel, size: u8 },
    #[error("the burst type on {channel} is {burst}, and must be INCR")]
    Burst { channel: Channel, burst: u8 },
    #[error("WLAST at beat {beat} of a burst of {beats}")]
    LastEarly { beat: usize, beats: usize },
    #[error("no WLAST at beat {beat} of a burst of {beats}")]
    LastMissing { beat: usize, beats: usize },
    #[error("{0} beats of write data were left without an address")]
    DataWithoutAddress(usize),
    #[error("{0} write addresses were left without data")]
    AddressWithoutData(usize),
    #[error("a response on {0} that nobody asked for")]
    Unrequested(Channel),
}

/// A broken rule: where and when.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("AXI port {port}, cycle {cycle}: {rule}")]
pub struct Violation {
    /// The port.
    pub port: String,
    /// The port's cycle.
    pub cycle: u64,
    /// What was broken.
    pub rule: Rule,
}

/// Watches a master of AXI4: handshakes, bursts, the last beat of writes.
#[derive(Debug)]
pub struct Checker {
    beat_bytes: usize,
    /// What the master offered and the slave did not take.
    waiting: MasterSignals,
    /// Lengths of accepted addresses whose data is not complete.
    addressed: VecDeque<usize>,
    /// Lengths of complete data whose address was not accepted.
    unaddressed: VecDeque<usize>,
    /// Beats of the data that is under way.
    beats: usize,
}

/// AxLEN has eight bits.
const MAX_BEATS: usize = 256;

impl Checker {
    /// A checker of a port whose beats have `beat_bytes` bytes.
    pub fn new(beat_bytes: usize) -> Self {
        Self {
            beat_bytes,
            waiting: MasterSignals::default(),
            addressed: VecDeque::new(),
            unaddressed: VecDeque::new(),
            beats: 0,
        }
    }

    /// Checks a cycle outside reset.
    pub fn observe(&mut self, master: &MasterSignals, slave: &SlaveSignals) -> Result<(), Rule> {
        held(Channel::Aw, &self.waiting.aw, &master.aw)?;
        held(Channel::W, &self.waiting.w, &master.w)?;
        held(Channel::Ar, &self.waiting.ar, &master.ar)?;
        if let Some(address) = &master.aw {
            self.check_address(Channel::Aw, address)?;
        }
        if let Some(address) = &master.ar {
            self.check_address(Channel::Ar, address)?;
        }
        if let (Some(address), true) = (&master.aw, slave.aw_ready) {
            self.accept_address(address.beats())?;
        }
        if let (Some(beat), true) = (&master.w, slave.w_ready) {
            self.accept_beat(beat.last)?;
        }
        self.waiting.aw = master.aw.filter(|_| !slave.aw_ready);
        self.waiting.w = master.w.filter(|_| !slave.w_ready);
        self.waiting.ar = master.ar.filter(|_| !slave.ar_ready);
        Ok(())
    }

    /// Checks a cycle in reset, and forgets what was under way.
    pub fn observe_reset(&mut self, master: &MasterSignals) -> Result<(), Rule> {
        *self = Self::new(self.beat_bytes);
        let valid = [
            (Channel::Aw, master.aw.is_some()),
            (Channel::W, master.w.is_some()),
            (Channel::Ar, master.ar.is_some()),
        ];
        match valid.into_iter().find(|(_, valid)| *valid) {
            Some((channel, _)) => Err(Rule::ValidInReset(channel)),
            None => Ok(()),
        }
    }

    /// Checks that nothing is left half done.
    pub fn finish(&self) -> Result<(), Rule> {
        let left = self.unaddressed.iter().sum::<usize>();
        if self.addressed.is_empty() && left + self.beats > 0 {
            return Err(Rule::DataWithoutAddress(left + self.beats));
        }
        match self.addressed.len() {
            0 => Ok(()),
            addresses => Err(Rule::AddressWithoutData(addresses)),
        }
    }

    fn check_address(&self, channel: Channel, payload: &Address) -> Result<(), Rule> {
        let Address {
            address,
            size,
            burst,
            ..
        } = *payload;
        let bytes = payload.beats() * self.beat_bytes;
        if burst != 1 {
            Err(Rule::Burst { channel, burst })
        } else if 1_usize.checked_shl(u32::from(size)) != Some(self.beat_bytes) {
            Err(Rule::Size { channel, size })
        } else if !address.is_multiple_of(self.beat_bytes as u64) {
            Err(Rule::Unaligned { channel, address })
        } else if (address % 4096) as usize + bytes > 4096 {
            Err(Rule::CrossesPage {
                channel,
                address,
                bytes,
            })
        } else {
            Ok(())
        }
    }

    fn accept_address(&mut self, beats: usize) -> Result<(), Rule> {
        match self.unaddressed.pop_front() {
            Some(beat) if beat < beats => return Err(Rule::LastEarly { beat, beats }),
            Some(beat) if beat > beats => return Err(Rule::LastMissing { beat: beats, beats }),
            Some(_) => return Ok(()),
            None => {}
        }
        if self.addressed.is_empty() && self.beats >= beats {
            return Err(Rule::LastMissing { beat: beats, beats });
        }
        self.addressed.push_back(beats);
        Ok(())
    }

    fn accept_beat(&mut self, last: bool) -> Result<(), Rule> {
        self.beats += 1;
        let beat = self.beats;
        let beats = self.addressed.front().copied();
        match beats {
            Some(beats) if last && beat < beats => return Err(Rule::LastEarly { beat, beats }),
            Some(beats) if !last && beat == beats => return Err(Rule::LastMissing { beat, beats }),
            None if !last && beat == MAX_BEATS => {
                return Err(Rule::LastMissing {
                    beat,
                    beats: MAX_BEATS,
                });
            }
            _ => {}
        }
        if last {
            self.beats = 0;
            if self.addressed.pop_front().is_none() {
                self.unaddressed.push_back(beat);
            }
        }
        Ok(())
    }
}

/// What waited must still be there, unchanged.
pub(super) fn held<Payload: PartialEq>(
    channel: Channel,
    waiting: &Option<Payload>,
    now: &Option<Payload>,
) -> Result<(), Rule> {
    match (waiting, now) {
        (Some(_), None) => Err(Rule::ValidDropped(channel)),
        (Some(before), Some(after)) if before != after => Err(Rule::PayloadChanged(channel)),
        _ => Ok(()),
    }
}
