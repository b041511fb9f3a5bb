//! [`Keys`]: the keys of the page's servers (RFC 7517), kept in memory.

use core::cell::RefCell;
use std::rc::Rc;

use crate::protocol::jwk::JwkSet;

/// The shortest time, in milliseconds, between two fetches of the keys because a token's key was not among them.
const PAUSE: u64 = 60_000;

/// How long keys are used before they are fetched again, in milliseconds. A key that the server has withdrawn is accepted for
/// this long.
const LIFETIME: u64 = 3_600_000;

/// The keys of one server. Times are on the monotonic clock, in milliseconds.
struct KnownKeys {
    jwks_uri: String,
    keys: Rc<JwkSet>,
    fetched_at: u64,
    /// When they were last fetched because a token's key was not among them.
    looked_again_at: Option<u64>,
}

/// The keys of the page's servers, by `jwks_uri`.
#[derive(Default)]
pub(crate) struct Keys(RefCell<Vec<KnownKeys>>);

impl Keys {
    /// The keys at `jwks_uri`, if they were fetched recently.
    pub(crate) fn known(&self, jwks_uri: &str, now: u64) -> Option<Rc<JwkSet>> {
        let is_these = |known: &&KnownKeys| known.jwks_uri == jwks_uri && now.saturating_sub(known.fetched_at) < LIFETIME;
        self.0.borrow().iter().find(is_these).map(|known| known.keys.clone())
    }

    /// Remembers the keys that were fetched from `jwks_uri`.
    pub(crate) fn remember(&self, jwks_uri: &str, keys: Rc<JwkSet>, now: u64) {
        let mut all = self.0.borrow_mut();
        let before = all.iter().position(|known| known.jwks_uri == jwks_uri).map(|at| all.swap_remove(at));
        let looked_again_at = before.and_then(|before| before.looked_again_at);
        all.push(KnownKeys { jwks_uri: jwks_uri.into(), keys, fetched_at: now, looked_again_at });
    }

    /// Rate limit for fetching again after a key was not found: returns true at most once per [`PAUSE`].
    pub(crate) fn may_look_again(&self, jwks_uri: &str, now: u64) -> bool {
        let mut all = self.0.borrow_mut();
        all.iter_mut().find(|known| known.jwks_uri == jwks_uri).is_none_or(|known| {
            let may = known.looked_again_at.is_none_or(|at| now.saturating_sub(at) > PAUSE);
            if may {
                known.looked_again_at = Some(now);
            }
            may
        })
    }
}
