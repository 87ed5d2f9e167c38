//! The C functions: a thin skin over the crate. Each names itself, vouches for its pointers in one place,
//! turns C values into Rust values, calls one inner function and returns a status.
//!
//! Nothing in the crate calls an exported function: the symbols of a real libmxnet in the same process would
//! take such calls over.

mod args;
mod autograd;
mod boundary;
mod custom_op;
mod data_iter;
mod engine;
mod env;
mod errors;
mod function;
mod handle;
mod hints;
mod info;
mod invoke;
mod kvstore;
mod kvstore_int_keys;
mod kvstore_optimizer;
mod kvstore_server;
mod kvstore_text_keys;
mod kvstore_updater;
mod last_error;
mod modes;
mod ndarray;
mod ndarray_copy;
mod ndarray_info;
mod ndarray_io;
mod ndarray_share;
mod ndarray_sparse;
mod ndarray_view;
mod objects;
mod op;
mod profile_objects;
mod profiler;
mod recordio;
mod runtime;
mod runtime_func;
mod scratch;
mod shutdown;
pub mod types;
mod unsupported;
