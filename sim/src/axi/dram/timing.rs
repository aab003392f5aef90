/// The least times between commands of a channel, in clocks of the DRAM; the names are those of JEDEC's standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are JEDEC's")]
pub struct Timing {
    /// Read command to its first data (CL, RL).
    pub cl: u64,
    /// Write command to its first data (CWL, WL).
    pub cwl: u64,
    /// Clocks of the data bus that a burst takes.
    pub burst: u64,
    /// Activation to a column command of the bank.
    pub t_rcd: u64,
    /// Precharge to activation of the bank.
    pub t_rp: u64,
    /// Activation to precharge of the bank.
    pub t_ras: u64,
    /// Activation to activation of the bank, or to refresh.
    pub t_rc: u64,
    /// Activation to activation, another bank group.
    pub t_rrd_s: u64,
    /// Activation to activation, the same bank group.
    pub t_rrd_l: u64,
    /// The time in which at most four activations are.
    pub t_faw: u64,
    /// Column command to column command, another bank group.
    pub t_ccd_s: u64,
    /// Column command to column command, the same bank group.
    pub t_ccd_l: u64,
    /// End of write data to a read command, another bank group.
    pub t_wtr_s: u64,
    /// End of write data to a read command, the same bank group.
    pub t_wtr_l: u64,
    /// Read command to write command.
    pub t_rtw: u64,
    /// Read command to precharge of the bank.
    pub t_rtp: u64,
    /// End of write data to precharge of the bank.
    pub t_wr: u64,
    /// Refresh to anything else.
    pub t_rfc: u64,
    /// Refresh to refresh, on average.
    pub t_refi: u64,
}

/// The clocks of a time: at least `clocks`, and no less than `picoseconds` at `kilohertz`.
const fn least(clocks: u64, picoseconds: u64, kilohertz: u64) -> u64 {
    let time = (picoseconds * kilohertz).div_ceil(1_000_000_000);
    if time > clocks { time } else { clocks }
}

impl Timing {
    /// The clock of DDR4-2400.
    pub const DDR4_2400_KILOHERTZ: u64 = 1_200_000;

    /// DDR4-2400, speed bin 17-17-17 (-083), 8 Gb dies of eight bits with pages of 1 KiB.
    ///
    /// Micron, "8Gb: x4, x8, x16 DDR4 SDRAM" (MT40A1G8): speed bins (CL-nRCD-nRP, tRCD = tRP = 14.16 ns, tRAS 32 ns,
    /// tRC 46.16 ns, CWL 12) and "Electrical Characteristics and AC Timing Parameters: DDR4-1600 through DDR4-2400"
    /// (tRRD_S, tRRD_L, tFAW for 1 KiB pages; tCCD_L, tWTR_S, tWTR_L, tRTP, tWR; tRFC1 of 8 Gb; tREFI up to 85 °C).
    pub const fn ddr4_2400() -> Self {
        const CLOCK: u64 = Timing::DDR4_2400_KILOHERTZ;
        let (cl, cwl, burst) = (17, 12, 4);
        Self {
            cl,
            cwl,
            burst,
            t_rcd: least(0, 14_160, CLOCK),
            t_rp: least(0, 14_160, CLOCK),
            t_ras: least(0, 32_000, CLOCK),
            t_rc: least(0, 46_160, CLOCK),
            t_rrd_s: least(4, 3_300, CLOCK),
            t_rrd_l: least(4, 4_900, CLOCK),
            t_faw: least(20, 21_000, CLOCK),
            t_ccd_s: 4,
            t_ccd_l: least(4, 5_000, CLOCK),
            t_wtr_s: least(2, 2_500, CLOCK),
            t_wtr_l: least(4, 7_500, CLOCK),
            // The bus is free for two clocks between the last read data and the first write data.
            t_rtw: cl + burst + 2 - cwl,
            t_rtp: least(4, 7_500, CLOCK),
            t_wr: least(0, 15_000, CLOCK),
            t_rfc: least(0, 350_000, CLOCK),
            t_refi: 7_800_000 * CLOCK / 1_000_000_000,
        }
    }

    /// The clock of HBM2 at 1.8 Gb/s a pin.
    pub const HBM2_KILOHERTZ: u64 = 900_000;

    /// A pseudo channel of HBM2 at 1.8 Gb/s a pin, bursts of four, 8 Gb a channel.
    ///
    /// JEDEC's JESD235 gives tCCD, tRFC and tREFI; it leaves the times of rows to the vendors, whose data sheets are
    /// not public. Those here are the ones of DRAMsim3's `HBM2_8Gb_x128.ini` (University of Maryland), which are near
    /// the JESD235 measurement loop's (tRAS 33 ns, tRP 15 ns, tRC 48 ns). The read-to-write time is JESD235's formula
    /// with the widest strobe.
    pub const fn hbm2() -> Self {
        const CLOCK: u64 = Timing::HBM2_KILOHERTZ;
        let (cl, cwl, burst) = (least(0, 14_000, CLOCK), 4, 2);
        Self {
            cl,
            cwl,
            burst,
            t_rcd: least(0, 14_000, CLOCK),
            t_rp: least(0, 14_000, CLOCK),
            t_ras: least(0, 34_000, CLOCK),
            t_rc: least(0, 48_000, CLOCK),
            t_rrd_s: least(2, 4_000, CLOCK),
            t_rrd_l: least(2, 6_000, CLOCK),
            t_faw: least(8, 30_000, CLOCK),
            t_ccd_s: 2,
            t_ccd_l: least(4, 2_800, CLOCK),
            t_wtr_s: least(2, 6_000, CLOCK),
            t_wtr_l: least(2, 8_000, CLOCK),
            t_rtw: cl + burst + 5 - cwl,
            t_rtp: least(2, 6_000, CLOCK),
            t_wr: least(0, 16_000, CLOCK),
            t_rfc: least(0, 350_000, CLOCK),
            t_refi: 3_900_000 * CLOCK / 1_000_000_000,
        }
    }
}
