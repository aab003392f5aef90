//! The rules of DRAM, checked on the log of commands in picoseconds, without the model's counting of clocks.

use std::collections::BTreeSet;

use gristmill_sim::axi::dram::{BANKS, Command, CommandKind};

/// The figures of the data sheets, in picoseconds where not said otherwise. A rule that is also a number of clocks has
/// both.
pub struct Figures {
    pub kilohertz: u64,
    /// CL, CWL and the length of a burst, in clocks.
    pub cl: u64,
    pub cwl: u64,
    pub burst: u64,
    pub t_rcd: u64,
    pub t_rp: u64,
    pub t_ras: u64,
    pub t_rc: u64,
    pub t_rrd_s: (u64, u64),
    pub t_rrd_l: (u64, u64),
    pub t_faw: u64,
    pub t_ccd_s: (u64, u64),
    pub t_ccd_l: (u64, u64),
    pub t_wtr_s: (u64, u64),
    pub t_wtr_l: (u64, u64),
    pub t_rtp: (u64, u64),
    pub t_wr: u64,
    pub t_rfc: u64,
    pub t_refi: u64,
    pub buses: usize,
}

pub const DDR4_2400: Figures = Figures {
    kilohertz: 1_200_000,
    cl: 17,
    cwl: 12,
    burst: 4,
    t_rcd: 14_160,
    t_rp: 14_160,
    t_ras: 32_000,
    t_rc: 46_160,
    t_rrd_s: (4, 3_300),
    t_rrd_l: (4, 4_900),
    t_faw: 21_000,
    t_ccd_s: (4, 0),
    t_ccd_l: (4, 5_000),
    t_wtr_s: (2, 2_500),
    t_wtr_l: (4, 7_500),
    t_rtp: (4, 7_500),
    t_wr: 15_000,
    t_rfc: 350_000,
    t_refi: 7_800_000,
    buses: 1,
};

pub const HBM2: Figures = Figures {
    kilohertz: 900_000,
    cl: 13,
    cwl: 4,
    burst: 2,
    t_rcd: 14_000,
    t_rp: 14_000,
    t_ras: 34_000,
    t_rc: 48_000,
    t_rrd_s: (2, 4_000),
    t_rrd_l: (2, 6_000),
    t_faw: 30_000,
    t_ccd_s: (2, 0),
    t_ccd_l: (4, 2_800),
    t_wtr_s: (2, 6_000),
    t_wtr_l: (2, 8_000),
    t_rtp: (2, 6_000),
    t_wr: 16_000,
    t_rfc: 350_000,
    t_refi: 3_900_000,
    buses: 2,
};

/// JEDEC lets eight refreshes be postponed.
const REFRESHES_POSTPONED: u64 = 9;

use CommandKind::{Activate, Precharge, PrechargeAll, Read, Refresh, Write};

/// The names of the rules that a log of one channel breaks.
pub fn broken(log: &[Command], figures: &Figures) -> BTreeSet<&'static str> {
    let mut broken = BTreeSet::new();
    let window = figures.t_rfc * figures.kilohertz / 1_000_000_000 + 1;
    let mut first = 0;
    for (index, later) in log.iter().enumerate() {
        while log[first].clock + window < later.clock {
            first += 1;
        }
        for earlier in &log[first..index] {
            pair(earlier, later, figures, &mut broken);
        }
    }
    let activations: Vec<u64> = of(log, Activate);
    for five in activations.windows(5) {
        if picoseconds(five[4] - five[0], figures) < figures.t_faw {
            broken.insert("tFAW");
        }
    }
    let refreshes = of(log, Refresh);
    let end = log.last().map(|last| last.clock);
    let times: Vec<u64> = std::iter::once(0).chain(refreshes).chain(end).collect();
    for two in times.windows(2) {
        if picoseconds(two[1] - two[0], figures) > REFRESHES_POSTPONED * figures.t_refi {
            broken.insert("tREFI");
        }
    }
    states(log, &mut broken);
    broken
}

fn of(log: &[Command], kind: CommandKind) -> Vec<u64> {
    let kinds = log.iter().filter(|command| command.kind == kind);
    kinds.map(|command| command.clock).collect()
}

fn picoseconds(clocks: u64, figures: &Figures) -> u64 {
    // Rounded up: a time that is exact to the clock is not cut short by the division.
    (clocks * 1_000_000_000).div_ceil(figures.kilohertz)
}

/// What two commands of a channel, in this order, break.
fn pair(a: &Command, b: &Command, figures: &Figures, broken: &mut BTreeSet<&'static str>) {
    let clocks = b.clock - a.clock;
    let time = picoseconds(clocks, figures);
    let mut at_least = |name, limit: u64| {
        if time < limit {
            broken.insert(name);
        }
    };
    let both = |(least, limit): (u64, u64)| limit.max(picoseconds(least, figures));
    let for_rows = |kind| matches!(kind, Activate | Precharge | PrechargeAll | Refresh);
    if figures.buses == 1 || for_rows(a.kind) == for_rows(b.kind) {
        at_least("command bus", 1);
    }
    let all = |command: &Command| matches!(command.kind, PrechargeAll | Refresh);
    let same_bank = all(a) || all(b) || a.place.bank == b.place.bank;
    let same_group = a.place.group() == b.place.group();
    let written = picoseconds(figures.cwl + figures.burst, figures);
    if same_bank {
        match (a.kind, b.kind) {
            (Activate, Activate | Refresh) => at_least("tRC", figures.t_rc),
            (Activate, Read | Write) => at_least("tRCD", figures.t_rcd),
            (Activate, Precharge | PrechargeAll) => at_least("tRAS", figures.t_ras),
            (Precharge | PrechargeAll, Activate | Refresh) => at_least("tRP", figures.t_rp),
            (Read, Precharge | PrechargeAll) => at_least("tRTP", both(figures.t_rtp)),
            (Write, Precharge | PrechargeAll) => at_least("tWR", written + figures.t_wr),
            (Refresh, _) => at_least("tRFC", figures.t_rfc),
            _ => {}
        }
    }
    match (a.kind, b.kind) {
        (Activate, Activate) if same_group => at_least("tRRD_L", both(figures.t_rrd_l)),
        (Activate, Activate) => at_least("tRRD_S", both(figures.t_rrd_s)),
        (Read, Read) | (Write, Write) if same_group => at_least("tCCD_L", both(figures.t_ccd_l)),
        (Read, Read) | (Write, Write) => at_least("tCCD_S", both(figures.t_ccd_s)),
        (Write, Read) if same_group => at_least("tWTR_L", written + both(figures.t_wtr_l)),
        (Write, Read) => at_least("tWTR_S", written + both(figures.t_wtr_s)),
        (Read, Write) => {
            // Two clocks between their data, for the strobe changes its driver.
            let (read_end, write_start) = (figures.cl + figures.burst, clocks + figures.cwl);
            if write_start < read_end + 2 {
                broken.insert("tRTW");
            }
        }
        _ => {}
    }
}

/// Commands to banks in the wrong state.
fn states(log: &[Command], broken: &mut BTreeSet<&'static str>) {
    let mut rows = [None; BANKS];
    for command in log {
        let row = &mut rows[command.place.bank];
        match command.kind {
            Activate if row.is_some() => {
                broken.insert("activation of an open bank");
            }
            Activate => *row = Some(command.place.row),
            Read | Write if *row != Some(command.place.row) => {
                broken.insert("column of a row that is not open");
            }
            Read | Write => {}
            Precharge => *row = None,
            PrechargeAll => rows = [None; BANKS],
            Refresh if rows.iter().any(Option::is_some) => {
                broken.insert("refresh of an open bank");
            }
            Refresh => {}
        }
    }
}
