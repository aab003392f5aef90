use super::error::{AtPath, LintError};
use super::toolchain::{TOOL_LIMIT, Toolchain, finish};

/// Checks the text with all of Verilator's warnings. Waived is one only: that a file is not named after its module.
pub fn lint(verilog: &str, top: &str) -> Result<(), LintError> {
    let toolchain = Toolchain::find()?;
    let folder = tempfile::tempdir().at(std::env::temp_dir())?;
    let file = folder.path().join("design.v");
    std::fs::write(&file, verilog).at(&file)?;
    let mut verilator = toolchain.verilator();
    verilator.current_dir(folder.path()).args([
        "--lint-only",
        "-Wall",
        "-Wno-DECLFILENAME",
        "--top-module",
        top,
        "design.v",
    ]);
    let ended = finish(&mut verilator, TOOL_LIMIT)?;
    let messages = messages(&ended.stderr);
    if ended.success && messages.is_empty() {
        Ok(())
    } else {
        Err(LintError::Messages { messages })
    }
}

/// Splits what Verilator printed: a message starts with `%`, indented lines belong to it.
fn messages(text: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in text.lines() {
        match messages.last_mut() {
            Some(message) if !line.starts_with('%') => {
                message.push('\n');
                message.push_str(line);
            }
            _ => messages.push(line.to_owned()),
        }
    }
    messages.retain(|message| message.starts_with('%') && !message.starts_with("%Error: Exiting"));
    messages
}
