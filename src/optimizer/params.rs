//! Parameters as text, and reading them: each is asked for by name, and one that nobody asked for is an error.

use crate::base::{Result, suggest};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Given parameters. `None` (the text) means not given, as in Python.
pub type Params = BTreeMap<String, String>;

/// Reads the parameters of `owner`, which is named in errors.
pub struct Reader<'a> {
    owner: &'a str,
    given: &'a Params,
    asked: RefCell<Vec<&'static str>>,
    finite: bool,
}

impl<'a> Reader<'a> {
    pub fn new(owner: &'a str, given: &'a Params) -> Self {
        Reader { owner, given, asked: RefCell::default(), finite: false }
    }

    /// From now on, numbers that are infinite or none are errors if `finite` is set.
    pub fn only_finite(self, finite: bool) -> Self {
        Reader { finite, ..self }
    }

    /// The text, unless it is absent or `None`.
    pub fn text(&self, name: &'static str) -> Option<&'a str> {
        self.asked.borrow_mut().push(name);
        self.given.get(name).map(|text| text.trim()).filter(|text| !text.eq_ignore_ascii_case("none"))
    }

    pub fn number(&self, name: &'static str) -> Result<Option<f64>> {
        let parse = |text: &str| match text {
            "True" | "true" => Some(1.0),
            "False" | "false" => Some(0.0),
            _ => text.parse().ok(),
        };
        let Some(text) = self.text(name) else { return Ok(None) };
        let number: f64 = parse(text).ok_or_else(|| self.bad(name, "a number", text))?;
        match number.is_finite() || !self.finite {
            true => Ok(Some(number)),
            false => Err(self.bad(name, "a finite number", text)),
        }
    }

    pub fn number_or(&self, name: &'static str, default: f64) -> Result<f64> {
        Ok(self.number(name)?.unwrap_or(default))
    }

    /// A whole number, also written as `5.0`.
    pub fn whole(&self, name: &'static str) -> Result<Option<i64>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let whole = |x: &f64| x.fract() == 0.0 && x.abs() < 9e15;
        let number = text.parse().ok().or_else(|| text.parse().ok().filter(whole).map(|x| x as i64));
        number.map(Some).ok_or_else(|| self.bad(name, "a whole number", text))
    }

    pub fn whole_or(&self, name: &'static str, default: i64) -> Result<i64> {
        Ok(self.whole(name)?.unwrap_or(default))
    }

    pub fn flag_or(&self, name: &'static str, default: bool) -> Result<bool> {
        match self.text(name) {
            None => Ok(default),
            Some("True" | "true" | "1" | "1.0") => Ok(true),
            Some("False" | "false" | "0" | "0.0") => Ok(false),
            Some(text) => Err(self.bad(name, "True or False", text)),
        }
    }

    /// `[2, 5]`, `(2, 5)`, `2, 5` or `2`.
    pub fn wholes(&self, name: &'static str) -> Result<Option<Vec<i64>>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let inner = text.trim_start_matches(['[', '(']).trim_end_matches([']', ')']);
        let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
        let numbers: Option<Vec<i64>> = items.map(|item| item.parse().ok()).collect();
        numbers.map(Some).ok_or_else(|| self.bad(name, "a list of whole numbers", text))
    }

    pub fn bad(&self, name: &str, expected: &str, given: &str) -> crate::base::Error {
        crate::err!(InvalidArgument, "{}: {name}: expected {expected}, got '{given}'", self.owner)
    }

    /// Refuses what was given and not asked for.
    pub fn finish(&self) -> Result<()> {
        let asked = self.asked.borrow();
        let unknown = self.given.keys().find(|name| !asked.contains(&name.as_str()));
        let Some(unknown) = unknown else { return Ok(()) };
        let mut known: Vec<&str> = asked.to_vec();
        known.sort_unstable();
        known.dedup();
        Err(suggest::unknown(&format!("{}: parameter", self.owner), unknown, &known))
    }
}
