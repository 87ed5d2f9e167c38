//! Calling an operator: check, infer, make outputs, hand the kernel to the engine.

use super::attrs::Attrs;
use super::fallback::run_dense;
use super::infer::{Meta, Query};
use super::kernels::storage::{cast_into, copy_of};
use super::operator::{Operator, Plan};
use crate::array::{Device, DeviceKind, NdArray, Storage};
use crate::base::Result;
use crate::base::sync::Mutex;
use crate::engine::{Engine, Operation, Var};
use smallvec::SmallVec;
use std::borrow::Cow;

/// One call, ready for the kernel.
#[derive(Clone)]
pub struct Invocation {
    pub operator: &'static Operator,
    pub attrs: Attrs,
    pub inputs: SmallVec<[NdArray; 6]>,
    pub outputs: SmallVec<[NdArray; 2]>,
    /// A fresh seed for each call of a random operator, drawn in the order of the calls.
    pub seed: u64,
}

impl Invocation {
    pub fn input(&self, index: usize) -> Result<&NdArray> {
        self.inputs
            .get(index)
            .ok_or_else(|| crate::err!(Internal, "{}: no input {index}", self.operator.name))
    }

    pub fn output(&self, index: usize) -> Result<&NdArray> {
        self.outputs
            .get(index)
            .ok_or_else(|| crate::err!(Internal, "{}: no output {index}", self.operator.name))
    }

    pub fn mutated(&self) -> SmallVec<[usize; 4]> {
        (self.operator.mutates)(&self.attrs, self.inputs.len())
    }
}

/// The state of the random operators: one sequence per process, reseeded by `MXRandomSeed`.
#[derive(Default)]
pub struct Rng(Mutex<u64>);

impl Rng {
    pub fn seed(&self, seed: u64) {
        *self.0.lock() = seed;
    }

    /// The next number of the sequence (splitmix64, Steele et al. 2014).
    pub fn next_seed(&self) -> u64 {
        let mut state = self.0.lock();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// What a call needs besides its arguments.
pub struct Invoker<'a> {
    pub engine: &'a Engine,
    pub rng: &'a Rng,
    /// Set by frontends that use numpy shapes: rank 0 is a scalar and 0 an empty extent.
    pub numpy_shape: bool,
}

impl Invoker<'_> {
    /// Calls `operator`. `given` holds the caller's outputs, `None` where one is to be made; it may be empty,
    /// or name only the visible outputs. Returns all visible outputs.
    ///
    /// The result may still be computing when the call returns; errors of the computation are left on the
    /// outputs (see [`Engine`]).
    pub fn invoke(
        &self,
        operator: &'static Operator,
        attrs: Attrs,
        inputs: &[NdArray],
        given: &[Option<NdArray>],
    ) -> Result<SmallVec<[NdArray; 2]>> {
        operator.check_inputs(&attrs, inputs.len())?;
        let total = (operator.outputs)(&attrs, inputs.len())?;
        let visible = operator.visible_outputs(&attrs, inputs.len())?;
        crate::ensure!(
            given.is_empty() || given.len() == total || given.len() == visible,
            InvalidArgument,
            "Operator {} expects {total} (all) or {visible} (visible only) outputs, but got {} instead.",
            operator.name,
            given.len()
        );
        crate::ensure!(
            !operator.needs_output || given.iter().flatten().count() > 0 || total == 0,
            InvalidArgument,
            "Operator {} writes into an existing array: give it as out",
            operator.name
        );
        if operator.waits {
            for input in inputs {
                self.engine.wait_to_read(input.var())?;
            }
        }
        let query = Query { operator, attrs: &attrs, inputs, given, numpy_shape: self.numpy_shape };
        let metas = (operator.infer)(&query)?;
        crate::ensure!(
            metas.len() == total,
            Internal,
            "operator {}: {} outputs inferred, {total} declared",
            operator.name,
            metas.len()
        );
        let plan = if operator.makes_sparse || query.any_sparse() {
            Some((operator.plan)(&attrs, &query)?)
        } else {
            None
        };
        let device = result_device(&attrs, inputs, given)?;
        let outputs = make_outputs(operator, &metas, given, plan.as_ref(), device)?;
        let seed = if operator.random { self.rng.next_seed() } else { 0 };
        let call = Invocation {
            operator,
            attrs,
            inputs: inputs.iter().cloned().collect(),
            outputs: outputs.clone(),
            seed,
        };
        self.submit(call, plan)?;
        Ok(outputs.into_iter().take(visible).collect())
    }

    fn submit(&self, call: Invocation, plan: Option<Plan>) -> Result<()> {
        let mutated = call.mutated();
        let mut writes: SmallVec<[Var; 6]> = call.outputs.iter().map(|array| array.var().clone()).collect();
        let mut reads: SmallVec<[Var; 6]> = SmallVec::new();
        let mut bytes: usize = call.outputs.iter().map(NdArray::byte_len).sum();
        for (index, input) in call.inputs.iter().enumerate() {
            bytes = bytes.saturating_add(input.byte_len());
            if mutated.contains(&index) {
                writes.push(input.var().clone())
            } else {
                reads.push(input.var().clone())
            }
        }
        let (reads, writes): (SmallVec<[&Var; 6]>, SmallVec<[&Var; 6]>) =
            (reads.iter().collect(), writes.iter().collect());
        let operation = Operation {
            name: Cow::Borrowed(call.operator.name),
            reads: &reads,
            writes: &writes,
            priority: 0,
            bytes,
        };
        self.engine.run(operation, move || run(call, plan))
    }
}

/// Runs a call whose variables are held.
fn run(call: Invocation, plan: Option<Plan>) -> Result<()> {
    match plan {
        Some(Plan::Dense) => run_apart(call, run_dense),
        Some(Plan::Direct(storages)) => run_direct(call, &storages),
        None => {
            let kernel = call.operator.kernel;
            run_apart(call, kernel)
        }
    }
}

/// Runs a kernel that counts on arrays of its own: inputs that share storage with what it writes are copied
/// first, unless it copes with that, and written inputs (states) are copied back.
fn run_apart(mut call: Invocation, kernel: fn(&Invocation) -> Result<()>) -> Result<()> {
    let mutated = call.mutated();
    let given = call.inputs.clone();
    for (index, input) in given.iter().enumerate() {
        let with_output = call.outputs.iter().enumerate().any(|(number, output)| {
            let harmless = call.operator.in_place.allows(call.operator.inputs, index, number)
                && (input.is_same_region(output) || !output.is_dense());
            input.shares_storage(output) && (!harmless || mutated.contains(&index))
        });
        let written = mutated.contains(&index);
        let with_state = mutated.iter().any(|state| {
            (!written || *state < index) && given.get(*state).is_some_and(|state| input.shares_storage(state))
        });
        if with_output || with_state {
            call.inputs[index] = copy_of(input)?;
        }
    }
    kernel(&call)?;
    for index in mutated {
        if let (Some(made), Some(state)) = (call.inputs.get(index), given.get(index)) {
            cast_into(made, state)?;
        }
    }
    Ok(())
}

/// Runs a kernel that takes sparse arrays; outputs given in another storage type get a converted copy.
fn run_direct(mut call: Invocation, storages: &[Storage]) -> Result<()> {
    let wanted = call.outputs.clone();
    for (output, storage) in call.outputs.iter_mut().zip(storages) {
        if output.storage() != *storage {
            *output = NdArray::empty(*storage, output.shape().clone(), output.dtype(), output.device())?;
        }
    }
    let (kernel, made) = (call.operator.kernel, call.outputs.clone());
    run_apart(call, kernel)?;
    for (result, wanted) in made.iter().zip(&wanted) {
        if !result.shares_storage(wanted) {
            cast_into(result, wanted)?;
        }
    }
    Ok(())
}

fn make_outputs(
    operator: &Operator,
    metas: &[Meta],
    given: &[Option<NdArray>],
    plan: Option<&Plan>,
    device: Device,
) -> Result<SmallVec<[NdArray; 2]>> {
    let mut outputs = SmallVec::new();
    for (index, meta) in metas.iter().enumerate() {
        let output = match given.get(index).and_then(Option::as_ref) {
            Some(array) => {
                check_given(operator, index, meta, array)?;
                array.clone()
            }
            None => {
                let storage = match plan {
                    Some(Plan::Direct(storages)) => storages.get(index).copied().unwrap_or(Storage::Dense),
                    _ => Storage::Dense,
                };
                match storage {
                    Storage::Dense => NdArray::new(meta.shape.clone(), meta.dtype, device)?,
                    sparse => NdArray::empty(sparse, meta.shape.clone(), meta.dtype, device)?,
                }
            }
        };
        outputs.push(output);
    }
    Ok(outputs)
}

fn check_given(operator: &Operator, index: usize, meta: &Meta, array: &NdArray) -> Result<()> {
    crate::ensure!(
        array.shape() == &meta.shape,
        Shape,
        "Incompatible attr in node {} at {index}-th output: expected {}, got {}",
        operator.name,
        meta.shape,
        array.shape()
    );
    crate::ensure!(
        operator.converts_dtype || array.dtype() == meta.dtype,
        DType,
        "Incompatible attr in node {} at {index}-th output: expected {}, got {}",
        operator.name,
        meta.dtype,
        array.dtype()
    );
    Ok(())
}

/// Where new outputs live: with the first input, else with the first given output, else where `ctx` says.
/// Results of pinned and shared inputs live on the plain cpu of the same id.
fn result_device(attrs: &Attrs, inputs: &[NdArray], given: &[Option<NdArray>]) -> Result<Device> {
    let device = match (inputs.first(), given.iter().flatten().next()) {
        (Some(array), _) | (None, Some(array)) => array.device(),
        (None, None) => attrs.device()?.unwrap_or(Device::cpu(0)),
    };
    Ok(match device.kind {
        DeviceKind::CpuPinned | DeviceKind::CpuShared if !inputs.is_empty() => Device::cpu(device.id),
        _ => device,
    })
}
