//! Parameters of operators: what they are called, what text they accept, and the values it becomes.

use crate::array::{DType, Shape};
use crate::base::Result;

/// What a parameter accepts. The type texts that frontends see, and the accepted spellings, are MXNet's, but for a
/// few that no frontend writes: it reads `[0, 1)` and `1e`, which are errors here, and refuses `.5` for a list.
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
            Kind::Float | Kind::Real => float(text).map(Value::Float),
            Kind::Double => number(text).map(Value::Double),
            Kind::Bool => boolean(text).map(Value::Bool),
            Kind::Str => Some(Value::Str(text.to_owned())),
            Kind::Shape => shape(trimmed),
            Kind::ShapeOrNone => or_none(text, shape),
            Kind::IntOrNone | Kind::LongOrNone => or_none(text, |text| item(text).map(Value::Int)),
            Kind::DoublesOrNone => or_none(text, |text| {
                list(text)?.into_iter().map(plain).collect::<Option<_>>().map(Value::Doubles)
            }),
            Kind::FloatOrNone => or_none(text, |text| plain_float(text).map(Value::Float)),
            Kind::DoubleOrNone => or_none(text, |text| plain(text).map(Value::Double)),
            Kind::Floats => list(trimmed)
                .and_then(|items| items.into_iter().map(plain_float).collect())
                .map(Value::Floats),
            Kind::BoolOrNone => or_none(text, |text| boolean(text).map(Value::Bool)),
            Kind::EnumOrNone(_) | Kind::DTypeOrNone(_) if text == "None" => Some(Value::None),
            Kind::Enum(words) | Kind::EnumOrNone(words) => {
                crate::ensure!(
                    words.contains(&text),
                    InvalidArgument,
                    "{}: Invalid Input: '{text}', valid values are: {{{}}}",
                    self.name,
                    quoted(words)
                );
                Some(Value::Str(text.to_owned()))
            }
            Kind::DType(names) | Kind::DTypeOrNone(names) => {
                crate::ensure!(
                    names.contains(&text),
                    InvalidArgument,
                    "{}: Invalid Input: '{text}', valid values are: {{{}}}",
                    self.name,
                    quoted(names)
                );
                // `None` is among the names of some parameters: the operator chooses.
                Some(DType::from_name(text).map_or(Value::None, Value::DType))
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

/// `None` may be followed by blanks, but not follow them.
fn or_none(text: &str, parse: impl FnOnce(&str) -> Option<Value>) -> Option<Value> {
    if text.trim_end() == "None" { Some(Value::None) } else { parse(text.trim()) }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A whole number in a list, or where there may be none: also Python 2's `3L`.
fn item(text: &str) -> Option<i64> {
    integer(text.strip_suffix('L').unwrap_or(text))
}

/// A number, perhaps with an `f` behind it; one beyond the range is an error, infinity itself is not.
fn number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let value: f64 =
        text.strip_suffix(['f', 'F']).and_then(|text| text.parse().ok()).or(text.parse().ok())?;
    let lower = text.to_ascii_lowercase();
    let mantissa = lower.split('e').next().unwrap_or_default();
    let vanished = value == 0.0 && mantissa.contains(|digit| ('1'..='9').contains(&digit));
    (!vanished && !value.is_subnormal() && (!value.is_infinite() || lower.contains("inf"))).then_some(value)
}

fn float(text: &str) -> Option<f32> {
    let value = number(text)?;
    let rounded = value as f32;
    let lost = value.is_finite()
        && (rounded.is_infinite() || rounded.is_subnormal() || (rounded == 0.0 && value != 0.0));
    (!lost).then_some(rounded)
}

/// A number in a list, or where there may be none: only digits, and never infinite. Small ones may become 0.
fn plain(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn plain_float(text: &str) -> Option<f32> {
    plain(text).map(|value| value as f32).filter(|value| value.is_finite())
}

/// The items of `(a, b,)`, `[a, b]` or of a single `a`.
fn list(text: &str) -> Option<Vec<&str>> {
    let inner = match text.chars().next()? {
        '(' => text.strip_prefix('(')?.strip_suffix(')')?,
        '[' => text.strip_prefix('[')?.strip_suffix(']')?,
        _ => return Some(vec![text]),
    };
    let inner = inner.trim();
    if inner.is_empty() {
        return Some(vec![]);
    }
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    let items: Vec<&str> = inner.split(',').map(str::trim).collect();
    items.iter().all(|item| !item.is_empty()).then_some(items)
}

fn shape(text: &str) -> Option<Value> {
    if text == "None" {
        return Some(Value::Shape(vec![]));
    }
    let bracketed = text.starts_with(['(', '[']);
    let dim = |text: &str| match text {
        "None" => Some(None),
        text if bracketed => item(text).map(Some),
        text => integer(text).map(Some),
    };
    let dims: Option<Vec<_>> = list(text)?.into_iter().map(dim).collect();
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
        for text in ["True", "2ff", "1L", "1e-50", "1e-40", "1 "] {
            assert_eq!(parse(Kind::Float, text), None, "{text}");
        }
        for text in ["True", "2ff", "1e400", "-1e400", "1e-400", "1e-320"] {
            assert_eq!(parse(Kind::Double, text), None, "{text}");
        }
        assert_eq!(parse(Kind::Float, " 2F"), Some(Value::Float(2.0)));
        assert_eq!(parse(Kind::Float, "-inf"), Some(Value::Float(f32::NEG_INFINITY)));
        assert_eq!(parse(Kind::Double, "infinity"), Some(Value::Double(f64::INFINITY)));
        assert_eq!(parse(Kind::Double, "0e5"), Some(Value::Double(0.0)));
        for text in ["True", "1L", "1.0", ""] {
            assert_eq!(parse(Kind::Int, text), None, "{text}");
        }
        assert_eq!(parse(Kind::Int, " +1 "), Some(Value::Int(1)));
        assert_eq!(parse(Kind::IntOrNone, "1L"), Some(Value::Int(1)));
        assert_eq!(parse(Kind::IntOrNone, "None "), Some(Value::None));
        for text in ["True", " None", "none"] {
            assert_eq!(parse(Kind::IntOrNone, text), None, "{text}");
        }
        for text in ["tRue", "TRUE", "1"] {
            assert_eq!(parse(Kind::Bool, text), Some(Value::Bool(true)), "{text}");
        }
        for text in [" True", "True ", "2", "None"] {
            assert_eq!(parse(Kind::Bool, text), None, "{text}");
        }
        for text in ["(,)", "[,]", "0L", "True", "(True,)", "1,0"] {
            assert_eq!(parse(Kind::Shape, text), None, "{text}");
        }
        for text in ["(0.1f,)", "(1e400,)", "(inf,)", "(True,)", "(,)"] {
            assert_eq!(parse(Kind::Floats, text), None, "{text}");
        }
        assert_eq!(parse(Kind::Floats, "(1e-50,)"), Some(Value::Floats(vec![0.0])));
        assert_eq!(parse(Kind::DoubleOrNone, "1f"), None);
        assert_eq!(parse(Kind::Enum(&["a"]), " a"), None);
        assert_eq!(parse(Kind::DType(DTYPES), "float16 "), None);
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
