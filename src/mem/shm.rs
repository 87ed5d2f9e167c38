//! Memory that several processes map: an open descriptor names it, and it is gone when the last one is closed, so
//! nothing is left behind after a crash.
//!
//! The layout is MXNet's: a 16-byte header whose first word counts the users, then the data. Whoever hands the
//! descriptor to another process counts that process in; each user counts itself out when it is done.

#![expect(unsafe_code, reason = "maps memory and owns descriptors")]

use crate::base::sync::Mutex;
use crate::base::sync::atomic::{AtomicI32, Ordering};
use crate::base::{Error, Result};
use crate::ensure;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::NonNull;

/// Bytes before the data.
const HEADER: usize = 16;

/// The descriptors of all live segments: one that is given twice must not be closed twice.
static OWNED: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// A mapping of shared memory with its descriptor.
pub struct Segment {
    start: NonNull<u8>,
    len: usize,
    descriptor: OwnedFd,
}

// SAFETY: the mapping belongs to the segment and is unmapped when it is dropped, on any thread.
unsafe impl Send for Segment {}
// SAFETY: shared access reads constant fields and one atomic number.
unsafe impl Sync for Segment {}

impl Segment {
    /// New memory for `len` bytes of data, all zero, with one user.
    pub fn create(len: usize) -> Result<Self> {
        let descriptor = open_new()?;
        let size = total(len)?;
        let length = libc::off_t::try_from(size).map_err(|_| too_large(len))?;
        // SAFETY: a plain system call on a descriptor that we own.
        if unsafe { libc::ftruncate(descriptor.as_raw_fd(), length) } != 0 {
            return Err(last_error(format!("sizing shared memory for {len} bytes")));
        }
        let segment = Self::map(descriptor, len)?;
        segment.users().store(1, Ordering::Release);
        Ok(segment)
    }

    /// Maps what another process created and counted this one in for. Takes the descriptor over and closes it when
    /// dropped; one that a live segment of this process owns is duplicated instead.
    pub fn attach(descriptor: RawFd, len: usize) -> Result<Self> {
        ensure!(
            descriptor >= 0,
            InvalidArgument,
            "shared_id: Failed to map shared memory: {descriptor} is no descriptor"
        );
        // SAFETY: all zero bytes are a `stat`.
        let mut about: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: `about` is writable; a number that is no open descriptor only gives an error.
        if unsafe { libc::fstat(descriptor, &raw mut about) } != 0 {
            return Err(last_error(format!(
                "shared_id: Failed to map shared memory, descriptor {descriptor}"
            )));
        }
        // Touching memory behind the end would kill the process.
        ensure!(
            usize::try_from(about.st_size).is_ok_and(|size| total(len).is_ok_and(|wanted| wanted <= size)),
            InvalidArgument,
            "shared_id: Failed to map shared memory: the array needs {len} bytes behind a header of {HEADER}, the \
             memory has {} in all",
            about.st_size
        );
        let descriptor = if OWNED.lock().contains(&descriptor) {
            // SAFETY: `fstat` found it open, and its owner is alive.
            let open = unsafe { BorrowedFd::borrow_raw(descriptor) };
            open.try_clone_to_owned().map_err(|error| Error::io("duplicating a descriptor", &error))?
        } else {
            // SAFETY: it is open, and nobody in this process owns it but the caller, who hands it over.
            unsafe { OwnedFd::from_raw_fd(descriptor) }
        };
        Self::map(descriptor, len)
    }

    fn map(descriptor: OwnedFd, len: usize) -> Result<Self> {
        // SAFETY: asks the system for a new place, over at least as many bytes as the memory has.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                total(len)?,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                descriptor.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(last_error(format!("Failed to map shared memory of {len} bytes")));
        }
        let start = NonNull::new(start.cast()).ok_or_else(|| too_large(len))?;
        OWNED.lock().push(descriptor.as_raw_fd());
        Ok(Segment { start, len, descriptor })
    }

    /// The first byte of the data.
    pub fn data(&self) -> NonNull<u8> {
        // SAFETY: the mapping is longer than the header.
        unsafe { self.start.add(HEADER) }
    }

    /// Bytes of data.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The descriptor for another process, which is counted in: it must attach.
    pub fn hand_out(&self) -> RawFd {
        self.users().fetch_add(1, Ordering::AcqRel);
        self.descriptor.as_raw_fd()
    }

    fn users(&self) -> &AtomicI32 {
        // SAFETY: the header starts with this number, aligned as the page is; processes only use it atomically.
        unsafe { self.start.cast::<AtomicI32>().as_ref() }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.users().fetch_sub(1, Ordering::AcqRel);
        let mut owned = OWNED.lock();
        if let Some(place) = owned.iter().position(|fd| *fd == self.descriptor.as_raw_fd()) {
            owned.swap_remove(place);
        }
        drop(owned);
        // SAFETY: this is the whole mapping, made by `map`; whoever used it held the segment.
        unsafe { libc::munmap(self.start.as_ptr().cast(), HEADER + self.len) };
    }
}

fn total(len: usize) -> Result<usize> {
    len.checked_add(HEADER).filter(|size| *size <= isize::MAX as usize).ok_or_else(|| too_large(len))
}

/// Memory without a name in the file system, so that it cannot be left behind there. It is not bounded by the
/// size of /dev/shm either, which is small in containers.
#[cfg(target_os = "linux")]
fn open_new() -> Result<OwnedFd> {
    // SAFETY: the name is a constant text.
    let descriptor = unsafe { libc::memfd_create(c"mxkv".as_ptr(), libc::MFD_CLOEXEC) };
    owned(descriptor)
}

#[cfg(not(target_os = "linux"))]
fn open_new() -> Result<OwnedFd> {
    use crate::base::sync::atomic::AtomicU32;
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("/mx_{:x}_{:x}\0", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    // SAFETY: the name ends in a NUL.
    let descriptor = unsafe {
        libc::shm_open(
            name.as_ptr().cast(),
            libc::O_CREAT | libc::O_EXCL | libc::O_RDWR,
            0o600 as libc::c_uint,
        )
    };
    let descriptor = owned(descriptor);
    // SAFETY: as above; the descriptor keeps the memory alive.
    unsafe { libc::shm_unlink(name.as_ptr().cast()) };
    descriptor
}

fn owned(descriptor: RawFd) -> Result<OwnedFd> {
    if descriptor < 0 {
        return Err(last_error("opening shared memory".to_owned()));
    }
    // SAFETY: the system just made it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn last_error(doing: String) -> Error {
    Error::io(doing, &std::io::Error::last_os_error())
}

fn too_large(len: usize) -> Error {
    crate::err!(OutOfMemory, "cannot share {len} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::mut_from_ref, reason = "stands for another process, which shares the memory")]
    fn bytes(segment: &Segment) -> &mut [u8] {
        // SAFETY: tests look at one segment at a time.
        unsafe { std::slice::from_raw_parts_mut(segment.data().as_ptr(), segment.len()) }
    }

    #[test]
    fn two_mappings_see_the_same_bytes() {
        let first = Segment::create(100).unwrap();
        assert!(bytes(&first).iter().all(|byte| *byte == 0));
        let second = Segment::attach(first.hand_out(), 100).unwrap();
        bytes(&first)[99] = 7;
        assert_eq!(bytes(&second)[99], 7);
        assert_eq!(first.users().load(Ordering::SeqCst), 2);
        // The second had to get a descriptor of its own, or both would close the same one.
        let descriptor = first.descriptor.as_raw_fd();
        drop(first);
        assert_eq!(second.users().load(Ordering::SeqCst), 1);
        assert_ne!(second.descriptor.as_raw_fd(), descriptor);
        assert_eq!(bytes(&second)[99], 7);
    }

    #[test]
    fn bad_descriptors_are_errors() {
        assert!(Segment::attach(-1, 8).is_err());
        assert!(Segment::attach(1 << 20, 8).is_err());
        let small = Segment::create(8).unwrap();
        assert!(Segment::attach(small.descriptor.as_raw_fd(), 9).is_err());
        assert!(Segment::attach(small.descriptor.as_raw_fd(), usize::MAX).is_err());
        assert!(Segment::create(usize::MAX).is_err());
    }

    #[test]
    fn a_forked_process_sees_what_the_other_writes() {
        let segment = Segment::create(1).unwrap();
        // SAFETY: the child only touches the mapping and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            bytes(&segment)[0] = 42;
            // SAFETY: ends the child without running anything of the test harness.
            unsafe { libc::_exit(0) };
        }
        // SAFETY: waits for our own child.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        assert_eq!(bytes(&segment)[0], 42);
    }
}
