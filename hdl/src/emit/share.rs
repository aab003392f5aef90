//! The modules of a tree: equal ones are one, and each gets a name.

use super::error::{EmitError, Fault};
use super::lift;
use super::module::{self, Body};
use super::tree::{Role, Scope};
use super::{Direction, Emitted, Module, Port, names, text};
use rust_hdl_core::ast::Verilog;
use rust_hdl_core::block::Block;
use std::collections::{HashMap, HashSet};

/// Emits a tree.
pub(super) fn emit(block: &dyn Block, top: &str) -> Result<Emitted, EmitError> {
    let fault = |fault| EmitError {
        module: top.into(),
        fault,
    };
    let mut scope =
        Scope::of(block, top).ok_or_else(|| fault(Fault::Unsupported("an interface")))?;
    lift::lift(&mut scope);
    let mut library = Library::default();
    library.add(&scope, top, 0)?;
    let names = library.names(top).map_err(fault)?;
    let mut modules = library.cores;
    for (class, name) in library.classes.iter().zip(&names) {
        modules.push(Module::new(name.clone(), class.body.text(name, &names)));
    }
    let ports = scope
        .ports()
        .map(|port| {
            Ok(Port {
                name: names::identifier(&port.path),
                direction: match port.role {
                    Role::Input => Direction::Input,
                    _ => Direction::Output,
                },
                width: port.width,
            })
        })
        .collect::<Result<_, _>>()
        .map_err(fault)?;
    Ok(Emitted { modules, ports })
}

/// What is equal in all instances of a module.
struct Class {
    body: Body,
    /// The name that it would like: its own, or that of the instance nearest to the top.
    wish: Wish,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    Title(String),
    Instance { depth: usize, name: String },
}

impl Wish {
    fn of(scope: &Scope, depth: usize) -> Self {
        match &scope.title {
            Some(title) => Wish::Title(title.clone()),
            None => {
                let parts = scope.name.split('$');
                let name = parts
                    .take_while(|part| part.parse::<usize>().is_err())
                    .collect::<Vec<_>>()
                    .join("_");
                Wish::Instance { depth, name }
            }
        }
    }

    fn name(&self) -> &str {
        match self {
            Wish::Title(name) | Wish::Instance { name, .. } => name,
        }
    }
}

/// Modules, children before parents.
#[derive(Default)]
struct Library {
    classes: Vec<Class>,
    by_body: HashMap<Body, usize>,
    cores: Vec<Module>,
}

impl Library {
    /// The class of a scope, whose path names it in errors.
    fn add(&mut self, scope: &Scope, path: &str, depth: usize) -> Result<usize, EmitError> {
        let mut classes = Vec::new();
        for child in &scope.children {
            let name = child.name.replace('$', ".");
            classes.push(self.add(child, &format!("{path}.{name}"), depth + 1)?);
        }
        let fault = |fault| EmitError {
            module: path.into(),
            fault,
        };
        let body = module::body(scope, &classes).map_err(fault)?;
        if let Verilog::Wrapper(wrapper) = &scope.code {
            self.add_cores(&wrapper.cores).map_err(fault)?;
        }
        let wish = Wish::of(scope, depth);
        if let Some(class) = self.by_body.get(&body) {
            let known = &mut self.classes[*class].wish;
            if wish < *known {
                *known = wish;
            }
            return Ok(*class);
        }
        let class = self.classes.len();
        self.by_body.insert(body.clone(), class);
        self.classes.push(Class { body, wish });
        Ok(class)
    }

    fn add_cores(&mut self, code: &str) -> Result<(), Fault> {
        for (name, text) in text::cores(code)? {
            match self.cores.iter().find(|core| core.name == name) {
                None => self.cores.push(Module::new(name, text)),
                Some(core) if core.text == text => {}
                Some(_) => return Err(Fault::CoreCollision(name)),
            }
        }
        Ok(())
    }

    /// A name for each class; the last one is the top.
    fn names(&self, top: &str) -> Result<Vec<String>, Fault> {
        let mut taken: HashSet<String> = self.cores.iter().map(|core| core.name.clone()).collect();
        if !taken.insert(names::identifier(top)) {
            return Err(Fault::NameCollision { name: top.into() });
        }
        let mut names = Vec::new();
        for class in &self.classes[..self.classes.len() - 1] {
            let wish = format!("{top}_{}", names::identifier(class.wish.name()));
            let name = (1..)
                .map(|number| match number {
                    1 => wish.clone(),
                    _ => format!("{wish}_{number}"),
                })
                .find(|name| !taken.contains(name))
                .unwrap_or(wish.clone());
            taken.insert(name.clone());
            names.push(name);
        }
        names.push(top.into());
        Ok(names)
    }
}
