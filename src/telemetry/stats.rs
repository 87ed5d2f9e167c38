//! How often, how long: events added up by category and name.

use super::chrome::quoted;
use super::trace::{Event, Kind};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What entries are sorted by. The numbers are those of `MXAggregateProfileStatsPrintEx`.
#[derive(Clone, Copy, Debug)]
pub enum SortBy {
    Total = 0,
    Average = 1,
    Least = 2,
    Most = 3,
    Count = 4,
}

impl SortBy {
    pub fn from_code(code: i32) -> Option<Self> {
        [SortBy::Total, SortBy::Average, SortBy::Least, SortBy::Most, SortBy::Count]
            .into_iter()
            .find(|sort| *sort as i32 == code)
    }
}

/// Microseconds for durations, plain numbers for counters.
#[derive(Clone, Copy, Debug)]
struct Entry {
    count: u64,
    total: f64,
    least: f64,
    most: f64,
}

impl Entry {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.total += value;
        self.least = self.least.min(value);
        self.most = self.most.max(value);
    }

    fn average(&self) -> f64 {
        self.total / self.count as f64
    }

    fn key(&self, sort: SortBy) -> f64 {
        match sort {
            SortBy::Total => self.total,
            SortBy::Average => self.average(),
            SortBy::Least => self.least,
            SortBy::Most => self.most,
            SortBy::Count => self.count as f64,
        }
    }
}

type Group = BTreeMap<String, Entry>;

#[derive(Default)]
pub(super) struct Stats {
    durations: BTreeMap<String, Group>,
    counters: BTreeMap<String, Group>,
}

impl Stats {
    pub(super) fn add(&mut self, event: &Event) {
        let (groups, value) = match event.kind {
            Kind::Duration(lasted) => (&mut self.durations, lasted as f64),
            Kind::Counter(value) => (&mut self.counters, value as f64),
            Kind::Instant { .. } => return,
        };
        let group = groups.entry(event.category.to_string()).or_default();
        let start = Entry { count: 0, total: 0.0, least: f64::INFINITY, most: f64::NEG_INFINITY };
        group.entry(event.name.clone()).or_insert(start).add(value);
    }

    /// For people.
    pub(super) fn table(&self, sort: SortBy, ascending: bool) -> String {
        let mut text = String::from("\nProfile Statistics:\n");
        for (groups, unit, scale) in [(&self.durations, "ms", 1e-3), (&self.counters, "value", 1.0)] {
            for (category, group) in groups {
                let _ = writeln!(
                    text,
                    "\n{category} ({unit})\n{:<32} {:>12} {:>14} {:>14} {:>14} {:>14}",
                    "Name", "Count", "Total", "Min", "Max", "Avg"
                );
                for (name, entry) in sorted(group, sort, ascending) {
                    let Entry { count, total, least, most } = entry;
                    let numbers = [*total, *least, *most, entry.average()];
                    let [total, least, most, average] = numbers.map(|number| number * scale);
                    let _ = writeln!(
                        text,
                        "{name:<32} {count:>12} {total:>14.4} {least:>14.4} {most:>14.4} {average:>14.4}"
                    );
                }
            }
        }
        text
    }

    /// For programs. `Memory` is there because programs look for it.
    pub(super) fn json(&self, sort: SortBy, ascending: bool) -> String {
        let time = groups_json(&self.durations, 1e-3, sort, ascending);
        let counters = groups_json(&self.counters, 1.0, sort, ascending);
        format!(
            "{{\n  \"Time\": {time},\n  \"Memory\": {{}},\n  \"Counter\": {counters},\n  \"Unit\": {{\"Time\": \
             \"ms\", \"Memory\": \"kB\"}}\n}}\n"
        )
    }
}

fn sorted(group: &Group, sort: SortBy, ascending: bool) -> Vec<(&String, &Entry)> {
    let mut entries: Vec<_> = group.iter().collect();
    entries.sort_by(|(_, a), (_, b)| {
        let order = a.key(sort).total_cmp(&b.key(sort));
        if ascending { order } else { order.reverse() }
    });
    entries
}

fn groups_json(groups: &BTreeMap<String, Group>, scale: f64, sort: SortBy, ascending: bool) -> String {
    let groups = groups.iter().map(|(category, group)| {
        let entries = sorted(group, sort, ascending).into_iter().map(|(name, entry)| {
            let Entry { count, total, least, most } = entry;
            let [total, least, most, average] =
                [*total, *least, *most, entry.average()].map(|number| number * scale);
            format!(
                "      {}: {{\"Count\": {count}, \"Total\": {total}, \"Min\": {least}, \"Max\": {most}, \"Avg\": \
                 {average}}}",
                quoted(name)
            )
        });
        format!("    {}: {{\n{}\n    }}", quoted(category), entries.collect::<Vec<_>>().join(",\n"))
    });
    format!("{{\n{}\n  }}", groups.collect::<Vec<_>>().join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Stats {
        let mut stats = Stats::default();
        for (name, lasted) in [("b", 3000), ("a", 1000), ("b", 1000), ("c\"", 9000)] {
            let kind = Kind::Duration(lasted);
            let name = name.to_owned();
            stats.add(&Event { name, category: "operator".into(), kind, at: 0, thread: 1 });
        }
        stats
    }

    #[test]
    fn json_holds_the_sums_in_the_order_asked_for() {
        let text = example().json(SortBy::Count, false);
        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        let b = &parsed["Time"]["operator"]["b"];
        let number = |name: &str| b[name].as_f64().unwrap();
        assert_eq!((number("Count"), number("Total"), number("Avg")), (2.0, 4.0, 2.0));
        assert!(parsed["Memory"].is_object() && parsed["Unit"]["Time"] == "ms");
        assert!(text.find("\"b\"").unwrap() < text.find("\"a\"").unwrap());
        let text = example().json(SortBy::Most, true);
        assert!(text.find("\"a\"").unwrap() < text.find("\"c\\\"\"").unwrap());
    }

    #[test]
    fn the_table_has_a_line_per_name() {
        let text = example().table(SortBy::Total, false);
        assert!(text.contains("Profile Statistics:") && text.contains("operator (ms)"));
        assert!(text.lines().any(|line| line.starts_with("b ") && line.contains("4.0000")), "{text}");
    }
}
