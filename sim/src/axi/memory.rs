use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::checker::{Checker, Rule, Violation};
use super::counters::Counters;
use super::dram::{Dram, DramConfig};
use super::link::Link;
use super::read::ReadHalf;
use super::signals::{MasterSignals, SlaveSignals};
use super::store::Store;
use super::write::WriteHalf;

/// An AXI4 slave over a [`Store`], behind a [`Link`] and perhaps in the time of [`Dram`], that checks its master.
#[derive(Debug)]
pub struct Memory<S> {
    name: String,
    beat_bytes: usize,
    link: Link,
    store: S,
    random: SmallRng,
    signals: SlaveSignals,
    checker: Checker,
    read: ReadHalf,
    write: WriteHalf,
    counters: Counters,
    dram: Option<Dram>,
}

impl<S: Store> Memory<S> {
    /// A memory whose beats have `beat_bytes` bytes, a power of two up to 64. The name is for messages.
    pub fn new(name: impl Into<String>, beat_bytes: usize, link: Link, store: S) -> Self {
        Self {
            name: name.into(),
            beat_bytes,
            random: SmallRng::seed_from_u64(link.seed),
            signals: SlaveSignals::default(),
            checker: Checker::new(beat_bytes),
            read: ReadHalf::new(&link),
            write: WriteHalf::new(&link),
            counters: Counters::default(),
            link,
            store,
            dram: None,
        }
    }

    /// With the time that DRAM takes besides the link's.
    pub fn with_dram(self, config: DramConfig) -> Self {
        Self {
            dram: Some(Dram::new(config)),
            ..self
        }
    }

    /// What it drives in the coming cycle.
    pub fn signals(&self) -> &SlaveSignals {
        &self.signals
    }

    /// The cycle has passed, with [`Self::signals`] and what the master drove.
    pub fn clock(&mut self, master: &MasterSignals) -> Result<(), Violation> {
        let driven = self.signals;
        self.checker
            .observe(master, &driven)
            .map_err(|rule| self.violation(rule))?;
        let Self {
            beat_bytes,
            link,
            store,
            random,
            signals,
            read,
            write,
            counters,
            dram,
            ..
        } = self;
        let beat_bytes = *beat_bytes;

        counters.cycles += 1;
        let offered = master.aw.is_some() || master.w.is_some() || master.ar.is_some();
        let idle = !offered && read.is_idle() && write.is_idle() && signals.b.is_none();
        counters.busy_cycles += u64::from(!idle);

        if let (Some(address), true) = (&master.ar, driven.ar_ready) {
            read.accept(address, beat_bytes, store, &mut counters.read);
        }
        if let (Some(address), true) = (&master.aw, driven.aw_ready) {
            write.accept_address(address, &mut counters.write);
        }
        if let (Some(beat), true) = (&master.w, driven.w_ready) {
            write.accept_beat(beat, beat_bytes, &mut counters.write);
        }
        if driven.r.is_some() && master.r_ready {
            read.taken(beat_bytes, &mut counters.read);
            signals.r = None;
        }
        if master.b_ready {
            signals.b = None;
        }

        let cycle = counters.cycles;
        if let Some(dram) = dram {
            dram.pass(cycle);
        }
        read.pass(cycle, beat_bytes, link, random, dram.as_mut());
        write.pass(cycle, beat_bytes, link, random, dram.as_mut());
        let stall = link.stall;
        let mut goes = || stall == 0.0 || !random.gen_bool(stall);
        let (goes_r, goes_b) = (goes(), goes());
        signals.ar_ready = read.has_room() && goes();
        let data_offered = master.w.is_some() && !driven.w_ready;
        signals.aw_ready = write.takes_address(link.write_order, data_offered) && goes();
        signals.w_ready = write.takes_data(beat_bytes, link) && goes();
        if signals.r.is_none() && goes_r {
            signals.r = read.offer(cycle, beat_bytes, link, random, dram.as_ref());
        }
        if signals.b.is_none() && goes_b {
            signals.b = write.offer(cycle, beat_bytes, link, random, store, &mut counters.write);
        }
        Ok(())
    }

    /// A cycle in reset has passed. What was under way is forgotten; memory keeps its bytes.
    pub fn clock_reset(&mut self, master: &MasterSignals) -> Result<(), Violation> {
        self.signals = SlaveSignals::default();
        self.read = ReadHalf::new(&self.link);
        self.write = WriteHalf::new(&self.link);
        if let Some(dram) = &mut self.dram {
            dram.forget();
        }
        self.checker
            .observe_reset(master)
            .map_err(|rule| self.violation(rule))
    }

    /// Whether nothing is under way.
    pub fn is_idle(&self) -> bool {
        let quiet = self.signals.r.is_none() && self.signals.b.is_none();
        quiet && self.read.is_idle() && self.write.is_idle()
    }

    /// Checks at the end of a run that the master left nothing half done.
    pub fn finish(&self) -> Result<(), Violation> {
        self.checker.finish().map_err(|rule| self.violation(rule))
    }

    /// What passed.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The time that DRAM takes, if it has any.
    pub fn dram(&self) -> Option<&Dram> {
        self.dram.as_ref()
    }

    /// The bytes.
    pub fn store(&mut self) -> &mut S {
        &mut self.store
    }

    fn violation(&self, rule: Rule) -> Violation {
        Violation {
            port: self.name.clone(),
            cycle: self.counters.cycles,
            rule,
        }
    }
}
