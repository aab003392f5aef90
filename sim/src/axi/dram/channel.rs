use super::Tag;
use super::config::DramConfig;
use super::counters::DramCounters;
use super::mapping::{BANKS, GROUPS, Place};
use super::timing::Timing;

/// A command to DRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// Opens a row of a bank.
    Activate,
    /// Closes a bank.
    Precharge,
    /// Closes all banks.
    PrechargeAll,
    /// Reads a burst.
    Read,
    /// Writes a burst.
    Write,
    /// Refreshes all banks.
    Refresh,
}

/// A command and when it was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The clock of the DRAM.
    pub clock: u64,
    /// What.
    pub kind: CommandKind,
    /// Where; of a command to all banks only the channel has a meaning.
    pub place: Place,
}

/// Which way data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

/// A read that was issued.
#[derive(Debug)]
pub(super) struct Done {
    pub tag: Tag,
    /// The clock after its last data.
    pub clock: u64,
}

/// How a burst found its bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Open,
    Closed,
    Conflict,
}

#[derive(Debug)]
struct Request {
    serial: u64,
    tag: Option<Tag>,
    place: Place,
    arrived: u64,
    found: Found,
    /// The earlier request of the other direction to the same burst, while it waits.
    after: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bank {
    row: Option<u64>,
    /// The earliest clocks of the next activation, column command and precharge.
    activate: u64,
    column: u64,
    precharge: u64,
}

/// A channel: its banks and its controller.
#[derive(Debug)]
pub(super) struct Channel {
    index: usize,
    timing: Timing,
    split_command_bus: bool,
    read_queue: usize,
    write_queue: usize,
    burst_bytes: u64,
    banks: [Bank; BANKS],
    /// The earliest clocks of the next activation: in any group, in each.
    activate: u64,
    group_activate: [u64; GROUPS],
    /// When the last four activations were, oldest first.
    last_activations: [Option<u64>; 4],
    /// The earliest clocks of the next read and write: in any group, in each.
    column: [u64; 2],
    group_column: [[u64; GROUPS]; 2],
    /// When the buses of row and column commands are free.
    bus: [u64; 2],
    /// The direction of the data bus, and the bursts since it turned.
    last: Option<Direction>,
    served: u64,
    /// In order of arrival.
    reads: Vec<Request>,
    writes: Vec<Request>,
    draining: bool,
    refresh_due: u64,
    /// The end of the last refresh, and whether something waited for it.
    refresh_end: u64,
    refresh_stalled: bool,
    /// Nothing is to be done before this clock.
    wake: u64,
    /// What was not done before this clock can no longer be done there.
    floor: u64,
    /// Everything up to this clock is counted.
    counted: u64,
    counters: DramCounters,
}

/// A request that waits longer, in clocks, is no longer overtaken by those that find their row open.
const PATIENCE: u64 = 2_000;

/// Bursts that go in one direction before the other one's may.
const TURN: u64 = 16;

/// What a controller can do next.
#[derive(Clone, Copy, Debug)]
enum Action {
    Column(usize),
    Activate(usize),
    Precharge(usize),
    PrechargeAll,
    Refresh,
}

impl Channel {
    pub fn new(index: usize, config: &DramConfig) -> Self {
        let interval = config.timing.t_refi;
        let channels = config.mapping.channels as u64;
        Self {
            index,
            timing: config.timing,
            split_command_bus: config.split_command_bus,
            read_queue: config.read_queue,
            write_queue: config.write_queue,
            burst_bytes: config.mapping.burst_bytes,
            banks: [Bank::default(); BANKS],
            activate: 0,
            group_activate: [0; GROUPS],
            last_activations: [None; 4],
            column: [0; 2],
            group_column: [[0; GROUPS]; 2],
            bus: [0; 2],
            last: None,
            served: TURN,
            reads: Vec::new(),
            writes: Vec::new(),
            draining: false,
            // The channels do not know of each other's refreshes.
            refresh_due: interval + index as u64 * interval / channels,
            refresh_end: 0,
            refresh_stalled: false,
            wake: 0,
            floor: 0,
            counted: 0,
            counters: DramCounters::default(),
        }
    }

    pub fn counters(&self) -> &DramCounters {
        &self.counters
    }

    pub fn forget(&mut self) {
        self.reads.clear();
        self.writes.clear();
        self.draining = false;
        self.wake = 0;
    }

    /// Queues a burst; `false` when there is no room.
    pub fn push(
        &mut self,
        direction: Direction,
        serial: u64,
        place: Place,
        tag: Option<Tag>,
        now: u64,
    ) -> bool {
        let (queue, other, limit) = match direction {
            Direction::Read => (&mut self.reads, &self.writes, self.read_queue),
            Direction::Write => (&mut self.writes, &self.reads, self.write_queue),
        };
        if queue.len() >= limit {
            return false;
        }
        let earlier = other.iter().rev().find(|other| other.place == place);
        queue.push(Request {
            serial,
            tag,
            place,
            arrived: now,
            found: Found::Open,
            after: earlier.map(|earlier| earlier.serial),
        });
        if now < self.refresh_end && !self.refresh_stalled {
            self.refresh_stalled = true;
            self.counters.refresh_stalls += 1;
        }
        self.wake = 0;
        true
    }

    /// Issues what is to be issued up to a clock.
    pub fn run(&mut self, now: u64, done: &mut Vec<Done>, mut log: Option<&mut Vec<Command>>) {
        if !(self.reads.is_empty() && self.writes.is_empty()) {
            self.counters.busy_clocks += now - self.counted;
        }
        self.counted = now;
        while self.wake <= now {
            self.choose_direction();
            let (clock, action) = self.next();
            if clock > now {
                self.wake = clock;
                break;
            }
            let command = self.issue(clock, action, done);
            if let Some(log) = &mut log {
                log.push(command);
            }
        }
        self.floor = now + 1;
    }

    /// When a command may be on the bus: of columns, or of rows.
    fn bus_clock(&self, column: bool) -> u64 {
        self.bus[usize::from(column && self.split_command_bus)].max(self.floor)
    }

    /// Writes are drained when many wait, when no read does, and when a read waits for one; while both wait, each
    /// direction has a turn of [`TURN`] bursts.
    fn choose_direction(&mut self) {
        let awaited = |queue: &[Request]| queue.first().is_some_and(|first| first.after.is_some());
        self.draining = if self.writes.is_empty() || awaited(&self.writes) {
            false
        } else if self.reads.is_empty() || awaited(&self.reads) {
            true
        } else if self.draining {
            self.served < TURN && self.writes.len() > self.write_queue / 4
        } else {
            self.served >= TURN && self.writes.len() >= 3 * self.write_queue / 4
        };
    }

    fn direction(&self) -> Direction {
        if self.draining {
            Direction::Write
        } else {
            Direction::Read
        }
    }

    fn queue(&self) -> &[Request] {
        match self.direction() {
            Direction::Read => &self.reads,
            Direction::Write => &self.writes,
        }
    }

    /// The next thing to do, and when it can be done at the earliest.
    fn next(&self) -> (u64, Action) {
        match self.next_for_requests() {
            Some((clock, action)) if clock < self.refresh_due => (clock, action),
            _ => self.next_for_refresh(),
        }
    }

    fn next_for_refresh(&self) -> (u64, Action) {
        let due = self.refresh_due.max(self.bus_clock(false));
        let open = self.banks.iter().filter(|bank| bank.row.is_some());
        match open.map(|bank| bank.precharge).max() {
            Some(precharge) => (due.max(precharge), Action::PrechargeAll),
            None => {
                let closed = self.banks.iter().map(|bank| bank.activate).max();
                (due.max(closed.unwrap_or(0)), Action::Refresh)
            }
        }
    }

    /// First what can be done first; of what can be done at once, column commands before rows, then the oldest.
    fn next_for_requests(&self) -> Option<(u64, Action)> {
        let queue = self.queue();
        let awake = || queue.iter().enumerate().filter(|(_, r)| r.after.is_none());
        let mut hits = 0_u32;
        for (_, request) in awake() {
            let open = self.banks[request.place.bank].row == Some(request.place.row);
            hits |= u32::from(open) << request.place.bank;
        }
        let starved = queue
            .first()
            .filter(|first| first.arrived + PATIENCE < self.floor)
            .map(|first| first.place);
        let (mut hit_seen, mut miss_seen) = (0_u32, 0_u32);
        let mut best: Option<(u64, u8, Action)> = None;
        for (index, request) in awake() {
            let Place {
                bank: number, row, ..
            } = request.place;
            let (bank, mask) = (&self.banks[number], 1 << number);
            let reserved = starved.is_some_and(|place| place.bank == number && place.row != row);
            let is_hit = bank.row == Some(row);
            let seen = if is_hit {
                &mut hit_seen
            } else {
                &mut miss_seen
            };
            if *seen & mask != 0 || reserved {
                continue;
            }
            *seen |= mask;
            let choice = match bank.row {
                Some(_) if is_hit => (self.column_clock(request), 0, Action::Column(index)),
                Some(_) if hits & mask != 0 && starved != Some(request.place) => continue,
                Some(_) => (
                    bank.precharge
                        .max(self.bus_clock(false))
                        .max(request.arrived),
                    1,
                    Action::Precharge(index),
                ),
                None => (self.activate_clock(request), 1, Action::Activate(index)),
            };
            if best.is_none_or(|(clock, rank, _)| (choice.0, choice.1) < (clock, rank)) {
                best = Some(choice);
            }
        }
        best.map(|(clock, _, action)| (clock, action))
    }

    fn column_clock(&self, request: &Request) -> u64 {
        let (direction, group) = (self.direction() as usize, request.place.group());
        self.banks[request.place.bank]
            .column
            .max(self.column[direction])
            .max(self.group_column[direction][group])
            .max(self.bus_clock(true))
            .max(request.arrived)
    }

    fn activate_clock(&self, request: &Request) -> u64 {
        let window = self.last_activations[0].map_or(0, |oldest| oldest + self.timing.t_faw);
        self.banks[request.place.bank]
            .activate
            .max(self.activate)
            .max(self.group_activate[request.place.group()])
            .max(window)
            .max(self.bus_clock(false))
            .max(request.arrived)
    }

    fn issue(&mut self, clock: u64, action: Action, done: &mut Vec<Done>) -> Command {
        let place = match action {
            Action::Column(index) | Action::Activate(index) | Action::Precharge(index) => {
                self.queue()[index].place
            }
            Action::PrechargeAll | Action::Refresh => Place {
                channel: self.index,
                bank: 0,
                row: 0,
                column: 0,
            },
        };
        let column = matches!(action, Action::Column(_));
        self.bus[usize::from(column && self.split_command_bus)] = clock + 1;
        self.floor = clock;
        let kind = match action {
            Action::Column(index) => self.issue_column(clock, index, done),
            Action::Activate(index) => self.issue_activate(clock, index),
            Action::Precharge(index) => {
                self.close(clock, place.bank);
                self.mark(index, Found::Conflict);
                CommandKind::Precharge
            }
            Action::PrechargeAll => {
                (0..BANKS).for_each(|bank| self.close(clock, bank));
                CommandKind::PrechargeAll
            }
            Action::Refresh => self.issue_refresh(clock),
        };
        Command { clock, kind, place }
    }

    fn mark(&mut self, index: usize, found: Found) {
        let queue = if self.draining {
            &mut self.writes
        } else {
            &mut self.reads
        };
        if queue[index].found == Found::Open {
            queue[index].found = found;
        }
    }

    fn close(&mut self, clock: u64, bank: usize) {
        let bank = &mut self.banks[bank];
        bank.row = None;
        bank.activate = bank.activate.max(clock + self.timing.t_rp);
    }

    fn issue_activate(&mut self, clock: u64, index: usize) -> CommandKind {
        let place = self.queue()[index].place;
        let timing = &self.timing;
        self.banks[place.bank] = Bank {
            row: Some(place.row),
            activate: clock + timing.t_rc,
            column: clock + timing.t_rcd,
            precharge: clock + timing.t_ras,
        };
        self.activate = clock + timing.t_rrd_s;
        self.group_activate[place.group()] = clock + timing.t_rrd_l;
        self.last_activations.rotate_left(1);
        self.last_activations[3] = Some(clock);
        self.counters.activations += 1;
        self.mark(index, Found::Closed);
        CommandKind::Activate
    }

    fn issue_column(&mut self, clock: u64, index: usize, done: &mut Vec<Done>) -> CommandKind {
        let direction = self.direction();
        let (queue, other) = match direction {
            Direction::Read => (&mut self.reads, &mut self.writes),
            Direction::Write => (&mut self.writes, &mut self.reads),
        };
        let request = queue.remove(index);
        for waiting in other.iter_mut() {
            waiting.after = waiting.after.filter(|&after| after != request.serial);
        }
        let timing = &self.timing;
        let group = request.place.group();
        let [read, write] = [Direction::Read as usize, Direction::Write as usize];
        let precharge = match direction {
            Direction::Read => {
                self.column = [clock + timing.t_ccd_s, clock + timing.t_rtw];
                self.group_column[read][group] = clock + timing.t_ccd_l;
                self.counters.bytes_read += self.burst_bytes;
                done.extend(request.tag.map(|tag| Done {
                    tag,
                    clock: clock + timing.cl + timing.burst,
                }));
                clock + timing.t_rtp
            }
            Direction::Write => {
                let end = clock + timing.cwl + timing.burst;
                self.column = [end + timing.t_wtr_s, clock + timing.t_ccd_s];
                self.group_column[read][group] = end + timing.t_wtr_l;
                self.group_column[write][group] = clock + timing.t_ccd_l;
                self.counters.bytes_written += self.burst_bytes;
                end + timing.t_wr
            }
        };
        let bank = &mut self.banks[request.place.bank];
        bank.precharge = bank.precharge.max(precharge);
        let turned = self.last.is_some_and(|last| last != direction);
        self.served = if self.last == Some(direction) {
            self.served + 1
        } else {
            1
        };
        self.last = Some(direction);
        self.counters.turnarounds += u64::from(turned);
        self.counters.data_clocks += self.timing.burst;
        match request.found {
            Found::Open => self.counters.row_hits += 1,
            Found::Closed => self.counters.row_misses += 1,
            Found::Conflict => self.counters.row_conflicts += 1,
        }
        match direction {
            Direction::Read => CommandKind::Read,
            Direction::Write => CommandKind::Write,
        }
    }

    fn issue_refresh(&mut self, clock: u64) -> CommandKind {
        self.refresh_end = clock + self.timing.t_rfc;
        for bank in &mut self.banks {
            bank.activate = self.refresh_end;
        }
        self.refresh_due += self.timing.t_refi;
        self.refresh_stalled = !(self.reads.is_empty() && self.writes.is_empty());
        self.counters.refreshes += 1;
        self.counters.refresh_stalls += u64::from(self.refresh_stalled);
        CommandKind::Refresh
    }
}
