//! mxkv: MXNet's KVStore as one small library with MXNet's own C ABI.
//!
//! The layers, from the bottom: [`base`] and [`telemetry`]; [`mem`] and [`engine`]; [`array`]; [`ops`],
//! `compression` and [`optimizer`]; [`kvstore`] beside `ps` and `server`; and on top the C functions in
//! [`capi`]. A module uses only those below it (`docs/architecture.md` has the picture and the table;
//! `tests/layering.rs` checks it).

pub mod array;
pub mod base;
pub mod capi;
pub mod cli;
pub mod compression;
pub mod engine;
pub mod kvstore;
pub mod mem;
pub mod ops;
pub mod optimizer;
pub mod ps;
pub mod recordio;
pub mod roles;
pub mod server;
pub mod telemetry;
