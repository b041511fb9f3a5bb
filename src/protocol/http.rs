//! Requests and responses as plain values. Whoever sends them keeps the promises written here.

use core::fmt;

use zeroize::Zeroize;

use super::json::Json;
use super::secret::Secret;
use super::text::{cut, parts};

/// No answer of a server that this crate talks to is larger: more is refused, not read.
pub const MAX_BODY: usize = 1 << 20;

/// What a token request is sent as (RFC 6749 appendix B).
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// What a request is for. Says what its failure means to the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Reading the server's metadata (RFC 8414).
    Metadata,
    /// Redeeming the code at the token endpoint.
    Token,
    /// Renewing the access token at the token endpoint.
    Refresh,
    /// Revoking a token (RFC 7009).
    Revocation,
    /// Reading the server's keys (RFC 7517).
    Keys,
    /// Asking who is logged in (OpenID Connect Core §5.3).
    UserInfo,
    /// Handing the code to the backend.
    HandOff,
    /// Asking the backend for its session.
    BackendSession,
    /// Telling the backend that the session ends.
    BackendLogout,
}

impl Purpose {
    /// What it is called in an error.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Metadata => "the request for the server's metadata",
            Self::Token => "the token request",
            Self::Refresh => "the refresh request",
            Self::Revocation => "the revocation request",
            Self::Keys => "the request for the server's keys",
            Self::UserInfo => "the UserInfo request",
            Self::HandOff => "the hand-off to the backend",
            Self::BackendSession => "the request for the backend's session",
            Self::BackendLogout => "the logout at the backend",
        }
    }

    /// Whether the request goes to the app's own backend: same origin, with its cookies. Every other
    /// request carries no credentials of the browser.
    pub fn is_own_backend(self) -> bool {
        match self {
            Self::HandOff | Self::BackendSession | Self::BackendLogout => true,
            Self::Metadata | Self::Token | Self::Refresh | Self::Revocation | Self::Keys | Self::UserInfo => false,
        }
    }
}

/// A request to be sent once, without following any redirect, without cache and without referrer.
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// Where it goes.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// A POST with this body; without one, a GET.
    pub body: Option<Secret>,
}

/// Headers and body hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Request(")?;
        formatter.write_str(self.purpose.name())?;
        formatter.write_str(")")
    }
}

impl Request {
    /// A GET that asks for JSON.
    pub fn get(purpose: Purpose, url: String) -> Self {
        Self { purpose, url, headers: vec![("accept".into(), "application/json".into())], body: None }
    }

    /// A POST of `body` that asks for JSON.
    pub fn post(purpose: Purpose, url: String, content_type: &str, body: Secret) -> Self {
        let mut request = Self { body: Some(body), ..Self::get(purpose, url) };
        request.headers.push(("content-type".into(), content_type.into()));
        request
    }
}

/// An answer, read whole.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The `Content-Type` field, where there is one.
    pub content_type: Option<String>,
    /// The body: at most [`MAX_BODY`] bytes. Zeroed on drop, since tokens come in it.
    pub body: Vec<u8>,
    /// How long the server asks to be left alone, in milliseconds (RFC 9110 §10.2.3), where it does.
    pub retry_after: Option<u64>,
}

impl Response {
    /// An answer that does not ask to be left alone.
    pub fn new(status: u16, content_type: Option<String>, body: Vec<u8>) -> Self {
        Self { status, content_type, body, retry_after: None }
    }

    /// The body as a JSON object, where it says that it is JSON and is an object.
    pub fn json_object(&self) -> Option<Json> {
        Json::parse(&self.body).filter(|json| self.is_of_type("json") && json.is_object())
    }

    /// Whether the body says that it is `application/wanted`, or something `+wanted` (RFC 6838 §4.2.8).
    pub(super) fn is_of_type(&self, wanted: &str) -> bool {
        let media_type = cut(self.content_type.as_deref().unwrap_or_default(), ';').0.trim_ascii();
        let (kind, subtype) = cut(media_type, '/');
        let subtype = subtype.unwrap_or_default();
        let suffix = parts(subtype, '+').fold("", |_, last| last);
        kind.eq_ignore_ascii_case("application") && suffix.eq_ignore_ascii_case(wanted)
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        self.body.zeroize();
    }
}
