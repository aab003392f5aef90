//! A card as files: Verilog, boundary, register map, summary.

use crate::cards::{self, NoSuchCard, PipelineSummary};
use crate::config::{CardConfig, Fill};
use crate::emit::{self, EmitError, Emitted, Port};
use gristmill_protocol::document;
use serde::Serialize;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A card and its Verilog.
pub struct Design {
    /// Its configuration.
    pub config: CardConfig,
    /// Its Verilog.
    pub emitted: Emitted,
    /// Its pipelines.
    pub pipelines: Vec<PipelineSummary>,
}

/// Why a card has no files.
#[derive(Debug, Error)]
pub enum DesignError {
    /// Nobody has laid it out.
    #[error(transparent)]
    NoSuchCard(#[from] NoSuchCard),
    /// It has no Verilog.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// A file cannot be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// What `summary.json` says.
#[derive(Serialize)]
struct Summary<'a> {
    top: String,
    sha256: String,
    build: String,
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

impl Design {
    /// The card of this configuration, its multipliers filled with `fill`.
    ///
    /// # Errors
    /// When the card is not one that can be built.
    pub fn new(config: &CardConfig, fill: Fill) -> Result<Self, DesignError> {
        let card = cards::card_from_config(config, fill)?;
        Ok(Self {
            config: config.clone(),
            emitted: emit::verilog(card.block.as_ref(), &config.top())?,
            pipelines: card.pipelines,
        })
    }

    /// Writes `<top>.v` with all modules, and the folder `<top>` with a file for each module, their list
    /// `files.f`, the register map, the boundary and the summary.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, output: &Path) -> Result<(), DesignError> {
        let top = self.config.top();
        let folder = output.join(&top);
        fs::create_dir_all(&folder).map_err(|source| DesignError::Write {
            path: folder.clone(),
            source,
        })?;
        write(&output.join(format!("{top}.v")), &self.emitted.text())?;
        let mut list = String::new();
        for module in &self.emitted.modules {
            let file = format!("{}.v", module.name);
            write(&folder.join(&file), &module.text)?;
            list += &file;
            list.push('\n');
        }
        write(&folder.join("files.f"), &list)?;
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
        } in &self.emitted.ports
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
        let lines = self.emitted.modules.iter();
        lines
            .map(|module| format!("{} {}\n", module.sha256, module.name))
            .collect()
    }

    /// What the card is made of, for people.
    pub fn summary(&self) -> String {
        let mut out = format!(
            "{}: {} modules, sha256 {}\n",
            self.config.top(),
            self.emitted.modules.len(),
            self.emitted.sha256()
        );
        for pipeline in &self.pipelines {
            let PipelineSummary {
                name,
                instances,
                latency,
                tiles,
                registers,
            } = pipeline;
            let _ = writeln!(
                out,
                "{name}: {instances} x {tiles} tiles, {registers} registered bits, latency {latency}"
            );
        }
        out
    }

    fn json(&self) -> String {
        let summary = Summary {
            top: self.config.top(),
            sha256: self.emitted.sha256(),
            build: format!("{:08x}", self.config.build()),
            config: &self.config,
            pipelines: &self.pipelines,
            modules: self
                .emitted
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

fn registers() -> String {
    let mut out = String::new();
    let _ = document::markdown(&mut out);
    out
}

fn write(path: &Path, text: &str) -> Result<(), DesignError> {
    fs::write(path, text).map_err(|source| DesignError::Write {
        path: path.into(),
        source,
    })
}
