//! One module's text.

use super::drive::{self, Drive};
use super::error::Fault;
use super::expression::{Expression, Node, Writer, bits, line, literal};
use super::kernel;
use super::names;
use super::text;
use super::tree::{Id, Role, Scope, Signal, Table};
use num_bigint::BigUint;
use rust_hdl_core::ast::Verilog;
use std::collections::{HashMap, HashSet};

/// A module without the names of modules in it, so that equal ones are recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Body {
    pub ports: Vec<String>,
    pub declarations: String,
    pub instances: Vec<Instance>,
    pub logic: String,
}

/// An instance of another module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Instance {
    /// Which module.
    pub class: usize,
    pub name: String,
    /// Port and what is connected to it.
    pub pins: Vec<(String, String)>,
}

impl Body {
    /// The text of the module, with the name of each class of modules.
    pub fn text(&self, name: &str, names: &[String]) -> String {
        let mut out = format!("module {name} (\n  {}\n);\n", self.ports.join(",\n  "));
        out += &self.declarations;
        for instance in &self.instances {
            let pins: Vec<_> = instance
                .pins
                .iter()
                .map(|(port, wire)| format!("    .{port}({wire})"))
                .collect();
            let module = &names[instance.class];
            out += &format!(
                "\n  {module} {} (\n{}\n  );\n",
                instance.name,
                pins.join(",\n")
            );
        }
        if !self.logic.is_empty() && !self.ports.is_empty() {
            out += "\n";
        }
        out + &self.logic + "endmodule\n"
    }
}

/// The module of a block; `classes` are the modules of its children.
pub(super) fn body(scope: &Scope, classes: &[usize]) -> Result<Body, Fault> {
    let table = Table::of(scope)?;
    match &scope.code {
        Verilog::Combinatorial(block) => {
            let drives = drive::drives(&kernel::statements(block, &table)?, &table)?;
            Ok(Kernel::new(scope, &table, drives)?.body(classes))
        }
        Verilog::Empty => Ok(Kernel::new(scope, &table, Vec::new())?.body(classes)),
        Verilog::Custom(code) => leaf(scope, table, code, "reg"),
        Verilog::Wrapper(wrapper) => leaf(scope, table, &wrapper.code, "wire"),
        Verilog::Blackbox(_) => Err(Fault::Unsupported("a black box")),
    }
}

/// A module whose Verilog is text.
fn leaf(scope: &Scope, table: Table, code: &str, output: &str) -> Result<Body, Fault> {
    if let Some(child) = scope.children.first() {
        return Err(Fault::ChildOfText(child.name.clone()));
    }
    let known = |path: &str| table.find(path).map(|id| table.identifiers[id].clone());
    let code = names::plain(code, known)?;
    let reads = text::reads(&code);
    let mut body = Body::default();
    let mut ends = Vec::new();
    for (signal, identifier) in table.signals.iter().zip(&table.identifiers) {
        let read = reads.get(identifier.as_str());
        match signal.role {
            Role::Constant if read.is_some() => parameter(&mut body, identifier, signal),
            Role::Input | Role::Output => {
                body.ports.push(port(signal, identifier, output));
                if signal.role == Role::Input {
                    ends.extend(unread(signal, identifier, read));
                }
            }
            _ => {}
        }
    }
    for text in code.trim_end().lines() {
        line(&mut body.logic, usize::from(!text.is_empty()), text);
    }
    if reads.contains_key(table.unused.as_str()) {
        let name = table.unused;
        return Err(Fault::NameCollision { name });
    }
    unused(&mut body, &table, &ends);
    Ok(body)
}

/// A module whose Verilog comes from a kernel.
struct Kernel<'a> {
    scope: &'a Scope,
    drives: Vec<(Id, Drive)>,
    writer: Writer<'a>,
    /// The bits that are read of each signal.
    reads: HashMap<Id, BigUint>,
}

impl<'a> Kernel<'a> {
    fn new(scope: &'a Scope, table: &'a Table, drives: Vec<(Id, Drive)>) -> Result<Self, Fault> {
        let mut read = HashSet::new();
        for (_, drive) in &drives {
            drive.expressions(&mut |value| {
                value.reads(&mut |id, _| {
                    read.insert(id);
                })
            });
        }
        let aliases = drives
            .iter()
            .filter(|(id, _)| table.signals[*id].role == Role::ChildInput)
            .filter_map(|(id, drive)| match drive {
                Drive::Value(value) => Some((*id, value.clone())),
                _ => None,
            })
            .filter(|(id, value)| match value.node {
                Node::Signal(_) => true,
                Node::Literal(_) | Node::State(_) => !read.contains(id),
                _ => false,
            })
            .collect();
        let mut kernel = Self {
            scope,
            drives,
            writer: Writer { table, aliases },
            reads: HashMap::new(),
        };
        kernel.check_aliases()?;
        kernel.count_reads();
        kernel.check_driven()?;
        Ok(kernel)
    }

    fn check_aliases(&self) -> Result<(), Fault> {
        let aliases = &self.writer.aliases;
        for start in aliases.keys() {
            let mut at = *start;
            for _ in 0..=aliases.len() {
                match aliases.get(&at).map(|value| &value.node) {
                    Some(Node::Signal(next)) => at = *next,
                    _ => break,
                }
            }
            if aliases
                .get(&at)
                .is_some_and(|value| matches!(value.node, Node::Signal(_)))
            {
                let name = self.writer.table.identifiers[at].clone();
                return Err(Fault::DependsOnItself(name));
            }
        }
        Ok(())
    }

    fn count_reads(&mut self) {
        let mut reads: HashMap<Id, BigUint> = HashMap::new();
        let mut count = |value: &Expression| {
            value.reads(&mut |id, bits| {
                if let Node::Signal(id) = self.writer.resolve(id).node {
                    *reads.entry(id).or_default() |= bits;
                }
            });
        };
        for (_, drive) in &self.drives {
            drive.expressions(&mut count);
        }
        self.reads = reads;
    }

    fn check_driven(&self) -> Result<(), Fault> {
        let driven: HashSet<Id> = self.drives.iter().map(|(id, _)| *id).collect();
        let table = self.writer.table;
        let open = (0..table.signals.len()).find(|id| match table.signals[*id].role {
            Role::Output | Role::ChildInput => !driven.contains(id) && !table.signals[*id].lifted,
            Role::Local => !driven.contains(id) && self.reads.contains_key(id),
            _ => false,
        });
        match open {
            Some(id) => Err(Fault::Undriven(table.identifiers[id].clone())),
            None => Ok(()),
        }
    }

    fn body(&self, classes: &[usize]) -> Body {
        let mut body = Body::default();
        self.declare(&mut body);
        self.instantiate(&mut body, classes);
        for (id, drive) in &self.drives {
            if !self.writer.aliases.contains_key(id) {
                self.drive(*id, drive, &mut body.logic);
            }
        }
        unused(&mut body, self.writer.table, &self.ends());
        body
    }

    fn declare(&self, body: &mut Body) {
        let table = self.writer.table;
        let blocks: HashSet<Id> = self
            .drives
            .iter()
            .filter(|(_, drive)| matches!(drive, Drive::Block(_)))
            .map(|(id, _)| *id)
            .collect();
        let driven: HashSet<Id> = self.drives.iter().map(|(id, _)| *id).collect();
        let mut wires = String::new();
        for (id, signal) in table.signals.iter().enumerate() {
            let identifier = &table.identifiers[id];
            let kind = if blocks.contains(&id) { "reg" } else { "wire" };
            match signal.role {
                Role::Input => body.ports.push(port(signal, identifier, kind)),
                Role::Output => body.ports.push(port(signal, identifier, kind)),
                Role::Constant if self.reads.contains_key(&id) => {
                    parameter(body, identifier, signal);
                }
                Role::Local if !driven.contains(&id) => {}
                Role::ChildInput if self.writer.aliases.contains_key(&id) => {}
                Role::Local | Role::ChildInput | Role::ChildOutput => {
                    line(
                        &mut wires,
                        1,
                        &format!("{kind} {}{identifier};", range(signal.width)),
                    );
                }
                Role::Constant | Role::Other => {}
            }
        }
        let mut named = HashSet::new();
        for (_, drive) in &self.drives {
            drive.expressions(&mut |value| {
                value.states(&mut |state| {
                    named.insert(state.to_owned());
                })
            });
        }
        for state in table.states() {
            if named.contains(&state.identifier) {
                let value = literal(&BigUint::from(state.value), state.width);
                let range = range(state.width);
                let text = format!("localparam {range}{} = {value};", state.identifier);
                line(&mut body.declarations, 1, &text);
            }
        }
        body.declarations += &wires;
    }

    fn instantiate(&self, body: &mut Body, classes: &[usize]) {
        let children = self.scope.children.iter().zip(&self.writer.table.instances);
        for ((child, name), class) in children.zip(classes) {
            let mut pins = Vec::new();
            for port in child.ports() {
                let path = format!("{}${}", child.name, port.path);
                if let Some(id) = self.writer.table.find(&path) {
                    let wire = self.writer.text(&Expression::signal(id, self.writer.table));
                    pins.push((names::identifier(&port.path), wire));
                }
            }
            body.instances.push(Instance {
                class: *class,
                name: name.clone(),
                pins,
            });
        }
    }

    fn drive(&self, id: Id, drive: &Drive, out: &mut String) {
        let name = &self.writer.table.identifiers[id];
        match drive {
            Drive::Value(value) => {
                line(
                    out,
                    1,
                    &format!("assign {name} = {};", self.writer.text(value)),
                );
            }
            Drive::Parts(parts) => {
                let parts: Vec<_> = parts
                    .iter()
                    .rev()
                    .map(|part| self.writer.text(part))
                    .collect();
                line(
                    out,
                    1,
                    &format!("assign {name} = {{{}}};", parts.join(", ")),
                );
            }
            Drive::Block(block) => {
                line(out, 1, "always @(*) begin");
                self.writer.block(block, 2, out);
                line(out, 1, "end");
            }
        }
    }

    /// The bits of inputs, children's outputs and local signals that nothing reads.
    fn ends(&self) -> Vec<String> {
        let table = self.writer.table;
        let driven: HashSet<Id> = self.drives.iter().map(|(id, _)| *id).collect();
        let mut ends = Vec::new();
        for (id, signal) in table.signals.iter().enumerate() {
            match signal.role {
                Role::Input | Role::ChildOutput if !signal.lifted => {}
                Role::Local if driven.contains(&id) => {}
                _ => continue,
            }
            let identifier = &table.identifiers[id];
            ends.extend(unread(signal, identifier, self.reads.get(&id)));
        }
        ends
    }
}

/// The parts of a signal that nothing reads.
fn unread(signal: &Signal, identifier: &str, read: Option<&BigUint>) -> Vec<String> {
    let read = match read {
        Some(read) if *read != BigUint::default() => read,
        _ => return vec![identifier.into()],
    };
    let mut parts = Vec::new();
    let mut low = 0;
    while low < signal.width {
        let width = (low..signal.width)
            .take_while(|bit| !read.bit(*bit as u64))
            .count();
        if width > 0 {
            parts.push(format!("{identifier}{}", bits(low, width)));
        }
        low += width + 1;
    }
    parts
}

fn port(signal: &Signal, identifier: &str, output: &str) -> String {
    let range = range(signal.width);
    match signal.role {
        Role::Input => format!("input wire {range}{identifier}"),
        _ => format!("output {output} {range}{identifier}"),
    }
}

fn parameter(body: &mut Body, identifier: &str, signal: &Signal) {
    let value = literal(&signal.value, signal.width);
    let text = format!("localparam {}{identifier} = {value};", range(signal.width));
    line(&mut body.declarations, 1, &text);
}

fn unused(body: &mut Body, table: &Table, ends: &[String]) {
    if !ends.is_empty() {
        let text = format!("wire {} = &{{1'b0, {}}};", table.unused, ends.join(", "));
        line(&mut body.logic, 1, &text);
    }
}

fn range(width: usize) -> String {
    match width {
        1 => String::new(),
        _ => format!("[{}:0] ", width - 1),
    }
}
