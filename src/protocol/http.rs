//! Requests and responses as plain values. The host that sends them keeps the promises in these comments.

use core::fmt;

use zeroize::Zeroize;

use super::json::Json;
use super::secret::Secret;
use super::text::{cut, parts};

/// The largest body that this crate reads. It refuses a larger one.
pub const MAX_BODY: usize = 1 << 20;

/// The nonce of a server for the next proof (RFC 9449 §8), if the server sent one.
#[cfg(feature = "dpop")]
pub type Nonce = Option<String>;

/// Without the feature `dpop`, no caller needs a server's nonce.
#[cfg(not(feature = "dpop"))]
pub type Nonce = ();

/// The content type of a token request (RFC 6749 appendix B).
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// The purpose of a request, which decides what its failure means to the caller.
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
    /// Asking for the user's claims (OpenID Connect Core §5.3).
    UserInfo,
    /// Pushing an authorization request (RFC 9126).
    #[cfg(feature = "par")]
    Push,
    /// Having the backend begin a login.
    Begin,
    /// Handing the code to the backend.
    HandOff,
    /// Asking the backend for its session.
    BackendSession,
    /// Telling the backend that the session ends.
    BackendLogout,
}

impl Purpose {
    /// The purpose's name in an error.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Metadata => "the request for the server's metadata",
            Self::Token => "the token request",
            Self::Refresh => "the refresh request",
            Self::Revocation => "the revocation request",
            Self::Keys => "the request for the server's keys",
            Self::UserInfo => "the UserInfo request",
            #[cfg(feature = "par")]
            Self::Push => "the pushed authorization request",
            Self::Begin => "the begin of the login at the backend",
            Self::HandOff => "the hand-off to the backend",
            Self::BackendSession => "the request for the backend's session",
            Self::BackendLogout => "the logout at the backend",
        }
    }

    /// Whether the request goes to the app's own backend: same origin, with its cookies. Every other request carries no
    /// credentials of the browser.
    pub fn is_own_backend(self) -> bool {
        match self {
            Self::Begin | Self::HandOff | Self::BackendSession | Self::BackendLogout => true,
            #[cfg(feature = "par")]
            Self::Push => false,
            Self::Metadata | Self::Token | Self::Refresh | Self::Revocation | Self::Keys | Self::UserInfo => false,
        }
    }
}

/// A request. The host sends it once, follows no redirect, and uses neither cache nor referrer.
pub struct Request {
    /// The purpose of the request.
    pub purpose: Purpose,
    /// The URL of the request.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body of a POST; without one, the request is a GET.
    pub body: Option<Secret>,
}

/// Redacted: headers and body contain secrets.
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

/// An answer, with its whole body.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The `Content-Type` field, if there is one.
    pub content_type: Option<String>,
    /// The body: at most [`MAX_BODY`] bytes. Zeroed on drop, because it may contain tokens.
    pub body: Vec<u8>,
    /// How long the server asks clients to wait (`Retry-After`, RFC 9110 §10.2.3), in milliseconds, if it does.
    pub retry_after: Option<u64>,
    /// The `DPoP-Nonce` field.
    pub dpop_nonce: Nonce,
}

impl Response {
    /// An answer without `Retry-After`.
    pub fn new(status: u16, content_type: Option<String>, body: Vec<u8>) -> Self {
        Self { status, content_type, body, retry_after: None, dpop_nonce: Nonce::default() }
    }

    /// Whether the status says that the request succeeded.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as a JSON object, if its type is JSON and it is an object.
    pub fn json_object(&self) -> Option<Json> {
        Json::parse(&self.body).filter(|json| self.is_of_type("json") && json.is_object())
    }

    /// Whether the content type is `application/wanted`, or ends in `+wanted` (RFC 6838 §4.2.8).
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
