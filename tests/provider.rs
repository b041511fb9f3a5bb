//! The lying provider, natively; see `provider/native.rs`. The provider itself lists its lies, so this file has its own test
//! harness.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and so do its helpers"
)]

#[cfg(not(target_arch = "wasm32"))]
#[path = "provider/native.rs"]
mod native;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    native::main()
}

/// In a browser, `e2e/provider.test.mjs` runs them.
#[cfg(target_arch = "wasm32")]
fn main() {}
