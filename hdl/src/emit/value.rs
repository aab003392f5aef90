//! From the expressions that `hdl_gen` leaves to expressions whose widths are known.

use super::error::Fault;
use super::expression::{Expression, Node, mask};
use super::kernel::Kernel;
use super::tree::{self, Role};
use num_bigint::BigUint;
use rust_hdl_core::ast::{VerilogExpression as Syntax, VerilogLiteral, VerilogOp, VerilogOpUnary};
use rust_hdl_core::bits::clog2;

impl Kernel<'_> {
    /// The value of an expression of integers and loop variables.
    pub fn constant(&self, syntax: &Syntax) -> Option<BigUint> {
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
    pub fn sized(&self, syntax: &Syntax, width: usize) -> Result<Expression, Fault> {
        let value = self.expression(syntax, Some(width))?;
        fits(value, width, &describe(syntax))
    }

    /// The expression; `context` is the width of what surrounds it, for bare integers.
    pub fn expression(&self, syntax: &Syntax, context: Option<usize>) -> Result<Expression, Fault> {
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
        Ok(match self.decided(&left, operator, &right) {
            Some(holds) => Expression::literal(u8::from(holds).into(), 1),
            None => left.binary(operator, right),
        })
    }

    /// The result of a comparison with the least or the largest number, which a constant of the
    /// constructor can be: tools warn of such a comparison.
    fn decided(&self, left: &Expression, operator: &str, right: &Expression) -> Option<bool> {
        let value = |side: &Expression| match &side.node {
            Node::Literal(value) => Some(value.clone()),
            Node::Signal(id) if self.table.signals[*id].role == Role::Constant => {
                Some(self.table.signals[*id].value.clone())
            }
            _ => None,
        };
        let least = |side| value(side).is_some_and(|value| value == BigUint::default());
        let most = |side| value(side).is_some_and(|value| value == mask(0, left.width));
        match operator {
            "<" if least(right) || most(left) => Some(false),
            ">" if least(left) || most(right) => Some(false),
            "<=" if least(left) || most(right) => Some(true),
            ">=" if least(right) || most(left) => Some(true),
            _ => None,
        }
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

fn is_bool(literal: &VerilogLiteral) -> bool {
    literal.to_string().starts_with("1'")
}

pub(super) fn number(value: BigUint, width: usize) -> Result<Expression, Fault> {
    if value.bits() > width as u64 {
        let value = value.to_string();
        return Err(Fault::LiteralTooWide { value, width });
    }
    Ok(Expression::literal(value, width))
}

pub(super) fn fits(value: Expression, width: usize, expression: &str) -> Result<Expression, Fault> {
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
