//! A living optimizer: rule, rates, counts and the states of each key.

use super::rates::{Rates, Scalar};
use super::rule::{Memory, Planning, Rule, States, Step};
use super::{Counting, Index, Operands, Progress, Spec, rules};
use crate::array::{DType, NdArray, Shape};
use crate::base::Result;
use crate::base::sync::atomic::{AtomicBool, Ordering};
use crate::base::sync::{Arc, Mutex};
use crate::engine::{Engine, Operation, Var};
use crate::ops::kernels::storage::{cast_into, copy_of};
use crate::ops::kernels::sum::SumOrder;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::borrow::Cow;

/// The values that saved states are for: what updates of a key change, or none where there is no such key yet. An
/// error refuses the key.
pub type Values<'a> = &'a dyn Fn(&Index) -> Result<Option<NdArray>>;

/// All methods may be called from several threads at once.
pub struct Optimizer {
    engine: Engine,
    /// A property of the rule, which never becomes another one.
    fuses: bool,
    live: Mutex<Live>,
}

pub(super) struct Live {
    pub rule: Arc<dyn Rule>,
    /// As given; what changes since is in the other fields.
    pub spec: Spec,
    /// The names in its `param_idx2name`.
    names: FxHashSet<String>,
    pub multi_precision: bool,
    pub rates: Rates,
    pub shared: Memory,
    pub slots: FxHashMap<Index, Slot>,
}

/// What is kept for one key.
#[derive(Default)]
pub(super) struct Slot {
    pub count: i64,
    pub lr_mult: f64,
    pub wd_mult: f64,
    pub own: Memory,
    /// Absent before the first update. Shared with the updates under way.
    pub arrays: Option<Arc<KeyStates>>,
    /// The kind of weight that the arrays were found to fit: looking at each of them again would mean waiting for
    /// memory.
    fits: Option<(Shape, DType)>,
    /// Whether the arrays have their first content. They get it from the kernel of the first update that runs, which
    /// is not the first one planned if that was skipped because of an error.
    started: Arc<AtomicBool>,
}

impl Slot {
    /// Takes over arrays with content.
    pub(super) fn resume(&mut self, arrays: KeyStates) {
        (self.arrays, self.started) = (Some(Arc::new(arrays)), Arc::new(AtomicBool::new(true)));
        self.fits = None;
    }

    fn forget(&mut self) {
        (self.arrays, self.started, self.fits) = Default::default();
    }
}

/// The arrays of one key: the rule's states in its order, and the float32 copy of a float16 weight.
#[derive(Clone)]
pub struct KeyStates {
    pub states: States,
    pub master: Option<NdArray>,
}

/// One update, its scalars fixed. It must run exactly once, and in the order of planning among those of one key.
#[derive(Clone)]
pub struct Update {
    rule: Arc<dyn Rule>,
    step: Step,
    arrays: Arc<KeyStates>,
    started: Arc<AtomicBool>,
}

impl Optimizer {
    /// A new optimizer; an unknown name or parameter is an error that names the nearest known one.
    pub fn new(spec: &Spec, engine: Engine) -> Result<Self> {
        Live::new(spec).map(|live| Optimizer::resumed(engine, live))
    }

    /// Updates `weight` by `gradient`. The scalars are those of the moment of the call; the arrays may still be
    /// computing and are changed when the engine comes to it. Errors of the computation are left on the arrays.
    pub fn update(&self, index: &Index, weight: &NdArray, gradient: &NdArray) -> Result<()> {
        self.update_with(index, weight, std::slice::from_ref(gradient), SumOrder::LeftToRight, &[], 0)
    }

    /// As [`Optimizer::update`] by the sum of several gradients, with copies of the new weight in `outs`, in one
    /// pass over memory. [`Optimizer::can_fuse`] says for which arrays.
    pub fn update_with(
        &self,
        index: &Index,
        weight: &NdArray,
        gradients: &[NdArray],
        order: SumOrder,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        let Some(first) = gradients.first() else {
            crate::bail!(InvalidArgument, "key {index}: expected a gradient, got none");
        };
        let update = self.plan(index, weight, first)?;
        update.submit(&self.engine, weight, gradients, order, outs, priority)
    }

    /// Whether sum, update and copies can be one pass: all arrays are dense, of the weight's shape and type, and
    /// none shares storage with another.
    pub fn can_fuse(&self, weight: &NdArray, gradients: &[NdArray], outs: &[NdArray]) -> bool {
        let fits = |array: &NdArray| {
            array.is_dense() && array.dtype() == weight.dtype() && array.shape() == weight.shape()
        };
        let targets: SmallVec<[&NdArray; 4]> = std::iter::once(weight).chain(outs).collect();
        let is_apart = |(number, target): (usize, &&NdArray)| {
            let others = targets[..number].iter().copied().chain(gradients);
            !others.into_iter().any(|other| other.shares_storage(target))
        };
        self.fuses
            && weight.is_dense()
            && gradients.iter().chain(outs).all(fits)
            && targets.iter().enumerate().all(is_apart)
    }

    /// Whether `gradient` can update `weight`; all that can be wrong before computing.
    pub fn check(&self, index: &Index, weight: &NdArray, gradient: &NdArray) -> Result<()> {
        self.live.lock().check(index, weight, gradient)
    }

    /// Counts an update and fixes its scalars. Whoever plans runs the [`Update`] when the arrays are free.
    pub fn plan(&self, index: &Index, weight: &NdArray, gradient: &NdArray) -> Result<Update> {
        self.live.lock().plan(index, weight, gradient).map_err(|error| error.context(format!("key {index}")))
    }

    /// Changes a scalar from the next update on.
    pub fn set(&self, scalar: Scalar, value: f64) -> Result<()> {
        self.live.lock().rates.set(scalar, value)
    }

    /// The rate of the latest update, or the one that was set.
    pub fn learning_rate(&self) -> f64 {
        self.live.lock().rates.learning_rate()
    }

    /// The description of the optimizer as it is now, counts and schedule included.
    pub fn spec(&self) -> Spec {
        self.live.lock().spec_now()
    }

    /// Names of the rule's state arrays, in order.
    pub fn state_names(&self) -> &'static [&'static str] {
        self.live.lock().rule.states()
    }

    /// The arrays of every key that was updated, in the order of the keys. Waits for updates under way: only then it
    /// is known whether the first one of a key ran or was skipped, and arrays without content are no states.
    pub fn states(&self) -> Result<Vec<(Index, KeyStates)>> {
        let mut all: Vec<_> = {
            let live = self.live.lock();
            let used = |(index, slot): (&Index, &Slot)| {
                Some((index.clone(), slot.arrays.clone()?, slot.started.clone()))
            };
            live.slots.iter().filter_map(used).collect()
        };
        for (_, arrays, _) in &all {
            let mut arrays = arrays.states.iter().chain(&arrays.master);
            arrays.try_for_each(|array| self.engine.wait_to_read(array.var()))?;
        }
        all.retain(|(_, _, started)| started.load(Ordering::Acquire));
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(all.into_iter().map(|(index, arrays, _)| (index, (*arrays).clone())).collect())
    }

    /// Replaces the arrays of all keys; those that are not listed begin anew. Counts and rates stay.
    pub fn replace_states(&self, states: Vec<(Index, KeyStates)>) -> Result<()> {
        let mut live = self.live.lock();
        for (index, arrays) in &states {
            check_states(index, arrays, &*live.rule)?;
        }
        live.slots.values_mut().for_each(Slot::forget);
        for (index, arrays) in states {
            live.slot(&index).resume(arrays);
        }
        Ok(())
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn resumed(engine: Engine, live: Live) -> Self {
        Optimizer { engine, fuses: live.rule.fuses(), live: Mutex::new(live) }
    }

    /// Readies what an update of a key by small arrays would wait for.
    pub fn prefetch(&self, index: &Index) {
        let live = self.live.lock();
        if let Some(arrays) = live.slots.get(index).and_then(|slot| slot.arrays.as_deref()) {
            arrays.states.iter().chain(&arrays.master).for_each(NdArray::prefetch);
        }
    }

    /// Those of them that the original saves too.
    pub(super) fn needed_state_names(&self) -> &'static [&'static str] {
        let live = self.live.lock();
        &live.rule.states()[..live.rule.needed_states()]
    }

    /// Whether the states of every key fit its value.
    pub(super) fn check_values(&self, values: Values<'_>) -> Result<()> {
        self.live.lock().check_values(values)
    }

    pub(super) fn into_live(self) -> Live {
        self.live.into_inner()
    }

    pub(super) fn replace(&self, live: Live) {
        *self.live.lock() = live;
    }

    pub(super) fn rule_name(&self) -> String {
        self.live.lock().spec.name.clone()
    }
}

/// Checks what can be without the weight: the number and kinds of the arrays of a key, which come from outside.
pub(super) fn check_states(index: &Index, arrays: &KeyStates, rule: &dyn Rule) -> Result<()> {
    let wanted = rule.states().len();
    crate::ensure!(
        (rule.needed_states()..=wanted).contains(&arrays.states.len()),
        InvalidArgument,
        "states of key {index}: expected {wanted} arrays, got {}",
        arrays.states.len()
    );
    for array in arrays.states.iter().chain(&arrays.master) {
        crate::ensure!(
            array.is_dense() && array.dtype().is_float(),
            InvalidArgument,
            "states of key {index}: expected dense arrays of a float type, got {} of {}",
            array.storage().name(),
            array.dtype()
        );
    }
    let is_single = arrays.master.as_ref().is_none_or(|master| master.dtype() == DType::Float32);
    crate::ensure!(is_single, DType, "states of key {index}: expected a float32 copy of the weight");
    if let Some(first) = arrays.states.first() {
        let dtype = arrays.master.as_ref().unwrap_or(first).dtype();
        let is_like = |state: &NdArray| state.dtype() == dtype && state.shape() == first.shape();
        crate::ensure!(
            arrays.states.iter().all(is_like),
            InvalidArgument,
            "states of key {index}: expected arrays of one shape and type"
        );
    }
    Ok(())
}

impl Live {
    pub(super) fn new(spec: &Spec) -> Result<Self> {
        let built = rules::build(spec)?;
        let (shared, _) = built.rule.memory();
        let mut rates = built.rates;
        rates.resume(&spec.progress);
        let mut live = Live {
            rule: built.rule,
            names: spec.param_idx2name.values().cloned().collect(),
            spec: Spec { name: built.name.to_owned(), progress: Progress::default(), ..spec.clone() },
            multi_precision: built.multi_precision,
            rates,
            shared,
            slots: FxHashMap::default(),
        };
        live.resume(&spec.progress)?;
        Ok(live)
    }

    fn resume(&mut self, progress: &Progress) -> Result<()> {
        let (_, own) = self.rule.memory();
        let fits = |given: &[f64], wanted: usize| given.is_empty() || given.len() == wanted;
        crate::ensure!(
            fits(&progress.shared, self.shared.len())
                && progress.own.values().all(|given| fits(given, own.len())),
            InvalidArgument,
            "progress: {} does not remember that many numbers",
            self.spec.name
        );
        if !progress.shared.is_empty() {
            self.shared = progress.shared.iter().copied().collect();
        }
        for (index, count) in &progress.counts {
            self.slot(index).count = *count;
        }
        for (index, given) in progress.own.iter().filter(|(_, given)| !given.is_empty()) {
            self.slot(index).own = given.iter().copied().collect();
        }
        Ok(())
    }

    fn check_values(&self, values: Values<'_>) -> Result<()> {
        for (index, slot) in &self.slots {
            let Some(arrays) = &slot.arrays else { continue };
            let Some(weight) = values(index)? else { continue };
            let master = self.multi_precision && weight.dtype() == DType::Float16;
            check_fit(&*self.rule, arrays, &weight, master)
                .map_err(|error| error.context(format!("optimizer states of key {index}")))?;
        }
        Ok(())
    }

    fn spec_now(&self) -> Spec {
        let mut spec = self.spec.clone();
        self.rates.describe(&mut spec);
        spec.progress = Progress {
            num_update: Some(self.rates.num_update),
            counts: self.slots.iter().map(|(index, slot)| (index.clone(), slot.count)).collect(),
            shared: self.shared.to_vec(),
            own: (self.slots.iter())
                .filter(|(_, slot)| !slot.own.is_empty())
                .map(|(index, slot)| (index.clone(), slot.own.to_vec()))
                .collect(),
        };
        spec
    }

    /// What is kept for a key, made when it is first asked for.
    pub(super) fn slot(&mut self, index: &Index) -> &mut Slot {
        let Live { slots, spec, names, rule, rates, .. } = self;
        if !slots.contains_key(index) {
            let (lr_mult, wd_mult) = multipliers(spec, names, &**rule, index);
            let (_, own) = rule.memory();
            let slot = Slot { count: rates.begin, lr_mult, wd_mult, own, ..Slot::default() };
            slots.insert(index.clone(), slot);
        }
        slots.entry(index.clone()).or_default()
    }

    fn plan(&mut self, index: &Index, weight: &NdArray, gradient: &NdArray) -> Result<Update> {
        if !self.slots.contains_key(index) {
            self.check(index, weight, gradient)?;
            self.slot(index);
        }
        let Live { rule, spec, rates, shared, slots, .. } = self;
        let Some(slot) = slots.get_mut(index) else {
            crate::bail!(Internal, "no slot");
        };
        let facts =
            Facts { rule: &**rule, wd: rates.wd * slot.wd_mult, multi_precision: self.multi_precision };
        facts.check(Some(slot), weight, gradient)?;
        if slot.arrays.is_some() && slot.fits.is_none() {
            slot.fits = Some((weight.shape().clone(), weight.dtype()));
        }
        let (fresh, arrays) = match &slot.arrays {
            Some(arrays) if arrays.states.len() == rule.states().len() => (false, arrays.clone()),
            Some(arrays) => {
                let mut arrays = (**arrays).clone();
                let all = rule.new_states(arrays.master.as_ref().unwrap_or(weight))?;
                arrays.states.extend(all.into_iter().skip(arrays.states.len()));
                (false, slot.arrays.insert(Arc::new(arrays)).clone())
            }
            None => (true, Arc::new(new_arrays(&**rule, weight, self.multi_precision)?)),
        };
        let mut step = match rule.counting() {
            Counting::First => {
                slot.count = slot.count.saturating_add(1);
                rates.count(slot.count);
                rates.step(slot.lr_mult, slot.wd_mult)
            }
            Counting::After => {
                let step = rates.step(slot.lr_mult, slot.wd_mult);
                slot.count = slot.count.saturating_add(1);
                rates.count(slot.count);
                step
            }
            Counting::Never => rates.step(slot.lr_mult, slot.wd_mult),
        };
        step.t = i32::try_from(slot.count).unwrap_or(i32::MAX);
        let name = match index {
            _ if spec.param_idx2name.is_empty() => None,
            index => spec.param_idx2name.get(index).map(String::as_str),
        };
        rule.plan(&mut step, &mut Planning { index, name, fresh, shared, own: &mut slot.own })?;
        slot.arrays.get_or_insert_with(|| arrays.clone());
        Ok(Update { rule: rule.clone(), step, arrays, started: slot.started.clone() })
    }

    /// Everything that can be wrong with an update is found before anything changes.
    fn check(&self, index: &Index, weight: &NdArray, gradient: &NdArray) -> Result<()> {
        let slot = self.slots.get(index);
        let wd_mult = || match slot {
            Some(slot) => slot.wd_mult,
            None => multipliers(&self.spec, &self.names, &*self.rule, index).1,
        };
        let wd = if self.rates.wd == 0.0 { 0.0 } else { self.rates.wd * wd_mult() };
        let facts = Facts { rule: &*self.rule, wd, multi_precision: self.multi_precision };
        facts.check(slot, weight, gradient)
    }
}

/// What decides whether an update of a key is possible.
struct Facts<'a> {
    rule: &'a dyn Rule,
    wd: f64,
    multi_precision: bool,
}

impl Facts<'_> {
    fn check(&self, slot: Option<&Slot>, weight: &NdArray, gradient: &NdArray) -> Result<()> {
        crate::ensure!(
            weight.shape() == gradient.shape(),
            Shape,
            "gradient: expected shape {} of the weight, got {}",
            weight.shape(),
            gradient.shape()
        );
        crate::ensure!(
            weight.dtype() == gradient.dtype(),
            DType,
            "gradient: expected {} as the weight, got {}",
            weight.dtype(),
            gradient.dtype()
        );
        crate::ensure!(
            weight.dtype().is_float(),
            DType,
            "weight: expected float16, float32 or float64, got {}",
            weight.dtype()
        );
        let master = self.multi_precision && weight.dtype() == DType::Float16;
        let known = |slot: &Slot| {
            slot.fits
                .as_ref()
                .is_some_and(|(shape, dtype)| shape == weight.shape() && *dtype == weight.dtype())
        };
        if let Some(slot) = slot.filter(|slot| !known(slot))
            && let Some(arrays) = &slot.arrays
        {
            check_fit(self.rule, arrays, weight, master)?;
        }
        self.rule.check(weight, gradient, self.wd, master)
    }
}

/// The states of a key belong to a weight of one shape and type.
fn check_fit(rule: &dyn Rule, arrays: &KeyStates, weight: &NdArray, master: bool) -> Result<()> {
    let worked = if master { DType::Float32 } else { weight.dtype() };
    crate::ensure!(
        arrays.master.is_some() == master && arrays.states.iter().all(|state| state.dtype() == worked),
        DType,
        "weight: its states were made for another type or precision than {}",
        weight.dtype()
    );
    let shape = rule.state_shape(weight.shape());
    crate::ensure!(
        arrays.states.iter().all(|state| *state.shape() == shape)
            && arrays.master.as_ref().is_none_or(|master| master.shape() == weight.shape()),
        Shape,
        "weight: its states were made for another shape than {}",
        weight.shape()
    );
    Ok(())
}

fn new_arrays(rule: &dyn Rule, weight: &NdArray, multi_precision: bool) -> Result<KeyStates> {
    if !(multi_precision && weight.dtype() == DType::Float16) {
        return Ok(KeyStates { states: rule.new_states(weight)?, master: None });
    }
    let master = NdArray::zeros(weight.shape().clone(), DType::Float32, weight.device())?;
    Ok(KeyStates { states: rule.new_states(&master)?, master: Some(master) })
}

/// Multiplier of the learning rate and of the weight decay: under the index, else under its name, else 1.
fn multipliers(spec: &Spec, names: &FxHashSet<String>, rule: &dyn Rule, index: &Index) -> (f64, f64) {
    let name = spec.param_idx2name.get(index).map(String::as_str);
    let named: Option<Index> = name.map(Index::from);
    let find = |table: &std::collections::BTreeMap<Index, f64>| {
        table.get(index).or_else(|| table.get(named.as_ref()?)).copied()
    };
    let undecayed = || {
        // A text index that equals one of the names is found under it too.
        let text = match index {
            Index::Text(text) => names.get(&**text),
            Index::Int(_) => None,
        };
        let name = text.map(String::as_str).or(name);
        name.is_some_and(|name| !rule.decays(name))
    };
    let wd_mult = find(&spec.wd_mult).unwrap_or_else(|| if undecayed() { 0.0 } else { 1.0 });
    (find(&spec.lr_mult).unwrap_or(1.0), wd_mult)
}

impl Update {
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// Arrays that the update writes beside the weight: they must be free when it runs.
    pub fn states(&self) -> impl Iterator<Item = &NdArray> {
        self.arrays.states.iter().chain(&self.arrays.master)
    }

    /// The computation. The caller has the weight, the states and the outs to itself.
    pub fn run(
        &self,
        weight: &NdArray,
        gradients: &[NdArray],
        order: SumOrder,
        outs: &[NdArray],
    ) -> Result<()> {
        let KeyStates { states, master } = &*self.arrays;
        if !self.started.load(Ordering::Acquire) {
            if let Some(master) = master {
                cast_into(weight, master)?;
            }
            self.rule.start_states(master.as_ref().unwrap_or(weight), states)?;
        }
        let apart: SmallVec<[NdArray; 2]> = if gradients.iter().any(|array| array.shares_storage(weight)) {
            gradients.iter().map(copy_of).collect::<Result<_>>()?
        } else {
            SmallVec::new()
        };
        let operands = Operands {
            weight: master.as_ref().unwrap_or(weight),
            low: master.as_ref().map(|_| weight),
            gradients: if apart.is_empty() { gradients } else { &apart },
            order,
            states,
            outs,
        };
        self.rule.update(&self.step, &operands)?;
        self.started.store(true, Ordering::Release);
        Ok(())
    }

    fn submit(
        self,
        engine: &Engine,
        weight: &NdArray,
        gradients: &[NdArray],
        order: SumOrder,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        let written = || std::iter::once(weight).chain(self.states()).chain(outs);
        let reads: SmallVec<[&Var; 4]> = gradients.iter().map(NdArray::var).collect();
        let writes: SmallVec<[&Var; 6]> = written().map(NdArray::var).collect();
        let bytes = gradients.iter().chain(written()).map(NdArray::byte_len).sum();
        let name = Cow::Borrowed("optimizer_update");
        let operation = Operation { name, reads: &reads, writes: &writes, priority, bytes };
        if let Some(result) = engine.run_now(&operation, || self.run(weight, gradients, order, outs)) {
            return result;
        }
        let update = self.clone();
        let (weight, gradients): (NdArray, SmallVec<[NdArray; 4]>) =
            (weight.clone(), gradients.iter().cloned().collect());
        let outs: SmallVec<[NdArray; 4]> = outs.iter().cloned().collect();
        engine.run(operation, move || update.run(&weight, &gradients, order, &outs))
    }
}
