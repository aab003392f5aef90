use std::collections::VecDeque;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::checker::{Channel, Rule, Violation, held};
use super::signals::{LiteMaster, LiteSlave};

/// An access to a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A read.
    Read {
        /// Byte address.
        address: u32,
    },
    /// A write of all four bytes.
    Write {
        /// Byte address.
        address: u32,
        /// What is written.
        value: u32,
    },
}

/// An access that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What was asked for.
    pub access: Access,
    /// What was read, or what was written.
    pub result: Result<u32, RegisterError>,
}

/// Why an access to a register failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The card refused (SLVERR).
    #[error("the card refused the access")]
    Slave,
    /// There is no such register (DECERR).
    #[error("no register at the address")]
    Decode,
    /// The card did not answer within the limit, and nothing can be asked of it before a reset.
    #[error("the card did not answer within {cycles} cycles")]
    TimedOut {
        /// The limit.
        cycles: u32,
    },
    /// As many accesses are waiting as may.
    #[error("too many register accesses are waiting")]
    Full,
}

/// A master of AXI4-Lite that does one access after the other, and checks its slave.
#[derive(Debug)]
pub struct RegisterMaster {
    name: String,
    stall: f64,
    limit: u32,
    random: SmallRng,
    signals: LiteMaster,
    /// The first one is under way if `waited` is not zero.
    queue: VecDeque<Access>,
    /// Cycles since the first access started.
    waited: u32,
    /// A write's data that is held back for a while.
    data: Option<u32>,
    /// The response that the slave offered and we did not take.
    unread: LiteSlave,
    cycle: u64,
}

const QUEUE_MAX: usize = 1024;

impl RegisterMaster {
    /// A master that gives an access `limit` cycles, and pauses with probability `stall` wherever it may.
    pub fn new(name: impl Into<String>, limit: u32, stall: f64, seed: u64) -> Self {
        Self {
            name: name.into(),
            stall,
            limit,
            random: SmallRng::seed_from_u64(seed),
            signals: LiteMaster::default(),
            queue: VecDeque::new(),
            waited: 0,
            data: None,
            unread: LiteSlave::default(),
            cycle: 0,
        }
    }

    /// Queues an access.
    pub fn submit(&mut self, access: Access) -> Result<(), RegisterError> {
        if self.queue.len() >= QUEUE_MAX {
            return Err(RegisterError::Full);
        }
        self.queue.push_back(access);
        Ok(())
    }

    /// Whether no access waits.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// What it drives in the coming cycle.
    pub fn signals(&self) -> &LiteMaster {
        &self.signals
    }

    /// The cycle has passed, with [`Self::signals`] and what the slave drove. Returns the access that ended in it.
    pub fn clock(&mut self, slave: &LiteSlave) -> Result<Option<Completion>, Violation> {
        self.cycle += 1;
        if self.waited > self.limit {
            return Ok(self.give_up());
        }
        self.check(slave).map_err(|rule| Violation {
            port: self.name.clone(),
            cycle: self.cycle,
            rule,
        })?;
        let driven = self.signals;
        self.signals.aw = driven.aw.filter(|_| !slave.aw_ready);
        self.signals.w = driven.w.filter(|_| !slave.w_ready);
        self.signals.ar = driven.ar.filter(|_| !slave.ar_ready);
        self.unread.b = slave.b.filter(|_| !driven.b_ready);
        self.unread.r = slave.r.filter(|_| !driven.r_ready);

        let mut completion = None;
        if let Some(response) = slave.b.filter(|_| driven.b_ready) {
            completion = self.complete(response, None);
        } else if let Some((value, response)) = slave.r.filter(|_| driven.r_ready) {
            completion = self.complete(response, Some(value));
        } else if self.waited > 0 {
            self.waited += 1;
        }
        if self.waited == 0 && completion.is_none() {
            self.start();
        }
        if self.signals.w.is_none() && self.goes() {
            self.signals.w = self.data.take();
        }
        self.signals.b_ready = self.goes();
        self.signals.r_ready = self.goes();
        Ok(completion)
    }

    /// The slave is being reset: what was under way or waited is forgotten.
    pub fn reset(&mut self) {
        self.signals = LiteMaster::default();
        self.unread = LiteSlave::default();
        self.waited = 0;
        self.data = None;
        self.queue.clear();
    }

    fn check(&self, slave: &LiteSlave) -> Result<(), Rule> {
        held(Channel::B, &self.unread.b, &slave.b)?;
        held(Channel::R, &self.unread.r, &slave.r)?;
        let (mut reading, mut writing) = (false, false);
        if self.waited > 0 {
            reading = matches!(self.queue.front(), Some(Access::Read { .. }));
            writing = !reading;
        }
        // A response may not come before both halves of its request were taken.
        let asked = self.signals.aw.is_none() && self.signals.w.is_none() && self.data.is_none();
        if slave.b.is_some() && !(writing && asked) {
            return Err(Rule::Unrequested(Channel::B));
        }
        if slave.r.is_some() && !(reading && self.signals.ar.is_none()) {
            return Err(Rule::Unrequested(Channel::R));
        }
        Ok(())
    }

    fn start(&mut self) {
        match self.queue.front() {
            None => return,
            Some(Access::Read { address }) => self.signals.ar = Some(*address),
            Some(Access::Write { address, value }) => {
                self.signals.aw = Some(*address);
                self.data = Some(*value);
            }
        }
        self.waited = 1;
    }

    fn complete(&mut self, response: u8, read: Option<u32>) -> Option<Completion> {
        self.waited = 0;
        let access = self.queue.pop_front()?;
        let result = match (response, access) {
            (2, _) => Err(RegisterError::Slave),
            (3, _) => Err(RegisterError::Decode),
            (_, Access::Read { .. }) => Ok(read.unwrap_or_default()),
            (_, Access::Write { value, .. }) => Ok(value),
        };
        Some(Completion { access, result })
    }

    /// Fails the first access, and from now on all others. The signals stay: AXI knows no way back but a reset.
    fn give_up(&mut self) -> Option<Completion> {
        let access = self.queue.pop_front()?;
        Some(Completion {
            access,
            result: Err(RegisterError::TimedOut { cycles: self.limit }),
        })
    }

    fn goes(&mut self) -> bool {
        self.stall == 0.0 || !self.random.gen_bool(self.stall)
    }
}
