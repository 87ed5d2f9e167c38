//! Sums over recorded events: how often each name occurred and how long it took.

use super::json::Quoted;
use super::trace::{Event, Phase};
use crate::base::Result;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    Total,
    Average,
    Min,
    Max,
    Count,
}

impl SortBy {
    /// From MXNet's numbers.
    pub fn from_code(code: i32) -> Result<Self> {
        match code {
            0 => Ok(SortBy::Total),
            1 => Ok(SortBy::Average),
            2 => Ok(SortBy::Min),
            3 => Ok(SortBy::Max),
            4 => Ok(SortBy::Count),
            other => Err(crate::err!(
                InvalidArgument,
                "sort_by: expected 0 (total), 1 (avg), 2 (min), 3 (max) or 4 (count), got {other}"
            )),
        }
    }
}

/// Microseconds for what took time, plain values for counters.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    total: u64,
    min: u64,
    max: u64,
    is_counter: bool,
}

impl Sum {
    fn add(&mut self, value: u64) {
        self.min = if self.count == 0 { value } else { self.min.min(value) };
        self.max = self.max.max(value);
        self.total = self.total.saturating_add(value);
        self.count += 1;
    }

    /// Of a counter, half of the distance it covered, as MXNet has it.
    fn average(&self) -> f64 {
        if self.is_counter {
            return (self.max - self.min) as f64 / 2.0;
        }
        self.total as f64 / self.count.max(1) as f64
    }

    fn rank(&self, by: SortBy) -> f64 {
        match by {
            SortBy::Total => self.total as f64,
            SortBy::Average => self.average(),
            SortBy::Min => self.min as f64,
            SortBy::Max => self.max as f64,
            SortBy::Count => self.count as f64,
        }
    }
}

/// By category, then by name.
#[derive(Default)]
pub struct Aggregate(BTreeMap<String, BTreeMap<String, Sum>>);

impl Aggregate {
    pub fn add(&mut self, events: &[Event]) {
        for event in events {
            let (value, is_counter) = match event.phase {
                Phase::Complete(took) => (took, false),
                Phase::Counter(value) => (value, true),
                Phase::Instant(_) => continue,
            };
            if !self.0.contains_key(&*event.category) {
                self.0.insert(event.category.clone().into_owned(), BTreeMap::new());
            }
            let Some(names) = self.0.get_mut(&*event.category) else { continue };
            if !names.contains_key(&*event.name) {
                names.insert(event.name.clone().into_owned(), Sum { is_counter, ..Sum::default() });
            }
            if let Some(sum) = names.get_mut(&*event.name) {
                sum.add(value);
            }
        }
    }

    /// Each category's entries in the wanted order.
    fn sorted(&self, by: SortBy, ascending: bool) -> impl Iterator<Item = (&str, Vec<(&str, &Sum)>)> {
        self.0.iter().map(move |(category, names)| {
            let mut rows: Vec<_> = names.iter().map(|(name, sum)| (name.as_str(), sum)).collect();
            rows.sort_by(|a, b| {
                let order = a.1.rank(by).total_cmp(&b.1.rank(by));
                if ascending { order } else { order.reverse() }
            });
            (category.as_str(), rows)
        })
    }

    /// A table for people. Times are in milliseconds.
    pub fn table(&self, by: SortBy, ascending: bool) -> String {
        let mut text =
            String::from("\nProfile Statistics:\n\tNote the difference in units for different entries.\n");
        for (category, rows) in self.sorted(by, ascending) {
            let _ = writeln!(text, "{category}\n=================");
            let _ = writeln!(
                text,
                "{:<25}{:>16} {:>16} {:>16} {:>16} {:>16}",
                "Name", "Total Count", "Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)"
            );
            for (name, sum) in rows {
                let _ = writeln!(
                    text,
                    "{name:<25}{:>16} {:>16.4} {:>16.4} {:>16.4} {:>16.4}",
                    sum.count,
                    milli(sum.total as f64),
                    milli(sum.min as f64),
                    milli(sum.max as f64),
                    milli(sum.average())
                );
            }
            text.push('\n');
        }
        text
    }

    /// The same as JSON. The section for memory is empty: memory is not profiled.
    pub fn json(&self, by: SortBy, ascending: bool) -> String {
        let mut text = String::from("{\n    \"Time\": {");
        for (i, (category, rows)) in self.sorted(by, ascending).enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let _ = write!(text, "{comma}\n        {}: {{", Quoted(category));
            for (i, (name, sum)) in rows.into_iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                let _ = write!(
                    text,
                    "{comma}\n            {}: {{\"Count\": {}, \"Total\": {:.4}, \"Min\": {:.4}, \"Max\": {:.4}, \"Avg\": {:.4}}}",
                    Quoted(name),
                    sum.count,
                    milli(sum.total as f64),
                    milli(sum.min as f64),
                    milli(sum.max as f64),
                    milli(sum.average())
                );
            }
            text.push_str("\n        }");
        }
        text.push_str(
            "\n    },\n    \"Memory\": {\n    },\n    \"Unit\": {\n        \"Time\": \"ms\",\n        \"Memory\": \"kB\"\n    }\n}\n",
        );
        text
    }
}

fn milli(micro: f64) -> f64 {
    micro / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn event(name: &'static str, phase: Phase) -> Event {
        Event { name: name.into(), category: "operator".into(), phase, at: 0, thread: 1 }
    }

    #[test]
    fn sums_are_right_and_sorted() {
        let mut aggregate = Aggregate::default();
        let times = [("a", 1000), ("b", 500), ("a", 3000), ("b", 6000), ("c", 10)];
        aggregate.add(&times.map(|(name, took)| event(name, Phase::Complete(took))));
        let json: Value = serde_json::from_str(&aggregate.json(SortBy::Total, false)).unwrap();
        let a = &json["Time"]["operator"]["a"];
        assert_eq!((a["Count"].as_u64(), a["Total"].as_f64()), (Some(2), Some(4.0)));
        assert_eq!(
            (a["Min"].as_f64(), a["Max"].as_f64(), a["Avg"].as_f64()),
            (Some(1.0), Some(3.0), Some(2.0))
        );
        assert!(json["Memory"].is_object() && json["Unit"]["Time"] == "ms");
        let order = |by, ascending| {
            let text = aggregate.table(by, ascending);
            let names =
                text.lines().filter_map(|line| line.split_whitespace().next().filter(|w| w.len() == 1));
            names.collect::<String>()
        };
        assert_eq!(order(SortBy::Total, false), "bac");
        assert_eq!(order(SortBy::Total, true), "cab");
        assert_eq!(order(SortBy::Min, false), "abc");
        assert_eq!(order(SortBy::Max, false), "bac");
        assert_eq!(order(SortBy::Average, false), "bac");
        assert_eq!(order(SortBy::Count, true), "cab");
    }

    #[test]
    fn markers_do_not_count_and_counters_have_values() {
        let mut aggregate = Aggregate::default();
        aggregate.add(&[
            event("mark", Phase::Instant(super::super::trace::Scope::Process)),
            event("count", Phase::Counter(2000)),
            event("count", Phase::Counter(6000)),
        ]);
        let json: Value = serde_json::from_str(&aggregate.json(SortBy::Total, false)).unwrap();
        assert_eq!(json["Time"]["operator"]["count"]["Avg"].as_f64(), Some(2.0));
        assert!(json["Time"]["operator"]["mark"].is_null());
    }

    #[test]
    fn unknown_orders_are_errors() {
        assert!(SortBy::from_code(5).is_err() && SortBy::from_code(-1).is_err());
    }
}
