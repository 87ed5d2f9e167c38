//! A queue that gives out the most urgent item first.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// The item with the larger priority leaves first, of those with equal priority the one that came first. A heap of
/// the standard library alone would give those out in any order, and would compare the items; a sorted map would
/// allocate whenever an empty queue gets an item, a heap keeps its memory.
pub struct PriorityQueue<P, T> {
    heap: BinaryHeap<Entry<P, T>>,
    pushed: u64,
}

impl<P: Ord, T> Default for PriorityQueue<P, T> {
    fn default() -> Self {
        PriorityQueue { heap: BinaryHeap::new(), pushed: 0 }
    }
}

impl<P: Ord, T> PriorityQueue<P, T> {
    pub fn push(&mut self, priority: P, item: T) {
        self.pushed += 1;
        self.heap.push(Entry { rank: (priority, Reverse(self.pushed)), item });
    }

    pub fn pop(&mut self) -> Option<T> {
        Some(self.heap.pop()?.item)
    }

    /// The priority of what [`pop`](Self::pop) would return.
    pub fn first_priority(&self) -> Option<&P> {
        Some(&self.heap.peek()?.rank.0)
    }

    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

struct Entry<P, T> {
    rank: (P, Reverse<u64>),
    item: T,
}

impl<P: Ord, T> PartialEq for Entry<P, T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}
impl<P: Ord, T> Eq for Entry<P, T> {}
impl<P: Ord, T> PartialOrd for Entry<P, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<P: Ord, T> Ord for Entry<P, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The twin keeps a list in the order of arrival and takes the first of the largest.
        #[test]
        fn gives_out_what_a_search_of_the_whole_list_finds(steps in proptest::collection::vec(proptest::option::of(-2i32..3), 0..60)) {
            let mut queue = PriorityQueue::default();
            let mut list: Vec<(i32, usize)> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                let largest = list.iter().map(|(priority, _)| *priority).max();
                prop_assert_eq!(queue.first_priority().copied(), largest);
                match step {
                    Some(priority) => {
                        queue.push(priority, number);
                        list.push((priority, number));
                    }
                    None => {
                        let first = list.iter().position(|(priority, _)| Some(*priority) == largest);
                        prop_assert_eq!(queue.pop(), first.map(|at| list.remove(at).1));
                    }
                }
                prop_assert_eq!((queue.len(), queue.is_empty()), (list.len(), list.is_empty()));
            }
        }
    }
}
