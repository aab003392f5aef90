//! What only the model says: larger sizes beside published designs, and whole proofs.

use std::fmt::Write;

use super::plot::{self, Bar, Series};
use super::sections::{CURVES, FIELDS, clock, clock_in_words, milliseconds};
use super::table::Table;
use crate::Failure;
use crate::distribution::Distribution;
use crate::model::{CardModel, Fit, groth16};
use crate::points::{Place, Point, Work};
use crate::prover::Part;
use crate::published::{self, Mark, Published};
use crate::results::{Operation, Results};

/// The largest sizes that the model is asked for, as logarithms; an engine's own limit comes first.
const MSM_MOST: u32 = 26;
const NTT_MOST: u32 = 24;

/// Larger sizes by the model, and published designs in the same units.
pub fn sizes(results: &Results, fit: &Fit) -> Result<String, Failure> {
    let mut page = String::from(
        "<h3>Beyond simulation: the model's figures</h3>\n<p>Nothing in this section was simulated or measured. PCIe Gen3 x16 and DDR4; \
         bases resident for an MSM, the sweep and the writing of results included; data in card memory for a transform. An \
         MSM engine takes 2^24 pairs a job, and 2^26 are four jobs.</p>\n",
    );
    let mut table = Table::new(
        1,
        &[
            "card",
            "size",
            "c",
            "K",
            "cycles",
            "cycles a point, or elements a cycle",
            "adder-cycles a point",
            "ms",
        ],
    );
    let mut curves = Vec::new();
    for (_, card) in CURVES {
        let place = Place::usual(card);
        let model = CardModel::load(&place)?;
        let engine = model.msm.as_ref().ok_or("the card has no MSM engine")?;
        let mut points = Vec::new();
        for log2 in 8..=MSM_MOST {
            let of_job = log2.min(engine.size_log2);
            let count = 1usize << of_job;
            let plan = crate::model::msm::driver_plan(engine, count, Distribution::Uniform);
            let jobs = 2f64.powi((log2 - of_job) as i32);
            let point = Point {
                place: place.clone(),
                work: Work::Msm {
                    count,
                    scalars: Distribution::Uniform,
                    plan,
                },
            };
            let cycles = jobs * fit.msm.cycles(&model.msm(&point)?);
            let per_point = cycles / 2f64.powi(log2 as i32);
            points.push((f64::from(log2), [per_point; 3]));
            if log2 >= 16 && log2.is_multiple_of(2) {
                let (window, windows) = plan.unwrap_or_default();
                table.rows.push(vec![
                    format!("{card}, MSM, uniform"),
                    format!("2^{log2}"),
                    window.to_string(),
                    windows.to_string(),
                    format!("{cycles:.0}"),
                    format!("{per_point:.2}"),
                    format!("{:.2}", per_point * f64::from(engine.adders)),
                    format!(
                        "{} {}",
                        milliseconds(cycles / clock(card)),
                        clock_in_words(card)
                    ),
                ]);
            }
        }
        let simulated = results.cards.iter().filter(|measured| {
            matches!(
                measured.point.work,
                Work::Msm {
                    scalars: Distribution::Uniform,
                    ..
                }
            ) && measured.point.place.card == card
        });
        curves.push(Series {
            name: format!("{card}, simulated"),
            points: simulated
                .map(|measured| {
                    let n = measured.point.elements();
                    (f64::from(n.ilog2()), [measured.cycles as f64 / n as f64; 3])
                })
                .collect(),
            modelled: false,
        });
        curves.push(Series {
            name: format!("{card}, model"),
            points,
            modelled: true,
        });
    }
    for (_, card) in FIELDS {
        let place = Place::usual(card);
        let model = CardModel::load(&place)?;
        for log2 in (16..=NTT_MOST).step_by(2) {
            let cycles = fit
                .ntt
                .cycles(&model.ntt(&Point::ntt(place.clone(), log2))?);
            table.rows.push(vec![
                format!("{card}, NTT"),
                format!("2^{log2}"),
                "-".into(),
                "-".into(),
                format!("{cycles:.0}"),
                format!("{:.2}", 2f64.powi(log2 as i32) / cycles),
                "-".into(),
                format!(
                    "{} {}",
                    milliseconds(cycles / clock(card)),
                    clock_in_words(card)
                ),
            ]);
        }
    }
    let title = "Cycles a pair of an MSM, uniform scalars, one adder";
    page += &plot::lines(title, "log2 of the pairs", "cycles a pair", &curves);
    page += &table.html();
    page += "<h3>Published designs, in the same units</h3>\n<p>Other curves, adders and boards: BLS12-377 has a twisted Edwards form with \
             a cheaper addition. Their figures are of cards; ours above are the model's.</p>\n";
    page += &published_table(&published::all()?).html();
    Ok(page)
}

fn published_table(all: &[Published]) -> Table {
    let mut table = Table::new(
        2,
        &[
            "design",
            "of",
            "size",
            "MHz",
            "adders",
            "cycles a point, or elements a cycle",
            "adder-cycles a point",
            "includes",
            "source",
            "figure",
        ],
    );
    for published in all {
        let of_adders = published
            .adders
            .filter(|_| published.operation == Operation::Msm);
        table.rows.push(vec![
            published.design.clone(),
            published.group.clone(),
            format!("2^{}", published.size_log2),
            published.megahertz.to_string(),
            published
                .adders
                .map_or("-".into(), |adders| adders.to_string()),
            published.per_unit.to_string(),
            of_adders.map_or("-".into(), |adders| {
                format!("{:.1}", published.per_unit * f64::from(adders))
            }),
            published.includes.clone(),
            published.source.clone(),
            match published.mark {
                Mark::Seen => "stands there",
                Mark::Derived => "derived from what stands there",
            }
            .into(),
        ]);
    }
    table
}

/// Whole proofs, measured and by the model.
pub fn proofs(results: &Results, fit: &Fit) -> Result<String, Failure> {
    let card = crate::prover::CARD;
    let mut page = String::from("<h2>A whole prover: Groth16 over BN254</h2>\n");
    let _ = writeln!(
        page,
        "<p>All threads. The card ({card}, {}, PCIe Gen3 x16, copies included) does the transforms and the sums in G1; the sum in G2 \
         runs on the CPU beside it. Synthesis and matrices stay on the CPU: with the sum in G2 they are Amdahl's \
         ceiling, which a card that takes no time would reach. Beyond 2^16 the card's cycles are the model's, and the CPU's \
         parts are extrapolated from 2^16.</p>",
        clock_in_words(card)
    );
    for witness in [
        crate::prover::Witness::Rollup,
        crate::prover::Witness::Booleans,
    ] {
        let runs: Vec<_> = results
            .proofs
            .iter()
            .filter(|run| run.witness == witness)
            .collect();
        let Some(largest) = runs.iter().max_by_key(|run| run.log2) else {
            let _ = writeln!(page, "<p>{witness:?}: not measured.</p>");
            continue;
        };
        let same = runs.iter().all(|run| run.same_bytes);
        let _ = writeln!(
            page,
            "<h3>{witness:?}: {:.0} % of the variables are 0, {:.0} % are 1</h3>\n<p>Proof bytes equal to stock arkworks': {}.</p>",
            100.0 * largest.zeros,
            100.0 * largest.ones,
            if same { "yes" } else { "no" }
        );
        let mut proofs = Vec::new();
        for run in &runs {
            proofs.push(groth16::Proof::measured(run)?);
        }
        for log2 in largest.log2 + 1..=20 {
            proofs.push(groth16::Proof::modelled(largest, log2, fit)?);
        }
        let mut table = Table::new(
            2,
            &[
                "domain",
                "",
                "CPU alone, ms",
                "card, ms",
                "CPU beside and before the card, ms",
                "with the card, ms",
                "times as fast",
                "Amdahl's ceiling",
            ],
        );
        let mut bars = Vec::new();
        for proof in &proofs {
            let total = proof.with_card();
            let beside: f64 = proof
                .cpu
                .iter()
                .filter(|(part, _)| !part.is_offloaded())
                .map(|(_, s)| s)
                .sum();
            table.rows.push(vec![
                format!("2^{}", proof.log2),
                if proof.modelled { "model" } else { "simulated" }.into(),
                milliseconds(proof.on_cpu()),
                milliseconds(proof.of_card()),
                milliseconds(beside),
                milliseconds(total),
                format!("{:.2}", proof.on_cpu() / total),
                format!("{:.2}", proof.ceiling()),
            ]);
            if proof.log2 == 16 || proof.log2 == 20 {
                let kind = if proof.modelled { " (model)" } else { "" };
                let bar = |name: &str, parts: &[(Part, f64)]| Bar {
                    name: format!("2^{}, {name}{kind}", proof.log2),
                    parts: parts
                        .iter()
                        .map(|(part, s)| (part.name().into(), 1e3 * s))
                        .collect(),
                };
                bars.push((
                    proof.log2,
                    bar("CPU", &proof.cpu),
                    bar("card's part", &proof.card),
                ));
            }
        }
        for (log2, cpu, card) in bars {
            let title = format!("{witness:?}, 2^{log2}: where the time goes");
            page += &plot::bars(&title, "ms", &[cpu, card]);
        }
        page += &table.html();
        page += &of_model(largest, fit)?.html();
    }
    Ok(page)
}

/// The largest simulated proof's parts, beside the model's.
fn of_model(run: &crate::prover::ProofRun, fit: &Fit) -> Result<Table, Failure> {
    let mut table = Table::new(
        1,
        &[
            "part on the card",
            "elements",
            "simulated cycles",
            "model",
            "error, %",
            "link bytes",
        ],
    );
    let predicted = groth16::predicted(run, run.log2, fit)?;
    for (part, (_, cycles, _)) in run.card.iter().zip(predicted) {
        table.rows.push(vec![
            format!("{}, 2^{}", part.part.name(), run.log2),
            part.elements.to_string(),
            part.cycles.to_string(),
            format!("{cycles:.0}"),
            format!("{:+.2}", 100.0 * (cycles / part.cycles as f64 - 1.0)),
            part.link_bytes.to_string(),
        ]);
    }
    Ok(table)
}
