//! From the syntax tree that `hdl_gen` leaves to statements whose widths are known.

use super::error::Fault;
use super::expression::{Arm, Assign, Expression, Node, Statement};
use super::names::{self, Loops};
use super::tree::{self, Id, Table};
use num_bigint::BigUint;
use rust_hdl_core::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogConditional, VerilogExpression as Syntax,
    VerilogLink, VerilogLiteral, VerilogMatch, VerilogOp, VerilogOpUnary, VerilogStatement,
};
use rust_hdl_core::bits::clog2;

/// The statements of a kernel.
pub(super) fn statements(block: &VerilogBlock, table: &Table) -> Result<Vec<Statement>, Fault> {
    let mut kernel = Kernel {
        table,
        loops: Vec::new(),
    };
    kernel.block(block)
}

struct Kernel<'a> {
    table: &'a Table,
    loops: Loops,
}

/// A signal, or a field of its structure.
struct Reference {
    id: Id,
    low: usize,
    width: usize,
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
    fn reference(&self, path: &str) -> Result<Reference, Fault> {
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

    fn read(&self, reference: Reference) -> Expression {
        Expression::signal(reference.id, self.table).slice(reference.low, reference.width)
    }

    fn outside(&self, id: Id, low: usize, width: usize) -> Fault {
        Fault::OutsideSignal {
            name: self.table.identifiers[id].clone(),
            low,
            width,
        }
    }

    /// The value of an expression of integers and loop variables.
    fn constant(&self, syntax: &Syntax) -> Option<BigUint> {
        match syntax {
            Syntax::Literal(literal) if !is_bool(literal) => Some(tree::number(literal)),
            Syntax::Signal(name) => self
                .loops
                .iter()
                .rev()
                .find(|(variable, _)| variable == name)
                .map(|(_, value)| BigUint::from(*value)),
            Syntax::Paren(inner) => self.constant(inner),
            Syntax::Binary(left, operator, right) => {
                let (left, right) = (self.constant(left)?, self.constant(right)?);
                match operator {
                    VerilogOp::Add => Some(left + right),
                    VerilogOp::Sub if left >= right => Some(left - right),
                    VerilogOp::Mul => Some(left * right),
                    VerilogOp::Shl => u16::try_from(right).ok().map(|right| left << right),
                    VerilogOp::Shr => u16::try_from(right).ok().map(|right| left >> right),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The width that an expression has by itself; bare integers take that of their context.
    fn width(&self, syntax: &Syntax) -> Result<Option<usize>, Fault> {
        if self.constant(syntax).is_some() {
            return Ok(None);
        }
        Ok(match syntax {
            Syntax::Signal(path) => match self.table.state(&path.replace("::", "$")) {
                Some(state) if self.table.find(path).is_none() => Some(state.width),
                _ => Some(self.reference(path)?.width),
            },
            Syntax::Literal(_) | Syntax::Index(..) => Some(1),
            Syntax::Cast(_, width) | Syntax::Slice(_, width, _) => Some(*width),
            Syntax::Paren(inner) | Syntax::IndexReplace(inner, ..) => self.width(inner)?,
            Syntax::Unary(VerilogOpUnary::Not | VerilogOpUnary::Neg, inner) => self.width(inner)?,
            Syntax::Unary(..) => Some(1),
            Syntax::Binary(left, operator, right) => match operator {
                VerilogOp::Add
                | VerilogOp::Sub
                | VerilogOp::Mul
                | VerilogOp::BitXor
                | VerilogOp::BitAnd
                | VerilogOp::BitOr => self.width(left)?.or(self.width(right)?),
                VerilogOp::Shl | VerilogOp::Shr => self.width(left)?,
                _ => Some(1),
            },
            Syntax::Signed(_) | Syntax::Unsigned(_) => {
                return Err(Fault::Unsupported("signed arithmetic"));
            }
        })
    }

    /// The expression in a context of `width` bits.
    fn sized(&self, syntax: &Syntax, width: usize) -> Result<Expression, Fault> {
        let value = self.expression(syntax, Some(width))?;
        fits(value, width, &describe(syntax))
    }

    /// The expression; `context` is the width of what surrounds it, for bare integers.
    fn expression(&self, syntax: &Syntax, context: Option<usize>) -> Result<Expression, Fault> {
        if let Some(value) = self.constant(syntax) {
            let width = context.ok_or_else(|| Fault::NoWidth(value.to_string()))?;
            return number(value, width);
        }
        match syntax {
            Syntax::Signal(path) => match self.table.state(&path.replace("::", "$")) {
                Some(state) if self.table.find(path).is_none() => Ok(Expression {
                    width: state.width,
                    node: Node::State(state.identifier.clone()),
                }),
                _ => Ok(self.read(self.reference(path)?)),
            },
            Syntax::Literal(literal) => number(tree::number(literal), 1),
            Syntax::Paren(inner) => self.expression(inner, context),
            Syntax::Cast(inner, width) => Ok(self.expression(inner, Some(*width))?.resize(*width)),
            Syntax::Unary(operator, inner) => self.unary(operator, inner, context),
            Syntax::Binary(left, operator, right) => self.binary(left, operator, right, context),
            Syntax::Index(base, index) => self.slice(self.expression(base, context)?, 1, index),
            Syntax::Slice(base, width, index) => {
                self.slice(self.expression(base, None)?, *width, index)
            }
            Syntax::IndexReplace(base, index, bit) => {
                let base = self.expression(base, context)?;
                let width = base.width;
                let one = Expression::literal(BigUint::from(1u8), width);
                let hole = one.binary("<<", self.amount(index)?).unary("~");
                let bit = self.sized(bit, 1)?.resize(width);
                let bit = bit.binary("<<", self.amount(index)?);
                Ok(base.binary("&", hole).binary("|", bit))
            }
            Syntax::Signed(_) | Syntax::Unsigned(_) => Err(Fault::Unsupported("signed arithmetic")),
        }
    }

    fn unary(
        &self,
        operator: &VerilogOpUnary,
        inner: &Syntax,
        context: Option<usize>,
    ) -> Result<Expression, Fault> {
        let inner = self.expression(inner, context)?;
        Ok(match operator {
            VerilogOpUnary::Not => inner.unary("~"),
            VerilogOpUnary::All => inner.unary("&"),
            VerilogOpUnary::Any => inner.unary("|"),
            VerilogOpUnary::Xor => inner.unary("^"),
            VerilogOpUnary::Neg => return Err(Fault::Unsupported("negation")),
        })
    }

    fn binary(
        &self,
        left: &Syntax,
        operator: &VerilogOp,
        right: &Syntax,
        context: Option<usize>,
    ) -> Result<Expression, Fault> {
        let operator = match operator {
            VerilogOp::Add => "+",
            VerilogOp::Sub => "-",
            VerilogOp::LogicalAnd | VerilogOp::BitAnd => "&",
            VerilogOp::LogicalOr | VerilogOp::BitOr => "|",
            VerilogOp::BitXor => "^",
            VerilogOp::Shl => "<<",
            VerilogOp::Shr => ">>",
            VerilogOp::Eq => "==",
            VerilogOp::Ne => "!=",
            VerilogOp::Lt => "<",
            VerilogOp::Le => "<=",
            VerilogOp::Gt => ">",
            VerilogOp::Ge => ">=",
            VerilogOp::Mul => return Err(Fault::Unsupported("a product of signals")),
        };
        if matches!(operator, "<<" | ">>") {
            let left = self.expression(left, context)?;
            return Ok(left.binary(operator, self.amount(right)?));
        }
        let compares = matches!(operator, "==" | "!=" | "<" | "<=" | ">" | ">=");
        let own = self.width(left)?.or(self.width(right)?);
        let width = own
            .or(context.filter(|_| !compares))
            .ok_or_else(|| Fault::NoWidth(describe(left)))?;
        let left = self.sized(left, width)?;
        let carry = operator == "+" && self.width(right)? == Some(1);
        let right = if carry {
            self.sized(right, 1)?.resize(width)
        } else {
            self.sized(right, width)?
        };
        Ok(left.binary(operator, right))
    }

    /// A shift amount: a number, or an expression of whatever width.
    fn amount(&self, syntax: &Syntax) -> Result<Expression, Fault> {
        match self.constant(syntax) {
            Some(value) => {
                let amount = usize::try_from(value).unwrap_or(usize::MAX);
                Ok(Expression {
                    width: 0,
                    node: Node::Amount(amount),
                })
            }
            None => self.expression(syntax, None),
        }
    }

    /// `width` bits of `base` from `index` up; zero above its end, as in the simulator.
    fn slice(&self, base: Expression, width: usize, index: &Syntax) -> Result<Expression, Fault> {
        if width == 0 {
            return Err(Fault::ZeroWidth(describe(index)));
        }
        if let Some(low) = self.constant(index) {
            let low = usize::try_from(low).unwrap_or(usize::MAX);
            if low >= base.width {
                let name = "expression".to_owned();
                return Err(Fault::OutsideSignal { name, low, width });
            }
            let there = width.min(base.width - low);
            return Ok(base.slice(low, there).resize(width));
        }
        let index = self.expression(index, None)?;
        let highest = (1usize << index.width.min(31)) - 1;
        let all_inside = width == 1 || highest + width <= base.width;
        match base.node {
            Node::Signal(_) if all_inside && base.width > 1 => {
                let index = index.resize(clog2(base.width));
                Ok(Expression {
                    width,
                    node: Node::Part(Box::new(base), Box::new(index)),
                })
            }
            _ => Ok(base.binary(">>", index).resize(width)),
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

fn is_bool(literal: &VerilogLiteral) -> bool {
    literal.to_string().starts_with("1'")
}

fn number(value: BigUint, width: usize) -> Result<Expression, Fault> {
    if value.bits() > width as u64 {
        let value = value.to_string();
        return Err(Fault::LiteralTooWide { value, width });
    }
    Ok(Expression::literal(value, width))
}

fn fits(value: Expression, width: usize, expression: &str) -> Result<Expression, Fault> {
    if value.width == width {
        return Ok(value);
    }
    Err(Fault::WidthMismatch {
        expression: expression.into(),
        found: value.width,
        wanted: width,
    })
}

/// Enough of an expression to find it in the kernel.
fn describe(syntax: &Syntax) -> String {
    match syntax {
        Syntax::Signal(path) => path.replace('$', "."),
        Syntax::Literal(literal) => literal.to_string(),
        Syntax::Cast(inner, width) => format!("{} as {width} bits", describe(inner)),
        Syntax::Signed(inner) | Syntax::Unsigned(inner) | Syntax::Paren(inner) => describe(inner),
        Syntax::Binary(left, _, right) => format!("{} .. {}", describe(left), describe(right)),
        Syntax::Unary(_, inner)
        | Syntax::Index(inner, _)
        | Syntax::Slice(inner, ..)
        | Syntax::IndexReplace(inner, ..) => describe(inner),
    }
}
