//! The stack machine of pickles, protocols 0 to 5, with every instruction that could reach outside left out.

use super::allowed::{Kind, look_up};
use super::literal::{float, integer, long, quoted, raw_unicode};
use super::tree::{Id, Node, Object, Tree};
use crate::base::Result;
use crate::optimizer::foreign::budget::Budget;
use crate::optimizer::foreign::input::{Input, text};
use crate::{bail, ensure, err};
use std::borrow::Cow;
use std::collections::HashMap;

/// The most values that one pickle may hold: some tens of times what the largest model has keys.
const MOST_VALUES: usize = 2_000_000;

/// The deepest nesting of unfinished lists, tuples and dictionaries.
const MOST_MARKS: usize = 1_000;

/// Reads one pickle; bytes after its end are an error.
pub fn read(bytes: &[u8]) -> Result<Tree<'_>> {
    let mut machine = Machine {
        input: Input::new(bytes),
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    let root = machine
        .run()
        .map_err(|error| error.context(format!("pickle, before byte {}", machine.input.at())))?;
    let read = machine.input.at();
    ensure!(read == bytes.len(), Protocol, "pickle: it ends at byte {read}, {} bytes are given", bytes.len());
    Ok(Tree { nodes: machine.nodes, root, budget: Budget::for_input(bytes) })
}

struct Machine<'a> {
    input: Input<'a>,
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    /// The heights of the stack at the marks that are open.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Id> {
        loop {
            let instruction = self.input.u8()?;
            if instruction == b'.' {
                let root = self.pop()?;
                ensure!(self.stack.is_empty() && self.marks.is_empty(), Protocol, "values are left over");
                return Ok(root);
            }
            self.step(instruction)?;
        }
    }

    fn step(&mut self, instruction: u8) -> Result<()> {
        match instruction {
            0x80 => {
                let protocol = self.input.u8()?;
                ensure!(protocol <= 5, Unsupported, "protocol {protocol}, expected 0 to 5");
                Ok(())
            }
            // A frame only says how much to read ahead.
            0x95 => self.input.le_length().map(drop),
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'I' => match self.input.text_line()? {
                "00" => self.push(Node::Bool(false)),
                "01" => self.push(Node::Bool(true)),
                line => self.push(Node::Int(integer(line)?)),
            },
            b'L' => {
                let value = integer(self.input.text_line()?)?;
                self.push(Node::Int(value))
            }
            b'J' | b'K' | b'M' | 0x8a | 0x8b => self.integer(instruction),
            b'F' => {
                let value = float(self.input.text_line()?)?;
                self.push(Node::Float(value))
            }
            b'G' => {
                let value = f64::from_be_bytes(self.input.array()?);
                self.push(Node::Float(value))
            }
            b'S' | b'V' | b'T' | b'U' | b'X' | 0x8c | 0x8d => self.text(instruction),
            b'B' | b'C' | 0x8e | 0x96 => self.bytes(instruction),
            b']' => self.push(Node::List(Vec::new())),
            b')' => self.push(Node::Tuple(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            0x8f => self.push(Node::Set(Vec::new())),
            b'l' => self.collect(Node::List),
            b't' => self.collect(Node::Tuple),
            0x91 => self.collect(Node::Set),
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(instruction - 0x84))?;
                self.push(Node::Tuple(items))
            }
            b'd' => {
                let items = self.pop_to_mark()?;
                let entries = pairs(&items)?;
                self.push(Node::Dict(entries))
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])
            }
            b'e' | 0x90 => {
                let items = self.pop_to_mark()?;
                self.append(&items)
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set_entries(&items)
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set_entries(&items)
            }
            b'(' => {
                ensure!(self.marks.len() < MOST_MARKS, Protocol, "nested deeper than {MOST_MARKS}");
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'0' => {
                // A mark is popped too, if it is the last thing on the stack.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                    return Ok(());
                }
                self.pop().map(drop)
            }
            b'1' => self.pop_to_mark().map(drop),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
                self.limit()
            }
            b'p' | b'q' | b'r' | 0x94 => self.remember(instruction),
            b'g' | b'h' | b'j' => self.recall(instruction),
            // A read-only view of the bytes below is the same bytes.
            0x98 => self.top().map(drop),
            b'c' => {
                let (module, name) = (self.input.text_line()?, self.input.text_line()?);
                self.push(Node::Global(look_up(module, name)?))
            }
            0x93 => {
                let names = self.pop_many(2)?;
                let global = look_up(self.text_of(&names, 0)?, self.text_of(&names, 1)?)?;
                self.push(Node::Global(global))
            }
            b'i' => {
                let (module, name) = (self.input.text_line()?, self.input.text_line()?);
                let class = look_up(module, name)?;
                self.collect(Node::Tuple)?;
                let arguments = self.pop()?;
                self.object(class, arguments)
            }
            b'o' => {
                let items = self.pop_to_mark()?;
                let (class, arguments) =
                    items.split_first().ok_or_else(|| err!(Protocol, "an object without a class"))?;
                self.push(Node::Tuple(arguments.to_vec()))?;
                let arguments = self.pop()?;
                self.object(self.global(*class)?, arguments)
            }
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let class = self.pop()?;
                self.object(self.global(class)?, arguments)
            }
            0x92 => {
                let named = self.pop()?;
                let empty = matches!(self.node(named)?, Node::Dict(entries) if entries.is_empty());
                ensure!(empty, Unsupported, "an object made with named arguments");
                let arguments = self.pop()?;
                let class = self.pop()?;
                self.object(self.global(class)?, arguments)
            }
            b'b' => self.build(),
            b'P' | b'Q' => bail!(Unsupported, "a reference to an object outside the pickle is refused"),
            0x82..=0x84 => bail!(Unsupported, "a class named by number (copyreg.add_extension) is refused"),
            0x97 => bail!(Unsupported, "bytes outside the pickle are refused"),
            other => bail!(Protocol, "unknown instruction {other:#04x}"),
        }
    }

    fn integer(&mut self, instruction: u8) -> Result<()> {
        let value = match instruction {
            b'J' => i32::from_le_bytes(self.input.array()?).into(),
            b'K' => self.input.u8()?.into(),
            b'M' => self.input.le_u16()?.into(),
            _ => {
                let length =
                    if instruction == 0x8a { self.input.u8()?.into() } else { self.input.le_u32()? as usize };
                long(self.input.take(length)?)?
            }
        };
        self.push(Node::Int(value))
    }

    fn text(&mut self, instruction: u8) -> Result<()> {
        let node = match instruction {
            b'S' => Node::Text(quoted(self.input.line()?)?.into()),
            b'V' => Node::Text(raw_unicode(self.input.line()?)?.into()),
            // Texts of Python 2 are bytes to Python 3 where they are no ASCII.
            b'T' | b'U' => {
                let length =
                    if instruction == b'U' { self.input.u8()?.into() } else { self.input.le_u32()? as usize };
                let bytes = self.input.take(length)?;
                if bytes.is_ascii() { Node::Text(text(bytes)?.into()) } else { Node::Bytes(bytes) }
            }
            _ => {
                let length = match instruction {
                    0x8c => self.input.u8()?.into(),
                    0x8d => self.input.le_length()?,
                    _ => self.input.le_u32()? as usize,
                };
                Node::Text(Cow::Borrowed(text(self.input.take(length)?)?))
            }
        };
        self.push(node)
    }

    fn bytes(&mut self, instruction: u8) -> Result<()> {
        let length = match instruction {
            b'C' => self.input.u8()?.into(),
            b'B' => self.input.le_u32()? as usize,
            _ => self.input.le_length()?,
        };
        let bytes = self.input.take(length)?;
        self.push(Node::Bytes(bytes))
    }

    fn remember(&mut self, instruction: u8) -> Result<()> {
        let slot = match instruction {
            b'p' => self.slot_line()?,
            b'q' => self.input.u8()?.into(),
            b'r' => self.input.le_u32()?,
            _ => u32::try_from(self.memo.len()).map_err(|_| err!(Protocol, "too many values"))?,
        };
        let top = self.top()?;
        self.memo.insert(slot, top);
        Ok(())
    }

    fn recall(&mut self, instruction: u8) -> Result<()> {
        let slot = match instruction {
            b'g' => self.slot_line()?,
            b'h' => self.input.u8()?.into(),
            _ => self.input.le_u32()?,
        };
        let id = *self.memo.get(&slot).ok_or_else(|| err!(Protocol, "nothing was remembered as {slot}"))?;
        self.stack.push(id);
        self.limit()
    }

    fn slot_line(&mut self) -> Result<u32> {
        let number = integer(self.input.text_line()?)?;
        u32::try_from(number).map_err(|_| err!(Protocol, "a place {number} in the memo"))
    }

    fn append(&mut self, items: &[Id]) -> Result<()> {
        let target = self.top()?;
        match self.node_mut(target)? {
            Node::List(list) | Node::Set(list) => list.extend_from_slice(items),
            _ => bail!(Protocol, "items for something that is no list"),
        }
        Ok(())
    }

    fn set_entries(&mut self, items: &[Id]) -> Result<()> {
        let added = pairs(items)?;
        let target = self.top()?;
        match self.node_mut(target)? {
            Node::Dict(entries) => entries.extend(added),
            Node::Object(object) if object.class.kind == Kind::OrderedDict => object.entries.extend(added),
            _ => bail!(Protocol, "entries for something that is no dictionary"),
        }
        Ok(())
    }

    /// Notes what would have been called. The reconstructor stands for the class that it is given.
    fn object(&mut self, class: &'static super::Global, arguments: Id) -> Result<()> {
        let given = self.tuple(arguments)?;
        let class = match (class.kind, given) {
            (Kind::Reconstructor, [class, base, state]) => {
                let plain =
                    self.global(*base)?.kind == Kind::Object && matches!(self.node(*state)?, Node::None);
                ensure!(plain, Unsupported, "an object made from something else than 'object'");
                self.global(*class)?
            }
            (Kind::Reconstructor, _) => bail!(Protocol, "_reconstructor takes three arguments"),
            _ => class,
        };
        self.push(Node::Object(Box::new(Object { class, arguments, state: None, entries: Vec::new() })))
    }

    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let target = self.top()?;
        match self.node_mut(target)? {
            Node::Object(object) if object.state.is_none() => object.state = Some(state),
            Node::Object(_) => bail!(Protocol, "an object with two states"),
            _ => bail!(Protocol, "a state for something that is no object"),
        }
        Ok(())
    }

    fn collect(&mut self, make: impl FnOnce(Vec<Id>) -> Node<'a>) -> Result<()> {
        let items = self.pop_to_mark()?;
        self.push(make(items))
    }

    fn push(&mut self, node: Node<'a>) -> Result<()> {
        let id = u32::try_from(self.nodes.len()).map_err(|_| err!(Protocol, "too many values"))?;
        self.nodes.push(node);
        self.stack.push(Id(id));
        self.limit()
    }

    fn limit(&self) -> Result<()> {
        let values = self.nodes.len().max(self.stack.len());
        ensure!(values <= MOST_VALUES, Protocol, "more than {MOST_VALUES} values");
        Ok(())
    }

    fn top(&self) -> Result<Id> {
        let above = self.stack.len() > self.marks.last().copied().unwrap_or(0);
        let top = if above { self.stack.last().copied() } else { None };
        top.ok_or_else(|| err!(Protocol, "a value was expected on the stack"))
    }

    fn pop(&mut self) -> Result<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        items.reverse();
        Ok(items)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let height = self.marks.pop().ok_or_else(|| err!(Protocol, "a mark was expected on the stack"))?;
        Ok(self.stack.split_off(height.min(self.stack.len())))
    }

    fn node(&self, id: Id) -> Result<&Node<'a>> {
        self.nodes.get(id.0 as usize).ok_or_else(|| err!(Internal, "no value {}", id.0))
    }

    fn node_mut(&mut self, id: Id) -> Result<&mut Node<'a>> {
        self.nodes.get_mut(id.0 as usize).ok_or_else(|| err!(Internal, "no value {}", id.0))
    }

    fn global(&self, id: Id) -> Result<&'static super::Global> {
        match self.node(id)? {
            Node::Global(global) => Ok(global),
            _ => Err(err!(Unsupported, "a call of something that is no listed name is refused")),
        }
    }

    fn tuple(&self, id: Id) -> Result<&[Id]> {
        match self.node(id)? {
            Node::Tuple(items) => Ok(items),
            _ => Err(err!(Protocol, "expected a tuple of arguments")),
        }
    }

    fn text_of(&self, ids: &[Id], index: usize) -> Result<&str> {
        match ids.get(index).map(|id| self.node(*id)).transpose()? {
            Some(Node::Text(text)) => Ok(text),
            _ => Err(err!(Protocol, "expected the name of a class as a text")),
        }
    }
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>> {
    let mut entries = Vec::with_capacity(items.len() / 2);
    for pair in items.chunks(2) {
        match pair {
            [key, value] => entries.push((*key, *value)),
            _ => bail!(Protocol, "a key without a value"),
        }
    }
    Ok(entries)
}
