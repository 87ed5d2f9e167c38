//! Events as a file of the Chrome trace format (`chrome://tracing`, Perfetto).

use super::trace::{Event, Kind};
use std::fmt::Write;

/// The whole file. `dropped` is the number of events that were not kept.
pub(super) fn trace_file(events: &[Event], dropped: u64) -> String {
    let mut text = String::from("{\n  \"traceEvents\": [\n");
    text.push_str(
        "    {\"ph\": \"M\", \"name\": \"process_name\", \"pid\": 0, \"tid\": 0, \"args\": {\"name\": \"mxkv\"}}",
    );
    for event in events {
        text.push_str(",\n    ");
        write_event(&mut text, event);
    }
    let _ = write!(
        text,
        "\n  ],\n  \"displayTimeUnit\": \"ms\",\n  \"otherData\": {{\"events not kept\": {dropped}}}\n}}\n"
    );
    text
}

fn write_event(text: &mut String, event: &Event) {
    let (name, category) = (quoted(&event.name), quoted(&event.category));
    let Event { at, thread, .. } = event;
    let _ = write!(
        text,
        "{{\"name\": {name}, \"cat\": {category}, \"ts\": {at}, \"pid\": 0, \"tid\": {thread}, "
    );
    let _ = match event.kind {
        Kind::Duration(lasted) => write!(text, "\"ph\": \"X\", \"dur\": {lasted}}}"),
        Kind::Instant { thread_only } => {
            write!(text, "\"ph\": \"i\", \"s\": \"{}\"}}", if thread_only { 't' } else { 'p' })
        }
        Kind::Counter(value) => write!(text, "\"ph\": \"C\", \"args\": {{{name}: {value}}}}}"),
    };
}

/// A text as JSON writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_json_whatever_the_names_hold() {
        let event = |name: &str, kind| Event {
            name: name.to_owned(),
            category: "c\"at\\".to_owned().into(),
            kind,
            at: 3,
            thread: 1,
        };
        let events = [
            event("a\"b\\c\n\u{85}é", Kind::Duration(7)),
            event("mark", Kind::Instant { thread_only: false }),
            event("count\"er", Kind::Counter(-5)),
        ];
        let parsed: serde_json::Value = serde_json::from_str(&trace_file(&events, 2)).unwrap();
        let list = parsed["traceEvents"].as_array().unwrap();
        assert_eq!(list.len(), 4);
        assert_eq!(list[1]["name"], "a\"b\\c\n\u{85}é");
        assert_eq!((&list[1]["ph"], &list[1]["dur"]), (&"X".into(), &7.into()));
        assert_eq!(list[2]["s"], "p");
        assert_eq!(list[3]["args"]["count\"er"], -5);
    }
}
