use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use super::design::Design;
use super::error::{AtPath, BuildError};
use super::ports::declarations;
use super::shim::{self, PREFIX};
use super::toolchain::{Toolchain, run};

/// What Verilator is told about every design.
const VERILATOR_FLAGS: &[&str] = &[
    "--cc",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--noassert",
    "-Wno-fatal",
    "--threads",
    "1",
    "--output-split",
    "20000",
    "--prefix",
    PREFIX,
    "--Mdir",
    ".",
];

/// What the C++ compiler is told about every file. Only the factory is visible in a library: the process holds
/// several, each with a Verilator runtime of its own.
const COMPILER_FLAGS: &[&str] = &[
    "-c",
    "-std=c++17",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-gnu-unique",
    "-w",
    "-I.",
    "-DVERILATOR=1",
    "-DVM_COVERAGE=0",
    "-DVM_SC=0",
    "-DVM_TIMING=0",
    "-DVM_TRACE_FST=0",
    "-DVM_TRACE_SAIF=0",
    "-DVL_IGNORE_UNKNOWN_ARCH",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
];

/// Models are for the processor that builds them; the toolchain's identity tells one from another.
pub(super) const PROCESSOR_FLAGS: &[&str] =
    match cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        true => &["-march=native"],
        false => &[],
    };

/// What the linker is told.
const LINKER_FLAGS: &[&str] = &["-shared", "-pthread", "-Wl,-Bsymbolic"];

/// Verilator's runtime, the same for all designs.
const RUNTIME: &[&str] = &[
    "verilated.cpp",
    "verilated_dpi.cpp",
    "verilated_threads.cpp",
    "verilated_vcd_c.cpp",
];

/// Generated files are compiled together up to this size: a small file is mostly headers.
const UNIT_BYTES: u64 = 400_000;

struct Unit {
    source: PathBuf,
    optimise: &'static str,
}

/// Compiles Verilator's runtime in `folder`; the objects stay there.
pub(super) fn compile_runtime(toolchain: &Toolchain, folder: &Path) -> Result<(), BuildError> {
    let units = RUNTIME
        .iter()
        .map(|name| Unit {
            source: toolchain.include.join(name),
            optimise: "-O2",
        })
        .collect();
    compile(toolchain, folder, false, units).map(drop)
}

/// Builds the design's library in `folder` out of its sources and the runtime's objects.
pub(super) fn build_library(
    toolchain: &Toolchain,
    design: &Design,
    runtime: &Path,
    folder: &Path,
) -> Result<PathBuf, BuildError> {
    let trace = design.options.trace;
    write(folder, "design.v", &design.verilog)?;
    let mut verilator = toolchain.verilator();
    verilator.current_dir(folder).args(VERILATOR_FLAGS);
    if trace {
        verilator.arg("--trace-vcd");
    }
    run(verilator.args(["--top-module", &design.top, "design.v"]))?;

    let mut units = units(folder, design.options.optimise.flag())?;
    let header = folder.join(format!("{PREFIX}.h"));
    let declarations = declarations(&fs::read_to_string(&header).at(&header)?, &design.clock)?;
    write(folder, "model.h", include_str!("../../cxx/model.h"))?;
    let shim = write(
        folder,
        "shim.cpp",
        &shim::source(&declarations, &design.clock),
    )?;
    units.push(Unit {
        source: shim,
        optimise: "-O2",
    });
    for (index, function) in design.functions.iter().enumerate() {
        let source = write(folder, &format!("function_{index}.cpp"), function)?;
        units.push(Unit {
            source,
            optimise: "-O3",
        });
    }
    let mut objects = compile(toolchain, folder, trace, units)?;
    for name in RUNTIME {
        objects.push(runtime.join(name).with_extension("o"));
    }

    let library = folder.join("model.so");
    let mut linker = Command::new(&toolchain.compiler);
    run(linker
        .args(LINKER_FLAGS)
        .arg("-o")
        .arg(&library)
        .args(objects))?;
    Ok(library)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, BuildError> {
    let path = folder.join(name);
    fs::write(&path, text).at(&path)?;
    Ok(path)
}

/// Packs what Verilator generated into compilation units. Code that runs once only need not be fast.
fn units(folder: &Path, optimise: &'static str) -> Result<Vec<Unit>, BuildError> {
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).at(folder)? {
        let entry = entry.at(folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".cpp") {
            continue;
        }
        let size = entry.metadata().at(entry.path())?.len();
        let files = if name.contains("__Slow") {
            &mut slow
        } else {
            &mut fast
        };
        files.push((name, size));
    }
    let mut units = Vec::new();
    for (kind, mut files, optimise) in [("fast", fast, optimise), ("slow", slow, "-O0")] {
        files.sort();
        let (mut text, mut bytes) = (String::new(), 0);
        let mut files = files.into_iter().peekable();
        while let Some((name, size)) = files.next() {
            text += &format!("#include \"{name}\"\n");
            bytes += size;
            if files
                .peek()
                .is_none_or(|(_, size)| bytes + size > UNIT_BYTES)
            {
                let source = write(folder, &format!("unit_{kind}_{}.cpp", units.len()), &text)?;
                units.push(Unit { source, optimise });
                (text, bytes) = (String::new(), 0);
            }
        }
    }
    Ok(units)
}

/// Compiles the units, as many at a time as the machine has processors, and returns the objects in `folder`.
fn compile(
    toolchain: &Toolchain,
    folder: &Path,
    trace: bool,
    units: Vec<Unit>,
) -> Result<Vec<PathBuf>, BuildError> {
    let queue = Mutex::new(units.into_iter());
    let next = || queue.lock().ok()?.next();
    let work = || {
        let mut objects = Vec::new();
        while let Some(unit) = next() {
            let name = unit.source.file_name().unwrap_or_default();
            let object = folder.join(name).with_extension("o");
            let mut compiler = Command::new(&toolchain.compiler);
            compiler
                .current_dir(folder)
                .args(COMPILER_FLAGS)
                .args(PROCESSOR_FLAGS)
                .arg(unit.optimise);
            compiler.arg(if trace {
                "-DVM_TRACE=1"
            } else {
                "-DVM_TRACE=0"
            });
            compiler.arg(if trace {
                "-DVM_TRACE_VCD=1"
            } else {
                "-DVM_TRACE_VCD=0"
            });
            compiler.arg("-I").arg(&toolchain.include);
            compiler.arg("-I").arg(toolchain.include.join("vltstd"));
            run(compiler.arg(&unit.source).arg("-o").arg(&object))?;
            objects.push(object);
        }
        Ok::<_, BuildError>(objects)
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut objects = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(compiled) => objects.extend(compiled?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(objects)
    })
}
