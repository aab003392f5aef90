//! Copies between Rust slices and memory that a card may read or write at the same time.
//!
//! Such memory is only touched by raw pointers and atomics, never through a `&[u8]`. Aligned words
//! go by `AtomicU64`, the bytes before the first and behind the last aligned word by `AtomicU8`.
//! Rings and completions are whole aligned words, so no word is ever reached with two sizes at once.
//! Everything is relaxed but the last store of [`write`], which releases: whoever acquires the last
//! word of a slot sees the whole slot.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};

const WORD: usize = size_of::<u64>();

/// Bytes before the first aligned word, at most `length`.
fn lead(address: *const u8, length: usize) -> usize {
    (address as usize)
        .wrapping_neg()
        .rem_euclid(WORD)
        .min(length)
}

/// Fills `into` from `from`.
///
/// # Safety
/// `from` is valid for reads of `into.len()` bytes, and whoever writes there now does so atomically.
pub(crate) unsafe fn read(from: *mut u8, into: &mut [u8]) {
    let (head, rest) = into.split_at_mut(lead(from, into.len()));
    let (words, tail) = rest.as_chunks_mut::<WORD>();
    let first_word = head.len();
    let first_tail = first_word + WORD * words.len();
    // SAFETY: every offset is below `into.len()`; the words start at an aligned address.
    unsafe {
        for (i, byte) in head.iter_mut().enumerate() {
            *byte = AtomicU8::from_ptr(from.add(i)).load(Ordering::Relaxed);
        }
        for (i, word) in words.iter_mut().enumerate() {
            let shared = AtomicU64::from_ptr(from.add(first_word + WORD * i).cast());
            *word = shared.load(Ordering::Relaxed).to_ne_bytes();
        }
        for (i, byte) in tail.iter_mut().enumerate() {
            *byte = AtomicU8::from_ptr(from.add(first_tail + i)).load(Ordering::Relaxed);
        }
    }
    fence(Ordering::Acquire);
}

/// Copies `from` to `into`, ascending; the last aligned word is stored last but for the bytes behind it.
///
/// # Safety
/// `into` is valid for writes of `from.len()` bytes, and whoever reads there now does so atomically.
pub(crate) unsafe fn write(into: *mut u8, from: &[u8]) {
    let (head, rest) = from.split_at(lead(into, from.len()));
    let (words, tail) = rest.as_chunks::<WORD>();
    let first_word = head.len();
    let first_tail = first_word + WORD * words.len();
    // SAFETY: every offset is below `from.len()`; the words start at an aligned address.
    unsafe {
        for (i, byte) in head.iter().enumerate() {
            AtomicU8::from_ptr(into.add(i)).store(*byte, Ordering::Relaxed);
        }
        if let Some((last, words)) = words.split_last() {
            for (i, word) in words.iter().enumerate() {
                let shared = AtomicU64::from_ptr(into.add(first_word + WORD * i).cast());
                shared.store(u64::from_ne_bytes(*word), Ordering::Relaxed);
            }
            let shared = AtomicU64::from_ptr(into.add(first_word + WORD * words.len()).cast());
            shared.store(u64::from_ne_bytes(*last), Ordering::Release);
        }
        for (i, byte) in tail.iter().enumerate() {
            AtomicU8::from_ptr(into.add(first_tail + i)).store(*byte, Ordering::Release);
        }
    }
}
