use super::mapping::{BANKS, GROUPS, Place};
use super::timing::Timing;

/// Which way data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bank {
    row: Option<u64>,
    /// The earliest clocks of the next activation, column command and precharge.
    activate: u64,
    column: u64,
    precharge: u64,
}

/// A channel's devices: which rows are open, and when each command may come next.
#[derive(Debug)]
pub(super) struct Devices {
    timing: Timing,
    banks: [Bank; BANKS],
    /// The earliest clocks of the next activation: in any group, in each.
    activate: u64,
    group_activate: [u64; GROUPS],
    /// When the last four activations were, oldest first.
    last_activations: [Option<u64>; 4],
    /// The earliest clocks of the next read and write: in any group, in each.
    column: [u64; 2],
    group_column: [[u64; GROUPS]; 2],
}

impl Devices {
    /// Devices whose banks are closed.
    pub fn new(timing: Timing) -> Self {
        Self {
            timing,
            banks: [Bank::default(); BANKS],
            activate: 0,
            group_activate: [0; GROUPS],
            last_activations: [None; 4],
            column: [0; 2],
            group_column: [[0; GROUPS]; 2],
        }
    }

    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// The row that is open in a bank.
    pub fn open_row(&self, bank: usize) -> Option<u64> {
        self.banks[bank].row
    }

    /// When the open row of the place's bank may be read or written.
    pub fn column_clock(&self, direction: Direction, place: &Place) -> u64 {
        self.banks[place.bank]
            .column
            .max(self.column[direction as usize])
            .max(self.group_column[direction as usize][place.group()])
    }

    /// When a row may be opened in the place's bank, which is closed.
    pub fn activate_clock(&self, place: &Place) -> u64 {
        let window = self.last_activations[0].map_or(0, |oldest| oldest + self.timing.t_faw);
        self.banks[place.bank]
            .activate
            .max(self.activate)
            .max(self.group_activate[place.group()])
            .max(window)
    }

    /// When a bank may be closed.
    pub fn precharge_clock(&self, bank: usize) -> u64 {
        self.banks[bank].precharge
    }

    /// When all banks may be closed; nothing when they are.
    pub fn precharge_all_clock(&self) -> Option<u64> {
        let open = self.banks.iter().filter(|bank| bank.row.is_some());
        open.map(|bank| bank.precharge).max()
    }

    /// When all banks, which are closed, may be refreshed.
    pub fn refresh_clock(&self) -> u64 {
        self.banks
            .iter()
            .fold(0, |clock, bank| clock.max(bank.activate))
    }

    pub fn activate(&mut self, clock: u64, place: &Place) {
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
    }

    pub fn precharge(&mut self, clock: u64, bank: usize) {
        let bank = &mut self.banks[bank];
        bank.row = None;
        bank.activate = bank.activate.max(clock + self.timing.t_rp);
    }

    pub fn precharge_all(&mut self, clock: u64) {
        (0..BANKS).for_each(|bank| self.precharge(clock, bank));
    }

    /// Reads or writes a burst; returns the clock after its last data.
    pub fn column(&mut self, clock: u64, direction: Direction, place: &Place) -> u64 {
        let timing = &self.timing;
        let group = place.group();
        let [read, write] = [Direction::Read as usize, Direction::Write as usize];
        let (end, precharge) = match direction {
            Direction::Read => {
                self.column = [clock + timing.t_ccd_s, clock + timing.t_rtw];
                self.group_column[read][group] = clock + timing.t_ccd_l;
                (clock + timing.cl + timing.burst, clock + timing.t_rtp)
            }
            Direction::Write => {
                let end = clock + timing.cwl + timing.burst;
                self.column = [end + timing.t_wtr_s, clock + timing.t_ccd_s];
                self.group_column[read][group] = end + timing.t_wtr_l;
                self.group_column[write][group] = clock + timing.t_ccd_l;
                (end, end + timing.t_wr)
            }
        };
        let bank = &mut self.banks[place.bank];
        bank.precharge = bank.precharge.max(precharge);
        end
    }

    /// Refreshes all banks; returns the end of it.
    pub fn refresh(&mut self, clock: u64) -> u64 {
        let end = clock + self.timing.t_rfc;
        for bank in &mut self.banks {
            bank.activate = end;
        }
        end
    }
}
