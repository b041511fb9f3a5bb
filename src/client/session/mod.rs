//! The session of a page: who is signed in, and the tokens.
//!
//! | file | what it owns or decides |
//! | --- | --- |
//! | [`snapshot`] | the part that the page may know: status, claims, scope, expiry |
//! | [`name`], [`moment`] | the name of a session outside of the page; a moment on both clocks |
//! | [`tokens`] | the tokens, and their form in a store |
//! | `target`, `api_tokens` | whose access token is meant: the login's own, or that of one API |
//! | [`guard`] | whether work was overtaken while it waited |
//! | [`state`] | the effect of an event on the session |
//! | [`listeners`] | the functions to call after a change |
//! | [`subscription`] | how long a listener is notified |
//! | [`store`] | the session in the tab's or the origin's store |
//! | [`attempts`] | the refresh that is running, and pauses |
//! | `key` | the key to which the tokens are bound |
//! | [`lease`] | which of the tabs that share a session may refresh |
//! | [`current`] | all of the above, joined |
//! | [`tabs`] | how the tabs that share a session notify each other |
//! | [`refresh`] | when tokens are renewed, and the meaning of a failure |
//! | `idle` | the time for which nobody has used a session, and the announcement of its end (feature `idle`) |
//! | `idle_limit` | the end of a session that nobody uses (feature `idle`) |
//! | [`signals`] | when the session is checked again |

#[cfg(all(feature = "resources", feature = "tokens"))]
pub(super) mod api_tokens;
#[cfg(all(not(feature = "resources"), feature = "tokens"))]
#[path = "no_api_tokens.rs"]
pub(super) mod api_tokens;
#[cfg(feature = "tokens")]
pub(super) mod attempts;
#[cfg(feature = "tokens")]
pub(super) mod begun;
pub(super) mod current;
pub(super) mod guard;
#[cfg(feature = "idle")]
pub(super) mod idle;
#[cfg(feature = "idle")]
pub(super) mod idle_limit;
#[cfg(all(feature = "dpop", feature = "tokens"))]
pub(super) mod key;
#[cfg(feature = "tokens")]
pub(super) mod lease;
pub(super) mod listeners;
pub(super) mod moment;
pub(super) mod name;
#[cfg(feature = "tokens")]
pub(super) mod refresh;
pub(super) mod signals;
pub(super) mod snapshot;
pub(super) mod state;
#[cfg(feature = "tokens")]
pub(super) mod store;
pub(super) mod subscription;
#[cfg(feature = "tokens")]
pub(super) mod tabs;
#[cfg(feature = "tokens")]
pub(super) mod target;
#[cfg(feature = "tokens")]
pub(super) mod tokens;
/// The tokens of a page that never has any: an empty type.
#[cfg(not(feature = "tokens"))]
pub(super) mod tokens {
    pub(crate) enum Tokens {}

    impl Tokens {
        /// The ID token, as the hint for a logout at the server.
        #[cfg(feature = "end-session")]
        pub(crate) fn id_token(&self) -> Option<&str> {
            match *self {}
        }
    }
}
