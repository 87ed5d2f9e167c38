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
use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const HEAD: &str = "{\n\"traceEvents\": [";
const TAIL: &str = "\n],\n\"displayTimeUnit\": \"ms\"\n}\n";

/// A file that grows.
pub struct TraceFile {
    path: PathBuf,
    /// Where the closing lines start; 0 before the first addition.
    end: u64,
    named_threads: BTreeSet<u64>,
}

impl TraceFile {
    /// A file that replaces what is at `path` with its first addition.
    pub fn new(path: &Path) -> Self {
        TraceFile { path: path.to_owned(), end: 0, named_threads: BTreeSet::new() }
    }

    /// Adds all of it, or on failure nothing. Where somebody has removed the file or cut it off, a new one begins.
    pub fn add(&mut self, recorded: &Recorded) -> Result<()> {
        if self.end > 0 && fs::metadata(&self.path).map_or(true, |about| about.len() < self.end) {
            *self = TraceFile::new(&self.path);
        }
        let mut text = String::new();
        if self.end == 0 {
            let process = std::process::id();
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n{{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": {process}, \"args\": {{\"name\": \"mxkv\"}}}}"
            );
        }
        for (thread, name) in &recorded.threads {
            if !self.named_threads.contains(thread) {
                let _ = write!(
                    text,
                    ",\n{{\"ph\": \"M\", \"name\": \"thread_name\", \"pid\": {}, \"tid\": {thread}, \"args\": {{\"name\": {}}}}}",
                    std::process::id(),
                    Quoted(name)
                );
            }
        }
        for event in &recorded.events {
            text.push_str(",\n");
            write_event(&mut text, event);
        }
        self.append(&text)?;
        self.named_threads.extend(recorded.threads.keys());
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<()> {
        let cannot = |error| Error::io(format!("writing the profile \"{}\"", self.path.display()), &error);
        if self.end == 0 {
            let whole = [HEAD, text, TAIL].concat();
            file::replace(&self.path, |file| file.write_all(whole.as_bytes()).map_err(cannot))?;
            self.end = (HEAD.len() + text.len()) as u64;
            return Ok(());
        }
        if let Err(error) = self.overwrite(text) {
            // Closes the file where it ended before. The cause is worth more than a failure of that.
            let _ = self.overwrite("");
            return Err(cannot(error));
        }
        self.end += text.len() as u64;
        Ok(())
    }

    /// Puts `text` and the closing lines behind what the file holds, and nothing behind these.
    fn overwrite(&self, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all([text, TAIL].concat().as_bytes())?;
        // An addition that failed may have been longer.
        file.set_len(self.end + (text.len() + TAIL.len()) as u64)
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

    fn count(path: &Path) -> usize {
        let all: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        all["traceEvents"].as_array().unwrap().len()
    }

    fn recorded(events: usize) -> Recorded {
        let trace = Trace::default();
        trace.set_recording(what::ALL);
        (0..events).for_each(|_| drop(trace.span(what::OPERATORS, "operator", "a")));
        trace.take()
    }

    #[test]
    fn a_failed_addition_changes_nothing() {
        let folder = std::env::temp_dir().join(format!("mxkv-chrome-failed-{}", std::process::id()));
        let path = folder.join("trace.json");
        let mut file = TraceFile::new(&path);
        assert!(file.add(&recorded(1)).is_err(), "the folder is missing");
        fs::create_dir(&folder).unwrap();
        file.add(&recorded(1)).unwrap();
        assert_eq!(count(&path), 3, "with the names of the process and the thread");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_a_failed_addition_left_is_cut_off() {
        let path = std::env::temp_dir().join(format!("mxkv-chrome-partial-{}.json", std::process::id()));
        let mut file = TraceFile::new(&path);
        file.add(&recorded(1)).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(&[b'x'; 5000]).unwrap();
        file.add(&recorded(1)).unwrap();
        assert_eq!(count(&path), 4);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_was_removed_or_emptied_begins_anew() {
        let path = std::env::temp_dir().join(format!("mxkv-chrome-removed-{}.json", std::process::id()));
        let mut file = TraceFile::new(&path);
        file.add(&recorded(3)).unwrap();
        fs::remove_file(&path).unwrap();
        file.add(&recorded(2)).unwrap();
        assert_eq!(count(&path), 4);
        fs::write(&path, "").unwrap();
        file.add(&recorded(1)).unwrap();
        assert_eq!(count(&path), 3);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_bad_path_is_named() {
        let error =
            TraceFile::new(Path::new("/nonexistent/trace.json")).add(&Recorded::default()).unwrap_err();
        assert_eq!(error.message(), "Open \"/nonexistent/trace.json\": No such file or directory");
    }
}
