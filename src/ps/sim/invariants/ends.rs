//! When the faults have stopped, everything ends: each call with a result, each process by closing; and nothing
//! fails that had no reason to.

use super::super::process::Process;

pub fn check(processes: &[Process], open_calls: usize, may_fail: bool) -> Result<(), String> {
    if open_calls > 0 {
        return Err(format!("{open_calls} calls have not ended"));
    }
    for process in processes.iter().filter(|process| process.alive) {
        match &process.result {
            None => return Err(format!("{} has not closed", process.endpoint)),
            Some(Err(error)) if !may_fail => return Err(format!("{} ended with {error}", process.endpoint)),
            Some(_) => {}
        }
    }
    Ok(())
}
