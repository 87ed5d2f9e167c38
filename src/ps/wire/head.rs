//! What stands in a message's head: a [`Command`] in a command message, a [`ValueKind`] in a data message.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use crate::base::Result;
use crate::err;
use std::fmt;

/// The head as sent. Read it as what the kind of message says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head(pub i32);

/// What a command asks of a server. Numbers without a name are allowed: servers answer and ignore them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// The body is for the server's controller: a description of an optimizer.
    Controller,
    /// Keep float32 copies of all values of other types.
    MultiPrecision,
    StopServer,
    /// From now on apply pushes in rounds, one push of each worker per round.
    SyncMode,
    /// The body names type and threshold.
    GradientCompression,
    Profiler,
    /// As `GradientCompression`, for schemes that MXNet's servers do not have; answered with a body. The number is
    /// ours, like all from 1000 on.
    NamedCompression,
    Other(i32),
}

impl Command {
    pub fn from_head(head: Head) -> Self {
        match head.0 {
            0 => Command::Controller,
            1 => Command::MultiPrecision,
            2 => Command::StopServer,
            3 => Command::SyncMode,
            4 => Command::GradientCompression,
            5 => Command::Profiler,
            1100 => Command::NamedCompression,
            other => Command::Other(other),
        }
    }

    pub fn head(self) -> Head {
        Head(match self {
            Command::Controller => 0,
            Command::MultiPrecision => 1,
            Command::StopServer => 2,
            Command::SyncMode => 3,
            Command::GradientCompression => 4,
            Command::Profiler => 5,
            Command::NamedCompression => 1100,
            Command::Other(other) => other,
        })
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Controller => f.write_str("controller"),
            Command::MultiPrecision => f.write_str("multi-precision"),
            Command::StopServer => f.write_str("stop server"),
            Command::SyncMode => f.write_str("sync mode"),
            Command::GradientCompression => f.write_str("gradient compression"),
            Command::Profiler => f.write_str("profiler"),
            Command::NamedCompression => f.write_str("named gradient compression"),
            Command::Other(other) => other.fmt(f),
        }
    }
}

/// How values are laid out in a data message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueMode {
    Dense,
    RowSparse,
    /// Gradients in the compression agreed on; the element type names what they decode to.
    Compressed,
}

/// The element type of values in a data message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    Float32,
    Float64,
    Float16,
    Uint8,
    Int32,
    Int8,
    Int64,
    Bool,
    Int16,
    Uint16,
    Uint32,
    Uint64,
    Bfloat16,
}

impl DType {
    /// All types; a type's place is its number on the wire.
    pub const ALL: [DType; 13] = [
        DType::Float32,
        DType::Float64,
        DType::Float16,
        DType::Uint8,
        DType::Int32,
        DType::Int8,
        DType::Int64,
        DType::Bool,
        DType::Int16,
        DType::Uint16,
        DType::Uint32,
        DType::Uint64,
        DType::Bfloat16,
    ];

    pub fn from_code(code: i32) -> Option<Self> {
        usize::try_from(code).ok().and_then(|code| DType::ALL.get(code).copied())
    }

    pub fn code(self) -> i32 {
        self as i32
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            DType::Uint8 | DType::Int8 | DType::Bool => 1,
            DType::Float16 | DType::Int16 | DType::Uint16 | DType::Bfloat16 => 2,
            DType::Float32 | DType::Int32 | DType::Uint32 => 4,
            DType::Float64 | DType::Int64 | DType::Uint64 => 8,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            DType::Float32 => "float32",
            DType::Float64 => "float64",
            DType::Float16 => "float16",
            DType::Uint8 => "uint8",
            DType::Int32 => "int32",
            DType::Int8 => "int8",
            DType::Int64 => "int64",
            DType::Bool => "bool",
            DType::Int16 => "int16",
            DType::Uint16 => "uint16",
            DType::Uint32 => "uint32",
            DType::Uint64 => "uint64",
            DType::Bfloat16 => "bfloat16",
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The head of a data message: layout and element type, folded into one number by Cantor's pairing
/// `(m + d)(m + d + 1) / 2 + d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueKind {
    pub mode: ValueMode,
    pub dtype: DType,
}

impl ValueKind {
    pub fn dense(dtype: DType) -> Self {
        ValueKind { mode: ValueMode::Dense, dtype }
    }

    pub fn row_sparse(dtype: DType) -> Self {
        ValueKind { mode: ValueMode::RowSparse, dtype }
    }

    pub fn compressed(dtype: DType) -> Self {
        ValueKind { mode: ValueMode::Compressed, dtype }
    }

    pub fn head(self) -> Head {
        let mode = match self.mode {
            ValueMode::Dense => 0,
            ValueMode::RowSparse => 1,
            ValueMode::Compressed => 2,
        };
        let (dtype, sum) = (self.dtype.code(), mode + self.dtype.code());
        Head(sum * (sum + 1) / 2 + dtype)
    }

    pub fn from_head(head: Head) -> Result<Self> {
        ValueKind::unpair(head).ok_or_else(|| {
            err!(
                Protocol,
                "head: expected a layout (dense, row-sparse, compressed) and an element type, got {}",
                head.0
            )
        })
    }

    fn unpair(head: Head) -> Option<Self> {
        // The largest valid sum is 2 + 12: a short search needs no square root and cannot be off by one.
        let sum = (0..15).rev().find(|sum| sum * (sum + 1) / 2 <= head.0)?;
        let dtype = head.0.checked_sub(sum * (sum + 1) / 2)?;
        let mode = match sum.checked_sub(dtype)? {
            0 => ValueMode::Dense,
            1 => ValueMode::RowSparse,
            2 => ValueMode::Compressed,
            _ => return None,
        };
        Some(ValueKind { mode, dtype: DType::from_code(dtype)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_the_published_numbers() {
        let floats = [DType::Float32, DType::Float64, DType::Float16];
        let heads = |kind: fn(DType) -> ValueKind| floats.map(|dtype| kind(dtype).head().0);
        assert_eq!(heads(ValueKind::dense), [0, 2, 5]);
        assert_eq!(heads(ValueKind::row_sparse), [1, 4, 8]);
        assert_eq!(ValueKind::compressed(DType::Float32).head(), Head(3));
        assert_eq!(ValueKind::dense(DType::Int64).head(), Head(27));
    }

    #[test]
    fn every_head_is_one_kind_or_an_error() {
        let mut known = 0;
        for head in -200..400 {
            if let Ok(kind) = ValueKind::from_head(Head(head)) {
                assert_eq!(kind.head(), Head(head));
                known += 1;
            }
        }
        assert_eq!(known, 3 * DType::ALL.len());
        for head in [i32::MIN, i32::MAX, 6] {
            assert!(ValueKind::from_head(Head(head)).is_err(), "{head}");
        }
    }

    #[test]
    fn commands_keep_their_number() {
        for head in -1..10 {
            assert_eq!(Command::from_head(Head(head)).head(), Head(head));
        }
    }
}
