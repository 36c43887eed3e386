//! The `scim-check` program; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    scim_check::cli::main()
}
