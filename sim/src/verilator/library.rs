use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::bridge::ffi;
use super::compile::{build_library, compile_runtime};
use super::design::Design;
use super::error::{AtPath, BuildError, ModelError};
use super::model::Model;
use super::ports::{Layout, Port};
use super::toolchain::{TOOL_LIMIT, Toolchain, workspace};

/// Wall time that another process may take to build what this one needs too.
const BUILD_LIMIT: Duration = TOOL_LIMIT.saturating_mul(2);
/// Time between two looks whether it has.
const LOOK: Duration = Duration::from_millis(20);

/// A design that was built, from which models are made.
#[derive(Clone, Debug)]
pub struct ModelLibrary {
    path: PathBuf,
    layout: Arc<Layout>,
    cached: bool,
}

impl ModelLibrary {
    /// Builds the design, or finds what an earlier build of the same design left in the cache.
    ///
    /// The cache is the folder `GRISTMILL_CACHE`, or `.cache/models` in the repository. With `GRISTMILL_TRACE` set
    /// every model is built with waveforms.
    pub fn build(design: &Design) -> Result<Self, BuildError> {
        let mut design = design.clone();
        design.options.trace |= env::var_os("GRISTMILL_TRACE").is_some();
        let toolchain = Toolchain::find()?;
        let cache = match env::var_os("GRISTMILL_CACHE") {
            Some(folder) => PathBuf::from(folder),
            None => workspace().join(".cache/models"),
        };
        fs::create_dir_all(&cache).at(&cache)?;
        let path = cache.join(format!("{}.so", key(&toolchain, Some(&design))));
        let cached = !make_once(&path, BUILD_LIMIT, |folder| {
            let runtime = cache.join(format!("runtime-{}", key(&toolchain, None)));
            make_once(&runtime, BUILD_LIMIT, |folder| {
                compile_runtime(&toolchain, folder)?;
                Ok(folder.to_owned())
            })?;
            build_library(&toolchain, &design, &runtime, folder)
        })?;
        let layout = Layout::parse(ffi::ports(&*open(&path)?))?;
        Ok(Self {
            path,
            layout: Arc::new(layout),
            cached,
        })
    }

    /// Makes a model: a card fresh from power-up. With `GRISTMILL_TRACE` set it writes its waveforms there (a second
    /// model of the process to the same name with a number).
    pub fn instantiate(&self) -> Result<Model, ModelError> {
        Model::new(open(&self.path)?, Arc::clone(&self.layout))
    }

    /// The design's ports, without its clock.
    pub fn ports(&self) -> &[Port] {
        &self.layout.ports
    }

    /// The shared library.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the library was in the cache already.
    pub fn was_cached(&self) -> bool {
        self.cached
    }
}

fn open(path: &Path) -> Result<cxx::UniquePtr<ffi::Model>, ModelError> {
    ffi::open_model(&path.to_string_lossy()).map_err(|error| ModelError::Open {
        path: path.to_owned(),
        message: error.what().to_owned(),
    })
}

/// The hash of everything that matters to a library, or without a design to the runtime.
fn key(toolchain: &Toolchain, design: Option<&Design>) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    add(&toolchain.identity);
    add(include_str!("compile.rs"));
    if let Some(design) = design {
        add(include_str!("shim.rs"));
        add(include_str!("../../cxx/model.h"));
        add(&format!("{:?}", design.options));
        add(&design.top);
        add(&design.clock);
        add(&design.verilog);
        design.functions.iter().for_each(|function| add(function));
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Makes the file or folder at `path` unless it is there; says whether it was made.
///
/// `make` works in a folder of its own, and what it returns is moved to its place in one step. Processes that want
/// the same thing at the same time wait for the first, at most for `limit`.
fn make_once(
    path: &Path,
    limit: Duration,
    make: impl FnOnce(&Path) -> Result<PathBuf, BuildError>,
) -> Result<bool, BuildError> {
    if path.exists() {
        return Ok(false);
    }
    let lock_path = path.with_extension("lock");
    let lock = File::create(&lock_path).at(&lock_path)?;
    let deadline = Instant::now() + limit;
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(source)) => return Err(source).at(&lock_path),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                return Err(BuildError::TooSlow {
                    what: format!("another process that holds {}", lock_path.display()),
                    waited: limit,
                });
            }
        }
    }
    if path.exists() {
        return Ok(false);
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    let folder = tempfile::tempdir_in(parent).at(parent)?;
    let made = make(folder.path())?;
    fs::rename(&made, path).at(path)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_by_another_is_waited_for_and_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made");
        let lock_path = path.with_extension("lock");
        let other = File::create(&lock_path).unwrap();
        other.lock().unwrap();
        let make = |folder: &Path| {
            let file = folder.join("file");
            fs::write(&file, "made").at(&file)?;
            Ok(file)
        };
        let refused = make_once(&path, Duration::from_millis(50), make);
        assert!(matches!(refused, Err(BuildError::TooSlow { .. })));
        drop(other);
        assert!(make_once(&path, Duration::from_secs(60), make).unwrap());
        assert!(!make_once(&path, Duration::from_secs(60), make).unwrap());
    }
}
