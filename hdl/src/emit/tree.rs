//! The tree of modules under a block, and the signals that one module can name.

use super::error::Fault;
use super::names;
use num_bigint::BigUint;
use rust_hdl_core::ast::{Verilog, VerilogLiteral};
use rust_hdl_core::atom::{Atom, AtomKind};
use rust_hdl_core::block::Block;
use rust_hdl_core::probe::Probe;
use rust_hdl_core::type_descriptor::{TypeDescriptor, TypeKind};
use std::collections::{HashMap, HashSet};

/// What a signal is to the module that declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Input,
    Output,
    Local,
    Constant,
    ChildInput,
    ChildOutput,
    /// A direction that has no Verilog here.
    Other,
}

/// A signal as rust-hdl shows it, with its path inside the module.
#[derive(Clone, Debug)]
pub(super) struct Signal {
    pub path: String,
    pub role: Role,
    pub width: usize,
    pub kind: TypeDescriptor,
    pub value: BigUint,
    /// It is a port of something inside the module, led out.
    pub lifted: bool,
}

/// A module and what is inside.
pub(super) struct Scope {
    pub name: String,
    pub title: Option<String>,
    pub code: Verilog,
    pub signals: Vec<Signal>,
    pub children: Vec<Scope>,
}

impl Scope {
    /// The tree under `block`.
    pub fn of(block: &dyn Block, name: &str) -> Option<Self> {
        let mut collector = Collector::default();
        block.accept(name, &mut collector);
        collector.top
    }

    /// Whether something of this name is declared inside.
    fn declares(&self, name: &str) -> bool {
        let is_signal = |signal: &Signal| names::identifier(&signal.path) == name;
        let text = match &self.code {
            Verilog::Custom(code) => code,
            Verilog::Wrapper(wrapper) => &wrapper.code,
            _ => "",
        };
        self.signals.iter().any(is_signal) || names::words(text).any(|(word, _)| word == name)
    }

    /// Its inputs and outputs.
    pub fn ports(&self) -> impl Iterator<Item = &Signal> {
        self.signals
            .iter()
            .filter(|signal| matches!(signal.role, Role::Input | Role::Output))
    }
}

#[derive(Default)]
struct Collector {
    open: Vec<(Scope, Vec<String>)>,
    top: Option<Scope>,
}

impl Probe for Collector {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        let scope = Scope {
            name: name.into(),
            title: node.timing().first().map(|title| title.name.clone()),
            code: node.hdl(),
            signals: Vec::new(),
            children: Vec::new(),
        };
        self.open.push((scope, Vec::new()));
    }

    fn visit_start_namespace(&mut self, name: &str, _node: &dyn Block) {
        if let Some((_, path)) = self.open.last_mut() {
            path.push(name.into());
        }
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        if let Some((scope, path)) = self.open.last_mut() {
            let mut path = path.clone();
            path.push(name.into());
            scope.signals.push(Signal {
                path: path.join("$"),
                role: role(signal),
                width: signal.bits(),
                kind: signal.descriptor(),
                value: number(&signal.verilog()),
                lifted: false,
            });
        }
    }

    fn visit_end_namespace(&mut self, _name: &str, _node: &dyn Block) {
        if let Some((_, path)) = self.open.last_mut() {
            path.pop();
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        if let Some((scope, _)) = self.open.pop() {
            match self.open.last_mut() {
                Some((parent, _)) => parent.children.push(scope),
                None => self.top = Some(scope),
            }
        }
    }
}

fn role(signal: &dyn Atom) -> Role {
    if matches!(signal.descriptor().kind, TypeKind::Signed(_)) {
        return Role::Other;
    }
    match signal.kind() {
        AtomKind::InputParameter => Role::Input,
        AtomKind::OutputParameter => Role::Output,
        AtomKind::LocalSignal => Role::Local,
        AtomKind::Constant => Role::Constant,
        _ => Role::Other,
    }
}

/// The value of a literal of rust-hdl, which shows it only as text. A negative one loses its sign.
pub(super) fn number(literal: &VerilogLiteral) -> BigUint {
    let text = format!("{literal:x}");
    let digits = text.rsplit("'h").next().unwrap_or_default();
    BigUint::parse_bytes(digits.trim_start_matches('-').as_bytes(), 16).unwrap_or_default()
}

/// Place of a signal in its [`Table`].
pub(super) type Id = usize;

/// A state of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub identifier: String,
    pub value: usize,
    pub width: usize,
}

/// What the kernel of a module can name: its own signals, its children's ports, and the states of their enums.
#[derive(Default)]
pub(super) struct Table {
    pub signals: Vec<Signal>,
    /// The name of each signal in Verilog.
    pub identifiers: Vec<String>,
    /// The name of each child's instance.
    pub instances: Vec<String>,
    /// The name of the wire that reads what the module has no use for: an open end that is meant.
    pub unused: String,
    by_path: HashMap<String, Id>,
    states: HashMap<String, State>,
    taken: HashSet<String>,
}

impl Table {
    pub fn of(scope: &Scope) -> Result<Self, Fault> {
        let mut table = Self::default();
        // The ports' names are the module's promise; the others get out of their way.
        for port in scope.ports() {
            table.take(names::identifier(&port.path))?;
        }
        for signal in &scope.signals {
            table.add(signal.clone())?;
        }
        for child in &scope.children {
            let plain = names::identifier(&child.name);
            // A tool takes the instance `slot` and a signal `slot` inside it for a confusion.
            let instance = if child.declares(&plain) {
                table.free(&(plain + "_"))?
            } else {
                table.free(&child.name)?
            };
            table.instances.push(instance);
            for port in child.ports() {
                let path = format!("{}${}", child.name, port.path);
                if table.find(&path).is_some_and(|id| table.signals[id].lifted) {
                    continue;
                }
                table.add(Signal {
                    path,
                    lifted: false,
                    role: match port.role {
                        Role::Input => Role::ChildInput,
                        _ => Role::ChildOutput,
                    },
                    ..port.clone()
                })?;
            }
        }
        table.unused = table.free("unused")?;
        Ok(table)
    }

    fn add(&mut self, signal: Signal) -> Result<(), Fault> {
        if signal.role == Role::Other {
            return Err(Fault::Unsupported("a signed or bidirectional signal"));
        }
        if signal.width == 0 {
            return Err(Fault::ZeroWidth(signal.path));
        }
        let identifier = match signal.role {
            Role::Input | Role::Output => names::identifier(&signal.path),
            _ => self.free(&signal.path)?,
        };
        self.learn_states(&signal.kind)?;
        self.by_path.insert(signal.path.clone(), self.signals.len());
        self.identifiers.push(identifier);
        self.signals.push(signal);
        Ok(())
    }

    /// Reserves a name.
    fn take(&mut self, name: String) -> Result<(), Fault> {
        if self.taken.contains(&name) {
            return Err(Fault::NameCollision { name });
        }
        self.taken.insert(name);
        Ok(())
    }

    /// Reserves a name for something inside: `sweep_start`, beside a port of that name `sweep__start`.
    fn free(&mut self, path: &str) -> Result<String, Fault> {
        let plain = names::identifier(path);
        let choices = [plain.clone(), path.replace('$', "__"), plain.clone() + "_"];
        let free = choices.into_iter().find(|name| !self.taken.contains(name));
        let name = free.unwrap_or(plain);
        self.take(name.clone())?;
        Ok(name)
    }

    fn learn_states(&mut self, kind: &TypeDescriptor) -> Result<(), Fault> {
        match &kind.kind {
            TypeKind::Enum(labels) => {
                for (value, label) in labels.iter().enumerate() {
                    let path = label.replace("::", "$");
                    let state = State {
                        identifier: names::identifier(&path),
                        value,
                        width: width(kind),
                    };
                    match self.states.get(&path) {
                        None => {
                            self.take(state.identifier.clone())?;
                            self.states.insert(path, state);
                        }
                        Some(known) if *known == state => {}
                        Some(_) => {
                            let name = state.identifier;
                            return Err(Fault::NameCollision { name });
                        }
                    }
                }
            }
            TypeKind::Composite(fields) => {
                for field in fields {
                    self.learn_states(&field.kind)?;
                }
            }
            TypeKind::Bits(_) | TypeKind::Signed(_) => {}
        }
        Ok(())
    }

    pub fn find(&self, path: &str) -> Option<Id> {
        self.by_path.get(path).copied()
    }

    /// The state that a path such as `Phase$Run` or `module$Phase$Run` names.
    pub fn state(&self, path: &str) -> Option<&State> {
        let last_two = path.rmatch_indices('$').nth(1).map_or(0, |(at, _)| at + 1);
        self.states.get(&path[last_two..])
    }

    /// Every state, in the order of their identifiers.
    pub fn states(&self) -> Vec<&State> {
        let mut states: Vec<_> = self.states.values().collect();
        states.sort_by(|a, b| a.identifier.cmp(&b.identifier));
        states
    }
}

/// Bits of a type.
pub(super) fn width(kind: &TypeDescriptor) -> usize {
    match &kind.kind {
        TypeKind::Bits(width) | TypeKind::Signed(width) => *width,
        TypeKind::Enum(labels) => rust_hdl_core::bits::clog2(labels.len()),
        TypeKind::Composite(fields) => fields.iter().map(|field| width(&field.kind)).sum(),
    }
}

/// Lowest bit and type of a field of a structure.
pub(super) fn field<'a>(
    kind: &'a TypeDescriptor,
    name: &str,
) -> Option<(usize, &'a TypeDescriptor)> {
    let TypeKind::Composite(fields) = &kind.kind else {
        return None;
    };
    let mut low = 0;
    for field in fields {
        if field.fieldname == name {
            return Some((low, &field.kind));
        }
        low += width(&field.kind);
    }
    None
}
