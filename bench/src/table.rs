//! Figures and runs as Markdown.

use std::fmt::Write;

use crate::points::Run;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// No more.
    AtMost(f64),
    /// No less.
    AtLeast(f64),
}

/// A measured figure with its bound.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured, of what, and what is included.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// What it should be.
    pub bound: Bound,
}

impl Figure {
    /// Whether the figure is what it should be.
    pub fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.value <= bound,
            Bound::AtLeast(bound) => self.value >= bound,
        }
    }
}

/// Large numbers whole, others to three places.
fn number(value: f64) -> String {
    match value.abs() {
        1000.0.. => format!("{value:.0}"),
        _ => format!("{value:.3}"),
    }
}

/// Each figure beside its bound.
pub fn of_figures(figures: &[Figure]) -> String {
    let mut table = String::from("| figure | measured | bound | |\n|---|---:|---:|---|\n");
    for figure in figures {
        let bound = match figure.bound {
            Bound::AtMost(bound) => format!("≤ {bound}"),
            Bound::AtLeast(bound) => format!("≥ {bound}"),
        };
        let outcome = if figure.is_met() { "pass" } else { "**fail**" };
        let (name, value) = (&figure.name, number(figure.value));
        writeln!(table, "| {name} | {value} | {bound} | {outcome} |").expect("writing to a String");
    }
    table
}

/// What the card counted in each run.
pub fn of_runs(runs: &[Run]) -> String {
    let mut table = String::from(
        "| pairs | scalars | window, bits | windows | passes | cycles a pair | digits a cycle of streaming | sweep cycles \
         | starved of input | of memory | collisions | of output | drain | link bytes a pair |\n\
         |---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for run in runs {
        let (done, statistics) = (&run.result.completion, &run.result.statistics);
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {:.2} | {:.3} | {} | {} | {} | {} | {} | {} | {:.2} |",
            run.count,
            run.distribution,
            run.result.window,
            run.result.windows,
            statistics.passes,
            run.per_point(run.cycles()),
            run.digits_per_cycle(),
            statistics.sweep_cycles,
            done.stall_input,
            done.stall_memory,
            done.stall_collision,
            done.stall_output,
            done.drain,
            run.per_point(done.link_bytes as f64),
        )
        .expect("writing to a String");
    }
    table
}
