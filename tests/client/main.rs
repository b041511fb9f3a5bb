//! What the client does, and in which order, in a simulated tab. One file for each section of the rules. `docs/design/rules.md`
//! is made of these files, and lists the rules, their tests, and the mistakes that break them.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and so do its helpers"
)]

mod access;
mod backend;
mod bound;
mod configuration;
mod discovery;
mod ending;
mod environment;
mod idle;
mod keeping;
mod lifecycle;
mod openid;
mod popup;
mod proof;
mod pushed;
mod redeem;
mod request;
mod resources;
mod response;
mod session;

use support::{host, stage};
