//! [`PendingLogins`]: the record of a login from its beginning to its end, in a cookie of its own that no script can read. A
//! code is useless without it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use cookie::SameSite;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wicketgate::protocol::secret::Secret;

use crate::cookies::{Cookies, SetCookie, tag};
use crate::seal::Sealer;

/// How many logins may be pending in one browser: together with a session, their cookies must fit into the header of a request.
/// The oldest is dropped first; before it, those that another origin began, so that a hostile page does not end the user's own.
const MAX_PENDING: usize = 5;

/// The receiver of the authorization response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The page, which hands the code over.
    HandOff,
    /// This backend.
    Backend,
}

impl Way {
    fn prefix(self) -> &'static str {
        match self {
            Self::HandOff => "begin-",
            Self::Backend => "login-",
        }
    }

    /// The page's own script sends the hand-off's cookie; for the other one, the browser comes from another site by a redirect.
    fn same_site(self) -> SameSite {
        match self {
            Self::HandOff => SameSite::Strict,
            Self::Backend => SameSite::Lax,
        }
    }
}

/// The record of a login.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Pending {
    /// The digest of `state`, by which the record is found.
    pub(crate) state_digest: String,
    /// When the login began, in seconds since the Unix epoch.
    pub(crate) begun_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code_verifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<Box<RawValue>>,
    /// The digest of the page's `sessionBinding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binding: Option<String>,
    /// The transaction, if the response comes to this backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transaction: Option<String>,
    /// The name of the session that the browser had when the login began, if the response comes to this backend: the browser
    /// comes from another site then, and does not send the session's cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<String>,
    /// Whether another origin began the login.
    #[serde(default)]
    pub(crate) is_foreign: bool,
}

pub(crate) struct PendingLogins {
    pub(crate) cookies: Arc<Cookies>,
    pub(crate) sealer: Arc<Sealer>,
    /// How long a login may take.
    pub(crate) lifetime: Duration,
}

impl PendingLogins {
    /// The header fields that store `pending`. `None` if it cannot be stored.
    pub(crate) fn remember(&self, way: Way, pending: &Pending, headers: &HeaderMap) -> Option<Vec<SetCookie>> {
        let kind = kind(way, &pending.state_digest);
        let content = Secret::new(serde_json::to_string(pending).ok()?);
        let sealed = self.sealer.seal(&kind, content)?;
        let mut fields = vec![self.cookies.set(&kind, &sealed, way.same_site(), Some(self.lifetime))?];

        let others = self.cookies.kinds(headers, way.prefix()).into_iter().filter(|other| *other != kind);
        let mut others: Vec<(bool, u64, &str)> = others.map(|other| self.rank(other, headers)).collect();
        others.sort_unstable();
        let now = pending.begun_at;
        let too_many = (others.len() + 1).saturating_sub(MAX_PENDING);
        let is_dropped =
            |(index, (_, begun_at, _)): &(usize, (bool, u64, &str))| *index < too_many || self.is_over(*begun_at, now);
        let dropped = others.into_iter().enumerate().filter(is_dropped);
        fields.extend(dropped.filter_map(|(_, (_, _, other))| self.cookies.remove(other)));
        Some(fields)
    }

    /// The login with this digest of `state`, if this browser began it, and not too long ago.
    pub(crate) fn find(&self, way: Way, state_digest: &str, headers: &HeaderMap, now: Duration) -> Option<Pending> {
        let pending = self.open(&kind(way, state_digest), headers)?;
        (pending.state_digest == state_digest && !self.is_over(pending.begun_at, now.as_secs())).then_some(pending)
    }

    /// The header field that deletes a login's record, so that it is used once.
    pub(crate) fn forget(&self, way: Way, state_digest: &str) -> Option<SetCookie> {
        self.cookies.remove(&kind(way, state_digest))
    }

    fn open(&self, kind: &str, headers: &HeaderMap) -> Option<Pending> {
        let content = self.sealer.open(kind, self.cookies.value(headers, kind)?)?;
        serde_json::from_str(content.expose()).ok()
    }

    /// Whether the page itself began the login, and when: the smallest is dropped first. An unreadable record counts as the
    /// oldest of another origin.
    fn rank<'a>(&self, kind: &'a str, headers: &HeaderMap) -> (bool, u64, &'a str) {
        self.open(kind, headers).map_or((false, 0, kind), |pending| (!pending.is_foreign, pending.begun_at, kind))
    }

    fn is_over(&self, begun_at: u64, now: u64) -> bool {
        now.saturating_sub(begun_at) > self.lifetime.as_secs()
    }
}

fn kind(way: Way, state_digest: &str) -> String {
    format!("{}{}", way.prefix(), tag(state_digest))
}
