use gristmill_datapath::*;
fn main() {
    for f in fields::of_transforms() {
        for fill in [Fill::Record, Fill::Portable] {
            println!(
                "{} {:?} entry {:?} mul {:?} plain {:?}",
                f.name,
                fill,
                transform::element_entry(&f).summary(),
                modular::modular_multiplier(&f, fill).summary(),
                transform::plain_butterfly(&f, fill).summary()
            );
            if f.form != Form::Goldilocks {
                println!("  butterfly {:?}", transform::butterfly(&f, fill).summary());
            } else {
                for o in 2..=6 {
                    println!(
                        "  shift {o} {:?} turn {}",
                        transform::shift_butterfly(o, fill).summary(),
                        transform::shift_turn(o, false)
                    );
                }
            }
        }
    }
}
