//! For the native unit tests of apps, with the feature `testing`: a simulated [`Tab`], a [`FakeProvider`], and [`block_on`].
//! Nothing waits for a clock or a network, and everything happens in the same order in each run.
//!
//! ```toml
//! [dev-dependencies]
//! wicketgate = { path = "…", default-features = false, features = ["testing"] }
//! ```
//!
//! Code under test takes its client as `&Client<P>`, generic over [`Host`](crate::host::Host): a `Browser` in the page, a
//! [`Tab`] in the test.
//!
//! ```
//! use wicketgate::testing::{Failure, FakeProvider, Tab, block_on};
//! use wicketgate::{AccessTokenOptions, Client, Host, LoginOptions, Page, Status};
//!
//! /// What the app shows.
//! fn greeting<P: Host>(client: &Client<P>) -> String {
//!     let session = client.session();
//!     match session.claims.as_ref().and_then(|claims| claims.text("name")) {
//!         Some(name) => format!("Hello, {name}."),
//!         None => "Log in".into(),
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tab = Tab::open("https://app.test/");
//! let provider = FakeProvider::new("https://login.test", "my-app", "https://app.test/callback");
//! tab.connect(&provider);
//! let client = block_on(Client::connect(&Page::new(tab.clone()), provider.configuration()))?;
//! assert_eq!(greeting(&client), "Log in");
//!
//! // The page is left for the provider, and the browser is sent back to the next page of the tab.
//! let Err(_) = block_on(client.begin_login(&LoginOptions::new()));
//! let callback = provider.visit(&tab.left_for().ok_or("the page stayed")?)?;
//! let tab = tab.next_page(&callback);
//! let client = block_on(Client::connect(&Page::new(tab.clone()), provider.configuration()))?;
//! block_on(client.handle_callback(None))?;
//! assert_eq!(greeting(&client), "Hello, Ada Lovelace.");
//!
//! // An hour later the token is renewed; and then the provider has ended the session.
//! let first = block_on(client.access_token(&AccessTokenOptions::new()))?;
//! tab.pass(3_600_000);
//! assert_ne!(block_on(client.access_token(&AccessTokenOptions::new()))?, first);
//! tab.pass(3_600_000);
//! provider.fail(Failure::Revoked);
//! let error = block_on(client.access_token(&AccessTokenOptions::new())).err().ok_or("it was renewed")?;
//! assert_eq!(error.code(), "session_ended");
//! assert_eq!(client.session().status, Status::SignedOut);
//! # Ok(())
//! # }
//! ```
//!
//! Signatures are simulated: a keyed hash replaces ES256, and only a [`Tab`] accepts it. Keys, codes and tokens can be guessed.
//! Test real signatures in a browser, as `docs/guide/testing.md` shows.

mod answer;
mod clock;
mod executor;
mod network;
mod provider;
mod signature;
mod tab;
mod tokens;

pub use answer::Failure;
pub use clock::Clock;
pub use executor::block_on;
pub use network::{Network, Sent};
pub use provider::FakeProvider;
pub use tab::{Tab, TabLock};
