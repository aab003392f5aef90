//! The recorded figures are those of the RTL as it is: `make resources` takes anew what has changed.

use gristmill_hdl::config::CardConfig;
use gristmill_hdl::datapath::Fill;
use gristmill_hdl::package;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The record, as `tools/resources/record.py` describes it.
fn record() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources.json");
    let text = fs::read_to_string(path).expect("the record is there");
    serde_json::from_str(&text).expect("the record is JSON")
}

/// The checksums of the modules of a card as its record in `checksums` says; `tests/record.rs` compares that with
/// the RTL.
fn recorded(card: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("checksums/{card}.txt"));
    let text = fs::read_to_string(path).expect("the card has checksums");
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(sha256, module)| (module.into(), sha256.into()))
        .collect()
}

/// The checksums of the modules of a design of the record.
fn now(design: &str) -> BTreeMap<String, String> {
    if design == "cells" {
        let cells = package::cells().into_iter();
        return cells.map(|cell| (cell.name, cell.sha256)).collect();
    }
    let Some(card) = design.strip_suffix(", 16x16") else {
        return recorded(design);
    };
    let config = CardConfig::load(card).expect("the card is there");
    let emitted = config
        .design(Fill::Portable)
        .expect("the card can be emitted");
    let modules = emitted.verilog.modules.into_iter();
    modules.map(|module| (module.name, module.sha256)).collect()
}

#[test]
fn no_figure_is_of_another_rtl() {
    let record = record();
    let designs = record["designs"].as_object().expect("designs");
    assert!(!designs.is_empty(), "the record has designs");
    for (design, modules) in designs {
        let now = now(design);
        let stale: Vec<&String> = modules
            .as_object()
            .expect("modules")
            .iter()
            .filter(|(name, module)| {
                now.get(*name).map(String::as_str) != module["sha256"].as_str()
            })
            .map(|(name, _)| name)
            .collect();
        assert!(
            stale.is_empty(),
            "{design}: the figures of {stale:?} are of another RTL; `make resources` takes them anew"
        );
    }
}

/// Every row is the sum over its instances, counted here once more.
#[test]
fn rows_are_sums_over_instances() {
    fn sum(modules: &Value, figures: &Value, family: &str, name: &str, what: &str) -> f64 {
        let module = &modules[name];
        let key = module["figures"][family].as_str().expect("figures");
        let own = figures[family][key]["own"][what].as_f64().unwrap_or(0.0);
        let children = module["children"].as_object().expect("children");
        let below = children.iter().map(|(child, count)| {
            count.as_f64().expect("a count") * sum(modules, figures, family, child, what)
        });
        own + below.sum::<f64>()
    }
    let record = record();
    for row in record["rows"].as_array().expect("rows") {
        let text = |name: &str| row[name].as_str().expect("text");
        let modules = &record["designs"][text("design")];
        for what in ["lut", "ff", "dsp", "block_ram"] {
            assert_eq!(
                row["total"][what].as_f64().unwrap_or(0.0),
                sum(
                    modules,
                    &record["figures"],
                    text("family"),
                    text("module"),
                    what
                ),
                "{what} of {}",
                text("title")
            );
        }
    }
}

/// The page says what the record says.
#[test]
fn the_page_has_every_row() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESOURCES.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let record = record();
    for row in record["rows"].as_array().expect("rows") {
        let title = row["title"].as_str().expect("a title");
        assert!(page.contains(&format!("| {title} |")), "{title}");
    }
    let partial = record["partial"].as_object().expect("partial");
    assert_eq!(page.contains("**Partial**"), !partial.is_empty());
}
