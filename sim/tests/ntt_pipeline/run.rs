//! Runs of frames, in which every output is expected in its cycle.

use std::collections::VecDeque;

use gristmill_datapath::Form;
use rand::Rng;

use crate::bench::{Bench, Factors, Frame, Pass, Pauses, Transform};

/// A beat that is fed.
struct Given {
    /// With the first one of a frame.
    first: Option<Factors>,
    beat: Vec<u32>,
    /// It has a word that is none of the field's.
    bad: bool,
}

/// A beat that will leave.
#[derive(Debug)]
struct Leaves {
    first: bool,
    /// Nothing where it means nothing.
    beat: Vec<u32>,
    what: String,
}

/// What is on its way in a run.
#[derive(Default)]
struct Run {
    latency: u64,
    pauses: Pauses,
    /// Slots so far.
    slots: u64,
    /// Beats by the slot that moves them out.
    moved: VecDeque<(u64, Leaves)>,
    /// Beats by the cycle in which they leave.
    leaving: VecDeque<(u64, Leaves)>,
    /// Checks by their cycles.
    checks: VecDeque<(u64, bool)>,
    /// Beats that came in earlier cycles and did not leave in earlier cycles.
    inside: u64,
}

impl Bench {
    /// Runs the frames through the pipeline, and dummies until it is empty. Everything that leaves must be what
    /// the transform and the tables say, in its cycle.
    pub fn run(&mut self, pass: Pass, frames: &[Frame], pauses: Pauses, transform: Transform) {
        let mut run = Run {
            latency: self.summary.latency[pass.size_log2] as u64,
            pauses,
            ..Run::default()
        };
        self.model.set(self.ports.size_log2, pass.size_log2 as u64);
        self.model.set(self.ports.inverse, pass.inverse.into());
        self.model.set(self.ports.post, pass.post.into());
        for (number, frame) in frames.iter().enumerate() {
            while self.random.gen_bool(pauses.dummy) {
                self.slot(&mut run, None);
            }
            let mut input = self.input(pass, frame);
            input.truncate(input.len() - frame.missing);
            let bad: Vec<bool> = self.bad_beats(pass, frame);
            let output = match bad.contains(&true) || frame.missing > 0 {
                true => vec![Vec::new(); input.len()],
                false => self.output(pass, frame, transform),
            };
            let leaves = run.slots + self.parameters.slots(pass.size_log2) as u64;
            for (i, beat) in output.into_iter().enumerate() {
                run.moved.push_back((
                    leaves + i as u64,
                    Leaves {
                        first: i == 0,
                        beat,
                        what: format!("{pass:?}, frame {number}, {:?}, beat {i}", frame.factors),
                    },
                ));
            }
            for (i, beat) in input.into_iter().enumerate() {
                let given = Given {
                    first: (i == 0).then_some(frame.factors),
                    beat,
                    bad: bad[i],
                };
                self.slot(&mut run, Some(given));
            }
        }
        let patience = self.cycle + 100_000;
        while !run.moved.is_empty() || !run.leaving.is_empty() || run.inside > 0 {
            assert!(self.cycle < patience, "{} beats are inside", run.inside);
            self.slot(&mut run, None);
        }
        self.cycle_of(&mut run, false, None);
    }

    /// For each beat whether it has a word that is not below the modulus.
    fn bad_beats(&self, pass: Pass, frame: &Frame) -> Vec<bool> {
        let checks = self.field().form != Form::Goldilocks;
        let order: Vec<usize> = (0..frame.elements.len()).collect();
        let half = self.lanes() / 2;
        let beats = self.parameters.beats(pass.size_log2);
        (0..beats)
            .map(|beat| {
                let of_beat = |index: &usize| {
                    beats == 1 || (index % (frame.elements.len() / 2)) / half == beat
                };
                checks
                    && order
                        .iter()
                        .filter(|index| of_beat(index))
                        .any(|index| frame.elements[*index] >= self.field().modulus)
            })
            .collect()
    }

    /// Cycles up to a slot, and the slot.
    fn slot(&mut self, run: &mut Run, given: Option<Given>) {
        while self.random.gen_bool(run.pauses.gap) {
            self.cycle_of(run, false, None);
        }
        self.cycle_of(run, true, given);
    }

    /// One cycle. What means nothing is random.
    fn cycle_of(&mut self, run: &mut Run, advance: bool, given: Option<Given>) {
        let (model, ports) = (&mut self.model, &self.ports);
        let noise: Vec<u32> = (0..model.words(ports.out_beat).len())
            .map(|_| self.random.r#gen())
            .collect();
        let first = given.as_ref().and_then(|given| given.first);
        let factors = match first {
            Some(Factors {
                kind,
                frame,
                shift,
                split,
                set,
            }) => [kind, frame, shift, split, set],
            None => self.random.r#gen(),
        };
        for (port, value) in ports.factors.into_iter().zip(factors) {
            model.set(port, value);
        }
        let beat = given.as_ref().map_or(&noise, |given| &given.beat);
        model.set_words(ports.beat, beat);
        // `valid` and `first` mean nothing without what they stand with
        let valid = given.is_some() || (!advance && self.random.r#gen());
        model.set(ports.advance, advance.into());
        model.set(ports.valid, valid.into());
        let is_first = match given {
            Some(_) => first.is_some(),
            None => self.random.r#gen(),
        };
        model.set(ports.first, is_first.into());
        let now = self.cycle;
        if advance {
            if run
                .moved
                .front()
                .is_some_and(|(slot, _)| *slot == run.slots)
                && let Some((_, leaves)) = run.moved.pop_front()
            {
                run.leaving.push_back((now + run.latency, leaves));
            }
            run.slots += 1;
        }
        if let Some(given) = &given {
            let checked = now + self.summary.check_latency as u64;
            run.checks.push_back((checked, given.bad));
        }
        self.step();

        let (model, ports) = (&self.model, &self.ports);
        assert_eq!(
            model.bit(ports.empty),
            run.inside == 0,
            "empty, cycle {now}"
        );
        let check = run.checks.front().filter(|(cycle, _)| *cycle == now);
        assert_eq!(
            model.bit(ports.checked),
            check.is_some(),
            "checked, cycle {now}"
        );
        if let Some((_, bad)) = check {
            assert_eq!(model.bit(ports.error), *bad, "error, cycle {now}");
            run.checks.pop_front();
        }
        let leaves = run.leaving.front().filter(|(cycle, _)| *cycle == now);
        assert_eq!(
            model.bit(ports.out_valid),
            leaves.is_some(),
            "valid, cycle {now}, {leaves:?}"
        );
        run.inside += u64::from(given.is_some());
        if let Some((_, leaves)) = leaves {
            assert_eq!(model.bit(ports.out_first), leaves.first, "{}", leaves.what);
            if !leaves.beat.is_empty() {
                assert_eq!(model.words(ports.out_beat), leaves.beat, "{}", leaves.what);
            }
            run.inside -= 1;
            run.leaving.pop_front();
        }
    }
}
