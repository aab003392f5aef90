//! Whether a card with a job in flight still lives. Slow is not dead: a simulated card is slow by a
//! thousand, but its cycle counter and its engines' progress move.

use crate::Loss;
use std::time::{Duration, Instant};

/// What the card's registers showed at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Instant,
    /// Core cycles since power-up.
    pub(crate) cycles: u64,
    /// Bit e: engine e has a job.
    pub(crate) busy: u32,
    /// Progress of each engine.
    pub(crate) progress: Vec<u32>,
    /// Completions taken by the driver so far.
    pub(crate) completed: u64,
}

/// When a card is given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) stopped_after: Duration,
    pub(crate) hung_after_cycles: u64,
}

/// Compares samples.
///
/// * Stopped: neither the cycle counter nor any progress nor the completions change for a time on
///   the wall clock. Nothing else can be measured on a card whose clock stands.
/// * Hung: the clock runs, and a busy engine's progress stands still for a number of cycles; or no
///   engine is busy, and no completion comes for as long.
pub(crate) struct Watch {
    limits: Limits,
    last: Option<Last>,
}

struct Last {
    sample: Sample,
    moved: Instant,
    /// Cycle at which each engine last advanced or was idle.
    engines: Vec<u64>,
    /// Cycle at which a completion last came or an engine was busy.
    queue: u64,
}

impl Watch {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, last: None }
    }

    /// Nothing is in flight: a card that does nothing is as it should be.
    pub(crate) fn rest(&mut self) {
        self.last = None;
    }

    /// Takes the next sample while jobs are in flight. `quiet_cycles` are those in which the queue
    /// engine may work without a completion.
    pub(crate) fn judge(&mut self, sample: Sample, quiet_cycles: u64) -> Result<(), Loss> {
        let Some(last) = &mut self.last else {
            self.last = Some(Last {
                moved: sample.at,
                engines: vec![sample.cycles; sample.progress.len()],
                queue: sample.cycles,
                sample,
            });
            return Ok(());
        };
        let completed = sample.completed != last.sample.completed;
        if completed
            || sample.cycles != last.sample.cycles
            || sample.progress != last.sample.progress
        {
            last.moved = sample.at;
        }
        let waited = sample.at.duration_since(last.moved);
        if waited > self.limits.stopped_after {
            return Err(Loss::Stopped { waited });
        }
        let progress = sample.progress.iter().zip(&last.sample.progress);
        for (engine, (since, (new, old))) in (0..).zip(last.engines.iter_mut().zip(progress)) {
            if new != old || sample.busy >> engine & 1 == 0 {
                *since = sample.cycles;
            }
            let cycles = sample.cycles.saturating_sub(*since);
            if cycles > self.limits.hung_after_cycles {
                let engine = Some(engine);
                return Err(Loss::Hung { engine, cycles });
            }
        }
        let engines = (1u32 << sample.progress.len().min(31)) - 1;
        if completed || sample.busy & engines != 0 {
            last.queue = sample.cycles;
        }
        let cycles = sample.cycles.saturating_sub(last.queue);
        if cycles > self.limits.hung_after_cycles.saturating_add(quiet_cycles) {
            let engine = None;
            return Err(Loss::Hung { engine, cycles });
        }
        last.sample = sample;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        stopped_after: Duration::from_secs(10),
        hung_after_cycles: 1000,
    };

    fn sample(start: Instant, seconds: u64, cycles: u64, busy: u32, progress: u32) -> Sample {
        Sample {
            at: start + Duration::from_secs(seconds),
            cycles,
            busy,
            progress: vec![progress],
            completed: 0,
        }
    }

    #[test]
    fn slow_is_not_dead() {
        let (mut watch, start) = (Watch::new(LIMITS), Instant::now());
        for i in 0..100 {
            let sample = sample(start, 9 * i, 900 * i, 1, i as u32);
            assert_eq!(watch.judge(sample, 0), Ok(()));
        }
    }

    #[test]
    fn a_card_that_moves_nothing_has_stopped() {
        let (mut watch, start) = (Watch::new(LIMITS), Instant::now());
        assert_eq!(watch.judge(sample(start, 0, 5, 1, 7), 0), Ok(()));
        assert_eq!(watch.judge(sample(start, 10, 5, 1, 7), 0), Ok(()));
        let waited = Duration::from_secs(11);
        let stopped = Err(Loss::Stopped { waited });
        assert_eq!(watch.judge(sample(start, 11, 5, 1, 7), 0), stopped);
    }

    #[test]
    fn rest_forgets_the_clock() {
        let (mut watch, start) = (Watch::new(LIMITS), Instant::now());
        assert_eq!(watch.judge(sample(start, 0, 5, 1, 7), 0), Ok(()));
        watch.rest();
        assert_eq!(watch.judge(sample(start, 100, 5, 1, 7), 0), Ok(()));
    }

    #[test]
    fn a_busy_engine_without_progress_hangs() {
        let (mut watch, start) = (Watch::new(LIMITS), Instant::now());
        assert_eq!(watch.judge(sample(start, 0, 0, 1, 7), 0), Ok(()));
        assert_eq!(watch.judge(sample(start, 1, 1000, 1, 7), 0), Ok(()));
        let hung = Err(Loss::Hung {
            engine: Some(0),
            cycles: 1001,
        });
        assert_eq!(watch.judge(sample(start, 2, 1001, 1, 7), 0), hung);
    }

    #[test]
    fn a_queue_may_be_quiet_for_as_long_as_its_job_takes() {
        let (mut watch, start) = (Watch::new(LIMITS), Instant::now());
        assert_eq!(watch.judge(sample(start, 0, 0, 0, 7), 500), Ok(()));
        assert_eq!(watch.judge(sample(start, 1, 1500, 0, 7), 500), Ok(()));
        let hung = Err(Loss::Hung {
            engine: None,
            cycles: 1501,
        });
        assert_eq!(watch.judge(sample(start, 2, 1501, 0, 7), 500), hung);
    }
}
