//! A trace file in Chrome's format, for chrome://tracing and Perfetto.
//!
//! The file is complete after every addition: the first one puts it in place as a whole, the others overwrite the
//! closing lines and write them anew. So a program that is killed leaves a file that can be read, and whoever looks
//! for the file meets none or one with events.

use super::json::Quoted;
use super::trace::{Event, Phase, Recorded, Scope};
use crate::base::{Error, Result, file};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const HEAD: &str = "{\n\"traceEvents\": [";
const TAIL: &str = "\n],\n\"displayTimeUnit\": \"ms\"\n}\n";

/// A file that grows.
pub struct TraceFile {
    path: PathBuf,
    /// Where the closing lines start; 0 before the first addition.
    end: u64,
    is_empty: bool,
    named_threads: BTreeSet<u64>,
}

impl TraceFile {
    /// A file that replaces what is at `path` with its first addition.
    pub fn new(path: &Path) -> Self {
        TraceFile { path: path.to_owned(), end: 0, is_empty: true, named_threads: BTreeSet::new() }
    }

    pub fn add(&mut self, recorded: &Recorded) -> Result<()> {
        let mut text = String::new();
        if self.is_empty {
            self.separate(&mut text);
            let process = std::process::id();
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "{{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": {process}, \"args\": {{\"name\": \"mxkv\"}}}}"
            );
        }
        for (thread, name) in &recorded.threads {
            if self.named_threads.insert(*thread) {
                self.separate(&mut text);
                let _ = write!(
                    text,
                    "{{\"ph\": \"M\", \"name\": \"thread_name\", \"pid\": {}, \"tid\": {thread}, \"args\": {{\"name\": {}}}}}",
                    std::process::id(),
                    Quoted(name)
                );
            }
        }
        for event in &recorded.events {
            self.separate(&mut text);
            write_event(&mut text, event);
        }
        self.append(&text)
    }

    fn separate(&mut self, text: &mut String) {
        text.push_str(if std::mem::take(&mut self.is_empty) { "\n" } else { ",\n" });
    }

    fn append(&mut self, text: &str) -> Result<()> {
        let cannot = |error| Error::io(format!("writing the profile \"{}\"", self.path.display()), &error);
        if self.end == 0 {
            let whole = [HEAD, text, TAIL].concat();
            file::replace(&self.path, |file| file.write_all(whole.as_bytes()).map_err(cannot))?;
            self.end = (HEAD.len() + text.len()) as u64;
            return Ok(());
        }
        let overwrite = || {
            let mut file = OpenOptions::new().write(true).open(&self.path)?;
            file.seek(SeekFrom::Start(self.end))?;
            file.write_all([text, TAIL].concat().as_bytes())
        };
        overwrite().map_err(cannot)?;
        self.end += text.len() as u64;
        Ok(())
    }
}

fn write_event(text: &mut String, event: &Event) {
    let _ = write!(
        text,
        "{{\"name\": {}, \"cat\": {}, \"pid\": {}, \"tid\": {}, \"ts\": {}, ",
        Quoted(&event.name),
        Quoted(&event.category),
        std::process::id(),
        event.thread,
        event.at
    );
    let _ = match event.phase {
        Phase::Complete(took) => write!(text, "\"ph\": \"X\", \"dur\": {took}}}"),
        Phase::Counter(value) => {
            write!(text, "\"ph\": \"C\", \"args\": {{{}: {value}}}}}", Quoted(&event.name))
        }
        Phase::Instant(scope) => {
            let scope = match scope {
                Scope::Global => "g",
                Scope::Process => "p",
                Scope::Thread => "t",
            };
            write!(text, "\"ph\": \"i\", \"s\": \"{scope}\"}}")
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Trace;
    use crate::telemetry::trace::what;
    use serde_json::Value;

    #[test]
    fn the_file_is_complete_after_each_addition() {
        let path = std::env::temp_dir().join(format!("mxkv-chrome-{}.json", std::process::id()));
        let read = || serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()).unwrap();
        std::fs::write(&path, "{\"old\": true}").unwrap();
        let mut file = TraceFile::new(&path);
        assert_eq!(read()["old"], true, "until there is something to put in its place");
        let trace = Trace::default();
        trace.set_recording(what::ALL);
        for round in 1..=3usize {
            drop(trace.span(what::OPERATORS, "operator", "a \"b\" \\"));
            trace.record("mine".into(), "count".into(), Phase::Counter(7), trace.now());
            trace.record("mine".into(), "mark".into(), Phase::Instant(Scope::Thread), trace.now());
            file.add(&trace.take()).unwrap();
            let all = read();
            assert_eq!(all["displayTimeUnit"], "ms");
            let events = all["traceEvents"].as_array().unwrap();
            let of = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
            assert_eq!((of("X"), of("C"), of("i"), of("M")), (round, round, round, 2));
            let span = events.iter().find(|event| event["ph"] == "X").unwrap();
            assert_eq!((&span["name"], &span["cat"]), (&"a \"b\" \\".into(), &"operator".into()));
            assert!(span["ts"].is_u64() && span["dur"].is_u64() && span["tid"].is_u64());
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_bad_path_is_named() {
        let error =
            TraceFile::new(Path::new("/nonexistent/trace.json")).add(&Recorded::default()).unwrap_err();
        assert_eq!(error.message(), "Open \"/nonexistent/trace.json\": No such file or directory");
    }
}
