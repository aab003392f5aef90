//! A constructor-given constant.

use rust_hdl_core::prelude::*;

/// `Constant` with a `Default`, so that a block can derive `Default` and its constructor names only
/// what differs. In Verilog a sized `localparam`, which a bare literal (32 bits) is not.
#[derive(Clone, Debug)]
pub struct Fixed<T: Synth>(Constant<T>);

impl<T: Synth> Fixed<T> {
    /// A constant of this value.
    pub fn new(value: T) -> Self {
        Self(Constant::new(value))
    }
    /// The value.
    pub fn val(&self) -> T {
        self.0.val()
    }
}

impl<T: Synth> Default for Fixed<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Synth> Logic for Fixed<T> {
    fn update(&mut self) {}
}

impl<T: Synth> Block for Fixed<T> {
    fn connect_all(&mut self) {
        self.0.connect_all()
    }
    fn update_all(&mut self) {
        self.0.update_all()
    }
    fn has_changed(&self) -> bool {
        self.0.has_changed()
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.0.accept(name, probe)
    }
}
