//! Optimizers in a store: the keys of stores as optimizers know them.

use super::keys::Key;
use crate::optimizer::Index;

impl From<&Key> for Index {
    fn from(key: &Key) -> Self {
        match key {
            Key::Int(number) => Index::Int((*number).into()),
            Key::Text { text, .. } => Index::Text(text.clone()),
        }
    }
}
