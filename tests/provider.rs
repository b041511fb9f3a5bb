//! The provider that lies, natively; see `provider/native.rs`. The list of its lies is the provider's own, so this is a
//! harness of its own too.
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

/// In a browser it is `e2e/provider.test.mjs` that runs them.
#[cfg(target_arch = "wasm32")]
fn main() {}
