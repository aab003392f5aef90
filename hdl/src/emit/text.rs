//! Blocks whose Verilog is text, and the cores that such text brings along.

use super::error::Fault;
use super::expression::mask;
use super::names;
use num_bigint::BigUint;
use std::collections::HashMap;

/// The identifiers that occur in the text, and the bits that are selected of each; all bits where the
/// selection is not constant.
pub(super) fn reads(text: &str) -> HashMap<&str, BigUint> {
    let all = mask(0, usize::from(u16::MAX));
    let mut reads: HashMap<&str, BigUint> = HashMap::new();
    let mut rest = text;
    for (piece, word) in names::words(text) {
        rest = &rest[piece.len()..];
        if word {
            let bits = selection(rest).map_or_else(|| all.clone(), |(low, width)| mask(low, width));
            *reads.entry(piece).or_default() |= bits;
        }
    }
    reads
}

/// Lowest bit and width of a constant selection at the start of the text.
fn selection(text: &str) -> Option<(usize, usize)> {
    let (inside, _) = text.strip_prefix('[')?.split_once(']')?;
    let (high, low) = inside.split_once(':').unwrap_or((inside, inside));
    let (high, low): (usize, usize) = (high.parse().ok()?, low.parse().ok()?);
    Some((low, (high + 1).checked_sub(low)?))
}

/// Splits the text of cores into modules: name and text, with what stands before the module.
pub(super) fn cores(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut cores = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut at = 0;
        let mut name = None;
        let mut named = false;
        for (piece, word) in names::words(rest) {
            at += piece.len();
            match piece {
                "module" => named = true,
                "endmodule" => break,
                _ if word && named && name.is_none() => name = Some(piece.to_owned()),
                _ => {}
            }
        }
        let (core, tail) = rest.split_at(at);
        let name = name
            .filter(|_| core.ends_with("endmodule"))
            .ok_or(Fault::BadCores)?;
        cores.push((name, format!("{core}\n")));
        rest = tail.trim_start();
    }
    Ok(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_selections_are_seen() {
        let found = reads("assign q = {a[7:4], a[0], b[i]};");
        assert_eq!(found["a"], 0xf1u8.into());
        assert!(found["b"].bit(9) && found["q"].bit(9));
    }

    #[test]
    fn cores_are_split() {
        let text = "// one\nmodule one(input a); endmodule\nmodule two; endmodule\n";
        assert_eq!(
            cores(text),
            Ok(vec![
                (
                    "one".into(),
                    "// one\nmodule one(input a); endmodule\n".into()
                ),
                ("two".into(), "module two; endmodule\n".into()),
            ])
        );
        assert_eq!(cores("assign a = b;"), Err(Fault::BadCores));
    }
}
