//! One contiguous piece of memory.

#![expect(unsafe_code, reason = "owns raw memory: the one place that allocates and frees it")]

use super::shm::Segment;
use super::{copy, mapping, pool};
use crate::base::Result;
use crate::base::sync::Arc;
use bytes::Bytes;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Every block of the pool starts at a multiple of this: a cache line, and the widest vector register. Shared and
/// foreign memory may lie elsewhere.
pub const ALIGNMENT: usize = 64;

/// Contiguous bytes with one owner, always initialised: new memory is zeroed by the system, reused memory
/// holds what its last owner left.
pub struct Block {
    start: NonNull<u8>,
    len: usize,
    owner: Owner,
}

enum Owner {
    /// From the pool or the allocator; the number is the size class.
    Pool(usize),
    /// The same, at an address that somebody was told: it stays here and is never lent.
    Pinned(usize),
    /// Our own memory that messages read too. Writable again when the last of them is gone.
    Lent(Arc<Block>),
    /// Somebody else's memory; dropping the box tells them that we are done.
    Foreign(#[expect(dead_code, reason = "held for its drop")] Box<dyn Send + Sync>),
    /// Memory that other processes may map too.
    Shared(Segment),
    /// Bytes of a message, which others may read as well.
    ReadOnly(Bytes),
}

// SAFETY: a block owns its bytes (or holds the foreign owner that keeps them alive), so moving it to
// another thread moves the only access path.
unsafe impl Send for Block {}
// SAFETY: shared access to a block only reads; writing needs `&mut Block`.
unsafe impl Sync for Block {}

impl Block {
    /// `len` bytes aligned to [`ALIGNMENT`], with unspecified (but initialised) content.
    pub fn new(len: usize) -> Result<Self> {
        Ok(Self::reused(len)?.0)
    }

    /// `len` zero bytes.
    pub fn zeroed(len: usize) -> Result<Self> {
        let (mut block, fresh) = Self::reused(len)?;
        if !fresh {
            block.fill(0);
        }
        Ok(block)
    }

    /// A block and whether its bytes are fresh zeroes from the system.
    fn reused(len: usize) -> Result<(Self, bool)> {
        if len == 0 {
            return Ok((Block::empty(), true));
        }
        let class = pool::class_of(len).ok_or_else(|| out_of_memory(len))?;
        let (address, class, fresh) = match pool::take(class) {
            Some((address, class)) => (address, class, false),
            None => (allocate(class).ok_or_else(|| out_of_memory(len))?, class, true),
        };
        let start = NonNull::new(std::ptr::with_exposed_provenance_mut::<u8>(address))
            .ok_or_else(|| out_of_memory(len))?;
        Ok((Block { start, len, owner: Owner::Pool(class) }, fresh))
    }

    /// Wraps memory of another owner, for instance a DLPack tensor or a shared memory mapping. `owner` is
    /// dropped when the block is.
    ///
    /// # Safety
    /// `start` points to `len` initialised bytes, readable and writable by any thread until `owner` is
    /// dropped. The bytes are not accessed through other paths while a kernel of ours uses them (the
    /// contract that DLPack and `MXNDArrayGetData` put on their users).
    pub unsafe fn foreign(start: NonNull<u8>, len: usize, owner: Box<dyn Send + Sync>) -> Self {
        Block { start, len, owner: Owner::Foreign(owner) }
    }

    /// `len` zero bytes that other processes can map.
    pub fn shared(len: usize) -> Result<Self> {
        Ok(Block::from(Segment::create(len)?))
    }

    /// Bytes of a message that others may read as well: they can be written after [`Block::make_writable`].
    pub fn read_only(bytes: Bytes) -> Self {
        let start = NonNull::from(&*bytes).cast::<u8>();
        Block { start, len: bytes.len(), owner: Owner::ReadOnly(bytes) }
    }

    /// Whether others may be reading the bytes.
    fn is_lent(&self) -> bool {
        matches!(self.owner, Owner::ReadOnly(_) | Owner::Lent(_))
    }

    /// The bytes for a message, without copying, if the block has been lent before.
    pub fn loan(&self) -> Option<Bytes> {
        match &self.owner {
            Owner::Lent(block) => Some(Bytes::from_owner(Loan(block.clone()))),
            Owner::ReadOnly(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// The bytes for a message, without copying. `None` for memory that may change by other ways than ours.
    pub fn lend(&mut self) -> Option<Bytes> {
        if let Owner::Pool(_) = self.owner {
            let (start, len) = (self.start, self.len);
            let block = Arc::new(std::mem::replace(self, Block::empty()));
            *self = Block { start, len, owner: Owner::Lent(block) };
        }
        self.loan()
    }

    /// Whether nobody relies on where the bytes are.
    pub fn is_movable(&self) -> bool {
        matches!(self.owner, Owner::Pool(_)) || self.is_lent()
    }

    /// Ends what was lent: takes the memory back if nobody reads it any more, else goes on with a copy.
    #[inline]
    pub fn make_writable(&mut self) -> Result<()> {
        // Nearly always nothing was lent: every write asks.
        if self.is_lent() { self.take_back() } else { Ok(()) }
    }

    #[cold]
    fn take_back(&mut self) -> Result<()> {
        let own = match std::mem::replace(&mut self.owner, Owner::Foreign(Box::new(()))) {
            Owner::Lent(block) => match Arc::try_unwrap(block) {
                Ok(block) => Ok(block),
                Err(block) => copied(&block).map_err(|error| (error, Owner::Lent(block))),
            },
            Owner::ReadOnly(bytes) => copied(&bytes).map_err(|error| (error, Owner::ReadOnly(bytes))),
            owner => {
                self.owner = owner;
                return Ok(());
            }
        };
        match own {
            Ok(block) => *self = block,
            Err((error, owner)) => {
                self.owner = owner;
                return Err(error);
            }
        }
        Ok(())
    }

    /// As [`Block::make_writable`], for who writes every byte: what is still lent is not copied.
    pub fn make_overwritable(&mut self) -> Result<()> {
        let read = match &self.owner {
            Owner::Lent(block) => Arc::strong_count(block) > 1,
            Owner::ReadOnly(_) => true,
            _ => false,
        };
        if read {
            *self = Block::new(self.len)?;
        }
        self.make_writable()
    }

    /// Keeps the bytes where they are from now on, for somebody who is told the address.
    pub fn pin(&mut self) -> Result<()> {
        self.make_writable()?;
        if let Owner::Pool(class) = self.owner {
            self.owner = Owner::Pinned(class);
        }
        Ok(())
    }

    fn empty() -> Self {
        // A dangling but aligned start: empty slices need no memory.
        let start = NonNull::new(std::ptr::without_provenance_mut(ALIGNMENT)).expect("not zero");
        Block { start, len: 0, owner: Owner::Foreign(Box::new(())) }
    }

    /// The shared memory behind the block, if that is what it is.
    pub fn segment(&self) -> Option<&Segment> {
        match &self.owner {
            Owner::Shared(segment) => Some(segment),
            _ => None,
        }
    }

    /// The address of the first byte, for handing out through the C API.
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl From<Segment> for Block {
    fn from(segment: Segment) -> Self {
        Block { start: segment.data(), len: segment.len(), owner: Owner::Shared(segment) }
    }
}

/// What a message holds of a block that was lent.
struct Loan(Arc<Block>);

impl AsRef<[u8]> for Loan {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn copied(bytes: &[u8]) -> Result<Block> {
    let mut block = Block::new(bytes.len())?;
    copy::copy(&mut block, bytes);
    Ok(block)
}

fn out_of_memory(len: usize) -> crate::base::Error {
    crate::err!(OutOfMemory, "cannot allocate {len} bytes")
}

fn layout(class: usize) -> Option<Layout> {
    Layout::from_size_align(class, ALIGNMENT).ok()
}

fn allocate(class: usize) -> Option<usize> {
    for (address, other) in pool::make_room(class) {
        free(address, other);
    }
    if class > pool::LARGE {
        return mapping::map(class);
    }
    let layout = layout(class)?;
    // SAFETY: size classes are never zero.
    let start = unsafe { alloc_zeroed(layout) };
    (!start.is_null()).then(|| start.expose_provenance())
}

/// Frees a block that `allocate` made for this class and that nobody uses any more.
pub(super) fn free(address: usize, class: usize) {
    if class > pool::LARGE {
        mapping::unmap(address, class);
    } else if let Some(layout) = layout(class) {
        // SAFETY: the pool hands each address it holds to exactly one caller, with the class it was made for.
        unsafe { dealloc(std::ptr::with_exposed_provenance_mut(address), layout) };
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// Lets a message carry a block without copying it; the memory goes back to its owner with the last reference.
impl From<Block> for Bytes {
    fn from(block: Block) -> Self {
        Bytes::from_owner(block)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Owner::Pool(class) | Owner::Pinned(class) = self.owner
            && let Err(address) = pool::keep(class, self.start.as_ptr().expose_provenance())
        {
            free(address, class);
        }
    }
}

impl Deref for Block {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: `start` points to `len` initialised bytes that live as long as the block.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for Block {
    fn deref_mut(&mut self) -> &mut [u8] {
        assert!(!self.is_lent(), "the bytes of the block may be read by others");
        // SAFETY: as for `deref`; `&mut self` makes this the only access path, because blocks that others may read
        // were sorted out above.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sync::Arc;
    use crate::base::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn blocks_are_aligned_zeroed_and_reusable() {
        for len in [0, 1, 63, 64, 4096, (1 << 20) + 1] {
            let mut block = Block::zeroed(len).unwrap();
            assert_eq!(block.len(), len);
            assert_eq!(block.as_ptr() as usize % ALIGNMENT, 0);
            assert!(block.iter().all(|byte| *byte == 0));
            block.fill(7);
            drop(block);
            assert!(Block::zeroed(len).unwrap().iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn an_absurd_size_is_an_error() {
        assert!(Block::new(usize::MAX).is_err());
        assert!(Block::new(isize::MAX as usize).is_err());
    }

    #[test]
    fn a_foreign_owner_is_told_when_the_block_dies() {
        struct Owner(Arc<AtomicBool>, #[expect(dead_code, reason = "keeps the bytes alive")] Vec<u8>);
        impl Drop for Owner {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let released = Arc::new(AtomicBool::new(false));
        let mut bytes = vec![1u8, 2, 3];
        let start = NonNull::new(bytes.as_mut_ptr()).unwrap();
        // SAFETY: the vector's buffer lives in the owner and is not touched elsewhere.
        let block = unsafe { Block::foreign(start, 3, Box::new(Owner(released.clone(), bytes))) };
        assert_eq!(&*block, [1, 2, 3]);
        drop(block);
        assert!(released.load(Ordering::SeqCst));
    }

    #[test]
    fn what_others_read_is_copied_before_it_changes() {
        let bytes = Bytes::from(vec![1, 2, 3]);
        let mut block = Block::read_only(bytes.clone());
        let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block[0] = 9));
        assert!(written.is_err());
        block.make_writable().unwrap();
        block[0] = 9;
        assert_eq!((&*bytes, &*block), (&[1, 2, 3][..], &[9, 2, 3][..]));
        assert!(Block::read_only(Bytes::new()).is_empty());
    }

    #[test]
    fn a_lent_block_takes_its_memory_back_when_nobody_reads_it() {
        let mut block = Block::zeroed(100).unwrap();
        assert!(block.loan().is_none());
        let address = block.as_ptr();
        let loans = [block.lend().unwrap(), block.lend().unwrap(), block.loan().unwrap()];
        assert!(loans.iter().all(|loan| loan.as_ptr() == address.cast_const()));
        block.make_writable().unwrap();
        block.fill(5);
        assert!(loans.iter().all(|loan| loan.iter().all(|byte| *byte == 0)));
        assert_ne!(block.as_ptr(), address);
        let (address, loan) = (block.as_ptr(), block.lend());
        drop(loan);
        block.make_writable().unwrap();
        assert_eq!((block.as_ptr(), block[99]), (address, 5));
        let loan = block.lend().unwrap();
        block.make_overwritable().unwrap();
        block.fill(6);
        assert_eq!((loan[99], block[99]), (5, 6));
    }

    #[test]
    fn memory_with_a_known_address_stays_and_is_not_lent() {
        let mut block = Block::zeroed(8).unwrap();
        let loan = block.lend();
        block.pin().unwrap();
        let address = block.as_ptr();
        assert!(loan.is_some() && block.lend().is_none());
        block.make_writable().unwrap();
        assert_eq!(block.as_ptr(), address);
        let mut shared = Block::shared(8).unwrap();
        assert!(shared.lend().is_none());
    }
}
