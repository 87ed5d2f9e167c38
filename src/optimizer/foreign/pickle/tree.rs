//! What a pickle says, as plain values. Values may be shared and lists and dictionaries may contain themselves, so
//! they lie in one table and name each other by number: nothing here recurses.

use super::allowed::{Global, Kind};
use super::numpy;
use crate::base::Result;
use crate::optimizer::foreign::budget::Budget;
use crate::{bail, err};
use std::borrow::Cow;

/// A value's place in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(pub u32);

#[derive(Debug)]
pub(super) enum Node<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(&'static Global),
    Object(Box<Object>),
}

/// What a class or a function was called with, what the object was given as its state, and its entries if it is a
/// dictionary. Nothing was called.
#[derive(Debug)]
pub(super) struct Object {
    pub class: &'static Global,
    /// A tuple. Not a copy of it: a pickle can use a long one many times.
    pub arguments: Id,
    pub state: Option<Id>,
    pub entries: Vec<(Id, Id)>,
}

/// All values of a pickle. Borrows long texts and bytes from it.
#[derive(Debug)]
pub struct Tree<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) root: Id,
    pub(super) budget: Budget,
}

impl<'a> Tree<'a> {
    /// What `read` makes of the outermost value. An error if it looks at more than the pickle's length allows.
    pub fn look<T>(&self, read: impl FnOnce(Value<'_, 'a>) -> Result<T>) -> Result<T> {
        self.budget.check(read(Value { tree: self, id: self.root }))
    }

    #[cfg(test)]
    pub fn root(&self) -> Value<'_, 'a> {
        Value { tree: self, id: self.root }
    }

    /// Every value, for tests that look at all of them.
    #[cfg(any(test, fuzzing))]
    pub(super) fn values(&self) -> impl Iterator<Item = Value<'_, 'a>> {
        (0..self.nodes.len()).map(|number| Value { tree: self, id: Id(number as u32) })
    }
}

/// One value of a tree. The `as_…` functions give nothing for a value of another type, and pay for their length.
#[derive(Clone, Copy)]
pub struct Value<'t, 'a> {
    tree: &'t Tree<'a>,
    id: Id,
}

impl<'t, 'a> Value<'t, 'a> {
    fn node(self) -> &'t Node<'a> {
        self.tree.nodes.get(self.id.0 as usize).unwrap_or(&Node::None)
    }

    fn other(self, id: Id) -> Self {
        Value { tree: self.tree, id }
    }

    pub fn is_none(self) -> bool {
        matches!(self.node(), Node::None)
    }

    /// Numpy's booleans too.
    pub fn as_bool(self) -> Option<bool> {
        match self.node() {
            Node::Bool(value) => Some(*value),
            _ => numpy::scalar(self)?.as_bool(),
        }
    }

    /// Integers, booleans as Python sees them, and numpy's integers.
    pub fn as_int(self) -> Option<i64> {
        match self.node() {
            Node::Int(value) => Some(*value),
            Node::Bool(value) => Some((*value).into()),
            _ => numpy::scalar(self)?.as_int(),
        }
    }

    /// Any number.
    pub fn as_float(self) -> Option<f64> {
        match self.node() {
            Node::Int(value) => Some(*value as f64),
            Node::Bool(value) => Some(u8::from(*value).into()),
            Node::Float(value) => Some(*value),
            _ => numpy::scalar(self)?.as_float(),
        }
    }

    pub fn as_text(self) -> Option<&'t str> {
        match self.node() {
            Node::Text(text) => self.pay(text.len()).then_some(text),
            _ => None,
        }
    }

    fn pay(self, steps: usize) -> bool {
        self.tree.budget.pay(steps)
    }

    /// Bytes in any of the ways in which the protocols spell them. Made anew where they are not in the pickle as
    /// they are.
    pub fn as_bytes(self) -> Option<Cow<'t, [u8]>> {
        // `bytearray(bytes)`, `bytearray(encode(text))` and `encode(text)`: three levels are enough.
        self.bytes_within(3)
    }

    fn bytes_within(self, levels: u32) -> Option<Cow<'t, [u8]>> {
        let object = match self.node() {
            Node::Bytes(bytes) => return self.pay(bytes.len()).then_some(Cow::Borrowed(bytes)),
            Node::Object(object) => object,
            _ => return None,
        };
        let first = self.argument(0);
        match (object.class.kind, first) {
            (Kind::Bytes, None) => Some(Cow::Borrowed(&[])),
            (Kind::Bytes | Kind::Encode, Some(first)) => match first.as_text() {
                Some(text) => latin1(text).map(Cow::Owned),
                None if object.class.kind == Kind::Bytes && levels > 1 => first.bytes_within(levels - 1),
                None => None,
            },
            _ => None,
        }
    }

    /// The elements of a list or a tuple.
    pub fn as_items(self) -> Option<impl ExactSizeIterator<Item = Value<'t, 'a>>> {
        let items = self.items().filter(|items| self.pay(items.len() + 1))?;
        Some(items.iter().map(move |id| self.other(*id)))
    }

    fn items(self) -> Option<&'t [Id]> {
        match self.node() {
            Node::List(items) | Node::Tuple(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn item(self, index: usize) -> Option<Value<'t, 'a>> {
        self.items()?.get(index).map(|id| self.other(*id))
    }

    pub fn is_tuple(self) -> bool {
        matches!(self.node(), Node::Tuple(_))
    }

    /// The entries of a dictionary, as they were set: of two with the same key the later one counts.
    pub fn as_entries(self) -> Option<impl ExactSizeIterator<Item = (Value<'t, 'a>, Value<'t, 'a>)>> {
        let entries = match self.node() {
            Node::Dict(entries) => entries,
            Node::Object(object) if object.class.kind == Kind::OrderedDict => &object.entries,
            _ => return None,
        };
        if !self.pay(entries.len() + 1) {
            return None;
        }
        Some(entries.iter().map(move |(key, value)| (self.other(*key), self.other(*value))))
    }

    /// The value of an entry whose key is a text.
    pub fn entry(self, key: &str) -> Option<Value<'t, 'a>> {
        let is_wanted = |found: Value<'_, '_>| matches!(found.node(), Node::Text(text) if text == key);
        self.as_entries()?.filter(|(found, _)| is_wanted(*found)).last().map(|(_, value)| value)
    }

    /// The class or function of an object.
    pub fn class(self) -> Option<&'static Global> {
        match self.node() {
            Node::Object(object) => Some(object.class),
            _ => None,
        }
    }

    /// What an object's class or function was called with.
    pub(super) fn argument(self, index: usize) -> Option<Value<'t, 'a>> {
        match self.node() {
            Node::Object(object) => self.other(object.arguments).item(index),
            _ => None,
        }
    }

    /// What an object was given as its state; usually the dictionary of its attributes.
    pub fn state(self) -> Option<Value<'t, 'a>> {
        match self.node() {
            Node::Object(object) => object.state.map(|id| self.other(id)),
            _ => None,
        }
    }

    /// What kind of value it is, for messages.
    pub fn describe(self) -> Cow<'static, str> {
        match self.node() {
            Node::None => "None".into(),
            Node::Bool(value) => if *value { "True" } else { "False" }.into(),
            Node::Int(value) => value.to_string().into(),
            Node::Float(value) => value.to_string().into(),
            Node::Text(text) => {
                format!("'{}'", text.chars().take(80).collect::<String>().escape_debug()).into()
            }
            Node::Bytes(_) => "bytes".into(),
            Node::List(_) => "a list".into(),
            Node::Tuple(_) => "a tuple".into(),
            Node::Set(_) => "a set".into(),
            Node::Dict(_) => "a dictionary".into(),
            Node::Global(global) => format!("the name {}.{}", global.module, global.name).into(),
            Node::Object(object) => {
                format!("an object of {}.{}", object.class.module, object.class.name).into()
            }
        }
    }

    /// An attribute of an object.
    pub fn attribute(self, name: &str) -> Result<Value<'t, 'a>> {
        let class = match self.class() {
            Some(class) => class.name,
            None => bail!(Protocol, "expected an object, got {}", self.describe()),
        };
        let found = self.state().and_then(|state| state.entry(name));
        found.ok_or_else(|| err!(Protocol, "{class}: the attribute '{name}' is missing"))
    }
}

/// The characters 0 to 255 as bytes.
fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}
