//! A chunk of storage with one engine variable, shared by all arrays that view it.
//!
//! The locks inside are never waited for in a correct program: the engine lets a task in only when it holds the
//! variable. They turn a mistake into an error instead of a data race.

use super::device::Device;
use super::dtype::DType;
use super::shape::Shape;
use super::sparse::{Csr, RowSparse};
use crate::base::Result;
use crate::base::sync::RwLock;
use crate::engine::Var;
use crate::mem::Block;

/// Storage types; the numbers are MXNet's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Storage {
    Dense = 0,
    RowSparse = 1,
    Csr = 2,
}

impl Storage {
    /// MXNet's name: frontends and operator attributes say `default` for dense.
    pub fn name(self) -> &'static str {
        match self {
            Storage::Dense => "default",
            Storage::RowSparse => "row_sparse",
            Storage::Csr => "csr",
        }
    }

    pub fn from_code(code: i32) -> Result<Storage> {
        match code {
            0 => Ok(Storage::Dense),
            1 => Ok(Storage::RowSparse),
            2 => Ok(Storage::Csr),
            other => Err(crate::err!(
                StorageType,
                "storage_type: expected 0 (default), 1 (row_sparse) or 2 (csr), got {other}"
            )),
        }
    }

    pub fn from_name(name: &str) -> Option<Storage> {
        [Storage::Dense, Storage::RowSparse, Storage::Csr].into_iter().find(|storage| storage.name() == name)
    }
}

/// The rarer kinds are boxed, so that a dense chunk fits two cache lines: work on many small arrays waits for
/// those more than for anything else.
pub enum Content {
    Dense(RwLock<Block>),
    RowSparse(Box<RwLock<RowSparse>>),
    Csr(Box<RwLock<Csr>>),
}

impl From<RowSparse> for Content {
    fn from(parts: RowSparse) -> Self {
        Content::RowSparse(Box::new(RwLock::new(parts)))
    }
}

impl From<Csr> for Content {
    fn from(parts: Csr) -> Self {
        Content::Csr(Box::new(RwLock::new(parts)))
    }
}

pub struct Chunk {
    pub var: Var,
    pub device: Device,
    pub dtype: DType,
    pub content: Content,
}

impl Chunk {
    /// Dense storage of `bytes`, which hold elements of `dtype`.
    pub fn dense(bytes: Block, dtype: DType, device: Device) -> Self {
        Chunk { var: Var::new(), device, dtype, content: Content::Dense(RwLock::new(bytes)) }
    }

    /// Sparse storage without any row or element.
    pub fn empty_sparse(storage: Storage, shape: &Shape, dtype: DType, device: Device) -> Result<Self> {
        let content = match storage {
            Storage::Dense => Content::Dense(RwLock::new(Block::zeroed(shape.size() * dtype.size())?)),
            Storage::RowSparse => RowSparse::empty(dtype, shape)?.into(),
            Storage::Csr => Csr::empty(dtype)?.into(),
        };
        Ok(Chunk { var: Var::new(), device, dtype, content })
    }

    pub fn storage(&self) -> Storage {
        match self.content {
            Content::Dense(_) => Storage::Dense,
            Content::RowSparse(_) => Storage::RowSparse,
            Content::Csr(_) => Storage::Csr,
        }
    }
}
