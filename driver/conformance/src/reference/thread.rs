//! The card's own thread: fetch, execute, complete.

use super::execute::served_by;
use super::state::State;
use super::{Mutation, Shared};
use gristmill_protocol::register::control_bits;
use gristmill_protocol::{Completion, EngineKind, Opcode, SLOT_BYTES, Status, format};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

/// Wall time of one step of a job that is held up.
const STEP: Duration = Duration::from_millis(1);
/// Core cycles of such a step, when the card is not a slow one.
const STEP_CYCLES: u64 = 500_000;
/// Bit of `BUSY` for the queue engine.
const QUEUE_ENGINE: u32 = 1 << 31;

/// Kinds of engines.
const NTT: u32 = EngineKind::Ntt as u32;
const POINTWISE: u32 = EngineKind::Pointwise as u32;

/// A job between its descriptor and its completion.
struct Running {
    queue: usize,
    /// Index of the engine that has it.
    engine: Option<usize>,
    interrupt: bool,
    completion: Completion,
}

impl Shared {
    pub(super) fn run(&self) {
        let mut state = self.lock();
        while !state.power_off {
            if state.faults.stopped {
                state = self.pause(state);
            } else if state.faults.hang_queue {
                state.cycles += STEP_CYCLES;
                state = self.pause(state);
            } else if let Some(queue) = self.next_queue(&state) {
                state = self.serve(state, queue);
            } else {
                // Whoever gives it something to do, or switches it off, changes the state under its lock and then
                // notifies: nothing is missed between the look above and this.
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn pause<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, STEP)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// A running queue with a descriptor, and room for its completion.
    fn next_queue(&self, state: &State) -> Option<usize> {
        (0..state.queues.len()).find(|index| {
            let queue = &state.queues[*index];
            let unread = queue.completion_tail.wrapping_sub(queue.completion_head);
            let room = u32::from(unread) < 1 << queue.size_log2;
            let starved = *index == 2 && self.mutated(Mutation::Starvation);
            queue.running
                && !starved
                && queue.submission_tail != queue.submission_head
                && (room || self.mutated(Mutation::Overrun))
        })
    }

    pub(super) fn mutated(&self, mutation: Mutation) -> bool {
        self.options.mutation == Some(mutation)
    }

    fn serve<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        queue: usize,
    ) -> MutexGuard<'a, State> {
        let now = &mut state.queues[queue];
        let slot = u64::from(now.submission_head) & ((1 << now.size_log2) - 1);
        let mut bytes = [0; SLOT_BYTES];
        let read = self
            .host
            .read(now.submission + slot * SLOT_BYTES as u64, &mut bytes);
        if read.is_err() {
            now.running = false;
            now.stopped_by = Some(Status::HostMemoryError);
            return state;
        }
        now.submission_head = now.submission_head.wrapping_add(1);
        let words = format::slot_words(&bytes);
        let mut completion = Completion::default();
        state.cycles += 100;
        let outcome = self.execute(&mut state, queue, words, &mut completion);
        let outcome = match self.mutated(Mutation::Endurance)
            && state.queues[queue].submission_head % 100 == 99
        {
            true => Err((Status::CardMemoryError, 0)),
            false => outcome,
        };
        let left = state.faults.fail_after;
        state.faults.fail_after = left.and_then(|left| left.checked_sub(1));
        let outcome = match left {
            Some(0) => Err((Status::CardMemoryError, 0)),
            _ => outcome,
        };
        let (status, detail) = match outcome {
            Ok(detail) => (Status::Success, detail),
            Err((status, detail)) => (status, detail),
        };
        state.cycles += completion.cycles;
        let running = Running {
            queue,
            engine: Opcode::from_code(words[0] as u8)
                .and_then(served_by)
                .and_then(|kind| self.engine(kind))
                .map(|(index, _)| index),
            interrupt: words[0] >> 16
                & u64::from(gristmill_protocol::descriptor::flag::NO_INTERRUPT)
                == 0,
            completion: Completion {
                link_bytes: completion.link_bytes + 2 * SLOT_BYTES as u64,
                submission_head: state.queues[queue].submission_head,
                detail,
                tag: (words[0] >> 32) as u32,
                status: status.code(),
                ..completion
            },
        };
        self.finish(state, running)
    }

    /// Spends the time that the faults demand, then completes the job, unless a reset takes it.
    fn finish<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        mut running: Running,
    ) -> MutexGuard<'a, State> {
        let epoch = state.epoch;
        let mut steps = 0;
        let busy = running.engine.map_or(QUEUE_ENGINE, |index| 1 << index);
        state.busy |= busy;
        if let Some(index) = running.engine
            && !self.mutated(match self.options.engines[index].kind {
                NTT => Mutation::NttProgress,
                POINTWISE => Mutation::PointwiseProgress,
                _ => Mutation::Progress,
            })
        {
            state.progress[index] = state.progress[index].wrapping_add(1);
        }
        // Ends with the faults, with a reset, or with the power: each is looked at every step.
        loop {
            let faults = state.faults;
            let hung = faults.hang_engine && running.engine.is_some();
            if state.power_off || state.epoch != epoch {
                return state;
            }
            let slow = steps < faults.slow_milliseconds;
            if !faults.stopped && !hung && !faults.hold_completions && !slow {
                break;
            }
            steps += 1;
            if !faults.stopped {
                state.cycles += if slow { 1000 } else { STEP_CYCLES };
                if let Some(index) = running.engine
                    && !hung
                {
                    state.progress[index] = state.progress[index].wrapping_add(1);
                }
            }
            state = self.pause(state);
        }
        state.busy &= !busy;
        if state.faults.wrong_tags {
            running.completion.tag ^= 0xffff;
        }
        self.complete(&mut state, running);
        state
    }

    fn complete(&self, state: &mut State, running: Running) {
        let truncate = state.faults.truncate_completions;
        let drop_interrupts = state.faults.drop_interrupts;
        let queue = &mut state.queues[running.queue];
        let count = queue.completion_tail;
        let odd_round = count >> queue.size_log2 & 1 == 1;
        let mut completion = running.completion;
        completion.phase = !odd_round || (queue.size_log2 == 1 && self.mutated(Mutation::Phase));
        if self.mutated(Mutation::Tag) {
            completion.tag &= !(1 << 31);
        }
        let bytes = format::slot_bytes(completion.words());
        let slot = u64::from(count) & ((1 << queue.size_log2) - 1);
        let address = queue.completion + slot * SLOT_BYTES as u64;
        let written = if truncate { SLOT_BYTES - 8 } else { SLOT_BYTES };
        if self.host.write(address, &bytes[..written]).is_err() {
            queue.running = false;
            queue.stopped_by = Some(Status::HostMemoryError);
            return;
        }
        queue.completion_tail = count.wrapping_add(1);
        let flagged = running.interrupt || self.mutated(Mutation::NoInterruptFlag);
        let enabled = queue.control & control_bits::INTERRUPT != 0;
        if flagged && (enabled || self.mutated(Mutation::InterruptMask)) && !drop_interrupts {
            let vector = match self.mutated(Mutation::Vector) {
                true => (queue.vector + 1) % self.options.capabilities.vectors,
                false => queue.vector,
            };
            self.interrupts.raise(vector);
        }
    }
}
