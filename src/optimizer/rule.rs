//! What an update rule has to say.

use super::{Index, Operands};
use crate::array::{NdArray, Shape};
use crate::base::Result;
use crate::ops::kernels::real::Real;
use crate::ops::kernels::update::Prepare;
use smallvec::SmallVec;

/// Numbers that a rule keeps beside its state arrays.
pub type Memory = SmallVec<[f64; 2]>;

/// The state arrays of one key.
pub type States = SmallVec<[NdArray; 3]>;

/// When an update is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Before the learning rate is read.
    First,
    /// After that.
    After,
    Never,
}

/// The scalars of one update, fixed at the call.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// With the multipliers of the index.
    pub lr: f64,
    pub wd: f64,
    /// Without them.
    pub base_lr: f64,
    pub base_wd: f64,
    pub rescale: f64,
    pub clip: Option<f64>,
    /// The number of this update of this index, from 1 (plus `begin_num_update`).
    pub t: i32,
    /// What [`Rule::plan`] worked out for the kernel; its meaning is the rule's.
    pub extra: [f64; 4],
}

impl Step {
    /// How MXNet's update operators see a gradient: a bound of zero or less is none.
    pub fn prepare<T: Real>(&self) -> Prepare<T> {
        let clip = self.clip.filter(|clip| *clip > 0.0);
        Prepare { rescale: T::from_f32(self.rescale as f32), clip: clip.map(|clip| T::from_f32(clip as f32)) }
    }
}

impl Step {
    /// How MXNet's classes that are composed of array operations see a gradient: scalars are double until they meet
    /// an array, and every bound is applied, zero and negative ones too.
    pub fn prepare_composed<T: Real>(&self) -> Prepare<T> {
        Prepare { rescale: T::from_f64(self.rescale), clip: self.clip.map(T::from_f64) }
    }
}

/// What a rule may look at and change when an update is planned, on the calling thread.
pub struct Planning<'a> {
    pub index: &'a Index,
    pub name: Option<&'a str>,
    /// This is the first update of the key.
    pub fresh: bool,
    pub shared: &'a mut Memory,
    pub own: &'a mut Memory,
}

/// An update rule with its constant parameters. It has no state of its own: states are arrays, and the few numbers
/// beside them are handed in, so that all of it can be saved.
pub trait Rule: Send + Sync {
    /// Names of the state arrays, in MXNet's order.
    fn states(&self) -> &'static [&'static str];

    /// How many of the first of them are always there; saved states of the original may lack the others, which then
    /// start anew.
    fn needed_states(&self) -> usize {
        self.states().len()
    }

    /// The shape of each state array for a weight of this shape.
    fn state_shape(&self, weight: &Shape) -> Shape {
        weight.clone()
    }

    /// State arrays for a weight: dense zeros of its type, unless the rule says otherwise.
    fn new_states(&self, weight: &NdArray) -> Result<States> {
        let zeros = |_| NdArray::zeros(self.state_shape(weight.shape()), weight.dtype(), weight.device());
        self.states().iter().map(zeros).collect()
    }

    /// Fills states that do not start at zero; called once, in the first update.
    fn start_states(&self, _weight: &NdArray, _states: &[NdArray]) -> Result<()> {
        Ok(())
    }

    fn counting(&self) -> Counting {
        Counting::First
    }

    /// What is remembered for all keys, and for each, in the beginning.
    fn memory(&self) -> (Memory, Memory) {
        Default::default()
    }

    /// Whether a weight of this name decays by default.
    fn decays(&self, name: &str) -> bool {
        name.ends_with("_weight") || name.ends_with("_gamma")
    }

    /// Refuses arrays that the rule cannot update, before anything changes. `weight` is what the rule will work
    /// on: in multi-precision the float32 copy, or before that exists a float16 weight with `master` set.
    fn check(&self, _weight: &NdArray, _gradient: &NdArray, _wd: f64, _master: bool) -> Result<()> {
        Ok(())
    }

    /// Fixes scalars that need memory, and changes the memory.
    fn plan(&self, _step: &mut Step, _planning: &mut Planning<'_>) -> Result<()> {
        Ok(())
    }

    /// The kernel: runs when the engine grants the arrays.
    fn update(&self, step: &Step, operands: &Operands<'_>) -> Result<()>;

    /// Whether [`Operands::gradients`] may hold several arrays to be summed, and [`Operands::outs`] any.
    fn fuses(&self) -> bool {
        false
    }
}
