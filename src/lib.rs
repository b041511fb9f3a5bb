//! Logs people in to single-page apps, in WebAssembly: the OAuth 2.0 authorization code flow with PKCE, with or without OpenID
//! Connect. It refuses every hostile input of a page, a server or the network, and keeps users signed in if an honest server is
//! only odd.
//!
//! An app in Rust holds one value, `Auth` (on wasm32), in a signal or a hook of its framework. Below it is a [`Client`]
//! with every call, which runs on any [`Host`]: a web page, or a simulated tab in a native test.
//!
//! ```text
//!      your app in Rust                an app in JavaScript
//!             │                                 │
//!       auth  Auth                        js    exports of the npm package
//!             └────────────────┬────────────────┘
//!       client   Client, Configuration, Session: what happens when
//!             │                                 │
//!             │ asks                            │ uses
//!             ▼                                 ▼
//!       host  the trait Host              protocol   messages and rules, pure:
//!             ▲                           no clock, no randomness, no web crate
//!             │ is implemented by
//!       browser   a web page (wasm32)
//!       testing   a simulated tab, for the tests of apps
//! ```
//!
//! Each layer knows only those below it. A backend in Rust uses [`protocol`] alone, on every target: it begins with
//! [`CodeExchange::from_hand_off`](protocol::token::CodeExchange::from_hand_off).
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `backend` (default) | A backend keeps the tokens: the client hands the code to it, and asks it who is signed in |
//! | `tokens` (default) | The page keeps the tokens: it redeems the code, checks ID tokens, refreshes, stores the session, and calls APIs |
//! | `end-session` (default) | The logout continues at the server (OpenID Connect RP-Initiated Logout) |
//! | `restart` (default) | A response that belongs to no login of this tab may begin a new one: [`OnUnknownTransaction`] |
//! | `popup` | A login in another window or in a hidden frame; the page stays |
//! | `idle` | A limit for the time in which nobody uses a session, and the announcement of a session's end |
//! | `environment` | Apps that are not web pages: the app opens the server's pages, and passes the callback on |
//! | `dpop` | Tokens that are bound to a key of the browser (RFC 9449): [`Configuration::dpop`], `Client::credentials_for` |
//! | `par` | The page pushes authorization requests to the server (RFC 9126): [`Configuration::par`]. A backend can do so without this feature |
//! | `rar` | Permissions that no scope can express (RFC 9396): `LoginOptions::authorization_detail` |
//! | `resources` | A token for each API, from one login (RFC 8707): `Configuration::allowed_api`, `AccessTokenOptions::resource` |
//! | `serde` | Claims, UserInfo and the app's state as types of your own: `Session::claims_as`, `Client::user_info_as`, `LoginOptions::app_state_as`. `Serialize` for [`Session`] and [`Json`], `Deserialize` for [`Configuration`]. On wasm32 also `Configuration::from_js` and `Session::to_js` |
//! | `testing` | The module `testing`: a simulated tab and provider, for native unit tests of apps |
//! | `js` | The exports of the npm package, and the executor that reports its faults. An app in Rust does without |
//! | `small-allocator` | The npm package's allocator. An app in Rust chooses its own |
// In a smaller set, some shared functions have no caller; the linker removes them.
#![cfg_attr(not(all(feature = "backend", feature = "tokens", feature = "end-session", feature = "restart")), allow(dead_code))]
#![cfg_attr(target_arch = "wasm32", doc = "", doc = include_str!("../docs/guide/rust.md"))]

#[cfg(not(any(feature = "backend", feature = "tokens")))]
compile_error!("a client needs one of the features `backend` and `tokens`: somebody has to hold the tokens");

pub mod client;
pub mod host;
pub mod protocol;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(target_arch = "wasm32")]
pub mod auth;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(all(target_arch = "wasm32", feature = "js"))]
#[doc(hidden)]
pub mod js;

#[cfg(target_arch = "wasm32")]
#[doc(inline)]
pub use auth::Auth;
#[cfg(target_arch = "wasm32")]
#[doc(inline)]
pub use browser::Browser;
#[cfg(feature = "popup")]
#[doc(inline)]
pub use client::LoginElsewhere;
#[doc(inline)]
pub use client::{
    AccessTokenOptions, BackendConfiguration, Client, Configuration, EndedBy, IdTokenSignature, LoginOptions, LoginResult,
    LogoutOptions, Metadata, OnUnknownTransaction, Page, Pkce, Session, Status, Subscription, TokenStore, Usage,
};
#[doc(inline)]
pub use host::Host;
#[doc(inline)]
pub use protocol::error::{Error, ErrorKind, OAuthError};
#[doc(inline)]
pub use protocol::json::Json;
#[doc(inline)]
pub use protocol::secret::Secret;
