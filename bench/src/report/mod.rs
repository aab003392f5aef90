//! The page: one HTML file that needs nothing else, with CSV beside it, and the part of the README.

mod beyond;
mod csv;
mod markdown;
mod plot;
pub mod readme;
mod sections;
mod table;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Failure;
use crate::baseline::Baseline;
use crate::distribution::Distribution;
use crate::model::{self, Fit, Judged};
use crate::results::{Results, folder};
use sections::{CURVES, FIELDS};
use table::Table;

const STYLE: &str = "body{font:15px/1.5 sans-serif;max-width:76em;margin:2em auto;padding:0 1em;color:#111;background:#fff}\
h1,h2,h3{line-height:1.2}table{border-collapse:collapse;font-size:13px;margin:.6em 0}th,td{padding:.2em .6em;border:1px solid #ccc;text-align:left}\
th{background:#f2f2f2;vertical-align:bottom}.n{text-align:right;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}\
.partial{border:2px solid #d55e00;padding:.5em 1em}svg{max-width:100%;height:auto}";

/// Writes `report.html`, `results.csv` and the part of the README from these results.
///
/// # Errors
/// When the model cannot be fitted, or a file cannot be written.
pub fn write(results: &Results) -> Result<(), Failure> {
    let page = html(results)?;
    fs::create_dir_all(folder())?;
    fs::write(folder().join("report.html"), page)?;
    fs::write(folder().join("results.csv"), csv::of(results))?;
    readme::write(results)
}

/// The page.
fn html(results: &Results) -> Result<String, Failure> {
    let modelled = model::recorded().and_then(|recorded| {
        let (fit, judged) = Fit::of(&recorded.points)?;
        Ok((recorded, fit, judged))
    });
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Gristmill: the card beside the CPU</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\n\
         <h1>Gristmill: the card beside the CPU</h1>\n"
    );
    head(&mut page, results);
    side_by_side(&mut page, results);
    match &modelled {
        Ok((recorded, fit, judged)) => {
            of_model(&mut page, results, recorded, fit, judged)?;
            page += &beyond::proofs(results, fit)?;
        }
        Err(error) => {
            let error = escaped(&error.to_string());
            let _ = writeln!(
                page,
                "<h2>The cycle model</h2>\n<p>Not fitted: {error}. <code>make model-points</code> simulates its points.</p>"
            );
        }
    }
    page += "<h2>The driver's own cost</h2>\n<p>Wall times in this process, the simulator's included: the simulated card \
             answers as fast as it is simulated.</p>\n";
    page += &sections::driver(results).html();
    page += "<h3>Simulated cycles a second</h3>\n";
    page += &sections::simulation(results).html();
    page += &baselines(results);
    page += &resources();
    page += "</body></html>\n";
    Ok(page)
}

fn paragraph(page: &mut String, text: &str) {
    let _ = writeln!(page, "<p>{text}</p>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn head(page: &mut String, results: &Results) {
    let gaps = results.gaps();
    if !gaps.is_empty() {
        let gaps = escaped(&gaps.join("; "));
        let _ = writeln!(
            page,
            "<div class=\"partial\"><strong>Partial results</strong>: {gaps}. <code>make bench</code> measures everything.</div>"
        );
    }
    paragraph(page, &escaped(&sections::conditions(results)));
    let machine = &results.machine;
    let mut table = Table::new(2, &["", ""]);
    for (what, is) in [
        ("CPU", machine.cpu.clone()),
        ("threads", machine.threads.to_string()),
        (
            "vector extensions of the build",
            machine.target_features.clone(),
        ),
        ("compiler", machine.rustc.clone()),
        ("commit", machine.commit.clone()),
        ("began, seconds since 1970", results.began.to_string()),
        (
            "sizes",
            if results.full { "FULL=1" } else { "default" }.into(),
        ),
    ] {
        table.rows.push(vec![what.into(), is]);
    }
    *page += &table.html();
    paragraph(
        page,
        "Times of libraries are medians of criterion's samples with the least and the greatest of them. Every result of \
         card and library was compared with a reference before it counted. No figure here was measured on a card: cycles are \
         the RTL's, at any load of the machine (only where refreshes of DRAM fall in a job differs from run to run), and \
         times of the card are cycles over the clock that stands beside them.",
    );
}

fn side_by_side(page: &mut String, results: &Results) {
    *page += "<h2>Multi-scalar multiplication</h2>\n";
    paragraph(
        page,
        "Bases resident on the card; scalars come over the link while the job runs; from the descriptor to the results in host memory.",
    );
    for (curve, card) in CURVES {
        let _ = writeln!(page, "<h3>{curve}, card {card}</h3>");
        let series = sections::msm_series(results, curve);
        *page += &plot::lines(
            &sections::msm_title(card),
            "log2 of the pairs",
            "ms",
            &series,
        );
        for scalars in [Distribution::Uniform, Distribution::Witness] {
            let _ = writeln!(page, "<h4>Scalars: {scalars}</h4>");
            *page += &sections::msm_table(results, curve, card, scalars).html();
        }
    }
    *page += "<h3>Where the card's cycles go</h3>\n";
    *page += &sections::msm_causes(results).html();
    *page += "<h2>Number-theoretic transform</h2>\n";
    paragraph(
        page,
        "One forward transform, natural order in and out on the card; a library leaves its own order where its name says so.",
    );
    for (field, card) in FIELDS {
        let _ = writeln!(page, "<h3>{field}, card {card}</h3>");
        let title = format!("NTT over {field}: simulated card, beside CPUs");
        let series = sections::ntt_series(results, field);
        *page += &plot::lines(&title, "log2 of the elements", "ms", &series);
        *page += &sections::ntt_table(results, field, card).html();
    }
    *page += "<h3>Where the card's cycles go</h3>\n";
    *page += &sections::ntt_causes(results).html();
}

fn of_model(
    page: &mut String,
    results: &Results,
    recorded: &model::PointSet,
    fit: &Fit,
    judged: &[Judged],
) -> Result<(), Failure> {
    *page += "<h2>The cycle model</h2>\n";
    let worst = |fitted: bool| {
        let of = judged.iter().filter(|judged| judged.fitted == fitted);
        of.fold((0, 0.0_f64), |(count, worst), judged| {
            (count + 1, worst.max(judged.error().abs()))
        })
    };
    let ((seen, worst_seen), (unseen, worst_unseen)) = (worst(true), worst(false));
    paragraph(
        page,
        &format!(
            "Fitted on {seen} simulated points (largest error {:.2} %), judged by {unseen} others that it has not seen, other \
             n, c, K, adders, lanes, widths and links among them: largest error {:.2} %, where {:.0} % is allowed. Not \
             covered: transforms in two passes in flat memory, which no board has, and where refreshes of DRAM fall: a \
             transform of a few hundred cycles that meets one takes longer than the model says, by up to the length of \
             the refresh. The points of this run show it.",
            100.0 * worst_seen,
            100.0 * worst_unseen,
            100.0 * model::TOLERANCE
        ),
    );
    let outdated = recorded.outdated();
    if !outdated.is_empty() {
        let cards = outdated.join(", ");
        paragraph(
            page,
            &format!("The points of {cards} were simulated on an earlier RTL."),
        );
    }
    let mut live = Table::new(1, &["point of this run", "simulated", "model", "error, %"]);
    for measured in &results.cards {
        let cycles = fit.cycles(&measured.point)?;
        let error = 100.0 * (cycles / measured.cycles as f64 - 1.0);
        live.rows.push(vec![
            measured.point.to_string(),
            measured.cycles.to_string(),
            format!("{cycles:.0}"),
            format!("{error:+.2}"),
        ]);
    }
    *page += &live.html();
    let mut table = Table::new(2, &["recorded point", "", "simulated", "model", "error, %"]);
    for judged in judged {
        table.rows.push(vec![
            judged.point.to_string(),
            if judged.fitted { "fitted" } else { "unseen" }.into(),
            judged.simulated.to_string(),
            format!("{:.0}", judged.modelled),
            format!("{:+.2}", 100.0 * judged.error()),
        ]);
    }
    let _ = write!(
        page,
        "<details><summary>All recorded points</summary>\n{}</details>\n",
        table.html()
    );
    *page += &beyond::sizes(results, fit)?;
    Ok(())
}

fn baselines(results: &Results) -> String {
    let mut text = String::from("<h2>Cycle baselines</h2>\n");
    let Ok(baseline) = Baseline::recorded() else {
        return text + "<p>Not recorded: <code>make bench-accept REASON=...</code></p>\n";
    };
    let _ = writeln!(
        text,
        "<p>Cycles on an ideal link, last recorded because: {}. A listed point that costs over 2 % more fails \
         <code>cargo test -p gristmill-bench</code> or <code>make bench-check</code>.</p>",
        escaped(&baseline.reason)
    );
    let mut table = Table::new(1, &["point", "cycles"]);
    for (point, cycles) in &baseline.cycles {
        table.rows.push(vec![point.clone(), cycles.to_string()]);
    }
    let _ = results;
    text + &table.html()
}

/// What synthesis said of the modules, where it was asked: the page that `make resources` writes.
fn resources() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hdl/RESOURCES.md");
    match fs::read_to_string(path) {
        Ok(page) => format!("<h2>Resources</h2>\n{}", markdown::html(&page)),
        Err(_) => "<h2>Resources</h2>\n<p>Not measured.</p>\n".into(),
    }
}
