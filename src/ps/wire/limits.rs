//! How much of anything one message may hold. Far above what training needs; there so that one message cannot
//! make a node allocate without bound.

/// Bytes of the meta frame. Command bodies (an optimizer's description) travel in it.
pub const META_BYTES: usize = 64 << 20;

/// Entries of a node list.
pub const NODES: usize = 1 << 17;

/// Bytes of a host name. DNS names end at 253.
pub const HOST_BYTES: usize = 255;

/// Keys of one data message: one per row of a row-sparse value.
pub const KEYS: usize = 1 << 28;

/// Bytes of one data frame, for transports that can refuse a frame before reading it.
pub const FRAME_BYTES: usize = 1 << 36;

/// Codes in the meta's `data_type`: one per data frame is meaningful.
pub const DATA_TYPES: usize = 64;

/// Bytes of an error text that a peer sent; the rest is cut off.
pub const ERROR_BYTES: usize = 4096;
