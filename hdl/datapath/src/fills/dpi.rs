//! C++ of the fast fill.

use std::fmt::Write;

use num_bigint::BigUint;

use super::stand_in::{function_name, operand_ports};
use crate::adder::fast;
use crate::curve::Curve;
use crate::graph::limb_bits;
use crate::reduction::SumOfProducts;

/// The arithmetic that all functions share.
const TEMPLATES: &str = include_str!("sum_of_products.h");

/// C++17 with the DPI functions of the curve's adder in the fast fill; needs `svdpi.h`. The shared part
/// is guarded, so that the sources of several curves can stand in one file.
///
/// # Panics
/// As [`crate::adder::complete_adder`].
pub fn dpi_source(curve: &Curve) -> String {
    // The functions do not depend on the latency; any that holds the two calls will do.
    let stand_in = fast(curve, 4).expect("the bounds of the curve's field fit the adder");
    source(&stand_in.kinds)
}

fn source(kinds: &[SumOfProducts]) -> String {
    let functions: Vec<String> = kinds.iter().map(function).collect();
    format!("{TEMPLATES}\n{}", functions.join("\n"))
}

/// A number as the list of its `count` 64-bit limbs.
pub(super) fn limbs(value: &BigUint, count: usize) -> String {
    let digits = value.to_u64_digits();
    let limb = |index| format!("0x{:016x}", limb_bits(&digits, 64 * index, 64));
    (0..count).map(limb).collect::<Vec<_>>().join(", ")
}

fn function(kind: &SumOfProducts) -> String {
    let ports = operand_ports(kind);
    let modulus = &kind.reduction.modulus;
    let modulus_limbs = (modulus.bits() as usize).div_ceil(64);
    let widest = ports.iter().map(|(_, width)| *width).max().unwrap_or(0);
    let operand_limbs = widest.div_ceil(64);
    let inverse = limb_bits(&kind.reduction.negative_inverse().to_u64_digits(), 0, 64);
    let mut text = String::new();
    let arguments: String = ports
        .iter()
        .map(|(name, _)| format!("const svBitVecVal* {name}, "))
        .collect();
    let mut body = format!(
        "  static const uint64_t modulus[{modulus_limbs}] = {{{}}};\n",
        limbs(modulus, modulus_limbs)
    );
    let sum_limbs = (kind.largest_sum() + (modulus << kind.reduction.radix_bits)).bits() as usize;
    let sum_limbs = sum_limbs.div_ceil(64).max(2 * operand_limbs);
    writeln!(body, "  uint64_t sum[{sum_limbs}] = {{0}};").expect("writing to a String");
    for pair in ports.chunks(2) {
        let [(a, a_width), (b, b_width)] = pair else {
            unreachable!("operands come in pairs");
        };
        writeln!(
            body,
            "  add_product<{operand_limbs}, {sum_limbs}>(sum, load<{operand_limbs}, {}>({a}), load<{operand_limbs}, {}>({b}));",
            a_width.div_ceil(32),
            b_width.div_ceil(32),
        )
        .expect("writing to a String");
    }
    writeln!(
        body,
        "  reduce<{modulus_limbs}, {sum_limbs}, {}>(sum, modulus, 0x{inverse:016x}ull);",
        kind.reduction.radix_bits
    )
    .expect("writing to a String");
    writeln!(
        body,
        "  store<{}>(p, sum);",
        (kind.largest_result().bits() as usize).div_ceil(32)
    )
    .expect("writing to a String");
    write!(
        text,
        "extern \"C\" void {}({arguments}svBitVecVal* p) {{\n  using namespace gristmill_dpi;\n{body}}}\n",
        function_name(kind)
    )
    .expect("writing to a String");
    text
}
