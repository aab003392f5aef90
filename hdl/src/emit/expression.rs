//! Expressions and statements in which every width is known, and their text.

use super::tree::{Id, Table};
use num_bigint::BigUint;
use std::collections::HashMap;
use std::fmt::Write;

/// An expression of `width` bits. The operands of a node have the widths that Verilog wants, so that
/// nothing is extended or truncated unsaid.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    pub width: usize,
    pub node: Node,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Signal(Id),
    /// A state of an enum, by its identifier.
    State(String),
    Literal(BigUint),
    /// A shift amount, whose width means nothing.
    Amount(usize),
    /// `width` bits from this one up.
    Slice(Box<Expression>, usize),
    /// `width` bits of a signal from a variable one up, all inside it.
    Part(Box<Expression>, Box<Expression>),
    /// More bits, zero, or fewer.
    Resize(Box<Expression>),
    Unary(&'static str, Box<Expression>),
    Binary(Box<Expression>, &'static str, Box<Expression>),
}

/// A statement of a kernel; loops and links are gone.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    Assign(Assign),
    If {
        test: Expression,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    Match {
        test: Expression,
        arms: Vec<Arm>,
    },
}

/// Assigns `value.width` bits of `target` from `low` up.
#[derive(Clone, Debug)]
pub(super) struct Assign {
    pub target: Id,
    pub low: usize,
    pub value: Expression,
}

/// One arm; without a pattern it matches all else.
#[derive(Clone, Debug)]
pub(super) struct Arm {
    pub pattern: Option<Expression>,
    pub block: Vec<Statement>,
}

impl Expression {
    pub fn signal(id: Id, table: &Table) -> Self {
        Self {
            width: table.signals[id].width,
            node: Node::Signal(id),
        }
    }

    pub fn literal(value: BigUint, width: usize) -> Self {
        Self {
            width,
            node: Node::Literal(value),
        }
    }

    pub fn binary(self, operator: &'static str, right: Self) -> Self {
        let width = match operator {
            "==" | "!=" | "<" | "<=" | ">" | ">=" => 1,
            _ => self.width,
        };
        Self {
            width,
            node: Node::Binary(Box::new(self), operator, Box::new(right)),
        }
    }

    pub fn unary(self, operator: &'static str) -> Self {
        let width = if operator == "~" { self.width } else { 1 };
        if self.width == 1 && operator != "~" {
            return self;
        }
        Self {
            width,
            node: Node::Unary(operator, Box::new(self)),
        }
    }

    /// The same number in `width` bits.
    pub fn resize(self, width: usize) -> Self {
        match self.node {
            _ if self.width == width => self,
            Node::Literal(value) => {
                Self::literal(value & ((BigUint::from(1u8) << width) - 1u8), width)
            }
            Node::Signal(_) | Node::Slice(..) if width < self.width => self.slice(0, width),
            Node::Resize(inner) if inner.width <= self.width => inner.resize(width),
            _ => Self {
                width,
                node: Node::Resize(Box::new(self)),
            },
        }
    }

    /// `width` bits from `low` up, which are all there.
    pub fn slice(self, low: usize, width: usize) -> Self {
        match self.node {
            _ if low == 0 && width == self.width => self,
            Node::Slice(base, below) => base.slice(below + low, width),
            Node::Signal(_) => Self {
                width,
                node: Node::Slice(Box::new(self), low),
            },
            _ if low == 0 => self.resize(width),
            _ => {
                let amount = Self {
                    width: 0,
                    node: Node::Amount(low),
                };
                self.binary(">>", amount).resize(width)
            }
        }
    }

    /// The bits of signals that it reads.
    pub fn reads(&self, visit: &mut dyn FnMut(Id, BigUint)) {
        match &self.node {
            Node::Signal(id) => visit(*id, mask(0, self.width)),
            Node::Slice(base, low) => match base.node {
                Node::Signal(id) => visit(id, mask(*low, self.width)),
                _ => base.reads(visit),
            },
            Node::Resize(value) | Node::Unary(_, value) => value.reads(visit),
            Node::Part(left, right) | Node::Binary(left, _, right) => {
                left.reads(visit);
                right.reads(visit);
            }
            Node::State(_) | Node::Literal(_) | Node::Amount(_) => {}
        }
    }

    /// The states of enums that it names.
    pub fn states(&self, visit: &mut dyn FnMut(&str)) {
        match &self.node {
            Node::State(identifier) => visit(identifier),
            Node::Slice(value, _) | Node::Resize(value) | Node::Unary(_, value) => {
                value.states(visit)
            }
            Node::Part(left, right) | Node::Binary(left, _, right) => {
                left.states(visit);
                right.states(visit);
            }
            Node::Signal(_) | Node::Literal(_) | Node::Amount(_) => {}
        }
    }
}

/// Ones at `width` bits from `low` up.
pub(super) fn mask(low: usize, width: usize) -> BigUint {
    ((BigUint::from(1u8) << width) - 1u8) << low
}

/// Writes expressions and statements; signals that are only another name for something are written as that.
pub(super) struct Writer<'a> {
    pub table: &'a Table,
    pub aliases: HashMap<Id, Expression>,
}

impl Writer<'_> {
    /// What stands for the signal.
    pub fn resolve(&self, id: Id) -> Expression {
        match self.aliases.get(&id) {
            Some(Expression {
                node: Node::Signal(other),
                ..
            }) => self.resolve(*other),
            Some(value) => value.clone(),
            None => Expression::signal(id, self.table),
        }
    }

    pub fn text(&self, expression: &Expression) -> String {
        match &expression.node {
            Node::Signal(id) => match self.aliases.get(id) {
                Some(other) => self.text(other),
                None => self.table.identifiers[*id].clone(),
            },
            Node::State(identifier) => identifier.clone(),
            Node::Literal(value) => literal(value, expression.width),
            Node::Amount(amount) => amount.to_string(),
            Node::Slice(base, low) => {
                format!("{}{}", self.text(base), bits(*low, expression.width))
            }
            Node::Part(base, index) if expression.width == 1 => {
                format!("{}[{}]", self.text(base), self.text(index))
            }
            Node::Part(base, index) => {
                let (base, index) = (self.text(base), self.text(index));
                format!("{base}[{index} +: {}]", expression.width)
            }
            Node::Resize(value) if value.width < expression.width => {
                let zeros = literal(&BigUint::default(), expression.width - value.width);
                format!("{{{zeros}, {}}}", self.text(value))
            }
            Node::Resize(value) => format!("{}'({})", expression.width, self.text(value)),
            Node::Unary(operator, value) => match value.node {
                Node::Unary(..) | Node::Binary(..) => format!("{operator}({})", self.text(value)),
                _ => format!("{operator}{}", self.text(value)),
            },
            Node::Binary(left, operator, right) => {
                let chained = matches!(&left.node, Node::Binary(_, inner, _)
                    if inner == operator && ["&", "|", "^", "+"].contains(operator));
                let left = if chained {
                    self.text(left)
                } else {
                    self.operand(left)
                };
                format!("{left} {operator} {}", self.operand(right))
            }
        }
    }

    fn operand(&self, value: &Expression) -> String {
        match &value.node {
            Node::Unary("~", _) => self.text(value),
            Node::Unary(..) | Node::Binary(..) => format!("({})", self.text(value)),
            _ => self.text(value),
        }
    }

    fn assignment(&self, Assign { target, low, value }: &Assign) -> String {
        let name = &self.table.identifiers[*target];
        let place = if value.width == self.table.signals[*target].width {
            String::new()
        } else {
            bits(*low, value.width)
        };
        format!("{name}{place} = {};", self.text(value))
    }

    pub fn block(&self, block: &[Statement], depth: usize, out: &mut String) {
        for statement in block {
            match statement {
                Statement::Assign(assign) => line(out, depth, &self.assignment(assign)),
                Statement::If { .. } => self.conditional(statement, depth, "", out),
                Statement::Match { test, arms } => {
                    line(out, depth, &format!("case ({})", self.text(test)));
                    for arm in arms {
                        let label = arm
                            .pattern
                            .as_ref()
                            .map_or_else(|| "default".to_owned(), |pattern| self.text(pattern));
                        match arm.block.as_slice() {
                            [] => line(out, depth + 1, &format!("{label}: ;")),
                            [Statement::Assign(assign)] => {
                                let text = format!("{label}: {}", self.assignment(assign));
                                line(out, depth + 1, &text);
                            }
                            block => {
                                line(out, depth + 1, &format!("{label}: begin"));
                                self.block(block, depth + 2, out);
                                line(out, depth + 1, "end");
                            }
                        }
                    }
                    line(out, depth, "endcase");
                }
            }
        }
    }

    fn conditional(&self, statement: &Statement, depth: usize, before: &str, out: &mut String) {
        let Statement::If {
            test,
            then,
            otherwise,
        } = statement
        else {
            return;
        };
        let test = self.text(test);
        if let (true, [Statement::Assign(assign)], []) =
            (before.is_empty(), then.as_slice(), otherwise.as_slice())
        {
            let assignment = self.assignment(assign);
            return line(out, depth, &format!("if ({test}) {assignment}"));
        }
        line(out, depth, &format!("{before}if ({test}) begin"));
        self.block(then, depth + 1, out);
        match otherwise.as_slice() {
            [] => line(out, depth, "end"),
            [inner @ Statement::If { .. }] => self.conditional(inner, depth, "end else ", out),
            _ => {
                line(out, depth, "end else begin");
                self.block(otherwise, depth + 1, out);
                line(out, depth, "end");
            }
        }
    }
}

/// Adds an indented line.
pub(super) fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:1$}{text}", "", 2 * depth);
}

/// A sized literal: binary for one bit, decimal when short, else hexadecimal.
pub(super) fn literal(value: &BigUint, width: usize) -> String {
    match width {
        1 => format!("1'b{value}"),
        _ if value.bits() <= 10 => format!("{width}'d{value}"),
        _ => format!("{width}'h{value:x}"),
    }
}

/// The selection of `width` bits from `low` up.
pub(super) fn bits(low: usize, width: usize) -> String {
    match width {
        1 => format!("[{low}]"),
        _ => format!("[{}:{low}]", low + width - 1),
    }
}
