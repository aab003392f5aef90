use std::collections::VecDeque;

use rand::Rng;
use rand::rngs::SmallRng;

use super::counters::Traffic;
use super::dram::Dram;
use super::link::{Bucket, Link};
use super::signals::{Address, Lines, ReadBeat, Response};
use super::store::Store;

/// Addresses that are accepted before their reads may be under way.
const ACCEPTED_MAX: usize = 8;

/// The read half of a memory.
#[derive(Debug)]
pub(super) struct ReadHalf {
    bucket: Bucket,
    /// Accepted, and not under way for want of room.
    accepted: VecDeque<Burst>,
    /// Under way, in the order of acceptance.
    issued: Vec<Burst>,
    /// The burst in `issued` whose beats come now.
    current: Option<usize>,
    bytes_in_flight: usize,
    /// Buffers to use again.
    spare: Vec<Vec<u8>>,
    next_serial: u64,
}

#[derive(Debug)]
struct Burst {
    id: u32,
    serial: u64,
    address: u64,
    data: Vec<u8>,
    sent: usize,
    response: Response,
    ready_at: u64,
    /// The address up to which DRAM was asked, and when each of its bursts is there.
    asked: u64,
    pieces: Vec<u64>,
}

impl Burst {
    fn end(&self) -> u64 {
        self.address + self.data.len() as u64
    }

    /// Whether the next beat is there.
    fn is_ready(&self, cycle: u64, beat_bytes: usize, dram: Option<&Dram>) -> bool {
        let here = dram.is_none_or(|dram| {
            let bytes = dram.config().mapping.burst_bytes;
            let piece = |address: u64| (address / bytes - self.address / bytes) as usize;
            let beat = self.address + self.sent as u64;
            let pieces = piece(beat)..=piece(beat + beat_bytes as u64 - 1);
            self.response != Response::Okay
                || self
                    .pieces
                    .get(pieces)
                    .is_some_and(|there| there.iter().all(|&there| there <= cycle))
        });
        here && self.ready_at <= cycle
    }
}

impl ReadHalf {
    pub fn new(link: &Link) -> Self {
        Self {
            bucket: Bucket::new(link.read_bytes_per_cycle),
            accepted: VecDeque::new(),
            issued: Vec::new(),
            current: None,
            bytes_in_flight: 0,
            spare: Vec::new(),
            next_serial: 0,
        }
    }

    pub fn is_idle(&self) -> bool {
        self.accepted.is_empty() && self.issued.is_empty()
    }

    pub fn has_room(&self) -> bool {
        self.accepted.len() < ACCEPTED_MAX
    }

    /// Takes an address. Its data is what memory holds now: a later write is too late, an answered one is not.
    pub fn accept(
        &mut self,
        address: &Address,
        beat_bytes: usize,
        store: &mut impl Store,
        traffic: &mut Traffic,
    ) {
        let mut data = self.spare.pop().unwrap_or_default();
        data.resize(address.beats() * beat_bytes, 0);
        let response = match store.read(address.address, &mut data) {
            Ok(()) => Response::Okay,
            Err(fault) => {
                data.fill(0);
                fault.into()
            }
        };
        traffic.bursts += 1;
        traffic.errors += u64::from(response != Response::Okay);
        self.accepted.push_back(Burst {
            id: address.id,
            serial: self.next_serial,
            address: address.address,
            data,
            sent: 0,
            response,
            ready_at: 0,
            asked: address.address,
            pieces: Vec::new(),
        });
        self.next_serial += 1;
    }

    /// The beat on the wire was taken.
    pub fn taken(&mut self, beat_bytes: usize, traffic: &mut Traffic) {
        let Some(index) = self.current else { return };
        let burst = &mut self.issued[index];
        burst.sent += beat_bytes;
        traffic.beats += 1;
        traffic.bytes += beat_bytes as u64;
        if burst.sent == burst.data.len() {
            let burst = self.issued.remove(index);
            self.bytes_in_flight -= burst.data.len();
            self.spare.push(burst.data);
            self.current = None;
        }
    }

    /// Lets time pass: reads start where there is room.
    pub fn pass(
        &mut self,
        cycle: u64,
        beat_bytes: usize,
        link: &Link,
        random: &mut SmallRng,
        dram: Option<&mut Dram>,
    ) {
        self.bucket.fill(beat_bytes);
        while let Some(burst) = self.accepted.front() {
            let bytes = burst.data.len();
            let fits = self.bytes_in_flight + bytes <= link.read_bytes_in_flight;
            if !fits && self.bytes_in_flight > 0 || self.issued.len() >= link.read_bursts_in_flight
            {
                break;
            }
            if let Some(mut burst) = self.accepted.pop_front() {
                burst.ready_at = cycle + u64::from(random.gen_range(link.read_latency.clone()));
                self.bytes_in_flight += bytes;
                self.issued.push(burst);
            }
        }
        if let Some(dram) = dram {
            self.ask(dram);
        }
    }

    /// Takes what DRAM has read, and asks it for the next granule.
    fn ask(&mut self, dram: &mut Dram) {
        for (tag, there) in dram.take_done() {
            // A burst's serial number grows with its place.
            if let Ok(index) = self.issued.binary_search_by_key(&tag.burst, |b| b.serial) {
                self.issued[index].pieces[tag.piece] = there;
            }
        }
        let mapping = dram.config().mapping;
        let unasked =
            |burst: &&mut Burst| burst.asked < burst.end() && burst.response == Response::Okay;
        if let Some(burst) = self.issued.iter_mut().find(unasked) {
            if burst.pieces.is_empty() {
                let bytes = mapping.burst_bytes;
                let pieces = burst.end().div_ceil(bytes) - burst.address / bytes;
                burst.pieces.resize(pieces as usize, u64::MAX);
            }
            let granule = (burst.asked / mapping.granule_bytes + 1) * mapping.granule_bytes;
            let end = granule.min(burst.end());
            burst.asked = dram.read(burst.serial, burst.address, burst.asked, end);
        }
    }

    /// The next beat, if one may come now.
    pub fn offer(
        &mut self,
        cycle: u64,
        beat_bytes: usize,
        link: &Link,
        random: &mut SmallRng,
        dram: Option<&Dram>,
    ) -> Option<ReadBeat> {
        if self.issued.is_empty() || !self.bucket.has(beat_bytes) {
            return None;
        }
        if self.current.is_none() || link.interleave {
            let ready = |index: usize| self.issued[index].is_ready(cycle, beat_bytes, dram);
            let bursts = self.issued.iter().map(|burst| burst.id);
            self.current = choose(bursts, ready, link.reorder, random);
        }
        let burst = &self.issued[self.current?];
        if !burst.is_ready(cycle, beat_bytes, dram) {
            return None;
        }
        let end = burst.sent + beat_bytes;
        let mut data = Lines::default();
        data[..beat_bytes].copy_from_slice(&burst.data[burst.sent..end]);
        self.bucket.take(beat_bytes);
        let last = end == burst.data.len();
        Some(ReadBeat {
            id: burst.id,
            data,
            response: burst.response,
            last,
        })
    }
}

/// Chooses who goes next: the first if it is ready, or with reordering any ready one that overtakes none with its
/// own identifier.
pub(super) fn choose(
    identifiers: impl Iterator<Item = u32>,
    ready: impl Fn(usize) -> bool,
    reorder: bool,
    random: &mut SmallRng,
) -> Option<usize> {
    if !reorder {
        return ready(0).then_some(0);
    }
    let (mut seen, mut candidates): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::new());
    for (index, id) in identifiers.enumerate() {
        if !seen.contains(&id) {
            seen.push(id);
            if ready(index) {
                candidates.push(index);
            }
        }
    }
    match candidates.len() {
        0 => None,
        candidate => Some(candidates[random.gen_range(0..candidate)]),
    }
}
