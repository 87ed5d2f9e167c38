//! "Did you mean": the nearest known name to a misspelt one.

use super::Error;

/// The name nearest to `given` by edit distance, if it is near enough to be a likely misspelling.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (given.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|name| (edit_distance(given, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Levenshtein distance, ignoring case.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The error for a name that is none of `known`: `what` it should have been, and the nearest or all of them.
pub fn unknown(what: &str, given: &str, known: &[&str]) -> Error {
    match nearest(given, known.iter().copied()) {
        Some(near) => crate::err!(InvalidArgument, "{what} '{given}' is unknown; did you mean '{near}'?"),
        None => {
            crate::err!(InvalidArgument, "{what} '{given}' is unknown; known are {}", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_misspelling_and_nothing_else() {
        let known = ["local", "device", "dist_sync"];
        assert_eq!(nearest("Locl", known), Some("local"));
        assert_eq!(nearest("dist_snyc", known), Some("dist_sync"));
        assert_eq!(nearest("banana", known), None);
    }
}
