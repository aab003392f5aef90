//! What drives each signal of a kernel: the kernel's statements, projected onto it.

use super::error::Fault;
use super::expression::{Arm, Assign, Expression, Statement, mask};
use super::tree::{Id, Role, Table};
use num_bigint::BigUint;
use std::collections::HashMap;

/// What drives a signal.
#[derive(Clone, Debug)]
pub(super) enum Drive {
    /// One value, always.
    Value(Expression),
    /// One value for each of its parts, always; the lowest part first.
    Parts(Vec<Expression>),
    /// The statements of an `always @(*)` block.
    Block(Vec<Statement>),
}

impl Drive {
    /// The expressions in it.
    pub fn expressions(&self, visit: &mut dyn FnMut(&Expression)) {
        match self {
            Drive::Value(value) => visit(value),
            Drive::Parts(parts) => parts.iter().for_each(visit),
            Drive::Block(block) => walk(block, visit),
        }
    }
}

fn walk(block: &[Statement], visit: &mut dyn FnMut(&Expression)) {
    for statement in block {
        match statement {
            Statement::Assign(assign) => visit(&assign.value),
            Statement::If {
                test,
                then,
                otherwise,
            } => {
                visit(test);
                walk(then, visit);
                walk(otherwise, visit);
            }
            Statement::Match { test, arms } => {
                visit(test);
                for arm in arms {
                    arm.pattern.iter().for_each(&mut *visit);
                    walk(&arm.block, visit);
                }
            }
        }
    }
}

/// The signals that the statements assign, in order of their first assignment, and what drives each.
pub(super) fn drives(block: &[Statement], table: &Table) -> Result<Vec<(Id, Drive)>, Fault> {
    let mut order = Order::default();
    order.block(block, &mut Vec::new());
    order.check(table)?;
    order
        .targets
        .iter()
        .map(|id| Ok((*id, drive(*id, block, table)?)))
        .collect()
}

fn drive(id: Id, block: &[Statement], table: &Table) -> Result<Drive, Fault> {
    let signal = &table.signals[id];
    let name = || table.identifiers[id].clone();
    let own = matches!(signal.role, Role::Output | Role::Local | Role::ChildInput);
    if !own || signal.lifted {
        return Err(Fault::NotAssignable(name()));
    }
    let all = mask(0, signal.width);
    let mut block = project(block, id);
    let last = block.iter().rposition(
        |statement| matches!(statement, Statement::Assign(assign) if assign.value.width == signal.width && !reads(&assign.value, id)),
    );
    block.drain(..last.unwrap_or(0));

    let mut loops = false;
    let assigned = assigned(&block, &BigUint::default(), &mut |value, assigned| {
        value.reads(&mut |read, bits| {
            let blocking = matches!(signal.role, Role::Local | Role::Output);
            loops |= read == id && (!blocking || (&bits & assigned) != bits);
        });
    });
    if loops {
        return Err(Fault::DependsOnItself(name()));
    }
    if assigned != all {
        return Err(Fault::Latch(name()));
    }
    Ok(parts(&block, signal.width).unwrap_or(Drive::Block(block)))
}

fn reads(value: &Expression, id: Id) -> bool {
    let mut found = false;
    value.reads(&mut |read, _| found |= read == id);
    found
}

/// The drive of a block in which every bit is assigned once and always.
fn parts(block: &[Statement], width: usize) -> Option<Drive> {
    let mut parts = Vec::new();
    for statement in block {
        let Statement::Assign(Assign { low, value, .. }) = statement else {
            return None;
        };
        parts.push((*low, value.clone()));
    }
    parts.sort_by_key(|(low, _)| *low);
    let mut next = 0;
    for (low, value) in &parts {
        if *low != next {
            return None;
        }
        next += value.width;
    }
    let mut parts: Vec<_> = parts.into_iter().map(|(_, value)| value).collect();
    match parts.len() {
        _ if next != width => None,
        1 => parts.pop().map(Drive::Value),
        _ => Some(Drive::Parts(parts)),
    }
}

/// The statements that assign `id`, with the conditions around them.
fn project(block: &[Statement], id: Id) -> Vec<Statement> {
    block
        .iter()
        .filter_map(|statement| match statement {
            Statement::Assign(assign) => (assign.target == id).then(|| statement.clone()),
            Statement::If {
                test,
                then,
                otherwise,
            } => {
                let (then, otherwise) = (project(then, id), project(otherwise, id));
                match (then.is_empty(), otherwise.is_empty()) {
                    (true, true) => None,
                    (true, false) => Some(Statement::If {
                        test: test.clone().unary("~"),
                        then: otherwise,
                        otherwise: then,
                    }),
                    _ => Some(Statement::If {
                        test: test.clone(),
                        then,
                        otherwise,
                    }),
                }
            }
            Statement::Match { test, arms } => {
                let arms: Vec<_> = arms
                    .iter()
                    .map(|arm| Arm {
                        pattern: arm.pattern.clone(),
                        block: project(&arm.block, id),
                    })
                    .collect();
                let some = arms.iter().any(|arm| !arm.block.is_empty());
                some.then(|| Statement::Match {
                    test: test.clone(),
                    arms: complete(arms),
                })
            }
        })
        .collect()
}

/// Arms that end in a default. Rust has checked that the arms cover every state, so the last one may
/// be it; arms without statements fall to it if it has none either.
fn complete(mut arms: Vec<Arm>) -> Vec<Arm> {
    let open = arms.iter().all(|arm| arm.pattern.is_some());
    if open {
        let empty = arms.iter().any(|arm| arm.block.is_empty());
        match arms.last_mut() {
            Some(last) if !empty => last.pattern = None,
            _ => arms.push(Arm {
                pattern: None,
                block: Vec::new(),
            }),
        }
    }
    let idle = |arm: &Arm| arm.block.is_empty();
    if arms.last().is_some_and(idle) {
        arms.retain(|arm| arm.pattern.is_none() || !idle(arm));
    }
    arms
}

/// The bits assigned after the block, of those assigned before; shows every expression with the bits
/// assigned where it is read.
fn assigned(
    block: &[Statement],
    before: &BigUint,
    visit: &mut dyn FnMut(&Expression, &BigUint),
) -> BigUint {
    let mut now = before.clone();
    for statement in block {
        match statement {
            Statement::Assign(Assign { low, value, .. }) => {
                visit(value, &now);
                now |= mask(*low, value.width);
            }
            Statement::If {
                test,
                then,
                otherwise,
            } => {
                visit(test, &now);
                now = assigned(then, &now, visit) & assigned(otherwise, &now, visit);
            }
            Statement::Match { test, arms } => {
                visit(test, &now);
                let after = arms
                    .iter()
                    .map(|arm| assigned(&arm.block, &now, visit))
                    .reduce(|one, other| one & other);
                now = after.unwrap_or(now);
            }
        }
    }
    now
}

/// The branches around a statement: which conditional, which arm of it.
type Branches = Vec<(usize, usize)>;

/// When a kernel reads and writes what. Projection shows every reader the settled value of a signal. So
/// does the simulator, which runs a kernel until nothing changes, unless the reader stands between two
/// writers.
#[derive(Default)]
struct Order {
    time: usize,
    targets: Vec<Id>,
    writes: HashMap<Id, Vec<(usize, Branches)>>,
    reads: Vec<(Id, usize, Branches, Vec<Id>)>,
}

impl Order {
    /// Walks the block and returns what it assigns.
    fn block(&mut self, block: &[Statement], branches: &mut Branches) -> Vec<Id> {
        let mut targets = Vec::new();
        for statement in block {
            self.time += 1;
            let time = self.time;
            match statement {
                Statement::Assign(assign) => {
                    self.read(&assign.value, time, branches, &[assign.target]);
                    let writes = self.writes.entry(assign.target).or_default();
                    if writes.is_empty() {
                        self.targets.push(assign.target);
                    }
                    writes.push((time, branches.clone()));
                    targets.push(assign.target);
                }
                Statement::If {
                    test,
                    then,
                    otherwise,
                } => {
                    let inner = self.arms([then.as_slice(), otherwise.as_slice()], branches);
                    self.read(test, time, branches, &inner);
                    targets.extend(inner);
                }
                Statement::Match { test, arms } => {
                    let blocks = arms.iter().map(|arm| arm.block.as_slice());
                    let inner = self.arms(blocks, branches);
                    self.read(test, time, branches, &inner);
                    targets.extend(inner);
                }
            }
        }
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    fn arms<'a>(
        &mut self,
        blocks: impl IntoIterator<Item = &'a [Statement]>,
        branches: &mut Branches,
    ) -> Vec<Id> {
        let time = self.time;
        let mut targets = Vec::new();
        for (arm, block) in blocks.into_iter().enumerate() {
            branches.push((time, arm));
            targets.extend(self.block(block, branches));
            branches.pop();
        }
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    fn read(&mut self, value: &Expression, time: usize, branches: &Branches, readers: &[Id]) {
        value.reads(&mut |id, _| {
            self.reads
                .push((id, time, branches.clone(), readers.to_vec()));
        });
    }

    fn check(&self, table: &Table) -> Result<(), Fault> {
        for (id, time, branches, readers) in &self.reads {
            if !matches!(table.signals[*id].role, Role::Local | Role::Output)
                || readers.iter().all(|reader| reader == id)
            {
                continue;
            }
            let writes = self.writes.get(id).into_iter().flatten();
            let (early, late): (Vec<_>, Vec<_>) = writes
                .filter(|(_, place)| !exclusive(place, branches))
                .partition(|(write, _)| write < time);
            if !early.is_empty() && !late.is_empty() {
                return Err(Fault::ReadBetween(table.identifiers[*id].clone()));
            }
        }
        Ok(())
    }
}

/// Whether no run of the kernel passes both places.
fn exclusive(one: &Branches, other: &Branches) -> bool {
    one.iter()
        .any(|(at, arm)| other.iter().any(|(place, side)| at == place && arm != side))
}
