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
mod api_places;
mod api_streams;
mod api_websocket;
mod attacks;
mod begin;
mod configuration;
mod cookie;
mod crowds;
mod exchange;
mod faults;
mod http;
mod id_token;
mod id_token_keys;
mod keys;
mod lasting;
mod log;
mod login;
mod logout;
mod origin;
mod program;
mod program_files;
mod program_metrics;
mod program_settings;
#[cfg(feature = "otlp")]
mod program_traces;
mod provider;
mod redis_server;
mod servers;
mod session;
mod setup;
mod shared;
mod shared_faults;
