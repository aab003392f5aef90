//! A card as files: Verilog, boundary, register map, summary.

use crate::config::{CardConfig, CardDesign, PipelineSummary};
use crate::emit::{Module, Port};
use gristmill_protocol::document;
use serde::Serialize;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A file cannot be written.
#[derive(Debug, Error)]
#[error("{}: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// What `summary.json` says.
#[derive(Serialize)]
struct Summary<'a> {
    sha256: String,
    functions: bool,
    config: &'a CardConfig,
    pipelines: &'a [PipelineSummary],
    modules: Vec<ModuleSummary<'a>>,
}

#[derive(Serialize)]
struct ModuleSummary<'a> {
    name: &'a str,
    sha256: &'a str,
    lines: usize,
}

impl CardDesign {
    /// Writes `<top>.v` with all modules, and the folder `<top>` with a file for each module, their list
    /// `files.f`, the C++ functions of the fast fill, the register map, the boundary and the summary.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, output: &Path) -> Result<(), WriteError> {
        let top = &self.config.name;
        let folder = output.join(top);
        create(&folder)?;
        write(&output.join(format!("{top}.v")), &self.verilog.text())?;
        write_modules(&folder, &self.verilog.modules)?;
        for (i, functions) in self.functions.iter().enumerate() {
            let number = if i == 0 {
                String::new()
            } else {
                format!("_{i}")
            };
            write(&folder.join(format!("{top}{number}.cpp")), functions)?;
        }
        write(&folder.join("registers.md"), &registers())?;
        write(&folder.join("ports.md"), &self.ports())?;
        write(&folder.join("summary.json"), &self.json())?;
        write(&folder.join("summary.txt"), &self.summary())
    }

    /// The boundary as a Markdown table, a row for each port, grouped as in the RTL.
    pub fn ports(&self) -> String {
        let mut out = String::from("| group | port | direction | bits |\n|---|---|---|---|\n");
        for Port {
            name,
            direction,
            width,
        } in &self.verilog.ports
        {
            let group = match name.split_once('_') {
                Some((group, _)) => group,
                None => "",
            };
            let _ = writeln!(out, "| {group} | `{name}` | {direction} | {width} |");
        }
        out
    }

    /// The checksums, a line `<sha256> <module>` for each module.
    pub fn checksums(&self) -> String {
        let lines = self.verilog.modules.iter();
        lines
            .map(|module| format!("{} {}\n", module.sha256, module.name))
            .collect()
    }

    /// What the card is made of, for people.
    pub fn summary(&self) -> String {
        let mut out = format!(
            "{}: {} modules, sha256 {}\n",
            self.config.name,
            self.verilog.modules.len(),
            self.verilog.sha256()
        );
        for pipeline in &self.pipelines {
            let PipelineSummary {
                module,
                instances,
                latency,
                tiles,
                registers,
                delays,
            } = pipeline;
            let _ = writeln!(
                out,
                "{module}: {instances} x {tiles} tiles, {registers} flip-flops, {delays} bits of delay lines, latency {latency}"
            );
        }
        out
    }

    fn json(&self) -> String {
        let summary = Summary {
            sha256: self.verilog.sha256(),
            functions: !self.functions.is_empty(),
            config: &self.config,
            pipelines: &self.pipelines,
            modules: self
                .verilog
                .modules
                .iter()
                .map(|module| ModuleSummary {
                    name: &module.name,
                    sha256: &module.sha256,
                    lines: module.text.lines().count(),
                })
                .collect(),
        };
        serde_json::to_string_pretty(&summary).unwrap_or_default() + "\n"
    }
}

/// All leaf cells, a module each: those of every field and curve, in the fills of hardware.
pub fn cells() -> Vec<Module> {
    let cells = gristmill_datapath::cells::cells().into_iter();
    cells
        .map(|cell| Module::new(cell.name.clone(), cell.graph.verilog(&cell.name)))
        .collect()
}

/// Writes a file for each module, and their list `files.f`.
///
/// # Errors
/// When a file cannot be written.
pub fn write_modules(folder: &Path, modules: &[Module]) -> Result<(), WriteError> {
    create(folder)?;
    let mut list = String::new();
    for module in modules {
        let file = format!("{}.v", module.name);
        write(&folder.join(&file), &module.text)?;
        list += &file;
        list.push('\n');
    }
    write(&folder.join("files.f"), &list)
}

fn create(folder: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(folder).map_err(|source| WriteError {
        path: folder.into(),
        source,
    })
}

fn registers() -> String {
    let mut out = String::new();
    let _ = document::markdown(&mut out);
    out
}

fn write(path: &Path, text: &str) -> Result<(), WriteError> {
    fs::write(path, text).map_err(|source| WriteError {
        path: path.into(),
        source,
    })
}
