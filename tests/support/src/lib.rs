//! The code that the native tests of this workspace share: a simulated page with a knob for each fault ([`host`]); an executor
//! that notices a missing wake-up ([`executor`]); the beginning of most tests ([`stage`]); keys that sign ([`signing`]) and the
//! check of signatures ([`signature`]). The lying provider is a server of its own, `tests/provider/`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and so do its helpers, which the tests explain"
)]

pub mod executor;
pub mod host;
pub mod random;
pub mod signature;
pub mod signing;
pub mod stage;
