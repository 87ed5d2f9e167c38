//! Attributes of pickled objects as parameters and tables.

use crate::base::Result;
use crate::optimizer::foreign::pickle::Value;
use crate::optimizer::{Index, Params};
use crate::{bail, err};
use std::collections::BTreeMap;

/// The value of an attribute in the spelling of our parameters.
pub(super) fn text(object: Value<'_, '_>, name: &str) -> Result<String> {
    let value = object.attribute(name)?;
    if value.is_none() {
        return Ok("None".to_owned());
    }
    if let Some(text) = value.as_text() {
        return Ok(text.to_owned());
    }
    if let Some(flag) = value.as_bool() {
        return Ok(if flag { "True" } else { "False" }.to_owned());
    }
    if let Some(number) = value.as_int() {
        return Ok(number.to_string());
    }
    match value.as_float() {
        Some(number) => Ok(number.to_string()),
        None => bail!(
            Unsupported,
            "{}: expected a number or a text, got {}",
            named(object, name),
            value.describe()
        ),
    }
}

/// Copies attributes to parameters: pairs of the parameter's and the attribute's name.
pub(super) fn copy(object: Value<'_, '_>, names: &[(&str, &str)], params: &mut Params) -> Result<()> {
    for (param, attribute) in names {
        params.insert((*param).to_owned(), text(object, attribute)?);
    }
    Ok(())
}

pub(super) fn int(object: Value<'_, '_>, name: &str) -> Result<i64> {
    let value = object.attribute(name)?;
    value.as_int().ok_or_else(|| {
        err!(Unsupported, "{}: expected an integer, got {}", named(object, name), value.describe())
    })
}

pub(super) fn float(object: Value<'_, '_>, name: &str) -> Result<f64> {
    let value = object.attribute(name)?;
    value.as_float().ok_or_else(|| {
        err!(Unsupported, "{}: expected a number, got {}", named(object, name), value.describe())
    })
}

/// A dictionary with indices or names as keys.
pub(super) fn table<T>(
    object: Value<'_, '_>,
    name: &str,
    read: impl Fn(Value<'_, '_>) -> Option<T>,
) -> Result<BTreeMap<Index, T>> {
    by_index(object.attribute(name)?, read).map_err(|error| error.context(named(object, name)))
}

pub(super) fn by_index<T>(
    dictionary: Value<'_, '_>,
    read: impl Fn(Value<'_, '_>) -> Option<T>,
) -> Result<BTreeMap<Index, T>> {
    let Some(entries) = dictionary.as_entries() else {
        bail!(Unsupported, "expected a dictionary, got {}", dictionary.describe());
    };
    let mut table = BTreeMap::new();
    for (key, value) in entries {
        let read = read(value);
        let read = read.ok_or_else(|| err!(Unsupported, "unexpected value {}", value.describe()))?;
        table.insert(index(key)?, read);
    }
    Ok(table)
}

pub(super) fn index(key: Value<'_, '_>) -> Result<Index> {
    if let Some(text) = key.as_text() {
        return Ok(Index::Text(text.into()));
    }
    let number = key.as_int().map(Index::Int);
    number.ok_or_else(|| err!(Unsupported, "expected an index or a name as a key, got {}", key.describe()))
}

/// `Adam.beta1`
pub(super) fn named(object: Value<'_, '_>, attribute: &str) -> String {
    format!("{}.{attribute}", object.class().map_or("?", |class| class.name))
}
