//! A sync round takes a push of every worker, also after redelivery and after workers were restarted; and in the
//! end every acknowledged push was applied once, and no push twice.

use super::super::toy::{Numbers, Round};
use super::reads::{Reads, count};
use std::collections::BTreeMap;

/// `least`: how many of the job's stores a round needs. The server knows only those that it was told of when it
/// started, and waits only for those that it was not told had left.
pub fn everybody_takes_part(rounds: &[Round], least: usize) -> Result<(), String> {
    match rounds.iter().find(|round| round.took.len() < least) {
        Some(round) => Err(format!("a round of key {} took only {:?}", round.key, round.took)),
        None => Ok(()),
    }
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
