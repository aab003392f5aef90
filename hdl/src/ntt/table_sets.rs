//! The two table sets of the pipeline: what they hold, and for whom.

use super::tile::JOB_BITS;
use crate::cells::{Fixed, Register};
use rust_hdl_core::prelude::*;
use rust_hdl_widgets::dff_setup;

/// What a table set was read from.
#[derive(Copy, Clone, PartialEq, Debug, Default, LogicStruct)]
pub struct SetTag {
    /// First byte of the set.
    pub address: Bits<64>,
    /// Binary logarithm of its transforms' size.
    pub size: Bits<8>,
    /// It is for inverse transforms.
    pub inverse: Bit,
}

/// Knows which set holds what, which jobs have it, and where the next one goes.
///
/// A set is not read again while a job that came before has it: the host does not
/// change the tables of a job that is not complete, so they are the same. An extension has both sets. A set that is
/// overwritten takes turns: 0 and 1 are the turns of the jobs before and of those to come.
///
/// A job on its way in goes through `look`, unless it is `here` `load` and `checked`, and `found`, in cycles of their
/// own; an extension twice. `accepted` makes it one of the jobs that have the sets, until it `leaves`. `hold` is low
/// as soon as no job has what the set held before; new tables are in place with `done`.
#[derive(LogicBlock, Default)]
pub struct TableSets {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Level: forget all jobs.
    pub clear: Signal<In, Bit>,
    /// What the job needs; stable from `look` to `found`.
    pub wanted: Signal<In, SetTag>,
    /// It is for the second transform of an extension: not in the set of the first one.
    pub second: Signal<In, Bit>,
    /// One cycle: where is it, or where is it to go?
    pub look: Signal<In, Bit>,
    /// With `look`: a set has it, and a job has that set.
    pub here: Signal<Out, Bit>,
    /// One cycle: the table loader starts to read it.
    pub load: Signal<In, Bit>,
    /// From the table loader: it has looked at the header, right or wrong; no further job gets what the set holds.
    pub checked: Signal<In, Bit>,
    /// From the table loader, with any beat: memory answered it with an error.
    pub failed: Signal<In, Bit>,
    /// From the table loader: all tables are in place.
    pub done: Signal<In, Bit>,
    /// The set that the table loader writes.
    pub written: Signal<Out, Bit>,
    /// It may not be written yet.
    pub hold: Signal<Out, Bit>,
    /// One cycle: the job needs the set that was looked for.
    pub found: Signal<In, Bit>,
    /// One cycle: a job that needs what was found has come in.
    pub accepted: Signal<In, Bit>,
    /// With `accepted`: its port.
    pub port: Signal<In, Bits<JOB_BITS>>,
    /// With `accepted`: it needs both sets.
    pub extend: Signal<In, Bit>,
    /// One cycle: the job of this port has no more use for its sets.
    pub leaves: Vec<Signal<In, Bit>>,
    /// Tables of the job of this port were read with an error.
    pub tables_failed: Vec<Signal<Out, Bit>>,
    /// The set of the job's first transform, from the cycle after `found`.
    pub first: Signal<Out, Bit>,
    /// The turns of the sets that it needs.
    pub job_turn: [Signal<Out, Bit>; 2],
    /// Turns of the tables that the two sets hold: a set's turn changes when other tables are in place.
    pub turn: [Signal<Out, Bit>; 2],
    number: Vec<Fixed<Bits<JOB_BITS>>>,
    side: [Fixed<Bit>; 2],
    turn_0_bit: [Fixed<Bits<4>>; 2],
    turn_1_bit: [Fixed<Bits<4>>; 2],
    set: Register<Bit>,
    loading: Register<Bit>,
    first_set: Register<Bit>,
    latest: Register<Bit>,
    tag: [Register<SetTag>; 2],
    tag_turn: [Register<Bit>; 2],
    held_turn: [Register<Bit>; 2],
    needed_turn: [Register<Bit>; 2],
    users: [Register<Bits<3>>; 4],
    bad: [Register<Bit>; 4],
    has: Vec<Register<Bits<4>>>,
    shared: [Signal<Local, Bit>; 2],
    vacant: [Signal<Local, Bit>; 2],
    next_set: Signal<Local, Bit>,
    choice: Signal<Local, Bit>,
    takes: [Signal<Local, Bits<4>>; 2],
    gain: Signal<Local, Bits<4>>,
    leave: Vec<Signal<Local, Bits<4>>>,
    remain: Vec<Signal<Local, Bits<3>>>,
    _ports: usize,
}

impl TableSets {
    /// The sets of an engine of so many job ports.
    pub fn new(ports: usize) -> Self {
        Self {
            leaves: (0..ports).map(|_| Default::default()).collect(),
            tables_failed: (0..ports).map(|_| Default::default()).collect(),
            has: (0..ports).map(|_| Default::default()).collect(),
            leave: (0..ports).map(|_| Default::default()).collect(),
            remain: (0..4 * ports + 4).map(|_| Default::default()).collect(),
            number: (0..ports)
                .map(|port| Fixed::new((port as u64).into()))
                .collect(),
            side: [Fixed::new(false), Fixed::new(true)],
            turn_0_bit: [1u64, 4].map(|bit| Fixed::new(bit.into())),
            turn_1_bit: [2u64, 8].map(|bit| Fixed::new(bit.into())),
            _ports: ports,
            ..Default::default()
        }
    }
}

impl Logic for TableSets {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, set, loading, first_set, latest);
        for i in 0..2 {
            self.tag[i].clock.next = self.clock.val();
            self.tag[i].d.next = self.tag[i].q.val();
            self.tag_turn[i].clock.next = self.clock.val();
            self.tag_turn[i].d.next = self.tag_turn[i].q.val();
            self.held_turn[i].clock.next = self.clock.val();
            self.held_turn[i].d.next = self.held_turn[i].q.val();
            self.needed_turn[i].clock.next = self.clock.val();
            self.needed_turn[i].d.next = self.needed_turn[i].q.val();
            self.turn[i].next = self.held_turn[i].q.val();
            self.job_turn[i].next = self.needed_turn[i].q.val();
        }
        self.first.next = self.first_set.q.val();
        self.written.next = self.loading.q.val();

        // what each port has: bit 2i + t for set i in turn t, and how many have that
        for i in 0..2 {
            self.takes[i].next = self.turn_0_bit[i].val();
            if self.needed_turn[i].q.val() {
                self.takes[i].next = self.turn_1_bit[i].val();
            }
        }
        self.gain.next = self.takes[0].val();
        if self.first_set.q.val() {
            self.gain.next = self.takes[1].val();
        }
        if self.extend.val() {
            self.gain.next = self.takes[0].val() | self.takes[1].val();
        }
        for k in 0..4 {
            self.remain[k].next = self.users[k].q.val();
            if self.accepted.val() & self.gain.val().get_bit(k) {
                self.remain[k].next = self.users[k].q.val() + 1;
            }
            self.users[k].clock.next = self.clock.val();
            self.users[k].d.next = self.remain[k].val();
            self.bad[k].clock.next = self.clock.val();
            self.bad[k].d.next = self.bad[k].q.val();
        }
        for i in 0..self._ports {
            self.has[i].clock.next = self.clock.val();
            self.has[i].d.next = self.has[i].q.val();
            if self.accepted.val() & (self.port.val() == self.number[i].val()) {
                self.has[i].d.next = self.gain.val();
            }
            self.leave[i].next = 0.into();
            if self.leaves[i].val() {
                self.leave[i].next = self.has[i].q.val();
                self.has[i].d.next = 0.into();
            }
            self.tables_failed[i].next = false;
            for k in 0..4 {
                self.remain[4 * i + 4 + k].next = self.remain[4 * i + k].val();
                if self.leave[i].val().get_bit(k) {
                    self.remain[4 * i + 4 + k].next = self.remain[4 * i + k].val() - 1;
                }
                self.users[k].d.next = self.remain[4 * i + 4 + k].val();
                if self.has[i].q.val().get_bit(k) & self.bad[k].q.val() {
                    self.tables_failed[i].next = true;
                }
            }
        }

        // a set that a job has already, or one to be read
        for i in 0..2 {
            self.vacant[i].next =
                !self.users[2 * i].q.val().any() & !self.users[2 * i + 1].q.val().any();
            self.shared[i].next = (self.tag[i].q.val() == self.wanted.val())
                & ((self.tag_turn[i].q.val() & self.users[2 * i + 1].q.val().any())
                    | (!self.tag_turn[i].q.val() & self.users[2 * i].q.val().any()))
                & (!self.second.val() | (self.first_set.q.val() != self.side[i].val()));
        }
        self.next_set.next = !self.latest.q.val();
        if self.vacant[1].val() {
            self.next_set.next = true;
        }
        if self.vacant[0].val() {
            self.next_set.next = false;
        }
        if self.second.val() {
            self.next_set.next = !self.first_set.q.val();
        }
        self.here.next = false;
        self.choice.next = self.next_set.val();
        for i in 0..2 {
            if self.shared[i].val() {
                self.here.next = true;
                self.choice.next = self.side[i].val();
            }
        }
        if self.look.val() {
            self.set.d.next = self.choice.val();
        }

        // the turn of the set, as it is or will be
        if self.found.val() {
            self.latest.d.next = self.set.q.val();
            for i in 0..2 {
                if self.set.q.val() == self.side[i].val() {
                    self.needed_turn[i].d.next = self.tag_turn[i].q.val();
                }
            }
            if !self.second.val() {
                self.first_set.d.next = self.set.q.val();
            }
        }

        // tables that come
        if self.load.val() {
            self.loading.d.next = self.set.q.val();
        }
        self.hold.next = false;
        for i in 0..2 {
            if self.loading.q.val() == self.side[i].val() {
                // the other turn's jobs still use what is to be overwritten
                self.hold.next = (self.held_turn[i].q.val() & self.users[2 * i + 1].q.val().any())
                    | (!self.held_turn[i].q.val() & self.users[2 * i].q.val().any());
                if self.checked.val() {
                    self.tag[i].d.next = self.wanted.val();
                    self.tag_turn[i].d.next = !self.held_turn[i].q.val();
                }
                if self.done.val() {
                    self.held_turn[i].d.next = self.tag_turn[i].q.val();
                }
                for t in 0..2 {
                    if self.checked.val() {
                        // the turn that the tables will have; `tag_turn` may be that of a read that was given up
                        if self.held_turn[i].q.val() == self.side[t].val() {
                            self.bad[2 * i + 1 - t].d.next = false;
                        }
                    } else if self.failed.val() & (self.tag_turn[i].q.val() == self.side[t].val()) {
                        self.bad[2 * i + t].d.next = true;
                    }
                }
            }
        }

        if self.clear.val() {
            for k in 0..4 {
                self.users[k].d.next = 0.into();
            }
            for i in 0..self._ports {
                self.has[i].d.next = 0.into();
            }
        }
    }
}
