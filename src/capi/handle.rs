//! Checked handles.
//!
//! A handle is a `void*` for C but never an address: it is (kind, generation, index) in one word, so a freed,
//! made-up or wrong-kind handle is an error with a name, never a crash. One [`Table`] per kind of object maps
//! the index to a slot; the generation tells the slot's present object from those it held before.
//!
//! | bits | 63..56 | 55..32 | 31..0 |
//! |---|---|---|---|
//! | content | kind (never 0) | generation (never 0) | index |
//!
//! A look-up takes the lock of its own slot only. Slots live in chunks that double in size and never move.

use crate::base::sync::atomic::{AtomicUsize, Ordering};
use crate::base::sync::{Mutex, RwLock};
use crate::base::{Error, Result};
use crate::mem::copy;
use once_cell::sync::OnceCell;
use std::ffi::c_void;

/// What a handle refers to. The numbers appear in handles only, so they may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    NdArray = 1,
    KvStore = 2,
    Operator = 3,
    RecordIoWriter = 4,
    RecordIoReader = 5,
    Profile = 6,
    DataIter = 7,
    Function = 8,
    Completion = 9,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::NdArray => "NDArray",
            Kind::KvStore => "KVStore",
            Kind::Operator => "operator",
            Kind::RecordIoWriter => "RecordIO writer",
            Kind::RecordIoReader => "RecordIO reader",
            Kind::Profile => "profile object",
            Kind::DataIter => "data iterator",
            Kind::Function => "function",
            Kind::Completion => "completion",
        }
    }

    fn of(byte: u8) -> Option<Kind> {
        [
            Kind::NdArray,
            Kind::KvStore,
            Kind::Operator,
            Kind::RecordIoWriter,
            Kind::RecordIoReader,
            Kind::Profile,
            Kind::DataIter,
            Kind::Function,
            Kind::Completion,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

const FIRST_CHUNK: usize = 256;
const CHUNKS: usize = 24;
const LAST_GENERATION: u32 = (1 << 24) - 1;

/// Starts on a cache line, so that a slot of up to 128 bytes fits two.
#[repr(align(64))]
struct Slot<T> {
    /// Memory that users of the object will need next. For prefetching only, so it does not matter that it may be
    /// out of date.
    hint: AtomicUsize,
    /// The generation of the object inside; bumped when it leaves.
    content: RwLock<(u32, Option<T>)>,
}

/// Objects that are shared beyond a look-up, or that wait or run foreign code, are put in behind an `Arc`, so that
/// [`Table::get`] can hand out a share of them; others live in the slot itself.
pub(super) struct Table<T> {
    kind: Kind,
    hint: fn(&T) -> *const (),
    chunks: [OnceCell<Box<[Slot<T>]>>; CHUNKS],
    free: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    indices: Vec<u32>,
    used: u32,
}

impl<T> Table<T> {
    pub(super) fn new(kind: Kind) -> Self {
        Table::with_hint(kind, |_| std::ptr::null())
    }

    /// `hint` names memory that users of an object will need besides the object itself.
    pub(super) fn with_hint(kind: Kind, hint: fn(&T) -> *const ()) -> Self {
        let chunks = std::array::from_fn(|_| OnceCell::new());
        Table { kind, hint, chunks, free: Mutex::default() }
    }

    /// Whether the handle looks like one of this table: a wrong one that does not is found without a look-up.
    #[inline]
    pub(super) fn may_hold(&self, handle: *const c_void) -> bool {
        kind_of(handle) == self.kind as u8
    }

    /// Tells the processor that the slot of this handle, which may be anything, will be needed soon.
    #[inline]
    pub(super) fn prefetch_slot(&self, handle: *const c_void) {
        if let Some(slot) = self.slot(handle.addr() as u32) {
            prefetch_lines(std::ptr::from_ref(slot).cast());
        }
    }

    /// Tells the processor that the object of this handle, which may be anything, will be used soon; it is found
    /// through the slot, so that must be near already.
    #[inline]
    pub(super) fn prefetch_object(&self, handle: *const c_void) {
        if let Some(slot) = self.slot(handle.addr() as u32) {
            prefetch_lines(std::ptr::without_provenance(slot.hint.load(Ordering::Relaxed)));
        }
    }

    /// Puts an object in and returns its handle; the caller owns it until `remove`.
    pub(super) fn insert(&self, object: T) -> Result<*mut c_void> {
        let index = {
            let mut free = self.free.lock();
            match free.indices.pop() {
                Some(index) => index,
                None => {
                    free.used += 1;
                    free.used - 1
                }
            }
        };
        let slot = self.slot_or_new(index).ok_or_else(|| {
            crate::err!(OutOfMemory, "too many live {} handles ({index})", self.kind.name())
        })?;
        slot.hint.store((self.hint)(&object).addr(), Ordering::Relaxed);
        let mut content = slot.content.write();
        content.1 = Some(object);
        Ok(encode(self.kind, content.0, index))
    }

    /// A share of the object behind a handle. `argument` is the name that errors give it.
    pub(super) fn get(&self, argument: &str, handle: *const c_void) -> Result<T>
    where
        T: Clone,
    {
        self.with(argument, handle, T::clone)
    }

    /// Looks at the object behind a handle. `look` must be short, and use neither the table nor foreign code.
    #[inline]
    pub(super) fn with<R>(
        &self,
        argument: &str,
        handle: *const c_void,
        look: impl FnOnce(&T) -> R,
    ) -> Result<R> {
        let (generation, index) = self.decode(argument, handle)?;
        let slot = self.slot(index).ok_or_else(|| self.unknown(argument, handle))?;
        let content = slot.content.read();
        match &content.1 {
            Some(object) if content.0 == generation => Ok(look(object)),
            _ => Err(self.stale(argument)),
        }
    }

    /// Changes the object behind a handle. The same holds for `change` as for `look`: what it replaces it should
    /// return, so that it is dropped outside.
    pub(super) fn change<R>(
        &self,
        argument: &str,
        handle: *const c_void,
        change: impl FnOnce(&mut T) -> R,
    ) -> Result<R> {
        let (generation, index) = self.decode(argument, handle)?;
        let slot = self.slot(index).ok_or_else(|| self.unknown(argument, handle))?;
        let mut content = slot.content.write();
        let (present, object) = &mut *content;
        match object {
            Some(object) if *present == generation => {
                let result = change(object);
                slot.hint.store((self.hint)(object).addr(), Ordering::Relaxed);
                Ok(result)
            }
            _ => Err(self.stale(argument)),
        }
    }

    /// Takes the object out; the handle and its copies are dead from now on.
    pub(super) fn remove(&self, argument: &str, handle: *const c_void) -> Result<T> {
        let (generation, index) = self.decode(argument, handle)?;
        let slot = self.slot(index).ok_or_else(|| self.unknown(argument, handle))?;
        let mut content = slot.content.write();
        if content.0 != generation {
            return Err(self.stale(argument));
        }
        let object = content.1.take().ok_or_else(|| self.stale(argument))?;
        // A slot whose generations are used up is never handed out again, so no old handle can match.
        let reusable = content.0 < LAST_GENERATION;
        content.0 = content.0.saturating_add(1);
        drop(content);
        if reusable {
            self.free.lock().indices.push(index);
        }
        Ok(object)
    }

    fn decode(&self, argument: &str, handle: *const c_void) -> Result<(u32, u32)> {
        let word = handle.addr() as u64;
        crate::ensure!(
            word != 0,
            InvalidArgument,
            "{argument}: expected a {} handle, got NULL",
            self.kind.name()
        );
        if !self.may_hold(handle) {
            return Err(match Kind::of(kind_of(handle)) {
                Some(other) => crate::err!(
                    InvalidArgument,
                    "{argument}: expected a {} handle, got a {} handle",
                    self.kind.name(),
                    other.name()
                ),
                None => self.unknown(argument, handle),
            });
        }
        Ok(((word >> 32) as u32 & LAST_GENERATION, word as u32))
    }

    fn unknown(&self, argument: &str, handle: *const c_void) -> Error {
        crate::err!(
            InvalidArgument,
            "{argument}: {handle:p} is not a {} handle of this library",
            self.kind.name()
        )
    }

    fn stale(&self, argument: &str) -> Error {
        crate::err!(Closed, "{argument}: this {} handle was freed", self.kind.name())
    }

    #[inline]
    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let (chunk, offset) = locate(index);
        self.chunks.get(chunk)?.get()?.get(offset)
    }

    fn slot_or_new(&self, index: u32) -> Option<&Slot<T>> {
        let (chunk, offset) = locate(index);
        let slots = self.chunks.get(chunk)?.get_or_init(|| {
            (0..FIRST_CHUNK << chunk)
                .map(|_| Slot { hint: AtomicUsize::default(), content: RwLock::new((1, None)) })
                .collect()
        });
        slots.get(offset)
    }
}

fn kind_of(handle: *const c_void) -> u8 {
    (handle.addr() as u64 >> 56) as u8
}

fn prefetch_lines(address: *const u8) {
    copy::prefetch(address);
    copy::prefetch(address.wrapping_add(64));
}

/// The chunk of an index and the place in it; chunk c holds `FIRST_CHUNK << c` slots.
fn locate(index: u32) -> (usize, usize) {
    let shifted = index as usize + FIRST_CHUNK;
    let chunk = (shifted.ilog2() - FIRST_CHUNK.ilog2()) as usize;
    (chunk, shifted - (FIRST_CHUNK << chunk))
}

fn encode(kind: Kind, generation: u32, index: u32) -> *mut c_void {
    let word = (kind as u64) << 56 | u64::from(generation) << 32 | u64::from(index);
    std::ptr::without_provenance_mut(word as usize)
}

/// A handle to constant data: the number of an operator or function. It lives as long as the process and needs
/// no table.
pub(super) fn constant(kind: Kind, number: usize) -> *mut c_void {
    encode(kind, 1, u32::try_from(number).unwrap_or(u32::MAX))
}

/// The number in a handle that `constant` made.
pub(super) fn number_of(kind: Kind, argument: &str, handle: *const c_void) -> Result<usize> {
    let number = handle.addr() as u32 as usize;
    crate::ensure!(
        handle.cast_mut() == constant(kind, number),
        InvalidArgument,
        "{argument}: expected a handle of kind {}, got {handle:p}",
        kind.name()
    );
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_checked() {
        let table = Table::<u32>::new(Kind::NdArray);
        let other = Table::<u32>::new(Kind::KvStore);
        let handle = table.insert(7).unwrap();
        assert_eq!(table.get("a", handle).unwrap(), 7);
        assert_eq!(table.with("a", handle, |number| number + 1).unwrap(), 8);
        assert_eq!(table.change("a", handle, |number| std::mem::replace(number, 9)).unwrap(), 7);
        assert_eq!(table.get("a", handle).unwrap(), 9);
        let message = |result: Result<u32>| result.unwrap_err().to_string();
        assert_eq!(message(table.get("a", std::ptr::null())), "a: expected a NDArray handle, got NULL");
        assert_eq!(message(other.get("a", handle)), "a: expected a KVStore handle, got a NDArray handle");
        let made_up = std::ptr::without_provenance::<c_void>(0x7fff_1234_5678);
        assert!(message(table.get("a", made_up)).ends_with("is not a NDArray handle of this library"));
        assert_eq!(table.remove("a", handle).unwrap(), 9);
        assert_eq!(message(table.get("a", handle)), "a: this NDArray handle was freed");
        assert!(table.with("a", handle, |_| ()).is_err());
        assert!(table.change("a", handle, |_| ()).is_err());
        assert_eq!(message(table.remove("a", handle)), "a: this NDArray handle was freed");
    }

    #[test]
    fn a_reused_slot_does_not_revive_old_handles() {
        let table = Table::<u32>::new(Kind::NdArray);
        let first = table.insert(1).unwrap();
        table.remove("a", first).unwrap();
        let second = table.insert(2).unwrap();
        assert_ne!(first, second);
        assert!(table.get("a", first).is_err());
        assert_eq!(table.get("a", second).unwrap(), 2);
    }

    #[test]
    fn every_index_has_its_own_slot() {
        let table = Table::<usize>::new(Kind::NdArray);
        let handles: Vec<_> = (0..10_000).map(|i| table.insert(i).unwrap()).collect();
        for (i, handle) in handles.iter().enumerate() {
            assert_eq!(table.get("a", *handle).unwrap(), i);
        }
    }
}
