//! Compiles the loader of Verilated models; the models themselves are built at run time.

fn main() {
    println!("cargo:rerun-if-changed=cxx");
    println!("cargo:rerun-if-changed=src/verilator/bridge.rs");
    cxx_build::bridge("src/verilator/bridge.rs")
        .file("cxx/loader.cpp")
        .include("cxx")
        .std("c++17")
        .compile("gristmill_model_loader");
}
