//! What the registry knows of an operator.

use super::attrs::Attrs;
use super::infer::{Meta, Query};
use super::invoke::Invocation;
use super::param::{Param, Value};
use crate::array::Storage;
use crate::base::Result;
use smallvec::SmallVec;
use std::fmt;
use std::ops::Deref;

/// The array arguments.
#[derive(Clone, Copy, Debug)]
pub enum Inputs {
    /// These, by name.
    Fixed(&'static [&'static str]),
    /// The first of these, as many as the parameters ask for.
    Optional { names: &'static [&'static str], count: fn(&Attrs) -> Result<usize> },
    /// Any number; `count` is the parameter that says how many. `per_count` is
    /// the number of arrays it counts as one (2 for weight and gradient), `extra` how many follow uncounted.
    Variadic { name: &'static str, count: Option<&'static str>, per_count: usize, extra: usize },
}

const FILLED_COUNT: &str = "num_args";

/// Storage types of the arrays of a call.
pub type Storages = SmallVec<[Storage; 6]>;

/// How a call is carried out for the given storage types.
#[derive(Debug, PartialEq)]
pub enum Plan {
    /// The kernel takes the arrays as they are and makes outputs of these storage types.
    Direct(Storages),
    /// The kernel knows dense arrays only: sparse inputs are converted, results converted back.
    Dense,
}

/// Which inputs the kernel takes that are the very same region as an output; the others are copied first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InPlace {
    Never,
    /// The weight that an output is the new value of: the first input, or the first of the output's group.
    Weight,
    Any,
}

impl InPlace {
    pub(super) fn allows(self, inputs: Inputs, input: usize, output: usize) -> bool {
        match (self, inputs) {
            (InPlace::Never, _) => false,
            (InPlace::Weight, Inputs::Variadic { per_count, .. }) => input == output * per_count,
            (InPlace::Weight, _) => input == 0,
            (InPlace::Any, _) => true,
        }
    }
}

/// The table entry of an operator: `Definition { name: …, ..Definition::DEFAULT }`.
pub struct Definition {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// For the generated documentation: one or two lines, then the formula. Must not contain three quotes.
    pub doc: &'static str,
    pub inputs: Inputs,
    /// What frontends are told about the type of the array arguments.
    pub array_type: &'static str,
    pub params: &'static [Param],
    /// What frontends are shown instead of `params`, where MXNet's own list is not what it accepts.
    pub shown: Option<&'static [Param]>,
    /// The number of outputs.
    pub outputs: fn(&Attrs, usize) -> Result<usize>,
    /// How many of the outputs the caller sees; `None` means all.
    pub visible: Option<fn(&Attrs, usize) -> Result<usize>>,
    /// Inputs that the kernel also writes, by index (optimizer states).
    pub mutates: fn(&Attrs, usize) -> SmallVec<[usize; 4]>,
    /// Checks the inputs and says what the outputs are.
    pub infer: fn(&Query<'_>) -> Result<SmallVec<[Meta; 2]>>,
    /// How to treat sparse arrays. Called only if an input or a given output is sparse, or if
    /// `makes_sparse` is set.
    pub plan: fn(&Attrs, &Query<'_>) -> Result<Plan>,
    /// The operator may make sparse outputs from dense inputs, so `plan` is always asked.
    pub makes_sparse: bool,
    /// The kernel. Runs when the engine grants the variables. No output and no input listed in `mutates` shares
    /// storage with any other array of the call, but for what `in_place` allows.
    pub kernel: fn(&Invocation) -> Result<()>,
    pub in_place: InPlace,
    /// The output must be given by the caller.
    pub needs_output: bool,
    /// Given outputs may have another element type than inferred; the kernel converts.
    pub converts_dtype: bool,
    /// Draws random numbers.
    pub random: bool,
    /// `infer` reads elements of the inputs, so the call waits for them.
    pub waits: bool,
    /// Any parameter is let through: the operator is refused whatever it is given.
    pub refused: bool,
}

impl Definition {
    /// One dense input `data`, one output, no parameters.
    pub const DEFAULT: Definition = Definition {
        name: "",
        aliases: &[],
        doc: "",
        inputs: Inputs::Fixed(&["data"]),
        array_type: "NDArray-or-Symbol",
        params: &[],
        shown: None,
        outputs: |_, _| Ok(1),
        visible: None,
        mutates: |_, _| SmallVec::new(),
        infer: |query| super::infer::same_as_first(query),
        plan: |_, _| Ok(Plan::Dense),
        makes_sparse: false,
        kernel: |_| Err(crate::err!(Internal, "this operator has no kernel")),
        in_place: InPlace::Never,
        needs_output: false,
        converts_dtype: false,
        random: false,
        waits: false,
        refused: false,
    };

    pub fn visible_outputs(&self, attrs: &Attrs, inputs: usize) -> Result<usize> {
        match self.visible {
            Some(visible) => visible(attrs, inputs),
            None => (self.outputs)(attrs, inputs),
        }
    }

    /// The name of the parameter that is filled in with the number of inputs if the caller does not give it
    /// (MXNet's `key_var_num_args`), empty if there is none. Counts of other names, `num_weights` for instance,
    /// count something else than inputs and keep their default.
    pub fn count_param(&self) -> &'static str {
        match self.inputs {
            Inputs::Variadic { count: Some(FILLED_COUNT), .. } => FILLED_COUNT,
            _ => "",
        }
    }

    /// Checks the number of arrays of a call.
    pub(super) fn check_inputs(&self, attrs: &Attrs, given: usize) -> Result<()> {
        let expected = match self.inputs {
            Inputs::Fixed(names) => names.len(),
            Inputs::Optional { count, .. } => count(attrs)?,
            Inputs::Variadic { count: Some(count), per_count, extra, .. } => {
                let counted = usize::try_from(attrs.int(count)?).map_err(|_| {
                    crate::err!(
                        InvalidArgument,
                        "{count}: expected a count of arrays, got {}",
                        attrs.int(count).unwrap_or(-1)
                    )
                })?;
                counted.saturating_mul(per_count).saturating_add(extra)
            }
            Inputs::Variadic { .. } => given,
        };
        crate::ensure!(
            given == expected,
            InvalidArgument,
            "Operator {} expects {expected} inputs, but got {given} instead.",
            self.name
        );
        Ok(())
    }
}

/// A registered operator: its definition and what the registry worked out from it.
pub struct Operator {
    definition: &'static Definition,
    /// The parsed default of each parameter; `None` where the parameter is required.
    defaults: Vec<Option<Value>>,
}

impl Operator {
    pub(super) fn new(definition: &'static Definition) -> Self {
        let parsed = |param: &Param| param.default.and_then(|text| param.parse(text).ok());
        Operator { definition, defaults: definition.params.iter().map(parsed).collect() }
    }

    pub(super) fn defaults(&self) -> &[Option<Value>] {
        &self.defaults
    }
}

impl Deref for Operator {
    type Target = Definition;
    fn deref(&self) -> &Definition {
        self.definition
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
