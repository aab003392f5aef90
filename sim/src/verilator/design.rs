/// A Verilog design, and how to build it.
#[derive(Clone, Debug)]
pub struct Design {
    /// The top module.
    pub top: String,
    /// The Verilog text of all modules.
    pub verilog: String,
    /// C++ sources, each a file of its own: the DPI-C functions that the Verilog imports.
    pub functions: Vec<String>,
    /// The clock's input port.
    pub clock: String,
    /// How to build.
    pub options: Options,
}

impl Design {
    /// A design whose clock is the port `clock`.
    pub fn new(top: impl Into<String>, verilog: impl Into<String>) -> Self {
        Self {
            top: top.into(),
            verilog: verilog.into(),
            functions: Vec::new(),
            clock: "clock".into(),
            options: Options::default(),
        }
    }

    /// Adds a C++ source with DPI-C functions.
    pub fn with_function(mut self, source: impl Into<String>) -> Self {
        self.functions.push(source.into());
        self
    }

    /// Replaces the options.
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }
}

/// How to build a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether the model can write waveforms; one that can is slower even while it writes none.
    pub trace: bool,
    /// What the C++ compiler's time is spent on.
    pub optimise: Optimise,
}

/// What the C++ compiler's time is spent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimise {
    /// A fast model.
    #[default]
    Speed,
    /// A model that is built in half the time. A pipeline of BN254 products ran no slower for it; measure before
    /// paying for more.
    Build,
}

impl Optimise {
    pub(super) fn flag(self) -> &'static str {
        match self {
            Optimise::Speed => "-O3",
            Optimise::Build => "-O1",
        }
    }
}
