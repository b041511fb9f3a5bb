//! For the native unit tests of apps, with the feature `testing`: a simulated [`Tab`], a [`FakeProvider`], and
//! [`block_on`]. Nothing waits for a clock or a network, and everything happens in the same order each time.
//!
//! ```toml
//! [dev-dependencies]
//! wicketgate = { path = "…", default-features = false, features = ["testing"] }
//! ```
//!
//! What is to be tested takes its client as `&Client<P>`, generic over [`Platform`](crate::platform::Platform): a
//! `Browser` in the page, a [`Tab`] in the test.
//!
//! ```
//! use wicketgate::client::{AccessTokenOptions, Client, LoginOptions, Page, Status};
//! use wicketgate::platform::Platform;
//! use wicketgate::testing::{Failure, FakeProvider, Tab, block_on};
//!
//! /// What the app shows.
//! fn greeting<P: Platform>(client: &Client<P>) -> String {
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
//! block_on(client.begin_login(&LoginOptions::none()));
//! let callback = provider.visit(&tab.left_for().ok_or("the page stayed")?)?;
//! let tab = tab.next_page(&callback);
//! let client = block_on(Client::connect(&Page::new(tab.clone()), provider.configuration()))?;
//! block_on(client.handle_callback(None))?;
//! assert_eq!(greeting(&client), "Hello, Ada Lovelace.");
//!
//! // An hour later the token is renewed; and then the provider has ended the session.
//! let first = block_on(client.access_token(&AccessTokenOptions::none()))?;
//! tab.pass(3_600_000);
//! assert_ne!(block_on(client.access_token(&AccessTokenOptions::none()))?, first);
//! tab.pass(3_600_000);
//! provider.fail(Failure::Revoked);
//! let error = block_on(client.access_token(&AccessTokenOptions::none())).err().ok_or("it was renewed")?;
//! assert_eq!(error.code(), "session_ended");
//! assert_eq!(client.session().status, Status::SignedOut);
//! # Ok(())
//! # }
//! ```
//!
//! Signatures are simulated: a keyed hash stands in the place of ES256, and only a [`Tab`] takes it for one. Keys, codes and
//! tokens can be guessed. The real ones are tested where they are real: in a browser, as `docs/testing.md` shows.

mod executor;
mod network;
mod provider;
mod tab;
mod tokens;

pub use executor::block_on;
pub use network::{Network, Sent};
pub use provider::{Failure, FakeProvider};
pub use tab::{Clock, Tab, TabLock};

use crate::protocol::json::Json;
use crate::protocol::pkce::sha256;
use crate::protocol::secret::{base64url, from_base64url};

/// The numbers of the public key, which here is all that signing takes.
const KEY: [&str; 2] = ["x of a key that is simulated", "y of a key that is simulated"];

/// The public key as a provider publishes it (RFC 7517).
fn public_key(key_id: &str) -> Json {
    let mut key = Json::empty();
    let [x, y] = KEY.map(|number| base64url(&sha256(number.as_bytes())));
    for (name, value) in [("kty", "EC"), ("crv", "P-256"), ("use", "sig"), ("kid", key_id), ("x", &x), ("y", &y)] {
        key.set_text(name, Some(value));
    }
    key
}

/// What stands in the place of an ES256 signature by `key`. `None` where it is no key of ours.
fn signature(key: &Json, signed: &[u8]) -> Option<Vec<u8>> {
    let half = |name| Some(sha256(&[&from_base64url(key.text(name)?)?, signed].concat()));
    Some([half("x")?, half("y")?].concat())
}
