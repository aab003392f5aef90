//! Book-keeping of card memory: which ranges are free, and to whom they last belonged.

use std::collections::BTreeMap;
use std::ops::Range;

/// Free ranges, first fit.
pub(crate) struct FreeList {
    /// Lengths by first byte; never adjacent.
    free: BTreeMap<u64, u64>,
}

impl FreeList {
    pub(crate) fn new(bytes: u64) -> Self {
        let free = (bytes > 0).then_some((0, bytes)).into_iter().collect();
        Self { free }
    }

    /// The first byte of a range that is free no longer.
    pub(crate) fn take(&mut self, bytes: u64) -> Option<u64> {
        let (base, length) = self.free.iter().find(|(_, length)| **length >= bytes)?;
        let (base, length) = (*base, *length);
        self.free.remove(&base);
        if length > bytes {
            self.free.insert(base + bytes, length - bytes);
        }
        Some(base)
    }

    /// Frees what [`Self::take`] gave.
    pub(crate) fn give(&mut self, mut base: u64, mut bytes: u64) {
        if let Some(behind) = self.free.remove(&(base + bytes)) {
            bytes += behind;
        }
        if let Some((before, length)) = self.free.range(..base).next_back()
            && before + length == base
        {
            (base, bytes) = (*before, bytes + length);
        }
        self.free.insert(base, bytes);
    }

    /// Free bytes in all.
    pub(crate) fn total(&self) -> u64 {
        self.free.values().sum()
    }

    /// Bytes of the largest free range.
    pub(crate) fn largest(&self) -> u64 {
        self.free.values().copied().max().unwrap_or(0)
    }
}

/// The domain that last had each byte, which may be none that is known.
#[derive(Default)]
pub(crate) struct Owners {
    /// End and domain by first byte; never overlapping.
    ranges: BTreeMap<u64, (u64, u8)>,
}

impl Owners {
    /// Whether every byte of the range last belonged to `domain`.
    pub(crate) fn all_of(&self, range: Range<u64>, domain: u8) -> bool {
        let mut at = range.start;
        while at < range.end {
            match self.ranges.range(..=at).next_back() {
                Some((_, (end, owner))) if *end > at && *owner == domain => at = *end,
                _ => return false,
            }
        }
        true
    }

    /// The range belongs to `domain` now.
    pub(crate) fn set(&mut self, range: Range<u64>, domain: u8) {
        let overlapping: Vec<_> = self
            .ranges
            .range(..range.end)
            .filter(|(_, (end, _))| *end > range.start)
            .map(|(start, (end, owner))| (*start, *end, *owner))
            .collect();
        for (start, end, owner) in overlapping {
            self.ranges.remove(&start);
            if start < range.start {
                self.ranges.insert(start, (range.start, owner));
            }
            if end > range.end {
                self.ranges.insert(range.end, (end, owner));
            }
        }
        self.ranges.insert(range.start, (range.end, domain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_neighbours_become_one_range() {
        let mut list = FreeList::new(300);
        let parts: Vec<_> = (0..3).map(|_| list.take(100).unwrap()).collect();
        assert_eq!(parts, [0, 100, 200]);
        assert_eq!(list.take(1), None);
        list.give(0, 100);
        list.give(200, 100);
        assert_eq!((list.total(), list.largest()), (200, 100));
        list.give(100, 100);
        assert_eq!((list.total(), list.largest()), (300, 300));
        assert_eq!(list.take(300), Some(0));
    }

    #[test]
    fn the_first_range_that_fits_is_taken() {
        let mut list = FreeList::new(300);
        assert_eq!(list.take(50), Some(0));
        assert_eq!(list.take(100), Some(50));
        list.give(0, 50);
        assert_eq!(list.take(60), Some(150));
        assert_eq!(list.take(40), Some(0));
    }

    #[test]
    fn owners_are_split_and_joined() {
        let mut owners = Owners::default();
        assert!(!owners.all_of(0..10, 0));
        owners.set(0..100, 1);
        owners.set(40..60, 2);
        assert!(owners.all_of(0..40, 1) && owners.all_of(60..100, 1));
        assert!(owners.all_of(40..60, 2));
        assert!(!owners.all_of(39..41, 1) && !owners.all_of(90..101, 1));
        owners.set(30..70, 1);
        assert!(owners.all_of(0..100, 1));
    }
}
