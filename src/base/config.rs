//! Settings from the environment. Every `MXNET_*`, `DMLC_*`, `PS_*` and `MXKV_*` name the crate reads is
//! read here and nowhere else, and parsed into a typed value with a message that names the variable.

#![expect(clippy::disallowed_methods, reason = "the one place that reads the process environment")]

use crate::base::Result;
use std::collections::HashMap;
use std::str::FromStr;

/// Where settings come from: a table of overrides (`MXInitPSEnv`) in front of the process environment.
#[derive(Clone, Debug, Default)]
pub struct Env {
    overrides: HashMap<String, String>,
}

impl Env {
    pub fn process() -> Self {
        Env::default()
    }

    pub fn with_overrides(overrides: HashMap<String, String>) -> Self {
        Env { overrides }
    }

    /// The value of `name`, or `None` if it is unset or not UTF-8.
    pub fn text(&self, name: &str) -> Option<String> {
        self.overrides.get(name).cloned().or_else(|| std::env::var(name).ok())
    }

    /// The value of `name` as a `T`; unset or empty gives `default`, anything that does not parse is an error.
    pub fn parsed<T: FromStr>(&self, name: &str, default: T) -> Result<T> {
        match self.text(name) {
            None => Ok(default),
            Some(text) if text.trim().is_empty() => Ok(default),
            Some(text) => text
                .trim()
                .parse()
                .map_err(|_| crate::err!(Config, "{name}: expected a {}, got '{text}'", type_name::<T>())),
        }
    }

    /// A switch: unset, empty, `0` and `false` are off, everything else is on.
    pub fn switch(&self, name: &str) -> bool {
        !matches!(self.text(name).as_deref().map(str::trim), None | Some("" | "0" | "false" | "False"))
    }
}

fn type_name<T>() -> &'static str {
    let full = std::any::type_name::<T>();
    if full.starts_with('f') { "number" } else { "whole number" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_win_and_bad_numbers_name_the_variable() {
        let env = Env::with_overrides(HashMap::from([("A".into(), "7".into()), ("B".into(), "x".into())]));
        assert_eq!(env.parsed("A", 1u32).unwrap(), 7);
        assert_eq!(env.parsed("MXKV_NOT_SET", 3u32).unwrap(), 3);
        let error = env.parsed("B", 1u32).unwrap_err().to_string();
        assert_eq!(error, "B: expected a whole number, got 'x'");
    }
}
