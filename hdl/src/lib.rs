//! The RTL of the Gristmill card, in rust-hdl; emits Verilog.
