//! What may not be built is not built, and what is built twice is the same.

use gristmill_datapath::adder::complete_adder;
use gristmill_datapath::cells::cells;
use gristmill_datapath::{
    Builder, Config, Direction, Error, Fill, Net, Range, Skew, Term, curve, dpi_source, largest,
    signed_digits, window_digits,
};
use num_bigint::{BigInt, BigUint};

fn builder() -> Builder {
    Builder::new(Config::RECORD)
}

#[test]
fn an_input_must_hold_its_bound() {
    let input = builder().input("a", 8, &BigUint::from(256u32), Skew::Aligned);
    assert!(matches!(input, Err(Error::Overflow { .. })));
}

#[test]
fn a_difference_needs_a_reason() {
    let mut builder = builder();
    let (a, b) = (builder.word("a", 100), builder.word("b", 100));
    let terms = [Term::plus(&a), Term::minus(&b)];
    let difference = builder.sum(&terms, &BigInt::ZERO, Range::Computed);
    assert!(matches!(difference, Err(Error::Negative { .. })));
    let offset = BigInt::from(b.bound().clone());
    let difference = builder.sum(&terms, &offset, Range::Computed);
    assert_eq!(
        difference.map(|net| net.bound().clone()),
        Ok(largest(100) * 2u32)
    );
    let known = builder.subtract_known(&a, &b, largest(100), "b is at most a");
    assert_eq!(known.map(|net| net.width()), Ok(100));
}

#[test]
fn a_residue_needs_a_small_value() {
    let mut builder = builder();
    let a = builder.word("a", 64);
    let residue = builder.reduce_fully(&a, &BigUint::from(1u64 << 61));
    assert!(matches!(residue, Err(Error::Overflow { .. })));
}

#[test]
fn operands_of_logic_have_equal_widths() {
    let mut builder = builder();
    let (a, b) = (builder.word("a", 8), builder.word("b", 9));
    assert!(matches!(builder.and(&a, &b), Err(Error::Width { .. })));
    assert!(matches!(
        builder.select(&a, &b, &b),
        Err(Error::Width { .. })
    ));
}

#[test]
fn logic_is_at_most_three_levels_deep() {
    let mut builder = builder();
    let bits: Vec<Net> = ["a", "b", "c", "d", "e"]
        .into_iter()
        .map(|name| builder.word(name, 1))
        .collect();
    let chain = |builder: &mut Builder, registered: bool| {
        let mut net = bits[0].clone();
        for bit in &bits[1..] {
            net = builder.and(&net, bit)?;
            if registered {
                net = builder.register(&net);
            }
        }
        Ok(net)
    };
    let too_deep = chain(&mut builder, false);
    assert!(matches!(too_deep, Err(Error::Timing { levels: 4, .. })));
    assert!(chain(&mut builder, true).is_ok());
}

#[test]
fn logic_before_a_ternary_adder_counts() {
    let mut builder = builder();
    let nets = ["a", "b", "c", "d"].map(|name| builder.word(name, 8));
    let [a, b, c, d] = &nets;
    let one = builder.and(a, b).and_then(|net| builder.or(&net, c));
    let one = one.expect("two levels");
    let terms = [Term::plus(&one), Term::plus(b), Term::plus(d)];
    let sum = builder.sum(&terms, &BigInt::ZERO, Range::Computed);
    assert!(matches!(sum, Err(Error::Timing { levels: 4, .. })));
    assert!(builder.add(&one, d).is_ok());
}

#[test]
fn an_instance_checks_its_operands() {
    let adder = complete_adder(&curve::toy(), Fill::Record);
    let modules = adder.submodules();
    let mut builder = builder();
    let wide = builder.word("a", 60);
    let few = builder.instance(&modules[0], std::slice::from_ref(&wide));
    assert!(matches!(few, Err(Error::Operands { given: 1, .. })));
    let large = builder.instance(&modules[0], &[wide.clone(), wide]);
    assert!(matches!(large, Err(Error::Overflow { .. })));
}

#[test]
fn signed_expansions_have_their_value() {
    for value in (0u32..2000).chain([u32::MAX, 0x5555_5555]) {
        for window in 2..6 {
            let digits = window_digits(&value.into(), window);
            let sum: i128 = digits
                .iter()
                .map(|digit| {
                    let magnitude = i128::from(digit.factor) << digit.shift;
                    if digit.negative {
                        -magnitude
                    } else {
                        magnitude
                    }
                })
                .sum();
            assert_eq!(sum, i128::from(value));
        }
    }
    assert_eq!(signed_digits(&BigUint::from(7u32)).len(), 2);
}

#[test]
fn fills_have_the_same_boundary() {
    for curve in [curve::toy(), curve::bn254(), curve::bls12_381()] {
        let record = complete_adder(&curve, Fill::Record);
        let fast = complete_adder(&curve, Fill::Fast);
        assert_eq!(record.ports(), fast.ports());
        assert_eq!(record.summary(), fast.summary());
        let text = fast.verilog("fast_adder");
        let source = dpi_source(&curve);
        for products in [1, 2] {
            let function = format!("gristmill_{}_sum_of_products_{products}", curve.name);
            assert!(text.contains(&format!("function void {function}(")));
            assert!(source.contains(&format!("extern \"C\" void {function}(")));
        }
    }
}

#[test]
fn cells_have_names_of_their_own_and_clean_text() {
    let cells = cells();
    for (number, cell) in cells.iter().enumerate() {
        assert!(cells[..number].iter().all(|other| other.name != cell.name));
        let text = cell.graph.verilog(&cell.name);
        assert!(text.contains(&format!("module {} (\n  input wire clock", cell.name)));
        assert!(!text.contains("lint_off"));
        for port in cell.graph.ports() {
            let direction = match port.direction {
                Direction::Input => "input wire",
                Direction::Output => "output wire",
            };
            let found = text.lines().any(|line| {
                let line = line.trim().trim_end_matches(',');
                line.starts_with(direction) && line.ends_with(&port.name)
            });
            assert!(found, "{} of {}", port.name, cell.name);
        }
    }
}

#[test]
fn shared_modules_have_one_text() {
    let first = complete_adder(&curve::bn254(), Fill::Record);
    let second = complete_adder(&curve::bn254(), Fill::Record);
    for (a, b) in first.submodules().iter().zip(second.submodules()) {
        assert_eq!(a.graph.verilog(&a.name), b.graph.verilog(&b.name));
    }
}
