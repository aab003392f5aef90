use gristmill_datapath::{Fill, adder::complete_adder, curve};
use gristmill_hdl::{emit, msm::*, pipeline::*};
use rust_hdl_core::prelude::*;
fn main() {
    let c = curve::toy();
    let adder = Pipeline::new("toy_adder", &complete_adder(&c, Fill::Record));
    println!("// latency {} bits {}", adder.latency(), c.base.bits);
    let p = Parameters {
        adder: adder.clone(),
        point_entry: adder.clone(),
        scalar_entry: adder,
        size_log2: 16,
        windows_per_lane: 8,
        window_min: 2,
        window_max: 8,
    };
    let mut e = MsmEngine::<64, 64, 8, 128, 24, 10, 9, 512, 256, 1>::new(&p);
    e.connect_all();
    match emit::verilog(&e, "toy_engine") {
        Ok(v) => {
            std::fs::write("/tmp/try.v", v.text()).unwrap();
            eprintln!("{} modules {} bytes", v.modules.len(), v.text().len());
        }
        Err(x) => eprintln!("{x}"),
    }
}
