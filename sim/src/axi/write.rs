use std::collections::VecDeque;

use rand::Rng;
use rand::rngs::SmallRng;

use super::counters::Traffic;
use super::dram::Dram;
use super::link::{Bucket, Link, WriteOrder};
use super::read::choose;
use super::signals::{Address, Response, WriteBeat, WriteResponse};
use super::store::{Fault, Store};

/// Addresses that are accepted before their data.
const ADDRESSES_MAX: usize = 8;

/// The write half of a memory.
#[derive(Debug)]
pub(super) struct WriteHalf {
    bucket: Bucket,
    /// Accepted addresses whose data is not complete.
    addresses: VecDeque<Address>,
    /// Complete data whose address was not accepted.
    complete: VecDeque<Data>,
    /// The data that is coming.
    coming: Data,
    /// Bursts on their way into the queues of DRAM.
    entering: VecDeque<Burst>,
    /// Bursts without response.
    unanswered: Vec<Burst>,
    bytes_in_flight: usize,
    spare: Vec<Data>,
}

#[derive(Debug, Default)]
struct Data {
    bytes: Vec<u8>,
    strobes: Vec<u64>,
}

#[derive(Debug)]
struct Burst {
    id: u32,
    address: u64,
    data: Data,
    ready_at: u64,
    /// The address up to which DRAM has it.
    entered: u64,
}

impl Burst {
    fn end(&self) -> u64 {
        self.address + self.data.bytes.len() as u64
    }
}

impl WriteHalf {
    pub fn new(link: &Link) -> Self {
        Self {
            bucket: Bucket::new(link.write_bytes_per_cycle),
            addresses: VecDeque::new(),
            complete: VecDeque::new(),
            coming: Data::default(),
            entering: VecDeque::new(),
            unanswered: Vec::new(),
            bytes_in_flight: 0,
            spare: Vec::new(),
        }
    }

    pub fn is_idle(&self) -> bool {
        self.addresses.is_empty()
            && self.entering.is_empty()
            && self.unanswered.is_empty()
            && !self.has_unaddressed_data()
    }

    fn has_unaddressed_data(&self) -> bool {
        !self.complete.is_empty() || !self.coming.bytes.is_empty()
    }

    /// Whether an address may be accepted; `data_offered` is whether the master offers a beat.
    pub fn takes_address(&self, order: WriteOrder, data_offered: bool) -> bool {
        let in_order = order != WriteOrder::DataFirst
            || (self.addresses.is_empty() && (data_offered || self.has_unaddressed_data()));
        in_order && self.addresses.len() < ADDRESSES_MAX
    }

    /// Whether a beat may be accepted.
    pub fn takes_data(&self, beat_bytes: usize, link: &Link) -> bool {
        let in_order = link.write_order != WriteOrder::AddressFirst || !self.addresses.is_empty();
        let bursts = self.complete.len() + self.entering.len() + self.unanswered.len();
        let fits = self.bytes_in_flight < link.write_bytes_in_flight
            && bursts < link.write_bursts_in_flight
            || !self.coming.bytes.is_empty();
        in_order && fits && self.bucket.has(beat_bytes)
    }

    pub fn accept_address(&mut self, address: &Address, traffic: &mut Traffic) {
        traffic.bursts += 1;
        self.addresses.push_back(*address);
    }

    pub fn accept_beat(&mut self, beat: &WriteBeat, beat_bytes: usize, traffic: &mut Traffic) {
        self.bucket.take(beat_bytes);
        self.bytes_in_flight += beat_bytes;
        traffic.beats += 1;
        traffic.bytes += u64::from(beat.strobes.count_ones());
        self.coming
            .bytes
            .extend_from_slice(&beat.data[..beat_bytes]);
        self.coming.strobes.push(beat.strobes);
        if beat.last {
            let next = self.spare.pop().unwrap_or_default();
            self.complete
                .push_back(std::mem::replace(&mut self.coming, next));
        }
    }

    /// Lets time pass: complete writes start on their way to memory.
    pub fn pass(
        &mut self,
        cycle: u64,
        beat_bytes: usize,
        link: &Link,
        random: &mut SmallRng,
        dram: Option<&mut Dram>,
    ) {
        self.bucket.fill(beat_bytes);
        while !self.addresses.is_empty() && !self.complete.is_empty() {
            if let (Some(address), Some(data)) =
                (self.addresses.pop_front(), self.complete.pop_front())
            {
                let Address { id, address, .. } = address;
                self.entering.push_back(Burst {
                    id,
                    address,
                    data,
                    ready_at: 0,
                    entered: address,
                });
            }
        }
        let all = dram.is_none();
        if let (Some(dram), Some(burst)) = (dram, self.entering.front_mut()) {
            let bytes = dram.config().mapping.granule_bytes;
            let end = ((burst.entered / bytes + 1) * bytes).min(burst.end());
            burst.entered = dram.write(burst.entered, end);
        }
        while let Some(mut burst) = self
            .entering
            .pop_front_if(|burst| all || burst.entered == burst.end())
        {
            burst.ready_at = cycle + u64::from(random.gen_range(link.write_latency.clone()));
            self.unanswered.push(burst);
        }
    }

    /// The next response, if one may come now. Memory changes now and not before: whoever reads without having waited
    /// for the response gets what was there.
    pub fn offer(
        &mut self,
        cycle: u64,
        beat_bytes: usize,
        link: &Link,
        random: &mut SmallRng,
        store: &mut impl Store,
        traffic: &mut Traffic,
    ) -> Option<WriteResponse> {
        if self.unanswered.is_empty() {
            return None;
        }
        let ready = |index: usize| self.unanswered[index].ready_at <= cycle;
        let bursts = self.unanswered.iter().map(|burst| burst.id);
        let index = choose(bursts, ready, link.reorder, random)?;
        let Burst {
            id,
            address,
            mut data,
            ..
        } = self.unanswered.remove(index);
        let response = match apply(store, address, beat_bytes, &data) {
            Ok(()) => Response::Okay,
            Err(fault) => fault.into(),
        };
        traffic.errors += u64::from(response != Response::Okay);
        self.bytes_in_flight -= data.bytes.len();
        data.bytes.clear();
        data.strobes.clear();
        self.spare.push(data);
        Some(WriteResponse { id, response })
    }
}

/// Writes the strobed bytes in as few pieces as they have.
fn apply(
    store: &mut impl Store,
    address: u64,
    beat_bytes: usize,
    data: &Data,
) -> Result<(), Fault> {
    let strobed = |byte: usize| data.strobes[byte / beat_bytes] >> (byte % beat_bytes) & 1 != 0;
    let all = u64::MAX >> (64 - beat_bytes);
    if data.strobes.iter().all(|strobes| strobes & all == all) {
        return store.write(address, &data.bytes);
    }
    let mut start = 0;
    while start < data.bytes.len() {
        let written = strobed(start);
        let end = (start..data.bytes.len()).find(|&byte| strobed(byte) != written);
        let end = end.unwrap_or(data.bytes.len());
        if written {
            store.write(address + start as u64, &data.bytes[start..end])?;
        }
        start = end;
    }
    Ok(())
}
