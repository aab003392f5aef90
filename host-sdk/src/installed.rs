//! The session of the process.

use std::sync::{OnceLock, PoisonError, RwLock};

use crate::session::Session;

static INSTALLED: RwLock<Option<Session>> = RwLock::new(None);

/// Makes arkworks calls outside of scopes use this session, whatever the environment says. Returns the
/// one that was installed before.
pub fn install(session: impl Into<Session>) -> Option<Session> {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    installed.replace(session.into())
}

/// Undoes [`install`].
pub fn uninstall() -> Option<Session> {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    installed.take()
}

/// The session of arkworks calls outside of scopes: the installed one, else that of the environment,
/// which is read once.
pub fn current() -> Session {
    static ENVIRONMENT: OnceLock<Session> = OnceLock::new();
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner);
    installed.clone().unwrap_or_else(|| {
        ENVIRONMENT
            .get_or_init(Session::from_environment_or_failing)
            .clone()
    })
}
