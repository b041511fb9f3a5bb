//! The rules of the backend, over real HTTP on loopback. The name of a test is its rule.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must end"
)]

mod api;
mod api_path;
mod api_streams;
mod configuration;
mod cookie;
mod exchange;
mod faults;
mod http;
mod id_token;
mod id_token_keys;
mod log;
mod origin;
mod program;
mod provider;
mod servers;
mod session;
mod setup;
