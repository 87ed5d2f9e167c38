//! From bytes to a graph of objects.

use super::allowed::look_up;
use super::graph::{Graph, Id, Node, Raw};
use crate::base::Result;
use crate::optimizer::foreign::budget::Budget;
use crate::optimizer::foreign::input::{Input, text};
use crate::{bail, ensure, err};

const MAGIC: [u8; 4] = [0xac, 0xed, 0, 5];
const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const BLOCK: u8 = 0x77;
const END: u8 = 0x78;
const LONG_BLOCK: u8 = 0x7a;
const LONG_STRING: u8 = 0x7c;

/// The number of the first thing that a stream can refer back to.
const FIRST_HANDLE: u32 = 0x7e_0000;

const HAS_OWN_DATA: u8 = 1;
const IS_SERIALIZABLE: u8 = 2;

/// The deepest nesting of objects and of classes.
const MOST_LEVELS: u32 = 64;

/// The most objects, strings and classes together.
const MOST_HANDLES: usize = 500_000;

/// Reads the one object of a stream; anything after it is an error.
pub fn read(bytes: &[u8]) -> Result<Graph<'_>> {
    let mut reader = Reader {
        input: Input::new(bytes),
        nodes: Vec::new(),
        classes: Vec::new(),
        handles: Vec::new(),
        fields: 0,
    };
    let result = reader.run();
    let root =
        result.map_err(|error| error.context(format!("Java object, before byte {}", reader.input.at())))?;
    Ok(Graph { nodes: reader.nodes, root, budget: Budget::for_input(bytes) })
}

#[derive(Clone, Copy)]
enum Handle {
    Class(usize),
    Object(Id),
}

struct Class<'a> {
    name: &'static str,
    flags: u8,
    /// Name and type; the types are Java's letters.
    fields: Vec<(&'a str, u8)>,
    above: Option<usize>,
}

struct Reader<'a> {
    input: Input<'a>,
    nodes: Vec<Node<'a>>,
    classes: Vec<Class<'a>>,
    handles: Vec<Handle>,
    /// How many field values were read. A class with many fields can be used often, with fields of one byte each.
    fields: usize,
}

/// What stands where an object may stand.
enum Content<'a> {
    Object(Option<Id>),
    Block(&'a [u8]),
    End,
}

impl<'a> Reader<'a> {
    fn run(&mut self) -> Result<Id> {
        let magic = self.input.array::<4>()?;
        ensure!(magic == MAGIC, Protocol, "expected a stream of version 5, got {magic:02x?}");
        let root = self.object(0)?.ok_or_else(|| err!(Protocol, "the object is null"))?;
        ensure!(self.input.peek().is_none(), Protocol, "more follows after the object");
        Ok(root)
    }

    fn object(&mut self, level: u32) -> Result<Option<Id>> {
        match self.content(level)? {
            Content::Object(id) => Ok(id),
            Content::Block(_) | Content::End => bail!(Protocol, "expected an object"),
        }
    }

    fn content(&mut self, level: u32) -> Result<Content<'a>> {
        ensure!(level < MOST_LEVELS, Protocol, "objects nested deeper than {MOST_LEVELS}");
        Ok(match self.input.u8()? {
            NULL => Content::Object(None),
            REFERENCE => match self.reference()? {
                Handle::Object(id) => Content::Object(Some(id)),
                Handle::Class(_) => bail!(Unsupported, "a class where an object was expected"),
            },
            OBJECT => Content::Object(Some(self.new_object(level)?)),
            STRING => {
                let text = self.text()?;
                Content::Object(Some(self.add(Node::Text(text))?))
            }
            BLOCK => {
                let length = self.input.u8()?.into();
                Content::Block(self.input.take(length)?)
            }
            LONG_BLOCK => {
                let length = self.input.be_u32()? as usize;
                Content::Block(self.input.take(length)?)
            }
            END => Content::End,
            LONG_STRING => bail!(Unsupported, "a text of more than 65535 bytes is refused"),
            other => bail!(Unsupported, "{} is refused", special(other)),
        })
    }

    /// A text with a length of two bytes. Java writes UTF-8 with two exceptions, the character 0 and those beyond
    /// 16 bits; a name has neither.
    fn text(&mut self) -> Result<&'a str> {
        let length = self.input.be_u16()?.into();
        text(self.input.take(length)?)
    }

    fn new_object(&mut self, level: u32) -> Result<Id> {
        let class = self.class(0)?.ok_or_else(|| err!(Protocol, "an object without a class"))?;
        let name = self.class_at(class)?.name;
        let id = self.add(Node::Object {
            class: name,
            fields: Vec::new(),
            blocks: Vec::new(),
            items: Vec::new(),
        })?;
        // The data of the classes above come first.
        let mut chain = vec![class];
        while let Some(above) = self.class_at(*chain.last().unwrap_or(&class))?.above {
            ensure!(chain.len() < MOST_LEVELS as usize, Protocol, "too many classes above {name}");
            chain.push(above);
        }
        let (mut fields, mut blocks, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for class in chain.into_iter().rev() {
            let (flags, count) = (self.class_at(class)?.flags, self.class_at(class)?.fields.len());
            if flags & IS_SERIALIZABLE == 0 {
                ensure!(count == 0, Unsupported, "an object that writes itself (Externalizable) is refused");
                continue;
            }
            self.fields += count;
            ensure!(self.fields <= MOST_HANDLES, Protocol, "more than {MOST_HANDLES} fields");
            for number in 0..count {
                let field = self.class_at(class)?.fields.get(number).copied();
                let (name, letter) = field.ok_or_else(|| err!(Internal, "no field {number}"))?;
                let value = self.value(letter, level)?;
                fields.push((name, value));
            }
            if flags & HAS_OWN_DATA != 0 {
                loop {
                    match self.content(level + 1)? {
                        Content::Object(id) => items.push(id),
                        Content::Block(bytes) => blocks.push(bytes),
                        Content::End => break,
                    }
                }
            }
        }
        if let Some(node) = self.nodes.get_mut(id.0) {
            *node = Node::Object { class: name, fields, blocks, items };
        }
        Ok(id)
    }

    fn value(&mut self, letter: u8, level: u32) -> Result<Raw> {
        Ok(match letter {
            b'Z' => Raw::Bool(self.input.u8()? != 0),
            b'B' => Raw::Int(i8::from_be_bytes(self.input.array()?).into()),
            b'C' => Raw::Int(self.input.be_u16()?.into()),
            b'S' => Raw::Int(i16::from_be_bytes(self.input.array()?).into()),
            b'I' => Raw::Int(i32::from_be_bytes(self.input.array()?).into()),
            b'J' => Raw::Int(i64::from_be_bytes(self.input.array()?)),
            b'F' => Raw::Float(f32::from_be_bytes(self.input.array()?)),
            b'D' => Raw::Double(f64::from_be_bytes(self.input.array()?)),
            _ => Raw::Object(self.object(level + 1)?),
        })
    }

    /// A description of a class, or none above.
    fn class(&mut self, level: u32) -> Result<Option<usize>> {
        ensure!(level < MOST_LEVELS, Protocol, "classes nested deeper than {MOST_LEVELS}");
        match self.input.u8()? {
            NULL => Ok(None),
            REFERENCE => match self.reference()? {
                Handle::Class(class) => Ok(Some(class)),
                Handle::Object(_) => bail!(Protocol, "an object where a class was expected"),
            },
            CLASS => {
                let name = look_up(self.text()?)?;
                // The version of the class: what counts are the fields, which are looked up by name.
                self.input.take(8)?;
                let class = self.classes.len();
                self.handle(Handle::Class(class))?;
                let flags = self.input.u8()?;
                let fields = self.field_list()?;
                self.classes.push(Class { name, flags, fields, above: None });
                // An object here would begin a description of its own, and no level would count how deep that goes.
                let mark = self.input.u8()?;
                ensure!(mark == END, Unsupported, "{name}: data in the description of the class are refused");
                let above = self.class(level + 1)?;
                if let Some(made) = self.classes.get_mut(class) {
                    made.above = above;
                }
                Ok(Some(class))
            }
            other => bail!(Unsupported, "{} is refused", special(other)),
        }
    }

    fn field_list(&mut self) -> Result<Vec<(&'a str, u8)>> {
        let count = self.input.be_u16()?;
        let mut fields = Vec::new();
        for _ in 0..count {
            let letter = self.input.u8()?;
            let name = self.text()?;
            match letter {
                b'B' | b'C' | b'D' | b'F' | b'I' | b'J' | b'S' | b'Z' => {}
                // The name of the field's class, of which nothing is made.
                b'L' => match self.input.u8()? {
                    STRING => {
                        let text = self.text()?;
                        self.add(Node::Text(text))?;
                    }
                    REFERENCE => self.reference().map(drop)?,
                    other => bail!(Protocol, "expected the name of a class, got {other:#04x}"),
                },
                other => bail!(
                    Unsupported,
                    "a field of the type '{}' is refused",
                    char::from(other).escape_debug()
                ),
            }
            // Scala writes the full name of its class before some names.
            fields.push((name.rsplit_once("$$").map_or(name, |(_, short)| short), letter));
        }
        Ok(fields)
    }

    fn reference(&mut self) -> Result<Handle> {
        let number = self.input.be_u32()?;
        let handle = number.checked_sub(FIRST_HANDLE).and_then(|index| self.handles.get(index as usize));
        handle.copied().ok_or_else(|| err!(Protocol, "a reference to {number:#x}, which is not there"))
    }

    fn add(&mut self, node: Node<'a>) -> Result<Id> {
        let id = Id(self.nodes.len());
        self.nodes.push(node);
        self.handle(Handle::Object(id))?;
        Ok(id)
    }

    fn handle(&mut self, handle: Handle) -> Result<()> {
        ensure!(self.handles.len() < MOST_HANDLES, Protocol, "more than {MOST_HANDLES} objects");
        self.handles.push(handle);
        Ok(())
    }

    fn class_at(&self, class: usize) -> Result<&Class<'a>> {
        self.classes.get(class).ok_or_else(|| err!(Protocol, "a class is used before its description ends"))
    }
}

/// What the other marks of the format stand for.
fn special(mark: u8) -> String {
    match mark {
        0x75 => "an array".to_owned(),
        0x76 => "a class as a value".to_owned(),
        0x79 => "a reset of the stream".to_owned(),
        0x7b => "an exception".to_owned(),
        0x7d => "a proxy class".to_owned(),
        0x7e => "an enum".to_owned(),
        other => format!("the mark {other:#04x}"),
    }
}
