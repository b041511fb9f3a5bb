//! [`Session`]: the part of the session that a page may know.

use crate::protocol::json::Json;
use crate::protocol::token::TokenType;

/// Whether a user is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// No user is signed in.
    SignedOut,
    /// A user is signed in.
    SignedIn,
    /// A user is signed in, but the last refresh could not reach the server, and the client tries again.
    Stale,
    /// A user was signed in. The access token has expired, and only a new login brings another one.
    Expired,
}

impl Status {
    /// The word of the JavaScript API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::SignedIn => "signed-in",
            Self::Stale => "stale",
            Self::Expired => "expired",
        }
    }
}

/// Why the user is no longer signed in. Decided by the refresh (`session/refresh.rs`, `is_final`), by the backend's answer
/// (`client/backend.rs`), by what other tabs have done (`session/tabs.rs`), or by the app (`client/logout.rs`). A session whose
/// access token nothing can renew has not ended: it is [`Status::Expired`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndedBy {
    /// The app logged out, or revoked the tokens.
    Logout,
    /// The authorization server refused to renew the session, or the backend no longer has one.
    Server,
    /// Another tab ended the session that the tabs share.
    AnotherTab,
    /// The backend has the session of another login, which is bound to another user of the app.
    AnotherLogin,
}

impl EndedBy {
    /// The word of the JavaScript API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Server => "server",
            Self::AnotherTab => "another-tab",
            Self::AnotherLogin => "another-login",
        }
    }
}

/// A snapshot of the session. It holds no token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Session {
    /// Whether a user is signed in.
    pub status: Status,
    /// Why the user is no longer signed in. `None` if a user is, or if none was.
    pub ended_by: Option<EndedBy>,
    /// The validated claims of the ID token, or the claims in the backend's answer.
    pub claims: Option<Json>,
    /// The scope that the server granted.
    pub scope: Option<String>,
    /// When the access token expires, in seconds since the Unix epoch.
    pub expires_at: Option<u64>,
    /// When the session ends even if it is refreshed, in seconds since the Unix epoch, if the server or the backend says so.
    pub ends_at: Option<u64>,
    /// When the session ends, in seconds since the Unix epoch, if that is near: within `endWarning`. By the server's word, or
    /// because nobody uses the session.
    #[cfg(feature = "idle")]
    pub ending_at: Option<u64>,
    /// Whether the session has ended because nobody used it for the time of `idleLimit`.
    #[cfg(feature = "idle")]
    pub was_idle: bool,
    /// How the access token is used. `None` if a backend keeps the access token.
    pub token_type: Option<TokenType>,
}

impl Session {
    /// No user is signed in.
    pub(crate) fn signed_out(ended_by: Option<EndedBy>) -> Self {
        let status = Status::SignedOut;
        Self {
            status,
            ended_by,
            claims: None,
            scope: None,
            expires_at: None,
            ends_at: None,
            #[cfg(feature = "idle")]
            ending_at: None,
            #[cfg(feature = "idle")]
            was_idle: false,
            token_type: None,
        }
    }

    /// A user is signed in, and nothing else is known.
    pub(crate) fn signed_in() -> Self {
        Self { status: Status::SignedIn, ..Self::signed_out(None) }
    }

    /// The `sub` claim, which says whose session it is, if there was an ID token.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.claims.as_ref()?.text("sub")
    }

    /// The `Session` of the JavaScript API. A member that is `None` is left out.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("status", Some(self.status.as_str()));
        object.set_text("endedBy", self.ended_by.map(EndedBy::as_str));
        object.set_text("scope", self.scope.as_deref());
        object.set_text("tokenType", self.token_type.map(TokenType::as_str));
        object.set_copy("claims", self.claims.as_ref());
        for (name, instant) in [("expiresAt", self.expires_at), ("endsAt", self.ends_at)] {
            if let Some(instant) = instant {
                object.set(name, Json::from(instant));
            }
        }
        #[cfg(feature = "idle")]
        if let Some(instant) = self.ending_at {
            object.set("endingAt", Json::from(instant));
        }
        #[cfg(feature = "idle")]
        if self.was_idle {
            object.set("wasIdle", Json::Bool(true));
        }
        object
    }
}
