//! What the client does, and in which order, in a simulated tab. One module for each section of the rules;
//! `docs/rules.md` lists rules, tests, and the mutations that break them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and so do its helpers"
)]

mod access;
mod configuration;
mod discovery;
mod host;
mod keeping;
mod lifecycle;
mod openid;
mod redeem;
mod request;
mod response;
mod session;
mod stage;
