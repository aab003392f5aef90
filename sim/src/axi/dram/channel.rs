use super::Tag;
use super::config::DramConfig;
use super::counters::DramCounters;
use super::devices::{Devices, Direction};
use super::mapping::Place;

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

/// A channel: its devices and their controller.
#[derive(Debug)]
pub(super) struct Channel {
    index: usize,
    devices: Devices,
    split_command_bus: bool,
    read_queue: usize,
    write_queue: usize,
    burst_bytes: u64,
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
            devices: Devices::new(config.timing),
            split_command_bus: config.split_command_bus,
            read_queue: config.read_queue,
            write_queue: config.write_queue,
            burst_bytes: config.mapping.burst_bytes,
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
        match self.devices.precharge_all_clock() {
            Some(precharge) => (due.max(precharge), Action::PrechargeAll),
            None => (due.max(self.devices.refresh_clock()), Action::Refresh),
        }
    }

    /// First what can be done first; of what can be done at once, column commands before rows, then the oldest.
    fn next_for_requests(&self) -> Option<(u64, Action)> {
        let queue = self.queue();
        let awake = || queue.iter().enumerate().filter(|(_, r)| r.after.is_none());
        let mut hits = 0_u32;
        for (_, request) in awake() {
            let open = self.devices.open_row(request.place.bank) == Some(request.place.row);
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
            let (open, mask) = (self.devices.open_row(number), 1 << number);
            let reserved = starved.is_some_and(|place| place.bank == number && place.row != row);
            let is_hit = open == Some(row);
            let seen = if is_hit {
                &mut hit_seen
            } else {
                &mut miss_seen
            };
            if *seen & mask != 0 || reserved {
                continue;
            }
            *seen |= mask;
            let choice = match open {
                Some(_) if is_hit => (self.column_clock(request), 0, Action::Column(index)),
                Some(_) if hits & mask != 0 && starved != Some(request.place) => continue,
                Some(_) => (
                    self.devices
                        .precharge_clock(number)
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
        self.devices
            .column_clock(self.direction(), &request.place)
            .max(self.bus_clock(true))
            .max(request.arrived)
    }

    fn activate_clock(&self, request: &Request) -> u64 {
        self.devices
            .activate_clock(&request.place)
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
            Action::Activate(index) => {
                self.devices.activate(clock, &place);
                self.counters.activations += 1;
                self.mark(index, Found::Closed);
                CommandKind::Activate
            }
            Action::Precharge(index) => {
                self.devices.precharge(clock, place.bank);
                self.mark(index, Found::Conflict);
                CommandKind::Precharge
            }
            Action::PrechargeAll => {
                self.devices.precharge_all(clock);
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
        let end = self.devices.column(clock, direction, &request.place);
        let burst = self.devices.timing().burst;
        let bytes = match direction {
            Direction::Read => &mut self.counters.bytes_read,
            Direction::Write => &mut self.counters.bytes_written,
        };
        *bytes += self.burst_bytes;
        done.extend(request.tag.map(|tag| Done { tag, clock: end }));
        let turned = self.last.is_some_and(|last| last != direction);
        self.served = if self.last == Some(direction) {
            self.served + 1
        } else {
            1
        };
        self.last = Some(direction);
        self.counters.turnarounds += u64::from(turned);
        self.counters.data_clocks += burst;
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
        self.refresh_end = self.devices.refresh(clock);
        self.refresh_due += self.devices.timing().t_refi;
        self.refresh_stalled = !(self.reads.is_empty() && self.writes.is_empty());
        self.counters.refreshes += 1;
        self.counters.refresh_stalls += u64::from(self.refresh_stalled);
        CommandKind::Refresh
    }
}
