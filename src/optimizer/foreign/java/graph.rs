//! What a stream says. Objects may be shared and may contain themselves, so they lie in one table and name each
//! other by number.

use crate::base::Result;
use crate::optimizer::foreign::budget::Budget;

/// An object's place in its graph; a null has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(pub usize);

/// The value of a field as it is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Raw {
    Bool(bool),
    /// byte, char, short, int, long
    Int(i64),
    Float(f32),
    Double(f64),
    Object(Option<Id>),
}

#[derive(Debug)]
pub(super) enum Node<'a> {
    Text(&'a str),
    Object {
        class: &'static str,
        fields: Vec<(&'a str, Raw)>,
        /// What the class wrote itself: blocks of bytes, and objects.
        blocks: Vec<&'a [u8]>,
        items: Vec<Option<Id>>,
    },
}

/// All objects of a stream.
#[derive(Debug)]
pub struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) root: Id,
    pub(super) budget: Budget,
}

impl<'a> Graph<'a> {
    /// What `read` makes of the outermost object. An error if it looks at more than the stream's length allows.
    pub fn look<T>(&self, read: impl FnOnce(Object<'_, 'a>) -> Result<T>) -> Result<T> {
        self.budget.check(read(Object { graph: self, id: self.root }))
    }

    #[cfg(test)]
    pub fn root(&self) -> Object<'_, 'a> {
        Object { graph: self, id: self.root }
    }

    /// Every object, for tests that look at all of them.
    #[cfg(any(test, fuzzing))]
    pub(super) fn objects(&self) -> impl Iterator<Item = Object<'_, 'a>> {
        (0..self.nodes.len()).map(|number| Object { graph: self, id: Id(number) })
    }
}

/// One object of a graph.
#[derive(Clone, Copy, Debug)]
pub struct Object<'g, 'a> {
    graph: &'g Graph<'a>,
    id: Id,
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub enum Field<'g, 'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f32),
    Double(f64),
    Object(Object<'g, 'a>),
}

impl<'g, 'a> Object<'g, 'a> {
    fn node(self) -> Option<&'g Node<'a>> {
        self.graph.nodes.get(self.id.0)
    }

    fn made(self, id: Option<Id>) -> Field<'g, 'a> {
        id.map_or(Field::Null, |id| Field::Object(Object { graph: self.graph, id }))
    }

    /// The full name; nothing for a text.
    pub fn class_name(self) -> Option<&'static str> {
        match self.node()? {
            Node::Object { class, .. } => Some(class),
            Node::Text(_) => None,
        }
    }

    pub fn text(self) -> Option<&'a str> {
        match self.node()? {
            Node::Text(text) => self.pay(text.len()).then_some(*text),
            Node::Object { .. } => None,
        }
    }

    fn pay(self, steps: usize) -> bool {
        self.graph.budget.pay(steps)
    }

    /// A field of the object's class or of one above it, by its name without that of its class.
    pub fn field(self, name: &str) -> Option<Field<'g, 'a>> {
        let Node::Object { fields, .. } = self.node()? else { return None };
        if !self.pay(fields.len()) {
            return None;
        }
        let (_, raw) = fields.iter().find(|(found, _)| *found == name)?;
        Some(match *raw {
            Raw::Bool(value) => Field::Bool(value),
            Raw::Int(value) => Field::Int(value),
            Raw::Float(value) => Field::Float(value),
            Raw::Double(value) => Field::Double(value),
            Raw::Object(id) => self.made(id),
        })
    }

    /// The objects that the class wrote itself.
    pub fn items(self) -> impl ExactSizeIterator<Item = Field<'g, 'a>> {
        let items: &[Option<Id>] = match self.node() {
            Some(Node::Object { items, .. }) if self.pay(items.len()) => items,
            _ => &[],
        };
        items.iter().map(move |id| self.made(*id))
    }

    /// The bytes that the class wrote itself.
    pub fn blocks(self) -> &'g [&'a [u8]] {
        match self.node() {
            Some(Node::Object { blocks, .. }) => blocks,
            _ => &[],
        }
    }
}
