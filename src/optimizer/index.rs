//! The key of a weight, as optimizers know it.

use crate::base::sync::Arc;
use std::fmt;

/// A number, or a text where stores have text keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Index {
    Int(i64),
    Text(Arc<str>),
}

impl Index {
    /// A number where the text is one: how tables of multipliers are keyed in texts.
    pub fn from_text(text: &str) -> Self {
        match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Index::Int(number),
            _ => Index::Text(text.into()),
        }
    }
}

impl From<i64> for Index {
    fn from(number: i64) -> Self {
        Index::Int(number)
    }
}

impl From<i32> for Index {
    fn from(number: i32) -> Self {
        Index::Int(number.into())
    }
}

impl From<&str> for Index {
    fn from(text: &str) -> Self {
        Index::Text(text.into())
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Index::Int(number) => number.fmt(f),
            Index::Text(text) => f.write_str(text),
        }
    }
}
