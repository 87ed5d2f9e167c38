//! A sync round takes each worker's push exactly once, also after redelivery and after workers were restarted;
//! and in the end every acknowledged push was applied once, and no push twice.

use super::super::toy::{Numbers, Round};
use super::reads::{Reads, count};
use std::collections::BTreeMap;

pub fn each_worker_once(rounds: &[Round]) -> Result<(), String> {
    for round in rounds {
        let distinct: std::collections::BTreeSet<_> = round.took.iter().collect();
        if distinct.len() != round.took.len() || round.present.iter().any(|worker| !distinct.contains(worker))
        {
            return Err(format!("a round of key {} took {:?} of {:?}", round.key, round.took, round.present));
        }
    }
    Ok(())
}

/// `exact`: every push that was made was acknowledged.
pub fn applied_once(
    store: &BTreeMap<u64, Numbers>,
    reads: &Reads,
    workers: usize,
    exact: bool,
) -> Result<(), String> {
    for (part, value) in store {
        for worker in 0..workers {
            let pushes = reads.pushes(*part, worker);
            for number in value {
                let applied = count(*number, worker);
                let fits = (pushes.acknowledged..=pushes.issued).contains(&applied);
                if !fits || (exact && pushes.acknowledged != pushes.issued) {
                    return Err(format!(
                        "part {part}: {applied} pushes of worker {worker} applied, {pushes:?}"
                    ));
                }
            }
        }
    }
    Ok(())
}
