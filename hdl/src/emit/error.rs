use thiserror::Error;

/// Why a block has no Verilog.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{module}: {fault}")]
pub struct EmitError {
    /// Path of the module from the top, such as `top.pairs.memory`.
    pub module: String,
    /// What is wrong in it.
    pub fault: Fault,
}

/// What is wrong in a module.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// Two things of a module would have one name.
    #[error("`{name}` would be the name of two things")]
    NameCollision {
        /// The name in Verilog.
        name: String,
    },
    /// A kernel names something that is no signal, constant, loop variable or state of an enum. Const
    /// generics and Rust constants are among these: a kernel knows them by name only.
    #[error("`{0}` is no signal, constant, loop variable or state")]
    UnknownName(String),
    /// The expression in square brackets is not arithmetic on integers and loop variables.
    #[error("the index `{0}` is not arithmetic on integers and loop variables")]
    BadIndex(String),
    /// The kernel uses something that has no Verilog here.
    #[error("{0} has no Verilog")]
    Unsupported(&'static str),
    /// Expression and context differ in width.
    #[error("`{expression}` has {found} bits where {wanted} are wanted")]
    WidthMismatch {
        /// The expression.
        expression: String,
        /// Its width.
        found: usize,
        /// The width of the target or the other operand.
        wanted: usize,
    },
    /// A number does not fit its context.
    #[error("{value} does not fit {width} bits")]
    LiteralTooWide {
        /// The number, in decimal.
        value: String,
        /// Width of its context.
        width: usize,
    },
    /// The width of a number cannot be told from its context.
    #[error("nothing says how wide `{0}` is")]
    NoWidth(String),
    /// A signal of no bits.
    #[error("`{0}` has no bits")]
    ZeroWidth(String),
    /// A slice that begins above its signal, or ends above it where it is assigned.
    #[error("bits {low} and up, {width} of them, are outside of `{name}`")]
    OutsideSignal {
        /// What is sliced.
        name: String,
        /// Lowest bit.
        low: usize,
        /// Number of bits.
        width: usize,
    },
    /// The kernel assigns what is not its to assign.
    #[error("`{0}` is assigned, and is not an output, a local signal or a child's input")]
    NotAssignable(String),
    /// Nothing drives this signal.
    #[error("nothing drives `{0}`")]
    Undriven(String),
    /// Some path through the kernel does not assign this signal, which would keep its value.
    #[error("`{0}` is not assigned on every path: a latch")]
    Latch(String),
    /// The value of a signal depends on itself in the same cycle.
    #[error("`{0}` depends on itself")]
    DependsOnItself(String),
    /// A local signal or an output is read between two of its assignments, where its value is not the
    /// one that it ends with.
    #[error("`{0}` is read between two of its assignments")]
    ReadBetween(String),
    /// Two cores of one name have different text.
    #[error("two different cores are named `{0}`")]
    CoreCollision(String),
    /// The text of the cores is not a sequence of modules.
    #[error("the text of the cores is not a sequence of modules")]
    BadCores,
    /// A block with text of its own has blocks inside.
    #[error("a block whose Verilog is text has the child `{0}`")]
    ChildOfText(String),
}
