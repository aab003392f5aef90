//! The register, opcode and status tables for people, as Markdown, from the definitions themselves.

use crate::{Opcode, Status, register};
use core::fmt::{Result, Write};

/// Writes all tables.
pub fn markdown(out: &mut impl Write) -> Result {
    writeln!(out, "## Registers of the card\n")?;
    registers(out, register::CARD)?;
    writeln!(
        out,
        "\n## Registers of queue q, from {:#05x} + q * {:#x}\n",
        register::QUEUE_BASE,
        register::QUEUE_STRIDE
    )?;
    registers(out, register::QUEUE)?;
    writeln!(
        out,
        "\n## Opcodes\n\n| code | name | meaning |\n|---|---|---|"
    )?;
    for opcode in Opcode::ALL {
        writeln!(
            out,
            "| {:#04x} | {opcode:?} | {} |",
            opcode.code(),
            opcode.meaning()
        )?;
    }
    writeln!(
        out,
        "\n## Status codes\n\n| code | name | meaning |\n|---|---|---|"
    )?;
    for status in Status::ALL {
        writeln!(
            out,
            "| {} | {status:?} | {} |",
            status.code(),
            status.meaning()
        )?;
    }
    Ok(())
}

fn registers(out: &mut impl Write, table: &[register::Register]) -> Result {
    writeln!(
        out,
        "| offset | name | access | meaning |\n|---|---|---|---|"
    )?;
    for row in table {
        writeln!(
            out,
            "| {:#05x} | {} | {:?} | {} |",
            row.offset, row.name, row.access, row.meaning
        )?;
    }
    Ok(())
}
