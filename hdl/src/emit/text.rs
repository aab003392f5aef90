//! Blocks whose Verilog is text, and the cores that such text brings along.

use super::error::Fault;
use super::names;
use std::collections::HashSet;

/// The identifiers that occur in the text.
pub(super) fn identifiers(text: &str) -> HashSet<&str> {
    names::words(text)
        .filter_map(|(piece, word)| word.then_some(piece))
        .collect()
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
