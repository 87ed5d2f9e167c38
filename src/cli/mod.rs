//! The command `mxkv`: clusters without Python.
//!
//! `mxkv scheduler` and `mxkv server` take their settings from the same environment variables as MXNet's nodes;
//! `mxkv launch` starts a whole cluster on this machine or over ssh.

mod args;
mod hosts;
mod launch;
mod node;
mod serve;
mod signals;

use args::{Args, Do};
use clap::Parser;
use std::process::ExitCode;

/// Runs the command line of this process; the result is its exit code.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help goes to standard output and is no failure; a wrong use goes to standard error.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let result = match args.action {
        Do::Scheduler => serve::scheduler(),
        Do::Server => serve::server(),
        Do::Launch(options) => return launch::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::telemetry::log::warn(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}
