//! Registers.

use super::Miss;
use super::bench::{Bench, demand};
use gristmill_protocol::register::{self, Access, status_bits};
use gristmill_protocol::{CurveId, EngineKind, FieldId, Operation};

pub(super) fn identity(bench: &mut Bench) -> Result<(), Miss> {
    bench.registers.check_identity()?;
    let status = bench.registers.read(register::STATUS)?;
    demand(status == status_bits::READY, || {
        format!("STATUS is {status:#x} on a card at rest")
    })
}

pub(super) fn capability_table(bench: &mut Bench) -> Result<(), Miss> {
    let capabilities = bench.registers.capabilities()?;
    demand(capabilities.clock_kilohertz > 0, || {
        "the clock is 0 kHz".into()
    })?;
    for (i, engine) in bench
        .registers
        .engines(capabilities.engines)?
        .iter()
        .enumerate()
    {
        let kind = EngineKind::from_code(engine.kind);
        demand(kind.is_some(), || {
            format!("engine {i} is of kind {}", engine.kind)
        })?;
        if let Some(EngineKind::Ntt | EngineKind::Pointwise) = kind {
            let transforms = kind == Some(EngineKind::Ntt);
            let field = FieldId::from_code(engine.group);
            let right = field.is_some_and(|field| {
                usize::from(engine.element_bytes) == field.element_bytes()
                    && (!transforms || engine.size_log2 <= field.two_adicity())
                    && (!transforms || engine.size_log2 <= 2 * engine.pass_log2)
                    && engine.size_log2 < 32
                    && engine.lanes.is_power_of_two()
                    && engine.job_slots >= 1
                    && engine.latency > 0
            });
            demand(right, || {
                format!("engine {i} contradicts itself: {engine:?}")
            })?;
            continue;
        }
        let widths = engine.window_min >= 1 && engine.window_min <= engine.window_max;
        let adders = engine.adders >= 1 && engine.windows_per_pass >= engine.adders;
        let bytes = usize::from(engine.scalar_bytes) * 8 >= engine.scalar_bits as usize
            && engine.element_bytes.is_multiple_of(8)
            && engine.element_bytes > 0;
        demand(CurveId::from_code(engine.group).is_some(), || {
            format!("engine {i} has group {}", engine.group)
        })?;
        demand(widths && adders && bytes && engine.latency > 0, || {
            format!("engine {i} contradicts itself: {engine:?}")
        })?;
    }
    Ok(())
}

pub(super) fn cycle_counter(bench: &mut Bench) -> Result<(), Miss> {
    let mut queue = bench.queue()?;
    let mut last = bench.registers.cycles()?;
    for _ in 0..3 {
        queue.succeed(Operation::Nop)?;
        let now = bench.registers.cycles()?;
        demand(now > last, || {
            format!("{last} cycles before a job, {now} after it")
        })?;
        last = now;
    }
    Ok(())
}

pub(super) fn read_only(bench: &mut Bench) -> Result<(), Miss> {
    const MOVING: [u32; 2] = [register::CYCLES_LOW, register::CYCLES_HIGH];
    let registers = &bench.registers;
    for row in register::CARD {
        if row.access != Access::ReadOnly || MOVING.contains(&row.offset) {
            continue;
        }
        let before = registers.read(row.offset)?;
        registers.write(row.offset, !before)?;
        let after = registers.read(row.offset)?;
        demand(before == after, || {
            format!("{} took a write: {before:#x} became {after:#x}", row.name)
        })?;
    }
    Ok(())
}

pub(super) fn queue_registers(bench: &mut Bench) -> Result<(), Miss> {
    let registers = &bench.registers;
    for queue in 0..bench.capabilities.queues {
        for (offset, value) in [
            (register::SUBMISSION_LOW, 0x89ab_cdc0),
            (register::SUBMISSION_HIGH, 0x12),
            (register::COMPLETION_LOW, 0x7654_3240),
            (register::COMPLETION_HIGH, 0x34),
            (register::SIZE_LOG2, 5),
            (register::VECTOR, (queue + 1) % bench.capabilities.vectors),
            (register::DOMAIN, 0xa0 + queue),
        ] {
            registers.write_queue(queue, offset, value)?;
            let read = registers.read_queue(queue, offset)?;
            demand(read == value, || {
                format!("queue {queue}, register {offset:#x}: wrote {value:#x}, read {read:#x}")
            })?;
        }
        let state = registers.read_queue(queue, register::STATE)?;
        demand(state == 0, || {
            format!("queue {queue} is off, but STATE is {state:#x}")
        })?;
    }
    Ok(())
}
