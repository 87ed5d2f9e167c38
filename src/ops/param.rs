//! Parameters of operators: what they are called, what text they accept, and the values it becomes.

use crate::array::{DType, Shape};
use crate::base::Result;

/// What a parameter accepts. The type texts that frontends see, and the accepted spellings, are MXNet's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Int,
    Long,
    Float,
    /// A float under the name that MXNet's first interface has for it.
    Real,
    Double,
    Bool,
    Str,
    /// `(2,3)`, `[2, 3]`, `2`; elements may be `None` (an open end of a slice).
    Shape,
    /// As `Shape`, or `None` for the whole.
    ShapeOrNone,
    IntOrNone,
    FloatOrNone,
    DoubleOrNone,
    /// MXNet has no name for it, and shows none.
    LongOrNone,
    /// `[0.1, 0.2]`
    Floats,
    /// MXNet has no name for it, and shows none.
    DoublesOrNone,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// One of these words, or `None`.
    EnumOrNone(&'static [&'static str]),
    /// An element type by name; one of these.
    DType(&'static [&'static str]),
    /// The same, or `None`: the operator chooses.
    DTypeOrNone(&'static [&'static str]),
    BoolOrNone,
}

/// All element types, in the order in which stock MXNet lists them.
pub const DTYPES: &[&str] =
    &["bfloat16", "bool", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"];
/// All but bool.
pub const DTYPES_NO_BOOL: &[&str] =
    &["bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"];

#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: Kind,
    /// As a caller would write it; `None` means required.
    pub default: Option<&'static str>,
    pub doc: &'static str,
}

pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Param {
    Param { name, kind, default: None, doc }
}

pub const fn optional(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Param {
    Param { name, kind, default: Some(default), doc }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Int(i64),
    Float(f32),
    Double(f64),
    Bool(bool),
    Str(String),
    /// The extents; `None` where the text had `None`.
    Shape(Vec<Option<i64>>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    DType(DType),
    /// `None` in a kind that allows it.
    None,
}

impl Param {
    /// Parses the caller's text.
    pub fn parse(&self, text: &str) -> Result<Value> {
        let trimmed = text.trim();
        let value = match self.kind {
            Kind::Int => integer(trimmed).filter(|x| i32::try_from(*x).is_ok()).map(Value::Int),
            Kind::Long => integer(trimmed).map(Value::Int),
            Kind::Float | Kind::Real => float(trimmed).map(Value::Float),
            Kind::Double => number(trimmed).map(Value::Double),
            Kind::Bool => boolean(trimmed).map(Value::Bool),
            Kind::Str => Some(Value::Str(text.to_owned())),
            Kind::Shape => shape(trimmed),
            Kind::ShapeOrNone => or_none(trimmed, shape),
            Kind::IntOrNone | Kind::LongOrNone => or_none(trimmed, |text| integer(text).map(Value::Int)),
            Kind::DoublesOrNone => or_none(trimmed, |text| {
                list(text)?.into_iter().map(number).collect::<Option<_>>().map(Value::Doubles)
            }),
            Kind::FloatOrNone => or_none(trimmed, |text| float(text).map(Value::Float)),
            Kind::DoubleOrNone => or_none(trimmed, |text| number(text).map(Value::Double)),
            Kind::Floats => list(trimmed)
                .and_then(|items| items.iter().map(|item| float(item)).collect())
                .map(Value::Floats),
            Kind::BoolOrNone => or_none(trimmed, |text| boolean(text).map(Value::Bool)),
            Kind::EnumOrNone(_) | Kind::DTypeOrNone(_) if trimmed == "None" => Some(Value::None),
            Kind::Enum(words) | Kind::EnumOrNone(words) => {
                crate::ensure!(
                    words.contains(&trimmed),
                    InvalidArgument,
                    "{}: Invalid Input: '{trimmed}', valid values are: {{{}}}",
                    self.name,
                    quoted(words)
                );
                Some(Value::Str(trimmed.to_owned()))
            }
            Kind::DType(names) | Kind::DTypeOrNone(names) => {
                crate::ensure!(
                    names.contains(&trimmed),
                    InvalidArgument,
                    "{}: Invalid Input: '{trimmed}', valid values are: {{{}}}",
                    self.name,
                    quoted(names)
                );
                // `None` is among the names of some parameters: the operator chooses.
                Some(DType::from_name(trimmed).map_or(Value::None, Value::DType))
            }
        };
        value.ok_or_else(|| {
            crate::err!(
                InvalidArgument,
                "Invalid Parameter format for {} expect {} but value='{text}'",
                self.name,
                self.kind.type_name()
            )
        })
    }

    /// The type text that frontends parse, for instance `float, optional, default=0.9`.
    pub fn type_info(&self) -> String {
        let name = self.kind.type_name();
        match (self.default, self.kind) {
            (_, Kind::Real) => name,
            (None, _) => format!("{name}, required"),
            (Some(default), Kind::Enum(_) | Kind::EnumOrNone(_) | Kind::DType(_) | Kind::DTypeOrNone(_)) => {
                format!("{name},optional, default='{default}'")
            }
            (Some(default), Kind::Float) => format!("{name}, optional, default={}", float_text(default)),
            (Some(default), Kind::Int | Kind::IntOrNone | Kind::Str) => {
                format!("{name}, optional, default='{default}'")
            }
            (Some(default), Kind::Bool) => {
                format!("{name}, optional, default={}", u8::from(boolean(default) == Some(true)))
            }
            (Some(default), _) => format!("{name}, optional, default={default}"),
        }
    }
}

impl Kind {
    pub fn type_name(self) -> String {
        match self {
            Kind::Int => "int".into(),
            Kind::Long => "long".into(),
            Kind::Float => "float".into(),
            Kind::Real => "real_t".into(),
            Kind::Double => "double".into(),
            Kind::Bool => "boolean".into(),
            Kind::Str => "string".into(),
            Kind::Shape => "Shape(tuple)".into(),
            Kind::ShapeOrNone => "Shape or None".into(),
            Kind::IntOrNone => "int or None".into(),
            Kind::FloatOrNone => "float or None".into(),
            Kind::DoubleOrNone => "double or None".into(),
            Kind::Floats => "tuple of <float>".into(),
            Kind::LongOrNone | Kind::DoublesOrNone => String::new(),
            Kind::BoolOrNone => "boolean or None".into(),
            Kind::Enum(words) | Kind::DType(words) => format!("{{{}}}", quoted(words)),
            Kind::EnumOrNone(words) | Kind::DTypeOrNone(words) => format!("{{None, {}}}", quoted(words)),
        }
    }
}

/// A float default as stock MXNet prints it: nine significant digits.
fn float_text(default: &str) -> String {
    let Some(value) = float(default) else { return default.to_owned() };
    if value == value.trunc() && value.abs() < 1e9 {
        return format!("{value}");
    }
    let scientific = format!("{value:.8e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-5..9).contains(&exponent) {
        let digits = usize::try_from(8 - exponent).unwrap_or(0);
        return format!("{value:.digits$}").trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!(
        "{}e{}{:02}",
        mantissa.trim_end_matches('0').trim_end_matches('.'),
        if exponent < 0 { '-' } else { '+' },
        exponent.abs()
    )
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

fn or_none(text: &str, parse: impl FnOnce(&str) -> Option<Value>) -> Option<Value> {
    if text == "None" { Some(Value::None) } else { parse(text) }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "True" | "true" | "1" => Some(true),
        "False" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// Whole numbers; Python 2's `3L` and `True`/`False` where a frontend passes a flag as a number.
fn integer(text: &str) -> Option<i64> {
    match text {
        "True" => Some(1),
        "False" => Some(0),
        _ => text.strip_suffix('L').unwrap_or(text).parse().ok(),
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "True" => Some(1.0),
        "False" => Some(0.0),
        _ => text.trim_end_matches(['f', 'F']).parse().ok().or_else(|| text.parse().ok()),
    }
}

/// Numbers beyond float32's range are errors, except infinity itself.
fn float(text: &str) -> Option<f32> {
    let value = number(text)?;
    let rounded = value as f32;
    (rounded.is_finite() || !value.is_finite()).then_some(rounded)
}

/// The items of `(a, b,)`, `[a, b]` or of a single `a`.
fn list(text: &str) -> Option<Vec<&str>> {
    let inner = match text.chars().next()? {
        '(' => text.strip_prefix('(')?.strip_suffix(')')?,
        '[' => text.strip_prefix('[')?.strip_suffix(']')?,
        _ => return Some(vec![text]),
    };
    let inner = inner.trim();
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    if inner.trim().is_empty() {
        return Some(vec![]);
    }
    let items: Vec<&str> = inner.split(',').map(str::trim).collect();
    items.iter().all(|item| !item.is_empty()).then_some(items)
}

fn shape(text: &str) -> Option<Value> {
    if text == "None" {
        return Some(Value::Shape(vec![]));
    }
    let items = list(text)?;
    let dims: Option<Vec<_>> =
        items.iter().map(|item| if *item == "None" { Some(None) } else { integer(item).map(Some) }).collect();
    dims.map(Value::Shape)
}

impl Value {
    /// A complete shape; `None` if an extent is open.
    pub fn as_shape(&self) -> Option<Shape> {
        match self {
            Value::Shape(dims) => {
                dims.iter().copied().collect::<Option<Vec<i64>>>().map(|dims| Shape::new(&dims))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(kind: Kind, text: &str) -> Option<Value> {
        required("p", kind, "").parse(text).ok()
    }

    #[test]
    fn accepted_spellings_are_mxnets() {
        let shape = |dims: &[i64]| Some(Value::Shape(dims.iter().map(|dim| Some(*dim)).collect()));
        for text in ["(2,3)", "(2,3,)", "[2, 3]", "(2L, 3L)", " ( 2 , 3 ) "] {
            assert_eq!(parse(Kind::Shape, text), shape(&[2, 3]), "{text}");
        }
        assert_eq!(parse(Kind::Shape, "2"), shape(&[2]));
        assert_eq!(parse(Kind::Shape, "()"), shape(&[]));
        assert_eq!(parse(Kind::Shape, "(2 3)"), None);
        assert_eq!(parse(Kind::Shape, "(2,,3)"), None);
        assert_eq!(parse(Kind::Shape, "(0, None)"), Some(Value::Shape(vec![Some(0), None])));
        assert_eq!(parse(Kind::ShapeOrNone, "None"), Some(Value::None));
        assert_eq!(parse(Kind::Bool, "True"), Some(Value::Bool(true)));
        assert_eq!(parse(Kind::Bool, "yes"), None);
        assert_eq!(parse(Kind::Float, "1.0E-4"), Some(Value::Float(1e-4)));
        assert_eq!(parse(Kind::Float, "1e50"), None);
        assert_eq!(parse(Kind::Float, "abc"), None);
        assert_eq!(parse(Kind::Int, "3000000000"), None);
        assert_eq!(parse(Kind::Floats, "[0.1, 0.2]"), Some(Value::Floats(vec![0.1, 0.2])));
        assert_eq!(parse(Kind::DType(DTYPES), "float16"), Some(Value::DType(DType::Float16)));
        assert_eq!(parse(Kind::DType(DTYPES), "complex64"), None);
    }

    #[test]
    fn type_texts_are_what_frontends_parse() {
        assert_eq!(required("lr", Kind::Float, "").type_info(), "float, required");
        assert_eq!(optional("b", Kind::Float, "0.9", "").type_info(), "float, optional, default=0.899999976");
        assert_eq!(
            optional("b", Kind::Float, "1e-8", "").type_info(),
            "float, optional, default=9.99999994e-09"
        );
        assert_eq!(optional("b", Kind::Float, "-1", "").type_info(), "float, optional, default=-1");
        assert_eq!(optional("b", Kind::Bool, "0", "").type_info(), "boolean, optional, default=0");
        assert_eq!(optional("b", Kind::Int, "1", "").type_info(), "int, optional, default='1'");
        assert_eq!(
            optional("e", Kind::Enum(&["a", "b"]), "a", "").type_info(),
            "{'a', 'b'},optional, default='a'"
        );
    }
}
