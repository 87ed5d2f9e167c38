//! The parameters of one call, parsed.

use super::operator::Operator;
use super::param::Value;
use crate::array::{DType, Device, Shape};
use crate::base::Result;
use crate::base::suggest::nearest;
use crate::err;
use smallvec::SmallVec;

/// One value per parameter of the operator, in its order.
#[derive(Clone, Debug)]
pub struct Attrs {
    operator: &'static Operator,
    values: SmallVec<[Value; 8]>,
}

impl Attrs {
    /// Parses the texts of a call with `inputs` arrays. A name given twice counts once, the first time. The
    /// parameter that counts the inputs of a variadic operator is filled in if it is not given.
    pub fn parse(operator: &'static Operator, inputs: usize, texts: &[(&str, &str)]) -> Result<Attrs> {
        for (name, _) in texts {
            // `ctx` and names in double underscores are for frontends; stock MXNet lets them pass everywhere.
            let frontend = name.starts_with("__") && name.ends_with("__");
            if !frontend && !operator.refused && !operator.params.iter().any(|param| param.name == *name) {
                return Err(unknown(operator, name));
            }
        }
        let mut values = SmallVec::new();
        for (param, default) in operator.params.iter().zip(operator.defaults()) {
            let given = texts.iter().find(|(name, _)| *name == param.name);
            let value = match given {
                Some((_, text)) => {
                    param.parse(text).map_err(|error| error.context(describe(operator, texts)))?
                }
                None if operator.count_param() == param.name => Value::Int(inputs as i64),
                None => default.clone().ok_or_else(|| {
                    err!(
                        InvalidArgument,
                        "Required parameter {} of {} is not presented, in operator {}",
                        param.name,
                        param.kind.type_name(),
                        describe(operator, texts)
                    )
                })?,
            };
            values.push(value);
        }
        Ok(Attrs { operator, values })
    }

    /// The value of a declared parameter. Asking for one that the operator does not declare is a defect of
    /// the operator's definition and gives an error of kind `Internal`.
    pub fn value(&self, name: &str) -> Result<&Value> {
        let index = self.operator.params.iter().position(|param| param.name == name);
        index.and_then(|index| self.values.get(index)).ok_or_else(|| self.undeclared(name, "parameter"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.operator.params.iter().any(|param| param.name == name)
    }

    pub fn int(&self, name: &str) -> Result<i64> {
        match self.value(name)? {
            Value::Int(value) => Ok(*value),
            _ => Err(self.undeclared(name, "integer")),
        }
    }

    /// An integer or `None`.
    pub fn optional_int(&self, name: &str) -> Result<Option<i64>> {
        match self.value(name)? {
            Value::None => Ok(None),
            Value::Int(value) => Ok(Some(*value)),
            _ => Err(self.undeclared(name, "integer")),
        }
    }

    pub fn float(&self, name: &str) -> Result<f32> {
        match self.value(name)? {
            Value::Float(value) => Ok(*value),
            _ => Err(self.undeclared(name, "float")),
        }
    }

    pub fn optional_float(&self, name: &str) -> Result<Option<f32>> {
        match self.value(name)? {
            Value::None => Ok(None),
            Value::Float(value) => Ok(Some(*value)),
            _ => Err(self.undeclared(name, "float")),
        }
    }

    pub fn double(&self, name: &str) -> Result<f64> {
        match self.value(name)? {
            Value::Double(value) => Ok(*value),
            _ => Err(self.undeclared(name, "double")),
        }
    }

    pub fn optional_double(&self, name: &str) -> Result<Option<f64>> {
        match self.value(name)? {
            Value::None => Ok(None),
            Value::Double(value) => Ok(Some(*value)),
            _ => Err(self.undeclared(name, "double")),
        }
    }

    pub fn bool(&self, name: &str) -> Result<bool> {
        match self.value(name)? {
            Value::Bool(value) => Ok(*value),
            _ => Err(self.undeclared(name, "boolean")),
        }
    }

    /// A text or enum value.
    pub fn text(&self, name: &str) -> Result<&str> {
        match self.value(name)? {
            Value::Str(value) => Ok(value),
            _ => Err(self.undeclared(name, "text")),
        }
    }

    pub fn floats(&self, name: &str) -> Result<&[f32]> {
        match self.value(name)? {
            Value::Floats(values) => Ok(values),
            _ => Err(self.undeclared(name, "list of floats")),
        }
    }

    /// Numbers, or `None`.
    pub fn doubles(&self, name: &str) -> Result<Option<&[f64]>> {
        match self.value(name)? {
            Value::None => Ok(None),
            Value::Doubles(values) => Ok(Some(values)),
            _ => Err(self.undeclared(name, "list of numbers")),
        }
    }

    /// The entries of a shape-like parameter, `None` where the caller wrote `None`; `None` for a whole `None`.
    pub fn tuple(&self, name: &str) -> Result<Option<&[Option<i64>]>> {
        match self.value(name)? {
            Value::None => Ok(None),
            Value::Shape(dims) => Ok(Some(dims)),
            _ => Err(self.undeclared(name, "shape")),
        }
    }

    /// A shape without open extents; `None` if the parameter is `None`.
    pub fn shape(&self, name: &str) -> Result<Option<Shape>> {
        match self.value(name)? {
            Value::None => Ok(None),
            value => match value.as_shape() {
                Some(shape) => Ok(Some(shape)),
                None => {
                    Err(err!(InvalidArgument, "{name}: expected a complete shape, got one with None in it"))
                }
            },
        }
    }

    /// An element type; `None` where the parameter allows `None`.
    pub fn dtype(&self, name: &str) -> Result<Option<DType>> {
        match self.value(name)? {
            Value::None => Ok(None),
            Value::DType(dtype) => Ok(Some(*dtype)),
            _ => Err(self.undeclared(name, "dtype")),
        }
    }

    /// The parameter `ctx` of creation operators, if it was given.
    pub fn device(&self) -> Result<Option<Device>> {
        match self.value("ctx") {
            Ok(Value::Str(text)) if !text.is_empty() => Device::from_text(text).map(Some),
            _ => Ok(None),
        }
    }

    fn undeclared(&self, name: &str, what: &str) -> crate::base::Error {
        err!(Internal, "operator {} declares no {what} '{name}'", self.operator.name)
    }
}

fn unknown(operator: &Operator, name: &str) -> crate::base::Error {
    let names = operator.params.iter().map(|param| param.name);
    let hint =
        nearest(name, names.clone()).map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
    let known: Vec<String> =
        operator.params.iter().map(|param| format!("{} : {}", param.name, param.type_info())).collect();
    err!(
        InvalidArgument,
        "Cannot find argument '{name}'{hint} of operator {}, Possible Arguments: {}",
        operator.name,
        if known.is_empty() { "none".to_owned() } else { known.join("; ") }
    )
}

/// `sgd_update(lr="abc")`
fn describe(operator: &Operator, texts: &[(&str, &str)]) -> String {
    let texts: Vec<String> = texts.iter().map(|(name, text)| format!("{name}=\"{text}\"")).collect();
    format!("{}({})", operator.name, texts.join(", "))
}
