//! [`Session`]: who is signed in, with which tokens, since when. Pure: the effect of each event on it.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::secret::Secret;

use crate::seal::random;
use crate::server::Granted;

/// The version of the sealed form. A session in another form, of an older or newer backend, is not read.
const VERSION: u32 = 2;

/// How many characters are kept of a browser's description of itself.
const LONGEST_USER_AGENT: usize = 256;

/// How many seconds before its expiry a token is refreshed; for a short lifetime, in its last quarter.
const REFRESH_AHEAD: u64 = 30;

/// The tokens of one user, and their identity. Instants are seconds since the Unix epoch.
pub(crate) struct Session {
    /// The name of this login; random.
    pub(crate) id: String,
    pub(crate) access_token: Secret,
    /// The thumbprint of the key to which the access token is bound, if there is one.
    pub(crate) bound_to: Option<String>,
    pub(crate) refresh_token: Option<Secret>,
    /// The hint for the server's end-session endpoint.
    pub(crate) id_token: Option<Secret>,
    /// When the access token expires; `None` if the server did not say.
    expires_at: Option<u64>,
    /// When the access token is to be refreshed.
    refresh_at: Option<u64>,
    scope: Option<String>,
    /// The claims of the ID token, validated: an object.
    claims: Option<Box<RawValue>>,
    pub(crate) signed_in_at: u64,
    /// When the session was last written. The store knows of later uses.
    pub(crate) used_at: u64,
    /// The digest of the page's `sessionBinding`.
    binding: Option<String>,
    /// The browser, for the user's own list.
    user_agent: Option<String>,
}

/// A session as text, before it is sealed.
#[derive(Serialize, Deserialize)]
struct Content<'a> {
    version: u32,
    id: Cow<'a, str>,
    access_token: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_to: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Cow<'a, RawValue>>,
    signed_in_at: u64,
    used_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<Cow<'a, str>>,
}

/// The part of a session that the page may know: `Session` of the JavaScript API, and the digest of its binding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding_digest: Option<&'a str>,
}

/// The data of a login besides its tokens.
pub(crate) struct Login {
    /// A unique name.
    pub(crate) id: String,
    /// The claims of the ID token, validated, as JSON.
    pub(crate) claims: Option<String>,
    /// The requested scope, for a server that does not repeat it.
    pub(crate) scope: Option<String>,
    pub(crate) binding: Option<String>,
    pub(crate) user_agent: Option<String>,
    /// The name of the session that the browser had when the login began, if the record of the login says so.
    pub(crate) replaces: Option<String>,
}

impl Login {
    /// A login in the browser of a request. `None` if the machine has no source of randomness.
    pub(crate) fn new(
        claims: Option<&Json>,
        scope: Option<String>,
        binding: Option<String>,
        headers: &HeaderMap,
    ) -> Option<Self> {
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.map(|text| text.chars().take(LONGEST_USER_AGENT).collect());
        let (id, claims) = (random()?.into_exposed(), claims.map(Json::to_text));
        Some(Self { id, claims, scope, binding, user_agent, replaces: None })
    }
}

impl Session {
    /// The session that `login` begins with `tokens`, which were requested at `requested_at`.
    pub(crate) fn new(granted: Granted, login: Login, requested_at: Duration) -> Self {
        let Granted { tokens, bound_to } = granted;
        let (expires_at, refresh_at) = times(tokens.expires_in, requested_at);
        Self {
            id: login.id,
            access_token: tokens.access_token,
            bound_to,
            refresh_token: tokens.refresh_token,
            id_token: tokens.id_token,
            expires_at,
            refresh_at,
            scope: tokens.scope.or(login.scope),
            claims: login.claims.and_then(|claims| RawValue::from_string(claims).ok()),
            signed_in_at: requested_at.as_secs(),
            used_at: requested_at.as_secs(),
            binding: login.binding,
            user_agent: login.user_agent,
        }
    }

    /// The same login with newer `tokens`, which were requested at `requested_at`. Values that the server left out stay as they
    /// were (RFC 6749 §6). `claims` are those of a newer ID token, if it was accepted.
    pub(crate) fn refreshed(&self, granted: Granted, claims: Option<String>, requested_at: Duration) -> Self {
        let Granted { tokens, bound_to } = granted;
        let (expires_at, refresh_at) = times(tokens.expires_in, requested_at);
        let has_claims = claims.is_some();
        let claims = claims.and_then(|claims| RawValue::from_string(claims).ok());
        Self {
            access_token: tokens.access_token,
            bound_to,
            refresh_token: tokens.refresh_token.or_else(|| copy(self.refresh_token.as_ref())),
            id_token: tokens.id_token.filter(|_| has_claims).or_else(|| copy(self.id_token.as_ref())),
            expires_at,
            refresh_at,
            scope: tokens.scope.or_else(|| self.scope.clone()),
            claims: claims.or_else(|| self.claims.clone()),
            used_at: requested_at.as_secs().max(self.used_at),
            ..self.copy()
        }
    }

    /// The same session without its refresh token, which the server no longer accepts: it lasts as long as its access token.
    pub(crate) fn without_refresh_token(&self) -> Self {
        Self { refresh_token: None, ..self.copy() }
    }

    /// The same session without its ID token, which is only a hint, for a session that would be too large.
    pub(crate) fn without_id_token(&self) -> Self {
        Self { id_token: None, ..self.copy() }
    }

    fn copy(&self) -> Self {
        Self {
            id: self.id.clone(),
            access_token: Secret::new(self.access_token.expose().into()),
            bound_to: self.bound_to.clone(),
            refresh_token: copy(self.refresh_token.as_ref()),
            id_token: copy(self.id_token.as_ref()),
            scope: self.scope.clone(),
            claims: self.claims.clone(),
            binding: self.binding.clone(),
            user_agent: self.user_agent.clone(),
            ..*self
        }
    }

    /// The session as text.
    pub(crate) fn to_content(&self) -> Option<Secret> {
        let secret = |secret: &'_ Option<Secret>| secret.as_ref().map(|secret| Cow::Owned(secret.expose().to_owned()));
        let content = Content {
            version: VERSION,
            id: self.id.as_str().into(),
            access_token: self.access_token.expose().into(),
            bound_to: self.bound_to.as_deref().map(Into::into),
            refresh_token: secret(&self.refresh_token),
            id_token: secret(&self.id_token),
            expires_at: self.expires_at,
            refresh_at: self.refresh_at,
            scope: self.scope.as_deref().map(Into::into),
            claims: self.claims.as_deref().map(Cow::Borrowed),
            signed_in_at: self.signed_in_at,
            used_at: self.used_at,
            binding: self.binding.as_deref().map(Into::into),
            user_agent: self.user_agent.as_deref().map(Into::into),
        };
        serde_json::to_string(&content).ok().map(Secret::new)
    }

    /// `None` if `content` is of another version, or is not a session.
    pub(crate) fn from_content(content: &str) -> Option<Self> {
        let content: Content<'_> = serde_json::from_str(content).ok()?;
        let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        (content.version == VERSION).then(|| Self {
            id: content.id.into_owned(),
            access_token: Secret::new(content.access_token.into_owned()),
            bound_to: text(content.bound_to),
            refresh_token: text(content.refresh_token).map(Secret::new),
            id_token: text(content.id_token).map(Secret::new),
            expires_at: content.expires_at,
            refresh_at: content.refresh_at,
            scope: text(content.scope),
            claims: content.claims.map(Cow::into_owned),
            signed_in_at: content.signed_in_at,
            used_at: content.used_at,
            binding: text(content.binding),
            user_agent: text(content.user_agent),
        })
    }

    /// Whether the access token has expired at `now`.
    pub(crate) fn has_expired(&self, now: Duration) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now.as_secs())
    }

    /// Whether the access token is to be refreshed at `now`, and can be.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.refresh_token.is_some() && self.refresh_at.is_some_and(|refresh_at| refresh_at <= now.as_secs())
    }

    /// The claims of the ID token, as JSON.
    pub(crate) fn claims(&self) -> Option<&str> {
        self.claims.as_deref().map(RawValue::get)
    }

    /// The claim `name`, if it is a string.
    pub(crate) fn claim(&self, name: &str) -> Option<String> {
        let claims: serde_json::Value = serde_json::from_str(self.claims.as_deref()?.get()).ok()?;
        claims.get(name)?.as_str().map(str::to_owned)
    }

    /// Whether the user agreed that the session outlasts the login at the server (OpenID Connect Core §11).
    pub(crate) fn is_offline(&self) -> bool {
        self.scope.as_deref().is_some_and(|scope| scope.split(' ').any(|token| token == "offline_access"))
    }

    /// Whether the server surely tells this login's tokens from those of `other`: they are of other users, or of other sessions
    /// at the server. Otherwise the revocation of one may take back the other as well, at a server that keeps one grant for each
    /// user and client, or for each session.
    pub(crate) fn is_apart_from(&self, other: &Self) -> bool {
        let differs = |name| self.claim(name).zip(other.claim(name)).is_some_and(|(own, other)| own != other);
        differs("sub") || differs("sid")
    }

    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.user_agent.as_deref()
    }

    /// `{"session": …}`, with the members of `Session` that a page may know. `lifetime` is the session's.
    pub(crate) fn to_answer(&self, lifetime: Duration) -> String {
        let session = Answer {
            status: "signed-in",
            claims: self.claims.as_deref(),
            expires_at: self.expires_at,
            ends_at: Some(self.signed_in_at.saturating_add(lifetime.as_secs())),
            scope: self.scope.as_deref(),
            binding_digest: self.binding.as_deref(),
        };
        // As text, because a parsed value would change the spelling of numbers.
        format!(r#"{{"session":{}}}"#, serde_json::to_string(&session).unwrap_or_default())
    }
}

/// When a token with a lifetime of `expires_in` milliseconds expires, and when it is to be refreshed.
fn times(expires_in: Option<u64>, requested_at: Duration) -> (Option<u64>, Option<u64>) {
    let Some(lifetime) = expires_in.map(Duration::from_millis) else { return (None, None) };
    let expires_at = requested_at.saturating_add(lifetime).as_secs();
    (Some(expires_at), Some(expires_at.saturating_sub(REFRESH_AHEAD.min(lifetime.as_secs() / 4))))
}

fn copy(secret: Option<&Secret>) -> Option<Secret> {
    secret.map(|secret| Secret::new(secret.expose().into()))
}
