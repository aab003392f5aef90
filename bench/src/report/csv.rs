//! All numbers of a run in one long table: a row a number.

use std::fmt::Write;

use super::sections::card_seconds;
use crate::results::Results;

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Columns: what, of what, by whom, size, threads, quantity, unit, least, median, greatest.
pub fn of(results: &Results) -> String {
    let mut csv = String::from("kind,of,by,log2,threads,quantity,unit,least,median,greatest\n");
    let mut row = |what: [&str; 6], size: &str, [least, median, greatest]: [f64; 3]| {
        let [kind, of, by, threads, quantity, unit] = what;
        let (of, by, quantity) = (quoted(of), quoted(by), quoted(quantity));
        let _ = writeln!(
            csv,
            "{kind},{of},{by},{size},{threads},{quantity},{unit},{least},{median},{greatest}"
        );
    };
    for measured in &results.cards {
        let size = measured.point.elements().ilog2().to_string();
        let point = measured.point.to_string();
        let by = "simulated card";
        for (quantity, value) in [
            ("cycles", measured.cycles),
            ("busy", measured.busy),
            ("starved of input", measured.stall_input),
            ("starved of memory", measured.stall_memory),
            ("collisions", measured.stall_collision),
            ("waiting to write", measured.stall_output),
            ("drain", measured.drain),
        ] {
            row(
                ["card", &point, by, "", quantity, "cycles"],
                &size,
                [value as f64; 3],
            );
        }
        row(
            ["card", &point, by, "", "link", "bytes"],
            &size,
            [measured.link_bytes as f64; 3],
        );
        let seconds = [card_seconds(measured); 3];
        row(
            ["card", &point, by, "", "time at the assumed clock", "s"],
            &size,
            seconds,
        );
    }
    for time in &results.cpu {
        let of = match time.scalars {
            Some(scalars) => format!("MSM {}, {scalars}", time.group),
            None => format!("NTT {}", time.group),
        };
        let spread = [time.min, time.median, time.max];
        let threads = time.threads.to_string();
        row(
            ["cpu", &of, &time.library, &threads, "time", "s"],
            &time.log2.to_string(),
            spread,
        );
    }
    for proof in &results.proofs {
        let of = format!("Groth16, {:?}", proof.witness);
        let size = proof.log2.to_string();
        for cpu in &proof.cpu {
            let spread = [cpu.min, cpu.median, cpu.max];
            row(
                ["proof", &of, "CPU", "", cpu.part.name(), "s"],
                &size,
                spread,
            );
        }
        for part in &proof.card {
            let spread = [part.cycles as f64; 3];
            row(
                [
                    "proof",
                    &of,
                    "simulated card",
                    "",
                    part.part.name(),
                    "cycles",
                ],
                &size,
                spread,
            );
        }
    }
    for figure in &results.driver {
        let spread = [figure.min, figure.median, figure.max];
        row(
            [
                "driver",
                &figure.name,
                "simulated card",
                "",
                "",
                &figure.unit,
            ],
            "",
            spread,
        );
    }
    csv
}
