//! The crate's one error type.
//!
//! An [`Error`] has a kind (a number that never changes), a one-line message and, optionally, what was being
//! done and the error that caused it. Cloning is cheap because one failed task reports on every variable
//! it writes. Messages name the argument, what was given and what was expected.

use std::fmt;
use std::sync::Arc;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// When an error happens. The numbers are part of the ABI (`mxkv_last_error_kind`): a number is never reused.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ErrorKind {
    /// An argument is null, out of range, not UTF-8, or does not fit another argument.
    InvalidArgument = 1,
    /// A key was used before it was initialised.
    UnknownKey = 2,
    /// A key was initialised twice.
    DuplicateKey = 3,
    /// Shapes do not fit each other.
    Shape = 4,
    /// Element types do not fit each other, or an operation has no kernel for the type.
    DType = 5,
    /// A storage type (dense, row_sparse, csr) that the operation does not take.
    StorageType = 6,
    /// Outside what mxkv does.
    Unsupported = 7,
    /// Left out of this build by a cargo feature.
    NotBuilt = 8,
    /// A setting (environment variable, parameter) is missing or malformed.
    Config = 9,
    /// A deadline passed.
    Timeout = 10,
    /// Another node of the cluster died or cannot be reached.
    PeerLost = 11,
    /// The object was closed or freed before the call.
    Closed = 12,
    /// A peer is not who it says or may not do what it asked for.
    Auth = 13,
    /// Bytes from a peer or a file do not follow their format.
    Protocol = 14,
    /// The operating system refused a file, socket or memory operation.
    Io = 15,
    /// Memory could not be allocated.
    OutOfMemory = 16,
    /// A callback given by the caller failed.
    Callback = 17,
    /// A defect in mxkv, a caught panic included.
    Internal = 18,
    /// Stock MXNet raises `NotImplementedError` here (the p3 store), and so do we.
    NotImplemented = 19,
}

impl ErrorKind {
    /// The kind with this number, if there is one.
    pub fn from_number(number: i32) -> Option<Self> {
        use ErrorKind::*;
        let all = [
            InvalidArgument,
            UnknownKey,
            DuplicateKey,
            Shape,
            DType,
            StorageType,
            Unsupported,
            NotBuilt,
            Config,
            Timeout,
            PeerLost,
            Closed,
            Auth,
            Protocol,
            Io,
            OutOfMemory,
            Callback,
            Internal,
            NotImplemented,
        ];
        all.into_iter().find(|kind| *kind as i32 == number)
    }
}

#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Error>,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Arc::new(Inner { kind, message: message.into(), source: None }))
    }

    /// What [`err!`](crate::err!) calls: out of line and cold, so that the many places that make an error
    /// hold one call each.
    #[cold]
    #[inline(never)]
    pub fn formatted(kind: ErrorKind, message: fmt::Arguments<'_>) -> Self {
        Error::new(kind, message.to_string())
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The same kind of error seen from one step further out: `doing` says what failed because of it.
    #[must_use]
    #[cold]
    pub fn context(self, doing: impl fmt::Display) -> Self {
        let (kind, message) = (self.kind(), doing.to_string());
        Error(Arc::new(Inner { kind, message, source: Some(self) }))
    }

    /// From an operating system error; `doing` names the operation and its object.
    #[cold]
    pub fn io(doing: impl fmt::Display, cause: &std::io::Error) -> Self {
        Error::formatted(ErrorKind::Io, format_args!("{doing}: {cause}"))
    }
}

/// One line: the outermost message, then its causes.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut cause = self.0.source.as_ref();
        while let Some(error) = cause {
            write!(f, ": {}", error.0.message)?;
            cause = error.0.source.as_ref();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|error| error as _)
    }
}

/// The message of a caught panic.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown panic")
}

/// `err!(Shape, "expected {a}, got {b}")` makes an [`Error`].
#[macro_export]
macro_rules! err {
    ($kind:ident, $($text:tt)+) => {
        $crate::base::Error::formatted($crate::base::ErrorKind::$kind, format_args!($($text)+))
    };
}

/// Returns early with `err!(...)`.
#[macro_export]
macro_rules! bail {
    ($kind:ident, $($text:tt)+) => { return Err($crate::err!($kind, $($text)+)) };
}

/// Returns early with `err!(...)` unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $kind:ident, $($text:tt)+) => {
        if !$condition { return Err($crate::err!($kind, $($text)+)); }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_with_causes() {
        let error = err!(Io, "disk full").context("saving states");
        assert_eq!(error.to_string(), "saving states: disk full");
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(std::error::Error::source(&error).is_some());
    }

    #[test]
    fn every_kind_is_known_by_its_number() {
        let known: Vec<i32> = (0..100).filter(|number| ErrorKind::from_number(*number).is_some()).collect();
        assert_eq!(known, (1..=ErrorKind::NotImplemented as i32).collect::<Vec<_>>());
    }

    #[test]
    fn macros_return_early() {
        fn positive(x: i32) -> Result<i32> {
            ensure!(x > 0, InvalidArgument, "x: expected a positive number, got {x}");
            Ok(x)
        }
        assert_eq!(positive(-1).unwrap_err().to_string(), "x: expected a positive number, got -1");
        assert_eq!(positive(2).unwrap(), 2);
    }
}
