//! Which table set has what, for whom, and what may be written.

use std::collections::HashSet;

use gristmill_hdl::ntt::{SetTag, TableSets};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rust_hdl_core::prelude::*;

use crate::both::Both;

const PORTS: usize = 3;
const CYCLES: usize = 6000;

/// Size and direction of a transform; its tables stand at 64 times the size.
type Wanted = (u64, bool);

/// A set, and the number of the read that brings what is needed into it.
type Need = (usize, usize);

/// What the job on its way in does next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Look,
    Load,
    Header,
    Found,
    Offer,
}

/// A job on its way in.
#[derive(Clone, Debug)]
struct Coming {
    port: usize,
    extend: bool,
    wanted: Wanted,
    step: Step,
    /// What is being looked for, when it is known where it is.
    found: Need,
    needs: Vec<Need>,
}

/// A job that has come in, with the turns that it was given.
#[derive(Clone, Debug)]
struct Job {
    needs: Vec<Need>,
    turns: [bool; 2],
}

/// What is in which set, by the numbers of reads; number 0 is what is there at power-up.
#[derive(Default)]
struct Model {
    /// What the last header of each set was of.
    named: [Option<(Wanted, usize)>; 2],
    in_place: [usize; 2],
    failed: HashSet<usize>,
    jobs: [Option<Job>; PORTS],
    coming: Option<Coming>,
    /// What is being read, and the beats behind its header.
    reading: Option<(Need, usize)>,
    /// The header was wrong.
    given_up: bool,
    reads: usize,
    latest: usize,
}

impl Model {
    fn used(&self, which: impl Fn(&Need) -> bool) -> bool {
        let mut needs = self.jobs.iter().flatten().flat_map(|job| &job.needs);
        needs.any(which)
    }

    /// Where what is wanted is already, for a job that has come in.
    fn shared(&self, coming: &Coming) -> Option<Need> {
        let shared = |set: usize| {
            let (wanted, read) = self.named[set]?;
            let free = coming.needs.iter().all(|need| need.0 != set);
            let shared = wanted == coming.wanted && self.used(|need| *need == (set, read));
            (free && shared).then_some((set, read))
        };
        shared(1).or(shared(0))
    }

    /// The set that is to be overwritten: the other one of the job's, one without jobs, the one that was not needed last.
    fn choice(&self, coming: &Coming) -> usize {
        match coming.needs.first() {
            Some((first, _)) => 1 - first,
            None => (0..2)
                .find(|set| !self.used(|need| need.0 == *set))
                .unwrap_or(1 - self.latest),
        }
    }

    /// Whether all that the job needs is in place.
    fn ready(&self, job: &Job) -> bool {
        let mut needs = job.needs.iter();
        needs.all(|(set, read)| self.in_place[*set] == *read)
    }

    /// The header has been looked at: its tables come.
    fn tables_come(&self) -> bool {
        let waits = |coming: &Coming| coming.step == Step::Header;
        self.reading.is_some() && !self.coming.as_ref().is_some_and(waits)
    }
}

/// What happens in a cycle.
#[derive(Clone, Copy, Debug, Default)]
struct Inputs {
    clear: bool,
    look: bool,
    load: bool,
    checked: bool,
    wrong: bool,
    failed: bool,
    done: bool,
    found: bool,
    accepted: bool,
    leaves: [bool; PORTS],
}

/// The tag as a port has it, the first field in the lowest bits.
fn tag((size, inverse): Wanted) -> (SetTag, Bits<73>) {
    let tag = SetTag {
        address: (64 * size).into(),
        size: size.into(),
        inverse,
    };
    let value = u128::from(64 * size) | u128::from(size) << 64 | u128::from(inverse) << 72;
    let bits = (0..73).fold(Bits::default(), |all, bit| {
        all.replace_bit(bit, value >> bit & 1 == 1)
    });
    (tag, bits)
}

fn set(both: &mut Both<TableSets>, inputs: &Inputs, coming: Option<&Coming>) {
    let rust = &mut both.rust;
    rust.clear.next = inputs.clear;
    rust.look.next = inputs.look;
    rust.load.next = inputs.load;
    rust.checked.next = inputs.checked;
    rust.failed.next = inputs.failed;
    rust.done.next = inputs.done;
    rust.found.next = inputs.found;
    rust.accepted.next = inputs.accepted;
    for (name, flag) in [
        ("clear", inputs.clear),
        ("look", inputs.look),
        ("load", inputs.load),
        ("checked", inputs.checked),
        ("failed", inputs.failed),
        ("done", inputs.done),
        ("found", inputs.found),
        ("accepted", inputs.accepted),
    ] {
        both.set_bit(name, flag);
    }
    for (port, leaves) in inputs.leaves.into_iter().enumerate() {
        both.rust.leaves[port].next = leaves;
        both.set_bit(&format!("leaves_{port}"), leaves);
    }
    if let Some(coming) = coming {
        let (wanted, bits) = tag(coming.wanted);
        let second = !coming.needs.is_empty();
        both.rust.wanted.next = wanted;
        both.rust.second.next = second;
        both.rust.extend.next = coming.extend;
        both.rust.port.next = (coming.port as u64).into();
        both.set("wanted", bits);
        both.set_bit("second", second);
        both.set_bit("extend", coming.extend);
        both.set("port", Bits::<2>::from(coming.port as u64));
    }
    both.settle();
}

/// An output of one bit, the same on both sides.
fn out(both: &Both<TableSets>, name: &str, rust: bool) -> bool {
    assert_eq!(rust, both.get_bit(name), "{name}");
    rust
}

/// How often what is interesting happened.
#[derive(Debug, Default)]
struct Seen {
    jobs: usize,
    shared: usize,
    reads: usize,
    held: usize,
    failed: usize,
}

/// Jobs come, share sets or overwrite them, and leave. `failing`: beats come with errors; `breaking`: headers are wrong,
/// and everything is forgotten now and then.
fn run(failing: bool, breaking: bool) -> Seen {
    let mut both = Both::new(TableSets::new(PORTS), "table_sets");
    let mut source = SmallRng::seed_from_u64(7);
    let mut model = Model::default();
    let mut seen = Seen::default();
    for cycle in 0..CYCLES {
        let ports: Vec<usize> = (0..PORTS)
            .filter(|port| model.jobs[*port].is_none())
            .collect();
        if model.coming.is_none() && !ports.is_empty() && source.gen_bool(0.5) {
            let extend = source.gen_bool(0.3);
            model.coming = Some(Coming {
                port: ports[source.gen_range(0..ports.len())],
                extend,
                wanted: (source.gen_range(1..4), source.r#gen()),
                step: Step::Look,
                found: (0, 0),
                needs: Vec::new(),
            });
        }
        let step = model.coming.as_ref().map(|coming| coming.step);
        let mut inputs = Inputs {
            clear: breaking && source.gen_bool(0.01),
            look: step == Some(Step::Look),
            load: step == Some(Step::Load) && model.reading.is_none(),
            checked: step == Some(Step::Header) && source.gen_bool(0.5),
            wrong: breaking && source.gen_bool(0.2),
            found: step == Some(Step::Found),
            accepted: step == Some(Step::Offer) && source.gen_bool(0.5),
            ..Inputs::default()
        };
        inputs.failed = inputs.checked && inputs.wrong && source.r#gen();
        for port in 0..PORTS {
            let ready = model.jobs[port].as_ref().map(|job| model.ready(job));
            inputs.leaves[port] = ready == Some(true) && source.gen_bool(0.05);
        }
        set(&mut both, &inputs, model.coming.as_ref());

        // beats of tables, where the set may be written
        let hold = out(&both, "hold", both.rust.hold.val());
        let written = out(&both, "written", both.rust.written.val());
        let mut beat = None;
        if let (true, Some((need, left))) = (model.tables_come(), model.reading) {
            let others = model.used(|other| other.0 == need.0 && other.1 != need.1);
            assert_eq!(written, need.0 == 1, "cycle {cycle}");
            if !model.given_up {
                assert_eq!(hold, others, "cycle {cycle}");
                seen.held += usize::from(hold);
            }
            if model.given_up || (!hold && source.gen_bool(0.5)) {
                model.reading = (left > 1).then_some((need, left - 1));
                beat = (!model.given_up).then_some(need);
                inputs.failed = failing && beat.is_some() && source.gen_bool(0.1);
                inputs.done = left == 1 && beat.is_some();
                set(&mut both, &inputs, model.coming.as_ref());
            }
        }

        // what everybody is told
        let held_turns = [0, 1].map(|set| {
            let turn = both.rust.turn[set].val();
            out(&both, &format!("turn_{set}"), turn)
        });
        let turns = [0, 1].map(|set| {
            let turn = both.rust.job_turn[set].val();
            out(&both, &format!("job_turn_{set}"), turn)
        });
        for (port, job) in model.jobs.iter().enumerate() {
            let failed = both.rust.tables_failed[port].val();
            let failed = out(&both, &format!("tables_failed_{port}"), failed);
            let needs = job.as_ref().map_or(&[][..], |job| &job.needs);
            let wanted = needs.iter().any(|need| model.failed.contains(&need.1));
            assert_eq!(failed, wanted, "cycle {cycle}, port {port}");
            seen.failed += usize::from(failed);
            for (set, read) in job.iter().flat_map(|job| &job.needs) {
                let turn = job.as_ref().map(|job| job.turns[*set]);
                let there = turn == Some(held_turns[*set]);
                assert_eq!(there, model.in_place[*set] == *read, "cycle {cycle}");
            }
        }
        let here = out(&both, "here", both.rust.here.val());
        let first = out(&both, "first", both.rust.first.val());

        // a cycle passes
        if let Some((set, read)) = beat {
            if inputs.failed {
                model.failed.insert(read);
            }
            if inputs.done {
                model.in_place[set] = read;
            }
        }
        let mut coming = model.coming.take();
        if let Some(job) = &mut coming {
            match job.step {
                Step::Look => {
                    let shared = model.shared(job);
                    assert_eq!(here, shared.is_some(), "cycle {cycle}, {job:?}");
                    seen.shared += usize::from(here);
                    job.found = shared.unwrap_or((model.choice(job), 0));
                    job.step = if here { Step::Found } else { Step::Load };
                }
                Step::Load if inputs.load => {
                    model.reads += 1;
                    seen.reads += 1;
                    job.found.1 = model.reads;
                    model.reading = Some((job.found, source.gen_range(1..9)));
                    model.given_up = false;
                    job.step = Step::Header;
                }
                Step::Header if inputs.checked => {
                    model.named[job.found.0] = Some((job.wanted, job.found.1));
                    job.step = Step::Found;
                }
                Step::Found => {
                    model.latest = job.found.0;
                    job.needs.push(job.found);
                    job.step = Step::Offer;
                    if job.extend && job.needs.len() == 1 {
                        job.wanted = (job.wanted.0 + source.gen_range(0..2), source.r#gen());
                        job.step = Step::Look;
                    }
                }
                Step::Offer => assert_eq!(first, job.needs[0].0 == 1, "cycle {cycle}"),
                _ => {}
            }
        }
        for port in 0..PORTS {
            if inputs.leaves[port] {
                model.jobs[port] = None;
            }
        }
        model.coming = coming.filter(|_| !(inputs.checked && inputs.wrong));
        model.given_up |= inputs.checked && inputs.wrong;
        if inputs.accepted
            && let Some(Coming { port, needs, .. }) = model.coming.take()
        {
            model.jobs[port] = Some(Job { needs, turns });
            seen.jobs += 1;
        }
        if inputs.clear {
            model.jobs = Default::default();
            (model.coming, model.reading) = (None, None);
        }
        both.cycle(|rust, clock| rust.clock.next = clock);
    }
    seen
}

#[test]
fn sets_are_shared_and_overwritten() {
    for (failing, breaking) in [(true, false), (false, true), (true, true)] {
        let seen = run(failing, breaking);
        let often = seen.jobs > 200 && seen.shared > 50 && seen.reads > 200 && seen.held > 500;
        assert!(often && (seen.failed > 500) == failing, "{seen:?}");
    }
}
