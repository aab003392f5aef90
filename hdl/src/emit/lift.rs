//! Ports that a kernel uses below its children, led through the modules in between.
//!
//! In the simulator a kernel reaches the ports of `self.lane.reducer` as well as those of `self.lane`.
//! In Verilog the lane gets ports of its own for these, named like the path: `reducer_start`.

use super::names::{self, Loops};
use super::tree::{Scope, Signal};
use rust_hdl_core::ast::{Verilog, VerilogLink, VerilogLoop};
use rust_hdl_core::verilog_visitor::{VerilogVisitor, walk_block};

/// Gives every module under `scope` the ports that the kernels above it use of what is inside.
pub(super) fn lift(scope: &mut Scope) {
    let mut used = Used::default();
    if let Verilog::Combinatorial(block) = &scope.code {
        used.visit_block(block);
    }
    used.paths.sort_unstable();
    used.paths.dedup();
    for path in &used.paths {
        if scope.signals.iter().all(|signal| signal.path != *path) {
            find(scope, path);
        }
    }
    scope.children.iter_mut().for_each(lift);
}

/// The port at this path below `scope`; every module on the way has it afterwards.
fn find(scope: &mut Scope, path: &str) -> Option<Signal> {
    for child in &mut scope.children {
        let inner = path
            .strip_prefix(child.name.as_str())
            .and_then(|rest| rest.strip_prefix('$'));
        let Some(inner) = inner else { continue };
        if let Some(port) = child.ports().find(|port| port.path == inner) {
            return Some(port.clone());
        }
        if let Some(mut port) = find(child, inner) {
            port.path = inner.into();
            port.lifted = true;
            child.signals.push(port.clone());
            return Some(port);
        }
    }
    None
}

/// The signals that a kernel names.
#[derive(Default)]
struct Used {
    loops: Loops,
    paths: Vec<String>,
}

impl Used {
    fn add(&mut self, path: &str) {
        // A bad index is reported where the kernel is read.
        if let Ok(path) = names::unindexed(path, &self.loops) {
            self.paths.push(names::signal_and_fields(&path).0.into());
        }
    }
}

impl VerilogVisitor for Used {
    fn visit_signal(&mut self, path: &str) {
        self.add(path);
    }

    fn visit_loop(&mut self, repeat: &VerilogLoop) {
        for value in repeat.from.as_usize()..repeat.to.as_usize() {
            self.loops.push((repeat.index.clone(), value));
            walk_block(self, &repeat.block);
            self.loops.pop();
        }
    }

    fn visit_link(&mut self, links: &[VerilogLink]) {
        for link in links {
            if let VerilogLink::Forward(link) | VerilogLink::Backward(link) = link {
                for side in [&link.owner_name, &link.other_name] {
                    self.add(&names::member(side, &link.my_name));
                }
            }
        }
    }
}
