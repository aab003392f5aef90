//! Names: from rust-hdl's paths to Verilog identifiers, and the indices inside them.

use super::error::Fault;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The loop variables in scope and their values.
pub(super) type Loops = Vec<(String, usize)>;

const KEYWORDS: &str = "alias always always_comb always_ff always_latch and assert assign assume automatic \
    before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle class clocking cmos config \
    const constraint context continue cover covergroup coverpoint cross deassign default defparam design disable dist do \
    edge else end endcase endclass endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage \
    endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event expect export extends extern \
    final first_match for force foreach forever fork forkjoin function generate genvar highz0 highz1 if iff ifnone \
    ignore_bins illegal_bins import incdir include initial inout input inside instance int integer interface intersect join \
    join_any join_none large liblist library local localparam logic longint macromodule matches medium modport module nand \
    negedge new nmos nor noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive \
    priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc \
    randcase randsequence rcmos real realtime ref reg release repeat return rnmos rpmos rtran rtranif0 rtranif1 scalared \
    sequence shortint shortreal showcancelled signed small solve specify specparam static string strong0 strong1 struct \
    super supply0 supply1 table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 \
    triand trior trireg type typedef union unique unsigned use uwire var vectored virtual void wait wait_order wand weak0 \
    weak1 while wildcard wire with within wor xnor xor";

/// Words that Verilator, which translates to C++, warns of as names.
const SIMULATOR_WORDS: &str = "abort alignas alignof and_eq asm atomic_cancel atomic_commit auto bitand bitor bool catch \
    cdecl char char16_t char32_t compl concept const_cast constexpr decltype delete double dynamic_cast explicit false far \
    float friend goto huge inline interrupt mutable namespace near noexcept not_eq nullptr operator or_eq override pascal \
    private public queue register requires short sizeof static_assert static_cast switch synchronized template \
    thread_local throw transaction_safe true try typeid typename uint16_t uint32_t uint8_t using volatile wchar_t xor_eq";

static RESERVED: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let words = [KEYWORDS, SIMULATOR_WORDS];
    words
        .iter()
        .flat_map(|words| words.split_whitespace())
        .collect()
});

/// The Verilog identifier of a path such as `port$0$write`; a reserved word gets a `_` behind it.
pub(super) fn identifier(path: &str) -> String {
    let name = path.replace("r#", "").replace('$', "_");
    if RESERVED.contains(name.as_str()) {
        return name + "_";
    }
    name
}

/// Whether a character may stand inside an identifier.
fn inside(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// Splits Verilog text into identifiers, system names and numbers on the one hand (true) and all else on the other.
pub(super) fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = inside(rest.chars().next()?);
        let end = rest.find(|c| inside(c) != word).unwrap_or(rest.len());
        let (piece, next) = rest.split_at(end);
        rest = next;
        Some((piece, word))
    })
}

/// Text of a leaf, its paths replaced by the names that `known` gives them, and `$` inside other
/// identifiers by `_`; system names such as `$signed` stay.
pub(super) fn plain(text: &str, known: impl Fn(&str) -> Option<String>) -> Result<String, Fault> {
    let mut origin: HashMap<String, &str> = HashMap::new();
    let mut out = String::with_capacity(text.len());
    for (piece, word) in words(text) {
        if !word || piece.starts_with('$') {
            out += piece;
            continue;
        }
        let name = known(piece).unwrap_or_else(|| piece.replace('$', "_"));
        if *origin.entry(name.clone()).or_insert(piece) != piece {
            return Err(Fault::NameCollision { name });
        }
        out += &name;
    }
    Ok(out)
}

/// A path with every `[index]` replaced by `$` and its value.
pub(super) fn unindexed(path: &str, loops: &Loops) -> Result<String, Fault> {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        let (index, tail) = after
            .split_once(']')
            .ok_or_else(|| Fault::BadIndex(path.into()))?;
        out += &format!("{before}${}", evaluate(index, loops)?);
        rest = tail;
    }
    Ok(out + rest)
}

/// The path of a signal and, behind it, that of a field of its structure.
pub(super) fn signal_and_fields(path: &str) -> (&str, &str) {
    ["$val()$", "$next$"]
        .iter()
        .find_map(|mark| path.split_once(mark))
        .unwrap_or((path.trim_end_matches("$next"), ""))
}

/// The path of a member of an interface; the member of a link begins with a point.
pub(super) fn member(interface: &str, member: &str) -> String {
    format!("{interface}{member}").replace('.', "$")
}

/// The value of an expression of integers, loop variables, `+ - * / %` and parentheses.
fn evaluate(text: &str, loops: &Loops) -> Result<usize, Fault> {
    let mut parser = Index { rest: text, loops };
    parser
        .sum()
        .filter(|_| parser.rest.is_empty())
        .ok_or_else(|| Fault::BadIndex(text.into()))
}

struct Index<'a> {
    rest: &'a str,
    loops: &'a Loops,
}

impl Index<'_> {
    fn take(&mut self, symbols: &[char]) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| symbols.contains(c))?;
        self.rest = &self.rest[1..];
        Some(c)
    }

    fn sum(&mut self) -> Option<usize> {
        let mut value = self.product()?;
        while let Some(symbol) = self.take(&['+', '-']) {
            let right = self.product()?;
            value = match symbol {
                '+' => value.checked_add(right)?,
                _ => value.checked_sub(right)?,
            };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<usize> {
        let mut value = self.atom()?;
        while let Some(symbol) = self.take(&['*', '/', '%']) {
            let right = self.atom()?;
            value = match symbol {
                '*' => value.checked_mul(right)?,
                '/' => value.checked_div(right)?,
                _ => value.checked_rem(right)?,
            };
        }
        Some(value)
    }

    fn atom(&mut self) -> Option<usize> {
        if self.take(&['(']).is_some() {
            let value = self.sum()?;
            self.take(&[')'])?;
            return Some(value);
        }
        let end = self
            .rest
            .find(|c: char| !inside(c))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let variable = self.loops.iter().rev().find(|(name, _)| name == word);
        match variable {
            Some((_, value)) => Some(*value),
            None => word.replace('_', "").trim_end_matches("usize").parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_evaluated() {
        let loops = vec![("i".to_owned(), 3)];
        assert_eq!(
            unindexed("port[(i+1)*2-1]$d", &loops),
            Ok("port$7$d".into())
        );
        assert_eq!(
            unindexed("a[N-1]", &loops),
            Err(Fault::BadIndex("N-1".into()))
        );
    }

    #[test]
    fn text_loses_dollars_and_keeps_system_names() {
        let known = |path: &str| (path == "abort").then(|| identifier(path));
        assert_eq!(
            plain("assign port$0$q = $signed(a$b) + 8'd1 & abort;", known),
            Ok("assign port_0_q = $signed(a_b) + 8'd1 & abort_;".into())
        );
        let name = "a_b".to_owned();
        assert_eq!(plain("a$b a_b", known), Err(Fault::NameCollision { name }));
    }

    #[test]
    fn words_of_verilog_are_no_names() {
        assert_eq!(identifier("r#priority"), "priority_");
        assert_eq!(identifier("host$awvalid"), "host_awvalid");
    }
}
