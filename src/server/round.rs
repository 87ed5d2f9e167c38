//! Synchronous rounds of one key.
//!
//! A round takes one push of every worker. A worker that pushes again before the others have pushed once is
//! ahead: its push waits for the next round. So rounds count workers, not requests.

use crate::ps::node::Participant;
use std::collections::VecDeque;

/// A push that waits for its round: who sent it and what to do with it.
#[derive(Debug)]
pub(super) struct Contribution<T> {
    pub from: Participant,
    pub push: T,
}

#[derive(Debug)]
pub(super) struct Rounds<T> {
    /// In order of arrival; the first of each worker belongs to the present round.
    waiting: VecDeque<Contribution<T>>,
}

impl<T> Default for Rounds<T> {
    fn default() -> Self {
        Rounds { waiting: VecDeque::new() }
    }
}

impl<T> Rounds<T> {
    pub(super) fn add(&mut self, from: Participant, push: T) {
        self.waiting.push_back(Contribution { from, push });
    }

    /// Takes the present round out if each of `workers` has pushed; in order of arrival.
    pub(super) fn take_complete(&mut self, workers: &[Participant]) -> Option<Vec<Contribution<T>>> {
        let has_pushed = |worker: &Participant| self.waiting.iter().any(|push| push.from == *worker);
        if workers.is_empty() || !workers.iter().all(has_pushed) {
            return None;
        }
        let mut taken: Vec<Contribution<T>> = Vec::with_capacity(workers.len());
        let mut later = VecDeque::new();
        for contribution in self.waiting.drain(..) {
            let first_of_worker = !taken.iter().any(|other| other.from == contribution.from);
            if first_of_worker { taken.push(contribution) } else { later.push_back(contribution) }
        }
        self.waiting = later;
        Some(taken)
    }

    /// Takes out everything that waits and that `chosen` names.
    pub(super) fn remove(&mut self, chosen: impl Fn(&Participant) -> bool) -> Vec<Contribution<T>> {
        let (removed, kept) = self.waiting.drain(..).partition(|push| chosen(&push.from));
        self.waiting = kept;
        removed.into_iter().collect::<VecDeque<_>>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ps::id::{Channel, NodeId, Rank};

    fn worker(rank: u32) -> Participant {
        Participant { node: NodeId::worker(Rank::new(rank).unwrap()), channel: Channel(0) }
    }

    fn pushes(round: Option<Vec<Contribution<u32>>>) -> Option<Vec<u32>> {
        round.map(|round| round.into_iter().map(|contribution| contribution.push).collect())
    }

    #[test]
    fn a_round_takes_one_push_of_each_worker_in_order_of_arrival() {
        let workers = [worker(0), worker(1)];
        let mut rounds = Rounds::default();
        rounds.add(worker(1), 10);
        rounds.add(worker(1), 20);
        assert_eq!(pushes(rounds.take_complete(&workers)), None, "two pushes of one worker are no round");
        rounds.add(worker(0), 1);
        assert_eq!(pushes(rounds.take_complete(&workers)), Some(vec![10, 1]));
        rounds.add(worker(0), 2);
        assert_eq!(pushes(rounds.take_complete(&workers)), Some(vec![20, 2]));
        assert!(rounds.remove(|_| true).is_empty());
    }

    #[test]
    fn removed_pushes_do_not_count() {
        let mut rounds = Rounds::default();
        rounds.add(worker(0), 1);
        rounds.add(worker(1), 2);
        assert_eq!(pushes(Some(rounds.remove(|from| *from == worker(0)))), Some(vec![1]));
        assert_eq!(pushes(rounds.take_complete(&[worker(0), worker(1)])), None);
        assert_eq!(pushes(rounds.take_complete(&[worker(1)])), Some(vec![2]));
    }
}
