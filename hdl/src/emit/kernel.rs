//! From the syntax tree that `hdl_gen` leaves to statements whose widths are known.

use super::error::Fault;
use super::expression::{Arm, Assign, Expression, Node, Statement};
use super::names::{self, Loops};
use super::tree::{self, Id, Table};
use super::value::{fits, number};
use num_bigint::BigUint;
use rust_hdl_core::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogConditional, VerilogExpression as Syntax,
    VerilogLink, VerilogMatch, VerilogStatement,
};

/// The statements of a kernel.
pub(super) fn statements(block: &VerilogBlock, table: &Table) -> Result<Vec<Statement>, Fault> {
    let mut kernel = Kernel {
        table,
        loops: Vec::new(),
    };
    kernel.block(block)
}

pub(super) struct Kernel<'a> {
    pub table: &'a Table,
    pub loops: Loops,
}

/// A signal, or a field of its structure.
pub(super) struct Reference {
    pub id: Id,
    pub low: usize,
    pub width: usize,
}

impl Kernel<'_> {
    fn block(&mut self, block: &VerilogBlock) -> Result<Vec<Statement>, Fault> {
        let mut out = Vec::new();
        for statement in block {
            self.statement(statement, &mut out)?;
        }
        Ok(out)
    }

    fn statement(
        &mut self,
        statement: &VerilogStatement,
        out: &mut Vec<Statement>,
    ) -> Result<(), Fault> {
        match statement {
            VerilogStatement::Assignment(target, value) => {
                let target = self.target(target)?;
                let value = self.sized(value, target.width)?;
                out.push(assign(target, value));
            }
            VerilogStatement::SliceAssignment {
                base,
                width,
                offset,
                replacement,
            } => {
                let whole = self.target(base)?;
                let low = self.constant(offset).ok_or(Fault::Unsupported(
                    "an assignment to bits whose place is not constant",
                ))?;
                let low = usize::try_from(low).unwrap_or(usize::MAX);
                if low.saturating_add(*width) > whole.width {
                    return Err(self.outside(whole.id, low, *width));
                }
                let target = Reference {
                    id: whole.id,
                    low: whole.low + low,
                    width: *width,
                };
                let value = self.sized(replacement, *width)?;
                out.push(assign(target, value));
            }
            VerilogStatement::If(conditional) => out.push(self.conditional(conditional)?),
            VerilogStatement::Match(choice) => out.push(self.choice(choice)?),
            VerilogStatement::Loop(repeat) => {
                for value in repeat.from.as_usize()..repeat.to.as_usize() {
                    self.loops.push((repeat.index.clone(), value));
                    let body = self.block(&repeat.block);
                    self.loops.pop();
                    out.extend(body?);
                }
            }
            VerilogStatement::Link(links) => {
                for link in links {
                    out.push(self.link(link)?);
                }
            }
            VerilogStatement::Macro(block) => out.extend(self.block(block)?),
            VerilogStatement::Comment(_) => {}
        }
        Ok(())
    }

    fn conditional(&mut self, conditional: &VerilogConditional) -> Result<Statement, Fault> {
        Ok(Statement::If {
            test: self.sized(&conditional.test, 1)?,
            then: self.block(&conditional.then)?,
            otherwise: match &conditional.otherwise {
                VerilogBlockOrConditional::Block(block) => self.block(block)?,
                VerilogBlockOrConditional::Conditional(inner) => {
                    let mut out = Vec::new();
                    self.statement(inner, &mut out)?;
                    out
                }
                VerilogBlockOrConditional::None => Vec::new(),
            },
        })
    }

    fn choice(&mut self, choice: &VerilogMatch) -> Result<Statement, Fault> {
        let test = self.expression(&choice.test, None)?;
        let mut arms = Vec::new();
        for case in &choice.cases {
            arms.push(Arm {
                pattern: self.pattern(&case.condition, test.width)?,
                block: self.block(&case.block)?,
            });
        }
        Ok(Statement::Match { test, arms })
    }

    fn pattern(&self, text: &str, width: usize) -> Result<Option<Expression>, Fault> {
        if text == "default" {
            return Ok(None);
        }
        if let Some(state) = self.table.state(text) {
            let node = Node::State(state.identifier.clone());
            return Ok(Some(fits(
                Expression {
                    width: state.width,
                    node,
                },
                width,
                text,
            )?));
        }
        let value = match text {
            "true" => BigUint::from(1u8),
            "false" => BigUint::default(),
            _ => text.parse().map_err(|_| Fault::UnknownName(text.into()))?,
        };
        number(value, width).map(Some)
    }

    fn link(&self, link: &VerilogLink) -> Result<Statement, Fault> {
        let (source, target, member) = match link {
            VerilogLink::Forward(link) => (&link.owner_name, &link.other_name, &link.my_name),
            VerilogLink::Backward(link) => (&link.other_name, &link.owner_name, &link.my_name),
            VerilogLink::Bidirectional(_) => {
                return Err(Fault::Unsupported("a signed or bidirectional signal"));
            }
        };
        let target = self.reference(&names::member(target, member))?;
        let value = self.read(self.reference(&names::member(source, member))?);
        let value = fits(value, target.width, member)?;
        Ok(assign(target, value))
    }

    /// What a path of the kernel names.
    pub fn reference(&self, path: &str) -> Result<Reference, Fault> {
        let path = names::unindexed(path, &self.loops)?;
        let (signal, fields) = names::signal_and_fields(&path);
        let unknown = || Fault::UnknownName(path.replace("$", "."));
        let id = self.table.find(signal).ok_or_else(unknown)?;
        let (mut low, mut kind) = (0, &self.table.signals[id].kind);
        for name in fields.split('$').filter(|name| !name.is_empty()) {
            let (above, inner) = tree::field(kind, name).ok_or_else(unknown)?;
            (low, kind) = (low + above, inner);
        }
        let width = tree::width(kind);
        Ok(Reference { id, low, width })
    }

    fn target(&self, syntax: &Syntax) -> Result<Reference, Fault> {
        match syntax {
            Syntax::Signal(path) => self.reference(path),
            Syntax::Paren(inner) => self.target(inner),
            _ => Err(Fault::Unsupported("an assignment to an expression")),
        }
    }

    pub fn read(&self, reference: Reference) -> Expression {
        Expression::signal(reference.id, self.table).slice(reference.low, reference.width)
    }

    fn outside(&self, id: Id, low: usize, width: usize) -> Fault {
        Fault::OutsideSignal {
            name: self.table.identifiers[id].clone(),
            low,
            width,
        }
    }
}

fn assign(target: Reference, value: Expression) -> Statement {
    Statement::Assign(Assign {
        target: target.id,
        low: target.low,
        value,
    })
}
