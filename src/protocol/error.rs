//! [`Error`]: everything that can go wrong, closed. Each has a stable code, a sentence and a hint.
//!
//! Neither sentence nor hint ever holds a secret or a word that a server sent: what a server said is in
//! [`OAuthError`] alone, capped and cleaned, for the app to show or not.

use core::fmt;
use std::sync::Arc;

use super::http::Purpose;
use super::json::Json;

/// A failure: a shared pointer to its [`ErrorKind`], so that the many results which are none stay small, and that all
/// who wait for one outcome can have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Arc<ErrorKind>);

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Arc::new(kind))
    }
}

/// Why a call failed. Grouped by whose fault it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    // ── the caller ──
    /// A member of the configuration cannot be used.
    InvalidConfig {
        /// The member, as written in the configuration.
        member: String,
        /// What is wrong with it; reads on from the member's name.
        problem: &'static str,
    },
    /// An option of one call cannot be used.
    InvalidOption {
        /// The option, as written by the caller.
        member: String,
        /// What is wrong with it; reads on from the option's name.
        problem: &'static str,
    },
    /// The server takes authorization requests only by RFC 9126.
    PushedRequestRequired,
    /// `allowedOrigins` does not have the origin that an access token was to be sent to.
    OriginNotAllowed,
    /// There is no access token that could be handed out.
    NoSession {
        /// Why there is none: a clause.
        reason: &'static str,
    },

    // ── the authorization response ──
    /// The callback URL is no authorization response (RFC 6749 §4.1.2).
    CallbackMalformed {
        /// What is wrong with it: a clause.
        problem: &'static str,
    },
    /// No login with this `state` was begun in this tab.
    TransactionNotFound,
    /// The login was begun too long ago.
    TransactionExpired,
    /// The response was redeemed before.
    TransactionUsed,
    /// The login was begun under another `sessionBinding`.
    TransactionForeign,
    /// The response is not known to come from the server that was asked (RFC 9207).
    IssuerMismatch {
        /// How it shows: a clause.
        problem: &'static str,
    },
    /// The server said no (RFC 6749 §4.1.2.1).
    AuthorizationFailed(Box<OAuthError>),

    // ── the server ──
    /// The server's metadata cannot be used (RFC 8414).
    InvalidMetadata {
        /// The member at fault, by its registered name.
        member: String,
        /// What is wrong with it; reads on from the member's name.
        problem: &'static str,
    },
    /// The token endpoint refused (RFC 6749 §5.2), or failed.
    TokenRequestFailed {
        /// What was asked for.
        purpose: Purpose,
        /// HTTP status.
        status: u16,
        /// What it said, where it spoke RFC 6749.
        oauth: Option<Box<OAuthError>>,
    },
    /// The token endpoint's answer is not one of RFC 6749 §5.1.
    TokenResponseMalformed {
        /// What is wrong with it: a clause.
        problem: &'static str,
    },
    /// The ID token cannot be accepted (OpenID Connect Core §3.1.3.7).
    IdTokenInvalid(Flaw),
    /// The UserInfo answer cannot be accepted (OpenID Connect Core §5.3.4).
    UserinfoInvalid {
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The server has ended the session: its refresh token is not good any more.
    SessionEnded(Option<Box<OAuthError>>),
    /// The backend refused, or failed.
    BackendFailed {
        /// HTTP status.
        status: u16,
        /// What it said, where it spoke RFC 6749 §5.2.
        oauth: Option<Box<OAuthError>>,
    },

    // ── the environment ──
    /// The request was not answered. The browser does not tell why.
    NetworkFailed(Purpose),
    /// The request was not answered in time.
    TimedOut(Purpose),
    /// The caller gave up.
    Aborted,
    /// The store did not keep what it was given.
    StorageUnavailable,
    /// The page came back from where it was sent.
    NavigationCancelled,
    /// Logins were begun again and again without getting anywhere.
    RedirectLoop,
    /// Signatures cannot be checked here: browsers offer that to secure pages only.
    NoSignatureCheck,
    /// Something that the host must offer is not there, or this version does not have it yet.
    UnsupportedEnvironment {
        /// What is missing: a noun phrase.
        missing: String,
    },
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flaw {
    /// The claim or header member at fault; empty where it is the whole.
    pub claim: &'static str,
    /// What is wrong with it; reads on from the claim's name.
    pub problem: &'static str,
    /// By how many seconds, where it is a matter of time.
    pub seconds: Option<u64>,
}

impl Flaw {
    pub(crate) const fn of(claim: &'static str, problem: &'static str) -> Self {
        Self { claim, problem, seconds: None }
    }
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The stable code, as in the JavaScript API. None equals a registered OAuth error value.
    pub fn code(&self) -> &'static str {
        self.words().0
    }

    /// What to do about it, in one sentence.
    pub fn hint(&self) -> &'static str {
        self.words().2
    }

    /// One English sentence for developers: what happened.
    pub fn message(&self) -> String {
        let mut message = String::from(self.words().1);
        let (subject, more) = match self.kind() {
            ErrorKind::InvalidConfig { member, problem }
            | ErrorKind::InvalidOption { member, problem }
            | ErrorKind::InvalidMetadata { member, problem } => {
                (if member.is_empty() { "it" } else { member.as_str() }, *problem)
            }
            ErrorKind::UnsupportedEnvironment { missing } => (missing.as_str(), ""),
            ErrorKind::NoSession { reason: problem }
            | ErrorKind::CallbackMalformed { problem }
            | ErrorKind::IssuerMismatch { problem }
            | ErrorKind::TokenResponseMalformed { problem } => (*problem, ""),
            ErrorKind::IdTokenInvalid(flaw) | ErrorKind::UserinfoInvalid { flaw, .. } => (flaw.claim, flaw.problem),
            ErrorKind::NetworkFailed(purpose) | ErrorKind::TimedOut(purpose) => (purpose.name(), ""),
            ErrorKind::PushedRequestRequired
            | ErrorKind::OriginNotAllowed
            | ErrorKind::TransactionNotFound
            | ErrorKind::TransactionExpired
            | ErrorKind::TransactionUsed
            | ErrorKind::TransactionForeign
            | ErrorKind::AuthorizationFailed(_)
            | ErrorKind::TokenRequestFailed { .. }
            | ErrorKind::BackendFailed { .. }
            | ErrorKind::SessionEnded(_)
            | ErrorKind::Aborted
            | ErrorKind::StorageUnavailable
            | ErrorKind::NavigationCancelled
            | ErrorKind::RedirectLoop
            | ErrorKind::NoSignatureCheck => ("", ""),
        };
        for part in [subject, more] {
            if !part.is_empty() {
                message.push(' ');
                message.push_str(part);
            }
        }
        if let Some(seconds) = self.flaw().and_then(|flaw| flaw.seconds) {
            message.push(' ');
            message.push_str(Json::from(seconds).as_number().unwrap_or_default());
            message.push_str(" seconds");
        }
        message.push('.');
        message
    }

    /// Code, the sentence or its beginning, hint.
    fn words(&self) -> (&'static str, &'static str, &'static str) {
        match self.kind() {
            ErrorKind::InvalidConfig { .. } => (
                "invalid_config",
                "The configuration cannot be used:",
                "Correct the object given to createClient; the README lists its members.",
            ),
            ErrorKind::InvalidOption { .. } => {
                ("invalid_option", "The options cannot be used:", "Correct the options of the call; the README lists them.")
            }
            ErrorKind::PushedRequestRequired => (
                "pushed_request_required",
                "The server accepts pushed authorization requests only",
                "Allow plain requests for this client at the server; this version does not push.",
            ),
            ErrorKind::OriginNotAllowed => (
                "origin_not_allowed",
                "No access token may be sent to the origin of this URL",
                "Name the exact origin in allowedOrigins, or use the page's own fetch, which sends no token.",
            ),
            ErrorKind::NoSession { .. } => (
                "no_session",
                "There is no access token here:",
                "Begin a login; where a backend keeps the token, call the API through it.",
            ),
            ErrorKind::CallbackMalformed { .. } => (
                "callback_malformed",
                "The URL is not an authorization response:",
                "Call handleCallback only where isCallback() is true.",
            ),
            ErrorKind::TransactionNotFound => (
                "transaction_not_found",
                "No login with this state was begun in this tab",
                "Let the user log in again; if it is frequent, see whether the redirect URI has another origin (www, port) than the login page.",
            ),
            ErrorKind::TransactionExpired => (
                "transaction_expired",
                "The login was begun too long ago",
                "Let the user log in again, or raise transactionLifetime.",
            ),
            ErrorKind::TransactionUsed => (
                "transaction_used",
                "This authorization response was used before",
                "Show the app; the page was reloaded, or reached with the back button.",
            ),
            ErrorKind::TransactionForeign => (
                "transaction_foreign",
                "The login was begun for another user of the app",
                "Let the user who is signed in to the app now log in again.",
            ),
            ErrorKind::IssuerMismatch { .. } => (
                "issuer_mismatch",
                "The response may come from another server than the one asked:",
                "Compare the configured issuer with the server's own; if they agree, somebody may be mixing up servers on purpose.",
            ),
            ErrorKind::AuthorizationFailed(_) => (
                "authorization_failed",
                "The authorization server did not grant the request",
                "Look at oauth.error; access_denied means that the user said no.",
            ),
            ErrorKind::InvalidMetadata { .. } => (
                "invalid_metadata",
                "The server's metadata cannot be used:",
                "Check the exact spelling of the issuer, or give the metadata by hand.",
            ),
            ErrorKind::TokenRequestFailed { .. } => (
                "token_request_failed",
                "The token endpoint did not grant the request",
                "Look at status and oauth.error; invalid_client means that the server wants a secret, which only a backend can keep.",
            ),
            ErrorKind::TokenResponseMalformed { .. } => (
                "token_response_malformed",
                "The token endpoint's answer cannot be used:",
                "Ask whoever runs the server; RFC 6749 section 5.1 says what it must answer.",
            ),
            ErrorKind::IdTokenInvalid(_) => (
                "id_token_invalid",
                "The ID token cannot be accepted:",
                "Compare clock, issuer and client registration; if they are right, do not trust this answer.",
            ),
            ErrorKind::UserinfoInvalid { .. } => (
                "userinfo_invalid",
                "The UserInfo answer cannot be accepted:",
                "Look at status: 401 means that the access token is not good any more, or not for this.",
            ),
            ErrorKind::SessionEnded(_) => ("session_ended", "The server has ended the session", "Let the user log in again."),
            ErrorKind::BackendFailed { .. } => (
                "backend_failed",
                "The backend did not accept the request",
                "Look at status, at the backend's log, and whether its URLs answer JSON.",
            ),
            ErrorKind::NetworkFailed(_) => (
                "network_failed",
                "No answer that the page may read came to",
                "The issuer or URL may be misspelled, the server may send no CORS headers for this origin or redirect, connect-src of the Content-Security-Policy may lack it, or the network may be down.",
            ),
            ErrorKind::TimedOut(_) => ("timed_out", "No answer came in time to", "Look at the server, or raise requestTimeout."),
            ErrorKind::Aborted => ("aborted", "The call was aborted", "Call again when the answer is wanted."),
            ErrorKind::StorageUnavailable => (
                "storage_unavailable",
                "sessionStorage did not keep what was written to it",
                "Allow site data for this page in the browser, or free some.",
            ),
            ErrorKind::NavigationCancelled => {
                ("navigation_cancelled", "The user came back without finishing the login", "Offer the login button again.")
            }
            ErrorKind::RedirectLoop => (
                "redirect_loop",
                "Logins were begun again and again without success",
                "Show an error page with a button, and see why the callback finds no login in this tab.",
            ),
            ErrorKind::NoSignatureCheck => (
                "unsupported_environment",
                "crypto.subtle, which checks the ID token's signature, is not available on this page",
                "Serve the page by https; for development on plain http, set idTokenSignature to trust-tls.",
            ),
            ErrorKind::UnsupportedEnvironment { .. } => (
                "unsupported_environment",
                "This is not available:",
                "Leave the option out, or use another browser or a later version.",
            ),
        }
    }

    /// Whether the same call may succeed later unchanged. A code is never redeemed twice, so its failure is final.
    pub fn is_retryable(&self) -> bool {
        // What the call was about is used up by then: the code, or the tokens that were to be revoked.
        let is_used_up = |purpose| matches!(purpose, Purpose::Token | Purpose::HandOff | Purpose::Keys | Purpose::Revocation);
        let is_repeatable = |purpose: &Purpose| !is_used_up(*purpose);
        match self.kind() {
            ErrorKind::NetworkFailed(purpose) | ErrorKind::TimedOut(purpose) => is_repeatable(purpose),
            // Of a server that is busy or broken; what it has refused it will refuse again.
            ErrorKind::TokenRequestFailed { purpose, status, .. } => is_repeatable(purpose) && (*status == 429 || *status >= 500),
            ErrorKind::NavigationCancelled => true,
            ErrorKind::InvalidConfig { .. }
            | ErrorKind::InvalidOption { .. }
            | ErrorKind::PushedRequestRequired
            | ErrorKind::OriginNotAllowed
            | ErrorKind::NoSession { .. }
            | ErrorKind::CallbackMalformed { .. }
            | ErrorKind::TransactionNotFound
            | ErrorKind::TransactionExpired
            | ErrorKind::TransactionUsed
            | ErrorKind::TransactionForeign
            | ErrorKind::IssuerMismatch { .. }
            | ErrorKind::AuthorizationFailed(_)
            | ErrorKind::InvalidMetadata { .. }
            | ErrorKind::TokenResponseMalformed { .. }
            | ErrorKind::IdTokenInvalid(_)
            | ErrorKind::UserinfoInvalid { .. }
            | ErrorKind::SessionEnded(_)
            | ErrorKind::BackendFailed { .. }
            | ErrorKind::Aborted
            | ErrorKind::StorageUnavailable
            | ErrorKind::RedirectLoop
            | ErrorKind::NoSignatureCheck
            | ErrorKind::UnsupportedEnvironment { .. } => false,
        }
    }

    /// What the server said, where it spoke RFC 6749.
    pub fn oauth(&self) -> Option<&OAuthError> {
        if let ErrorKind::AuthorizationFailed(oauth)
        | ErrorKind::TokenRequestFailed { oauth: Some(oauth), .. }
        | ErrorKind::SessionEnded(Some(oauth))
        | ErrorKind::BackendFailed { oauth: Some(oauth), .. } = self.kind()
        {
            Some(oauth)
        } else {
            None
        }
    }

    /// HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        if let ErrorKind::TokenRequestFailed { status, .. }
        | ErrorKind::UserinfoInvalid { status, .. }
        | ErrorKind::BackendFailed { status, .. } = self.kind()
        {
            Some(*status)
        } else {
            None
        }
    }

    /// The claim or header member of a token that failed.
    pub fn claim(&self) -> Option<&'static str> {
        self.flaw().map(|flaw| flaw.claim).filter(|claim| !claim.is_empty())
    }

    fn flaw(&self) -> Option<&Flaw> {
        if let ErrorKind::IdTokenInvalid(flaw) | ErrorKind::UserinfoInvalid { flaw, .. } = self.kind() {
            Some(flaw)
        } else {
            None
        }
    }

    /// What a `WicketgateError` of the JavaScript API has; absent members are absent.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("name", Some("WicketgateError"));
        object.set_text("code", Some(self.code()));
        object.set_text("message", Some(&self.message()));
        object.set_text("hint", Some(self.hint()));
        object.set("retryable", Json::Bool(self.is_retryable()));
        if let Some(status) = self.status() {
            object.set("status", Json::from(u64::from(status)));
        }
        if let Some(oauth) = self.oauth() {
            object.set("oauth", oauth.to_json());
        }
        object.set_text("claim", self.claim());
        object
    }

    /// Whether it comes after a question to the backend, which then need not be asked once more who is signed in.
    pub(crate) fn has_asked_backend(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::TransactionUsed
                | ErrorKind::Aborted
                | ErrorKind::NetworkFailed(_)
                | ErrorKind::TimedOut(_)
                | ErrorKind::BackendFailed { oauth: None, .. }
        )
    }

    pub(crate) fn config(member: &str, problem: &'static str) -> Self {
        ErrorKind::InvalidConfig { member: member.into(), problem }.into()
    }

    pub(crate) fn option(member: &str, problem: &'static str) -> Self {
        ErrorKind::InvalidOption { member: member.into(), problem }.into()
    }

    pub(crate) fn metadata(member: &str, problem: &'static str) -> Self {
        ErrorKind::InvalidMetadata { member: member.into(), problem }.into()
    }

    pub(crate) fn unsupported(missing: &str) -> Self {
        ErrorKind::UnsupportedEnvironment { missing: missing.into() }.into()
    }

    pub(crate) fn malformed_callback(problem: &'static str) -> Self {
        ErrorKind::CallbackMalformed { problem }.into()
    }

    pub(crate) fn issuer_mismatch(problem: &'static str) -> Self {
        ErrorKind::IssuerMismatch { problem }.into()
    }

    pub(crate) fn userinfo(flaw: Flaw) -> Self {
        ErrorKind::UserinfoInvalid { status: 200, flaw }.into()
    }

    pub(crate) fn malformed_tokens(problem: &'static str) -> Self {
        ErrorKind::TokenResponseMalformed { problem }.into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message())
    }
}

impl core::error::Error for Error {}

/// An error as RFC 6749 §4.1.2.1 and §5.2 define it. The server's words: show them as text, never as markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    /// `error`: at most 256 characters.
    pub error: String,
    /// `error_description`: at most 1024 characters.
    pub error_description: Option<String>,
    /// `error_uri`: at most 2048 characters. Not checked to be a URL; do not link to it.
    pub error_uri: Option<String>,
}

impl OAuthError {
    /// As an object of its members; absent ones are absent.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("error", Some(&self.error));
        object.set_text("error_description", self.error_description.as_deref());
        object.set_text("error_uri", self.error_uri.as_deref());
        object
    }

    /// Reads the members or parameters of an error answer. Some servers answer an `error` that is no string:
    /// that is not one.
    pub(crate) fn from_members(answer: &Json) -> Option<Box<Self>> {
        let text = |name, limit| answer.text(name).map(|text| cleaned(text, limit));
        Some(Box::new(Self {
            error: text("error", 256).filter(|_| answer.text("error") != Some(""))?,
            error_description: text("error_description", 1024),
            error_uri: text("error_uri", 2048),
        }))
    }
}

/// At most `limit` characters of `text`, without the ones that could disturb a log or a screen: controls,
/// and the marks that turn the direction of text around.
fn cleaned(text: &str, limit: usize) -> String {
    let harmless = |character: &char| {
        !character.is_control()
            && !matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(harmless).take(limit).collect()
}
