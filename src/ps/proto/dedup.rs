//! Remembering which numbers were seen, in bounded memory.

use crate::ps::id::RequestId;

/// Slots of the bitmap.
const WINDOW: u32 = 1 << 16;

/// Of numbers this far behind the newest nothing is known; they are taken for seen, so that nothing happens twice.
/// A little less than the slots, because the count does not go around at a multiple of them.
const MEMORY: u32 = WINDOW - 64;
const WORDS: usize = (WINDOW / 64) as usize;

/// One past the largest number a sender of ours uses; the count goes around there.
const MODULUS: u32 = i32::MAX as u32;

/// The numbers seen of one counter: a bitmap that slides along with the newest one. 8 KiB at most, once and for
/// all, however long the counter runs.
#[derive(Clone, Debug, Default)]
pub struct Window {
    newest: Option<u32>,
    /// Bit `n % WINDOW` for each `n` of the last `MEMORY` numbers. Empty until the first number comes.
    seen: Vec<u64>,
}

impl Window {
    /// Notes a number; true if it is new.
    pub fn insert(&mut self, number: RequestId) -> bool {
        let number = number.0 as u32 % MODULUS;
        let Some(newest) = self.newest else {
            self.newest = Some(number);
            self.seen = vec![0; WORDS];
            return self.set(number);
        };
        let ahead = (number + MODULUS - newest) % MODULUS;
        if ahead == 0 || ahead > MODULUS / 2 {
            let behind = (MODULUS - ahead) % MODULUS;
            return behind < MEMORY && self.set(number);
        }
        // The numbers in between fall out of the window and come in again as not seen.
        if ahead >= WINDOW {
            self.seen.fill(0);
        } else {
            for step in 1..=ahead {
                self.clear((newest + step) % MODULUS);
            }
        }
        self.newest = Some(number);
        self.set(number)
    }

    /// Whether the number was seen, or is too old for anybody to know.
    pub fn contains(&self, number: RequestId) -> bool {
        let (word, bit) = Self::place(number.0 as u32 % MODULUS);
        self.behind(number)
            .is_some_and(|behind| behind >= MEMORY || self.seen.get(word).is_some_and(|word| word & bit != 0))
    }

    /// Whether the number is too old to know if it was seen.
    pub fn has_forgotten(&self, number: RequestId) -> bool {
        self.behind(number).is_some_and(|behind| behind >= MEMORY)
    }

    /// How far behind the newest; None if it is ahead.
    fn behind(&self, number: RequestId) -> Option<u32> {
        let behind = (self.newest? + MODULUS - number.0 as u32 % MODULUS) % MODULUS;
        (behind <= MODULUS / 2).then_some(behind)
    }

    fn place(number: u32) -> (usize, u64) {
        let at = number % WINDOW;
        ((at / 64) as usize, 1 << (at % 64))
    }

    fn set(&mut self, number: u32) -> bool {
        let (word, bit) = Self::place(number);
        let Some(word) = self.seen.get_mut(word) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    fn clear(&mut self, number: u32) {
        let (word, bit) = Self::place(number);
        if let Some(word) = self.seen.get_mut(word) {
            *word &= !bit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        /// Against a set that forgets nothing, as long as numbers stay near the newest.
        #[test]
        fn agrees_with_a_set(start in 0..MODULUS, steps in prop::collection::vec(-300i64..400, 1..400)) {
            let (mut window, mut set) = (Window::default(), HashSet::new());
            let mut at = i64::from(start);
            for step in steps {
                at = (at + step).rem_euclid(i64::from(MODULUS));
                let number = RequestId(at as i32);
                prop_assert_eq!(window.contains(number), set.contains(&number));
                prop_assert_eq!(window.insert(number), set.insert(number));
            }
        }
    }

    #[test]
    fn what_is_too_old_counts_as_seen() {
        let mut window = Window::default();
        assert!(window.insert(RequestId(0)));
        assert!(window.insert(RequestId(MEMORY as i32 + 5)));
        assert!(!window.insert(RequestId(3)) && window.contains(RequestId(3)));
        assert!(window.has_forgotten(RequestId(5)) && window.has_forgotten(RequestId(0)));
        assert!(window.insert(RequestId(6)));
        assert!([6, 7, MEMORY as i32 + 9].iter().all(|number| !window.has_forgotten(RequestId(*number))));
    }

    #[test]
    fn the_count_may_go_around() {
        let mut window = Window::default();
        assert!(window.insert(RequestId(i32::MAX - 1)));
        assert!(window.insert(RequestId(0)));
        assert!(!window.insert(RequestId(0)) && !window.insert(RequestId(i32::MAX - 1)));
        assert!(window.insert(RequestId(i32::MAX - 2)));
    }
}
