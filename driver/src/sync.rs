//! Locks that a panic elsewhere does not take away: what they guard is valid after every statement. And
//! threads whose end is waited for, but not for ever.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

/// A thread, and the sign of its end: the other side of the channel is dropped with its work.
pub(crate) struct Worker {
    thread: JoinHandle<()>,
    /// In a lock only to be shared: one alone waits, and owns it.
    ended: Mutex<Receiver<()>>,
}

/// Why a thread's end was not seen, or was none to be glad of.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkerError {
    #[error("the thread does not end, and is left behind")]
    Stuck,
    #[error("the thread panicked")]
    Panicked,
}

impl Worker {
    pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<Self> {
        let (alive, ended) = sync_channel::<()>(0);
        let thread = Builder::new().name(name.into()).spawn(move || {
            let _alive = alive;
            work();
        })?;
        let ended = Mutex::new(ended);
        Ok(Self { thread, ended })
    }

    /// Waits for its end, at most until `deadline`; after that it is left to itself.
    pub(crate) fn join(self, deadline: Instant) -> Result<(), WorkerError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let ended = self.ended.into_inner();
        let ended = ended.unwrap_or_else(PoisonError::into_inner);
        match ended.recv_timeout(left) {
            Err(RecvTimeoutError::Timeout) => Err(WorkerError::Stuck),
            _ => self.thread.join().map_err(|_| WorkerError::Panicked),
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a notification, at most until `deadline`; `false` when the deadline has passed.
pub(crate) fn wait_until<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: Instant,
) -> (MutexGuard<'a, T>, bool) {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return (guard, false);
    }
    let (guard, _) = condition
        .wait_timeout(guard, left)
        .unwrap_or_else(PoisonError::into_inner);
    (guard, true)
}
