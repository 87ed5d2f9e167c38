//! Native optimizers on a server: which one updates the values, its states on their way to and from workers.

use super::apply::{refresh, sum_into};
use super::decode::{LocalKey, Pushed};
use super::entry::Entry;
use super::host::Update;
use crate::array::{NdArray, Storage};
use crate::base::sync::Arc;
use crate::base::{Error, Result};
use crate::engine::Engine;
use crate::mem::Block;
use crate::ops::kernels::sum::SumOrder;
use crate::optimizer::remote::{Incoming, Piece, Token};
use crate::optimizer::{Index, Optimizer, Spec, Update as Planned};
use crate::ps::node::Participant;
use crate::telemetry::log;
use crate::{bail, ensure, err};
use bytes::Bytes;
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};

/// What pushes do to values.
#[derive(Clone, Default)]
pub(super) enum Rule {
    /// The sum of a round replaces the value.
    #[default]
    Assign,
    Call(Arc<dyn Update>),
    Optimize(Arc<Optimizer>),
    /// An optimizer was sent that cannot be run. Values must not change until there is another: the sums of
    /// gradients are no weights.
    Refused(Error),
}

/// The description that the present optimizer was made from, and who sent it.
struct Announced {
    body: Bytes,
    by: HashSet<Participant>,
}

/// What belongs to the native optimizer of a server beside the optimizer.
#[derive(Default)]
pub(super) struct Optimizers {
    announced: Option<Announced>,
    /// States on their way to each worker and from each.
    outgoing: HashMap<Participant, (Token, Vec<u8>)>,
    incoming: HashMap<Participant, Incoming>,
}

impl Optimizers {
    /// Whether this worker says again what another one has said. In a job every worker sets the optimizer, and one
    /// that starts again must not take the states of the others away.
    pub(super) fn is_known(&mut self, body: &Bytes, from: Participant, rejoined: bool) -> bool {
        let Some(announced) = self.announced.as_mut().filter(|announced| announced.body == *body) else {
            return false;
        };
        announced.by.insert(from) || rejoined
    }

    pub(super) fn announce(&mut self, body: &Bytes, from: Participant) {
        self.announced = Some(Announced { body: body.clone(), by: HashSet::from([from]) });
    }

    /// A piece of the states, which are written down when the first piece is asked for.
    pub(super) fn read(
        &mut self,
        optimizer: &Optimizer,
        to: Participant,
        token: Token,
        offset: u64,
    ) -> Result<Vec<u8>> {
        if self.outgoing.get(&to).is_none_or(|(held, _)| *held != token) {
            ensure!(offset == 0, Protocol, "reading states: {offset} is not their beginning");
            self.outgoing.insert(to, (token, optimizer.save_states()?));
        }
        let states = self.outgoing.get(&to).map_or(&[][..], |(_, states)| states);
        Ok(Piece::of(states, offset)?.encode())
    }

    pub(super) fn write(
        &mut self,
        from: Participant,
        token: Token,
        offset: u64,
        total: u64,
        bytes: &[u8],
    ) -> Result<()> {
        self.incoming.entry(from).or_default().add(token, offset, total, bytes)
    }

    pub(super) fn written(&self, from: Participant, token: Token) -> Result<&[u8]> {
        let incoming = self.incoming.get(&from);
        incoming.ok_or_else(|| err!(Protocol, "loading states: none have arrived"))?.whole(token)
    }

    /// What is under way for this worker is over, or nobody will ask for it any more.
    pub(super) fn forget(&mut self, worker: Participant) {
        self.incoming.remove(&worker);
        self.outgoing.remove(&worker);
    }
}

/// Makes the optimizer that was described and tells people.
pub(super) fn make(engine: &Engine, spec: Result<Spec>) -> Result<Arc<Optimizer>> {
    match spec.and_then(|spec| Ok((Optimizer::new(&spec, engine.clone())?, spec))) {
        Ok((optimizer, spec)) => {
            log::info(format_args!("values are updated by the optimizer {}", spec.name));
            Ok(Arc::new(optimizer))
        }
        Err(error) => {
            log::warn(format_args!("refused an optimizer: {error}"));
            Err(error)
        }
    }
}

/// What the saved states of a key belong to, if it is known.
pub(super) fn value_of(index: &Index, entries: &HashMap<LocalKey, Entry>) -> Result<Option<NdArray>> {
    let Index::Int(key) = index else {
        bail!(InvalidArgument, "optimizer states: servers know keys by number, got '{index}'")
    };
    let entry = LocalKey::try_from(*key).ok().and_then(|key| entries.get(&key));
    Ok(entry.map(|entry| entry.target().clone()))
}

/// The error for commands about an optimizer that is not there.
pub(super) fn optimizer_of(rule: &Rule) -> Result<&Arc<Optimizer>> {
    match rule {
        Rule::Optimize(optimizer) => Ok(optimizer),
        Rule::Call(_) => {
            Err(err!(InvalidArgument, "the server's optimizer is its frontend's: only native ones do that"))
        }
        Rule::Refused(error) => Err(error.clone()),
        Rule::Assign => Err(err!(InvalidArgument, "no optimizer is set on the server")),
    }
}

/// One update of one key, its scalars fixed.
pub(super) struct Step {
    planned: Planned,
    target: NdArray,
    gradient: Gradient,
}

/// What the pushes of a round come to.
enum Gradient {
    /// Their own frames: sum and update are one pass over memory.
    Frames(SmallVec<[NdArray; 4]>),
    /// Their sum, which is made first.
    Sum { merged: NdArray, pushes: Vec<Pushed> },
}

impl Step {
    pub(super) fn plan(
        optimizer: &Optimizer,
        key: LocalKey,
        target: &NdArray,
        pushes: Vec<Pushed>,
    ) -> Result<Self> {
        let (shape, dtype, device) = (target.shape().clone(), target.dtype(), target.device());
        let gradient = match frames(&pushes, target) {
            Some(frames) if optimizer.can_fuse(target, &frames, &[]) => Gradient::Frames(frames),
            _ => {
                let merged = match target.storage() {
                    Storage::Dense => NdArray::new(shape, dtype, device)?,
                    storage => NdArray::empty(storage, shape, dtype, device)?,
                };
                Gradient::Sum { merged, pushes }
            }
        };
        let like = match &gradient {
            Gradient::Frames(frames) => frames.first().unwrap_or(target),
            Gradient::Sum { merged, .. } => merged,
        };
        let planned = optimizer.plan(&Index::from(key), target, like)?;
        Ok(Step { planned, target: target.clone(), gradient })
    }

    /// Arrays that the update writes beside the value.
    pub(super) fn states(&self) -> impl Iterator<Item = &NdArray> {
        self.planned.states()
    }

    /// Updates the value, of which `value` is the copy in the pushed type if there is a master.
    pub(super) fn run(&self, value: &NdArray, master: Option<&NdArray>) -> Result<()> {
        let Step { planned, target, gradient } = self;
        match gradient {
            Gradient::Frames(frames) => planned.run(target, frames, SumOrder::LeftToRight, &[])?,
            Gradient::Sum { merged, pushes } => {
                let merged = sum_into(merged, target, pushes)?;
                planned.run(target, &[merged], SumOrder::LeftToRight, &[])?;
            }
        }
        refresh(value, master)
    }
}

/// The pushed elements as arrays over the frames in which they came, if they can be used as they lie there.
fn frames(pushes: &[Pushed], target: &NdArray) -> Option<SmallVec<[NdArray; 4]>> {
    let frame = |push: &Pushed| match push {
        Pushed::Dense { dtype, elements } if target.is_dense() && *dtype == target.dtype() => {
            let block = Block::read_only(elements.clone());
            // An address that is not aligned is an error.
            NdArray::from_block(block, target.shape().clone(), *dtype, target.device()).ok()
        }
        _ => None,
    };
    pushes.iter().map(frame).collect()
}
