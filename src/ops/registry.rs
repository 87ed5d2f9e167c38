//! All operators by name.

use super::operator::{Definition, Operator};
use crate::base::Result;
use crate::base::suggest::nearest;
use once_cell::sync::Lazy;
use std::collections::BTreeMap;

pub struct Registry {
    operators: Vec<Operator>,
    by_name: BTreeMap<&'static str, usize>,
}

impl Registry {
    /// # Panics
    /// If two operators claim one name: a defect that the unit tests meet first.
    fn new(groups: &[&'static [Definition]]) -> Self {
        let operators: Vec<Operator> =
            groups.iter().flat_map(|group| group.iter()).map(Operator::new).collect();
        let mut by_name = BTreeMap::new();
        for (number, operator) in operators.iter().enumerate() {
            for name in std::iter::once(operator.name).chain(operator.aliases.iter().copied()) {
                let earlier = by_name.insert(name, number);
                assert!(earlier.is_none(), "operator name {name} is registered twice");
            }
        }
        Registry { operators, by_name }
    }

    /// All names, aliases included, in byte order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.by_name.keys().copied()
    }

    /// The number of an operator, by name or alias.
    pub fn number(&self, name: &str) -> Result<usize> {
        self.by_name.get(name).copied().ok_or_else(|| {
            let hint =
                nearest(name, self.names()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            crate::err!(InvalidArgument, "Operator {name} is not registered{hint}")
        })
    }

    pub fn get(&self, name: &str) -> Result<&Operator> {
        self.number(name).map(|number| &self.operators[number])
    }

    pub fn by_number(&self, number: usize) -> Option<&Operator> {
        self.operators.get(number)
    }

    pub fn len(&self) -> usize {
        self.operators.len()
    }

    pub fn is_empty(&self) -> bool {
        self.operators.is_empty()
    }
}

/// The one registry. It is constant data, so it may be global.
pub fn registry() -> &'static Registry {
    static REGISTRY: Lazy<Registry> = Lazy::new(|| Registry::new(super::GROUPS));
    &REGISTRY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_well_formed() {
        for operator in &registry().operators {
            assert!(!operator.doc.contains("\"\"\""), "{}", operator.name);
            for (param, default) in operator.params.iter().zip(operator.defaults()) {
                assert_eq!(
                    param.default.is_some(),
                    default.is_some(),
                    "{}.{}: bad default",
                    operator.name,
                    param.name
                );
            }
            let count = operator.count_param();
            let declared = operator.params.iter().any(|param| param.name == count);
            assert!(count.is_empty() || declared, "{}: {count} is not declared", operator.name);
        }
    }

    #[test]
    fn a_misspelt_name_gets_a_hint() {
        let error = registry().get("_zeroes").err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("Operator _zeroes is not registered; did you mean _zeros?"));
    }
}
