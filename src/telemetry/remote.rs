//! Commands to the profiler of a server, as workers send them: a text and one more character that says what it is.

use super::params::ProfilerParams;
use super::profiler::Profiler;
use crate::base::Result;
use crate::base::sync::Arc;
use crate::{bail, err};
use std::path::Path;

/// Carries out a command of a worker. Servers that share a folder write files of their own: the file's name begins
/// with `rank<rank>_`.
pub fn obey(profiler: &Arc<Profiler>, rank: i32, command: &str) -> Result<()> {
    let bad = || {
        err!(
            Protocol,
            "profiler command: expected 'key:value,...0' or a switch 0 or 1 and 1, 2 or 3, got '{command}'"
        )
    };
    let mut text = command.chars();
    let kind = text.next_back().ok_or_else(bad)?;
    let text = text.as_str();
    let on = || match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(bad()),
    };
    match kind {
        '0' => configure(profiler, rank, text),
        '1' => {
            let on = on()?;
            profiler.run(on);
            // Whoever stops a server's profiler has no other way to know when the file can be read.
            if on || !profiler.has_run() { Ok(()) } else { profiler.dump(false) }
        }
        '2' => {
            profiler.pause(on()?);
            Ok(())
        }
        '3' => profiler.dump(on()?),
        _ => Err(bad()),
    }
}

fn configure(profiler: &Arc<Profiler>, rank: i32, text: &str) -> Result<()> {
    let mut params = Vec::new();
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        match pair.split_once(':') {
            Some(pair) => params.push(pair),
            None => bail!(Protocol, "profiler command: expected 'key:value', got '{pair}'"),
        }
    }
    let mut settings = ProfilerParams::parse(&params)?.settings()?;
    settings.file = of_rank(&settings.file, rank);
    profiler.configure(settings)
}

fn of_rank(file: &Path, rank: i32) -> std::path::PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("rank{rank}_{name}"))
}

#[cfg(test)]
mod tests {
    use super::super::trace::{Trace, what};
    use super::*;

    #[test]
    fn a_server_writes_its_own_file_when_it_is_stopped() {
        let trace = Arc::new(Trace::default());
        let profiler = Arc::new(Profiler::new(trace.clone()));
        let folder = std::env::temp_dir();
        let name = format!("mxkv-remote-{}.json", std::process::id());
        obey(&profiler, 3, "11").unwrap();
        let file = folder.join(&name);
        obey(&profiler, 3, &format!("filename:{},profile_all:True,0", file.display())).unwrap();
        drop(trace.span(what::OPERATORS, "operator", "seen"));
        obey(&profiler, 3, "12").unwrap();
        drop(trace.span(what::OPERATORS, "operator", "paused"));
        obey(&profiler, 3, "02").unwrap();
        obey(&profiler, 3, "01").unwrap();
        let mine = folder.join(format!("rank3_{name}"));
        let text = std::fs::read_to_string(&mine).unwrap();
        assert!(text.contains("seen") && !text.contains("paused"), "{text}");
        obey(&profiler, 3, "13").unwrap();
        std::fs::remove_file(mine).unwrap();
    }

    #[test]
    fn nonsense_is_an_error() {
        let profiler = Arc::new(Profiler::new(Arc::new(Trace::default())));
        for bad in ["", "1", "x1", "14", "12 3", "filename0", "profile_all:maybe0", "11\u{e9}"] {
            assert!(obey(&profiler, 0, bad).is_err(), "{bad}");
        }
    }
}
