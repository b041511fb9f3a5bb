//! OAuth 2.0 for single-page apps: the authorization code flow, refusing everything that a hostile page,
//! server or network may send.
//!
//! Three layers, each of which knows only those below it:
//!
//! - [`protocol`]: messages and rules, pure. The same code serves a page, a backend and a test.
//! - [`client`]: what happens when, generic over a [`Platform`](platform::Platform): a host.
//! - `browser`, on wasm32: the host that is a web page. Two faces: `app` for an app in Rust, and `js`, which the npm
//!   package shows.
//! - `testing`, with the feature of this name: a host that is simulated, for the tests of apps.
//!
//! A backend uses [`CodeExchange::from_hand_off`](protocol::token::CodeExchange::from_hand_off).
#![cfg_attr(target_arch = "wasm32", doc = "", doc = include_str!("../docs/rust.md"))]

pub mod client;
pub mod platform;
pub mod protocol;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
pub mod js;
