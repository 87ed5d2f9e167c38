//! The command line.

fn main() -> std::process::ExitCode {
    mxkv::cli::main()
}
