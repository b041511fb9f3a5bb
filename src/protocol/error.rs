//! [`Error`]: the closed list of everything that can go wrong. Each error has a stable code, a sentence and a hint: [`TABLE`].
//!
//! Neither sentence nor hint contains a secret or prose that a server sent. A server's words stand in [`OAuthError`] alone,
//! capped and cleaned, and the app decides whether to show them. A sentence may name a value that was found (an issuer, an
//! origin, a path), but only if the value has the form of one.

use core::fmt;
use std::sync::Arc;

use super::http::Purpose;
use super::json::Json;
use super::text::cut;

/// A failure: a shared pointer to its [`ErrorKind`] and the values of the error. So a `Result` stays small, and every caller
/// that waits for the same outcome can have the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Arc<Details>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    kind: ErrorKind,
    values: Option<Box<Values>>,
    return_to: Option<String>,
}

/// The value that was found, and the one that was expected: capped, cleaned, and empty if there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Values {
    found: String,
    expected: String,
}

impl Values {
    fn new(found: &str, expected: &str) -> Option<Box<Self>> {
        Some(Box::new(Self { found: cleaned(found, 256), expected: cleaned(expected, 256) }))
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Arc::new(Details { kind, values: None, return_to: None }))
    }
}

/// Why a call failed. The kinds are grouped by the party at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    /// `allowedOrigins` does not contain the origin to which an access token was to be sent.
    OriginNotAllowed,
    /// The session cannot serve the call.
    NoSession {
        /// Why it cannot: a clause.
        reason: &'static str,
    },
    /// The call needs something that is not loaded yet.
    NotReady,

    // ── the authorization response ──
    /// The callback URL is not an authorization response (RFC 6749 §4.1.2).
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
        /// How the mismatch shows: a clause.
        problem: &'static str,
    },
    /// The server refused (RFC 6749 §4.1.2.1).
    AuthorizationFailed(Box<OAuthError>),
    /// The page's URL says that the backend did not complete a login. Anybody can write such a URL.
    LoginFailed {
        /// What the backend said: the code of this error.
        code: &'static str,
    },
    /// A response reports an error and cannot be tied to a login of this tab: show it, believe nothing in it.
    UnverifiedError(Box<OAuthError>),

    // ── the server ──
    /// The server's metadata cannot be used (RFC 8414).
    InvalidMetadata {
        /// The member at fault, by its registered name.
        member: String,
        /// What is wrong with it; reads on from the member's name.
        problem: &'static str,
    },
    /// The server did not give its metadata, and may do it later.
    MetadataUnavailable {
        /// HTTP status.
        status: u16,
    },
    /// The token endpoint refused (RFC 6749 §5.2), or failed.
    TokenRequestFailed {
        /// The purpose of the request.
        purpose: Purpose,
        /// HTTP status.
        status: u16,
        /// The OAuth error in the answer, if there is one (RFC 6749 §5.2).
        oauth: Option<Box<OAuthError>>,
    },
    /// The token endpoint's answer is not a valid response by RFC 6749 §5.1.
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
    /// The server has ended the session: it does not accept the refresh token any more.
    SessionEnded(Option<Box<OAuthError>>),
    /// The backend refused, or failed.
    BackendFailed {
        /// HTTP status.
        status: u16,
        /// The OAuth error in the answer, if there is one (RFC 6749 §5.2).
        oauth: Option<Box<OAuthError>>,
    },

    // ── the environment ──
    /// The request got no answer. The browser does not tell why.
    NetworkFailed(Purpose),
    /// The request got no answer in time.
    TimedOut(Purpose),
    /// The caller aborted the call, or a login or a logout overtook it.
    Aborted,
    /// The store did not keep a value.
    StorageUnavailable,
    /// The browser came back to the page from the place to which the page had sent it.
    NavigationCancelled,
    /// This window has handed its response to the page that waits for it, and the browser did not close the window.
    #[cfg(feature = "popup")]
    WindowNotClosed,
    /// The hidden frame of a silent login brought no response: the browser shows something else in it.
    #[cfg(feature = "popup")]
    NoResponseFromFrame,
    /// The page began login after login, and none succeeded.
    RedirectLoop,
    /// Signatures cannot be checked here: browsers offer Web Crypto to secure pages only.
    NoSignatureCheck,
    /// The host lacks a capability that it must offer, or this version does not have the feature yet.
    UnsupportedEnvironment {
        /// What is missing: a noun phrase.
        missing: String,
    },
}

/// The problem with a token: a pointer, so that a `Result` that contains it stays small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw(Box<FlawDetails>);

/// The content of a [`Flaw`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlawDetails {
    /// The claim or header member at fault; empty if it is the whole token.
    pub claim: &'static str,
    /// What is wrong with it; reads on from the claim's name.
    pub problem: &'static str,
    /// By how many seconds, if the problem is a time.
    pub seconds: Option<u64>,
    values: Option<Box<Values>>,
}

impl core::ops::Deref for Flaw {
    type Target = FlawDetails;

    fn deref(&self) -> &FlawDetails {
        &self.0
    }
}

impl Flaw {
    /// A flaw of `claim`; `problem` reads on from the claim's name.
    // Not inlined: it has many callers, and inlined code weighs four times as much.
    #[inline(never)]
    pub fn of(claim: &'static str, problem: &'static str) -> Self {
        Self(Box::new(FlawDetails { claim, problem, seconds: None, values: None }))
    }

    /// Adds the number of milliseconds; `problem` ends with “by”.
    #[must_use]
    pub fn by(mut self, millis: u64) -> Self {
        self.0.seconds = Some(millis / 1000);
        self
    }

    /// A flaw of `claim`, with the value that was found and the one that was expected. Neither value may say anything about a
    /// person.
    pub(crate) fn with_values(claim: &'static str, problem: &'static str, found: &str, expected: &str) -> Self {
        let mut flaw = Self::of(claim, problem);
        flaw.0.values = Values::new(found, expected);
        flaw
    }

    /// The value that was found, if the flaw names it.
    pub fn found(&self) -> Option<&str> {
        self.values.as_ref().map(|values| values.found.as_str()).filter(|value| !value.is_empty())
    }

    /// The value that was expected in its place.
    pub fn expected(&self) -> Option<&str> {
        self.values.as_ref().map(|values| values.expected.as_str()).filter(|value| !value.is_empty())
    }
}

/// An entry of [`TABLE`]: one kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The stable code. None equals a registered OAuth error value.
    pub code: &'static str,
    /// What happened: a sentence, or the beginning of a sentence that ends with the thing at fault.
    pub sentence: &'static str,
    /// How to correct it.
    pub hint: &'static str,
    /// When the error occurs: for the reference.
    pub cause: &'static str,
    /// Code or a situation in which the error occurs: for the reference.
    pub example: &'static str,
}

/// Makes [`TABLE`] and [`Error::words`] from one text. A page loads only codes, sentences and hints.
macro_rules! table {
    ($($(#[$set:meta])? $kind:pat => { $code:literal, $sentence:literal, $hint:literal, $cause:literal, $example:literal })+) => {
        /// Every kind of failure that this crate knows: the source of the errors' reference.
        pub const TABLE: &[Entry] = &[$(
            Entry { code: $code, sentence: $sentence, hint: $hint, cause: $cause, example: $example },
        )+];

        impl Error {
            /// Code, sentence (or its beginning), hint.
            fn words(&self) -> (&'static str, &'static str, &'static str) {
                match self.kind() {
                    $($(#[$set])? $kind => ($code, $sentence, $hint),)+
                    // This build never makes these errors, and need not carry their words.
                    #[cfg(not(all(feature = "backend", feature = "restart", feature = "tokens")))]
                    #[allow(clippy::wildcard_enum_match_arm)]
                    _ => ("", "", ""),
                }
            }
        }
    };
}

table! {
    ErrorKind::InvalidConfig { .. } => {
        "invalid_config",
        "The configuration cannot be used:",
        "Correct this member of the configuration.",
        "A member of the configuration is missing, misspelt, of the wrong type, or contradicts another member.",
        "`createClient({ clientId: \"app\", authority: \"https://login.example\" })`: the member is called `issuer`."
    }
    ErrorKind::InvalidOption { .. } => {
        "invalid_option",
        "The options cannot be used:",
        "Correct this option of the call.",
        "An option of one call is misspelt, of the wrong type, or not allowed there.",
        "`beginLogin({ returnTo: \"https://elsewhere.example/\" })`: the place is not of the page's origin."
    }
    ErrorKind::PushedRequestRequired => {
        "pushed_request_required",
        "The authorization request must be pushed before it has a URL",
        "Ask for the pushed URL; if par is never, or this entry cannot push (RFC 9126), import wicketgate/all.",
        "The backend begins the login (`beginUrl`), or the request must be pushed: by `par: \"always\"`, or because the server's metadata says `require_pushed_authorization_requests`.",
        "`authorizationUrl()` of a client with `backend.beginUrl`: `await client.pushed()` has the URL."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::OriginNotAllowed => {
        "origin_not_allowed",
        "The access token may not be sent to the origin of this URL",
        "Add the exact origin to allowedOrigins, or send this request without the client.",
        "`allowedOrigins` does not have the origin that a request goes to.",
        "`client.fetch(\"https://api.other.example/\")` with `allowedOrigins: [\"https://api.example\"]`."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::NoSession { .. } => {
        "no_session",
        "The session cannot serve this call:",
        "Begin a login; if a backend keeps the access token, call the API through the backend.",
        "Nobody is signed in, or the session lacks what the call needs: a valid access token, a refresh token, an ID token.",
        "`accessToken()` after a logout, or with a `backend`, which keeps the token."
    }
    ErrorKind::NotReady => {
        "not_ready",
        "The client has not loaded what this call needs",
        "Let the client load first, then repeat the call.",
        "A call that answers at once came before the module and the server's metadata were loaded.",
        "`authorizationUrl()` right after `createClient()`: `await client.load()` goes before it."
    }
    ErrorKind::CallbackMalformed { .. } => {
        "callback_malformed",
        "The URL is not an authorization response to this client:",
        "Compare the URL with the redirect URI; handle a URL as a callback only if it carries an authorization response.",
        "A parameter is missing, repeated or badly encoded, or the response came to another path than the redirect URI.",
        "The redirect URI is `https://app.example/callback`, and the server sends the browser to `/callback/`."
    }
    ErrorKind::TransactionNotFound => {
        "transaction_not_found",
        "No login with this state was begun in this tab",
        "Let the user log in again; if this is frequent, check whether the redirect URI has another origin (www, port) than the page that begins the login.",
        "The tab's `sessionStorage` has no login for the response: the login was begun in another tab, browser or origin.",
        "The login begins at `https://www.app.example`, and the redirect URI is `https://app.example/callback`."
    }
    ErrorKind::TransactionExpired => {
        "transaction_expired",
        "The login was begun longer ago than transactionLifetime allows",
        "Let the user log in again, or raise transactionLifetime.",
        "The user took longer at the server than `transactionLifetime` (default 10 minutes).",
        "The user opens the login page, goes to lunch, and logs in afterwards."
    }
    ErrorKind::TransactionUsed => {
        "transaction_used",
        "This authorization response was used before",
        "Show the app: the page was reloaded, or reached with the back button.",
        "The response was redeemed in this tab before, and its session has ended since.",
        "The user logs out and then goes back to the callback page with the back button."
    }
    ErrorKind::TransactionForeign => {
        "transaction_foreign",
        "The login was begun under another sessionBinding",
        "Let the user who is signed in to the app now log in again.",
        "The app's `sessionBinding` changed between the beginning of the login and its response.",
        "One user begins a login, another one signs in to the app, and the response of the first login comes."
    }
    ErrorKind::IssuerMismatch { .. } => {
        "issuer_mismatch",
        "The response may come from another server than the one that was asked:",
        "Set `issuer` in the configuration to exactly the identifier that the server publishes; if it is set so, do not trust this response.",
        "`iss` of the response is not the configured issuer, is missing although the server always sends it, or has nothing to be compared with.",
        "The configuration has endpoints by hand and no `issuer`, and the server sends `iss`."
    }
    ErrorKind::AuthorizationFailed(_) => {
        "authorization_failed",
        "The authorization server did not grant the request",
        "Read oauth.error; access_denied means that the user or the server refused.",
        "The server answered the login with an error (RFC 6749 section 4.1.2.1).",
        "The user presses “Cancel” on the server's page: `oauth.error` is `access_denied`."
    }
    ErrorKind::UnverifiedError(_) => {
        "authorization_failed",
        "A response that cannot be tied to a login of this tab reports an error",
        "Show oauth as text and do not trust it; let the user log in again.",
        "A server answered with an error and without `state`, or without the `iss` that it always sends; `verified` is false.",
        "`/callback?error=invalid_scope` while a login of this tab is pending."
    }
    ErrorKind::LoginFailed { .. } => {
        "backend_failed",
        "The backend did not complete the login",
        "Let the user log in again; the backend's log says why it failed.",
        "The login at the backend (`loginUrl`) came back with `wicketgate_error` in the URL. The code is what that says: `backend_failed`, `transaction_not_found`, `token_request_failed`, or another one of this list; `verified` is false.",
        "`/orders?wicketgate_error=transaction_not_found`: the user took longer than `WICKETGATE_LOGIN_LIFETIME`."
    }
    ErrorKind::InvalidMetadata { .. } => {
        "invalid_metadata",
        "The server's metadata cannot be used:",
        "Compare `issuer` with the server's own metadata, character by character; or give what is needed by hand in `metadata`.",
        "The metadata is of another issuer, or a member is missing, of the wrong type, or not an https URL.",
        "The configuration has `issuer: \"https://login.example\"`, and the server calls itself `https://login.example/`."
    }
    ErrorKind::MetadataUnavailable { .. } => {
        "invalid_metadata",
        "The server did not give its metadata",
        "Read status, and call again later.",
        "The server is overloaded or broken: 408, 425, 429 or 5xx where the metadata must be. The next call asks again.",
        "The server is being restarted when the user presses the login button."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::TokenRequestFailed { .. } => {
        "token_request_failed",
        "The server did not grant",
        "Read status and oauth.error; invalid_client means that the server wants a client secret, which only a backend can keep.",
        "The token or revocation endpoint refused the request (RFC 6749 section 5.2), or failed.",
        "The client is registered with a secret, and the page redeems the code without one."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::TokenResponseMalformed { .. } => {
        "token_response_malformed",
        "The answer of the token endpoint cannot be used:",
        "Ask the operator of the server; RFC 6749 section 5.1 says what the answer must hold.",
        "The answer is not a JSON object, has no usable access token, or has a token type that this version does not have.",
        "The token endpoint answers an HTML page with status 200."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::IdTokenInvalid(_) => {
        "id_token_invalid",
        "The ID token cannot be accepted:",
        "Compare clock, issuer and client identifier with the server's; if they are right, do not trust this answer.",
        "The ID token's signature or one of its claims is wrong (OpenID Connect Core section 3.1.3.7); `claim` says which.",
        "The device's clock is an hour behind: `claim` is `iat`."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::UserinfoInvalid { .. } => {
        "userinfo_invalid",
        "The UserInfo answer cannot be accepted:",
        "Read status: 401 means that the server does not accept this access token for UserInfo.",
        "The UserInfo endpoint refused, or its answer is about another subject than the ID token.",
        "`userInfo()` with an access token that was revoked."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::SessionEnded(_) => {
        "session_ended",
        "The server has ended the session",
        "Let the user log in again.",
        "The server does not accept the refresh token any more: it was revoked, it expired, or the user logged out there.",
        "`accessToken()` after an administrator ended the user's sessions."
    }
    #[cfg(feature = "backend")]
    ErrorKind::BackendFailed { .. } => {
        "backend_failed",
        "The backend did not accept the request",
        "Read status and the backend's log, and check that the backend's URLs answer JSON.",
        "The backend answered with an error, or with something that is not JSON.",
        "`exchangeUrl` leads to the app's own HTML page, because the route is missing."
    }
    ErrorKind::NetworkFailed(_) => {
        "network_failed",
        "The page got no readable answer to",
        "Check the address; if it is right, the server may send no CORS headers for this origin or redirect, connect-src of the Content-Security-Policy may lack it, or the network may be down. Metadata that cannot be fetched can be given by hand in `metadata`.",
        "The browser could not send the request, or does not let the page read the answer; it does not say which. `found` is the address.",
        "The server's metadata comes without `Access-Control-Allow-Origin`."
    }
    ErrorKind::TimedOut(_) => {
        "timed_out",
        "No answer came in time to",
        "Check the server, or raise requestTimeout.",
        "The server took longer than `requestTimeout` (default 10 seconds). `found` is the address.",
        "A server that wakes up first."
    }
    ErrorKind::Aborted => {
        "aborted",
        "The call was aborted",
        "Repeat the call if its answer is still wanted.",
        "The caller's `AbortSignal` fired, or a login or a logout overtook the call.",
        "`logout()` while `accessToken()` waits for the server."
    }
    ErrorKind::StorageUnavailable => {
        "storage_unavailable",
        "The browser's storage did not keep what was written to it",
        "Allow site data for this page in the browser, or free some storage.",
        "Storage is denied, full, or dropped by a private mode.",
        "`beginLogin()` in a browser that blocks all cookies and site data."
    }
    ErrorKind::NavigationCancelled => {
        "navigation_cancelled",
        "The page stayed, or the user came back to it",
        "Offer the login button again.",
        "The page stayed instead of going to the server: the user chose so, or the server sent no page within twice `requestTimeout`. Or the back button showed the page again.",
        "The user presses the back button on the server's login page."
    }
    #[cfg(feature = "popup")]
    ErrorKind::WindowNotClosed => {
        "navigation_cancelled",
        "The login goes on in the page that began it, and the browser did not close this window",
        "Tell the user that this window can be closed.",
        "A popup has handed its response to the page that waits for it. Browsers close only windows that a script has opened.",
        "The user opens the server's page of a popup login in a tab of its own, and logs in there."
    }
    #[cfg(feature = "popup")]
    ErrorKind::NoResponseFromFrame => {
        "unsupported_environment",
        "The hidden frame brought no response of the server",
        "Check that neither the server nor the redirect URI forbids frames (X-Frame-Options, frame-ancestors) and that frame-src of this page's policy allows the server; a server of another site gets no cookies in a frame: log in by redirect or popup.",
        "A silent login: the browser did not load the server's page in a frame, or the server shows a page instead of an answer, or the redirect URI's page may not be in a frame.",
        "A silent login at a server that sends `X-Frame-Options: DENY`."
    }
    #[cfg(feature = "restart")]
    ErrorKind::RedirectLoop => {
        "redirect_loop",
        "Several logins in a row have brought no session",
        "Show an error page with a login button, and find out why the callback finds no login in this tab.",
        "A guard or `onUnknownTransaction: \"restart\"` began logins again and again.",
        "The redirect page does not call `handleCallback()`, and the guard on it begins the next login."
    }
    #[cfg(feature = "tokens")]
    ErrorKind::NoSignatureCheck => {
        "unsupported_environment",
        "The page does not have crypto.subtle, which checks the ID token's signature",
        "Serve the page by https; for development on plain http, set idTokenSignature to trust-tls.",
        "The page is not a secure context: browsers offer `crypto.subtle` to https and localhost only.",
        "A page on `http://192.168.1.20:5173` with `openid` in its scope."
    }
    ErrorKind::UnsupportedEnvironment { .. } => {
        "unsupported_environment",
        "This is not available:",
        "Leave the option out, or import the entry that is named; else use another browser or a later version.",
        "The browser lacks something, or the entry that is imported or this version does not have the option.",
        "`createClient({ …, tokenStore: \"worker\" })`."
    }
}

impl Error {
    /// The kind of failure.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The stable code, as in the JavaScript API. None equals a registered OAuth error value.
    pub fn code(&self) -> &'static str {
        if let ErrorKind::LoginFailed { code } = self.kind() { code } else { self.words().0 }
    }

    /// How to correct it.
    pub fn hint(&self) -> &'static str {
        self.words().2
    }

    /// What happened: one English sentence for developers.
    #[expect(clippy::too_many_lines, reason = "each kind of error says what it is about")]
    pub fn summary(&self) -> String {
        let mut summary = String::from(self.words().1);
        let (subject, problem) = match self.kind() {
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
            ErrorKind::NetworkFailed(purpose) | ErrorKind::TimedOut(purpose) | ErrorKind::TokenRequestFailed { purpose, .. } => {
                (purpose.name(), "")
            }
            ErrorKind::PushedRequestRequired
            | ErrorKind::MetadataUnavailable { .. }
            | ErrorKind::OriginNotAllowed
            | ErrorKind::NotReady
            | ErrorKind::TransactionNotFound
            | ErrorKind::TransactionExpired
            | ErrorKind::TransactionUsed
            | ErrorKind::TransactionForeign
            | ErrorKind::AuthorizationFailed(_)
            | ErrorKind::LoginFailed { .. }
            | ErrorKind::UnverifiedError(_)
            | ErrorKind::BackendFailed { .. }
            | ErrorKind::SessionEnded(_)
            | ErrorKind::Aborted
            | ErrorKind::StorageUnavailable
            | ErrorKind::NavigationCancelled
            | ErrorKind::RedirectLoop
            | ErrorKind::NoSignatureCheck => ("", ""),
            #[cfg(feature = "popup")]
            ErrorKind::WindowNotClosed | ErrorKind::NoResponseFromFrame => ("", ""),
        };
        for part in [subject, problem] {
            if !part.is_empty() {
                summary.push(' ');
                summary.push_str(part);
            }
        }
        if let Some(seconds) = self.flaw().and_then(|flaw| flaw.seconds) {
            summary.push(' ');
            summary.push_str(Json::from(seconds).as_number().unwrap_or_default());
            summary.push_str(" seconds");
        }
        let is_unknown = problem == UNKNOWN_MEMBER;
        // Prose that a server sent contains spaces.
        let is_value = |found: &&str| !is_unknown && found.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'`');
        let parts = match (self.found().filter(is_value), self.expected()) {
            (None, Some(meant)) if is_unknown => ["; did you mean `", meant, "", "", "`?"],
            (Some(found), Some(expected)) => [" (found `", found, "`, expected `", expected, "`)."],
            (None, Some(expected)) => [" (expected `", expected, "", "", "`)."],
            (Some(found), None) => [" (`", found, "", "", "`)."],
            (None, None) => [".", "", "", "", ""],
        };
        for part in parts {
            summary.push_str(part);
        }
        summary
    }

    /// What happened, how to correct it, and the code in brackets: the only part of an error that a console shows.
    pub fn message(&self) -> String {
        [self.summary().as_str(), " ", self.hint(), " [", self.code(), "]"].concat()
    }

    fn values(&self) -> Option<&Values> {
        self.flaw().map_or(&self.0.values, |flaw| &flaw.values).as_deref()
    }

    /// The value that was found: an issuer, an origin and path, or the name of a member. Capped and cleaned, and never secret.
    pub fn found(&self) -> Option<&str> {
        self.values().map(|values| values.found.as_str()).filter(|value| !value.is_empty())
    }

    /// The value that was expected in its place.
    pub fn expected(&self) -> Option<&str> {
        self.values().map(|values| values.expected.as_str()).filter(|value| !value.is_empty())
    }

    /// The place to which the user wanted to go, if a callback failed.
    pub fn return_to(&self) -> Option<&str> {
        self.0.return_to.as_deref()
    }

    /// The error for a request to `url` that got no answer: `kind` is [`NetworkFailed`](ErrorKind::NetworkFailed) or
    /// [`TimedOut`](ErrorKind::TimedOut). The error names origin and path.
    pub fn unanswered(kind: ErrorKind, url: &str) -> Self {
        Self::from(kind).with_values(cut(cut(url, '#').0, '?').0, "")
    }

    /// Names the value that was found and the one that was expected; an empty text means none. For an error that is not shared
    /// yet.
    #[must_use]
    pub fn with_values(mut self, found: &str, expected: &str) -> Self {
        if let Some(details) = Arc::get_mut(&mut self.0) {
            details.values = Values::new(found, expected);
        }
        self
    }

    /// Says where the user wanted to go. For an error that is not shared yet.
    #[must_use]
    pub fn with_return_to(mut self, return_to: &str) -> Self {
        if let Some(details) = Arc::get_mut(&mut self.0) {
            details.return_to = Some(return_to.into());
        }
        self
    }

    /// Whether the same call may succeed later unchanged. The client never redeems a code twice, so the failure of a code is
    /// final.
    pub fn is_retryable(&self) -> bool {
        // By then, the object of the call is used up: the code, or the tokens to revoke.
        let is_used_up = |purpose| matches!(purpose, Purpose::Token | Purpose::HandOff | Purpose::Keys | Purpose::Revocation);
        match self.kind() {
            ErrorKind::NetworkFailed(purpose) | ErrorKind::TimedOut(purpose) => !is_used_up(*purpose),
            ErrorKind::TokenRequestFailed { purpose, status, oauth } => {
                !is_used_up(*purpose) && is_passing(*status, oauth.as_deref())
            }
            ErrorKind::UserinfoInvalid { status, .. } => is_passing(*status, None),
            ErrorKind::NavigationCancelled | ErrorKind::NotReady | ErrorKind::MetadataUnavailable { .. } => true,
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
            | ErrorKind::LoginFailed { .. }
            | ErrorKind::UnverifiedError(_)
            | ErrorKind::InvalidMetadata { .. }
            | ErrorKind::TokenResponseMalformed { .. }
            | ErrorKind::IdTokenInvalid(_)
            | ErrorKind::SessionEnded(_)
            | ErrorKind::BackendFailed { .. }
            | ErrorKind::Aborted
            | ErrorKind::StorageUnavailable
            | ErrorKind::RedirectLoop
            | ErrorKind::NoSignatureCheck
            | ErrorKind::UnsupportedEnvironment { .. } => false,
            #[cfg(feature = "popup")]
            ErrorKind::WindowNotClosed | ErrorKind::NoResponseFromFrame => false,
        }
    }

    /// Whether a server or the backend could not be reached, or was unable to answer.
    pub(crate) fn is_outage(&self) -> bool {
        if let ErrorKind::BackendFailed { status, oauth } = self.kind() {
            return is_passing(*status, oauth.as_deref());
        }
        matches!(self.kind(), ErrorKind::NetworkFailed(_) | ErrorKind::TimedOut(_))
    }

    /// The OAuth error of the server, if its answer contains one (RFC 6749).
    pub fn oauth(&self) -> Option<&OAuthError> {
        if let ErrorKind::AuthorizationFailed(oauth)
        | ErrorKind::UnverifiedError(oauth)
        | ErrorKind::TokenRequestFailed { oauth: Some(oauth), .. }
        | ErrorKind::SessionEnded(Some(oauth))
        | ErrorKind::BackendFailed { oauth: Some(oauth), .. } = self.kind()
        {
            Some(oauth)
        } else {
            None
        }
    }

    /// HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        if let ErrorKind::TokenRequestFailed { status, .. }
        | ErrorKind::UserinfoInvalid { status, .. }
        | ErrorKind::MetadataUnavailable { status }
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

    /// The members of a `WicketgateError` of the JavaScript API without its `message`, which is `summary`, `hint` and `code`.
    /// Members without a value are left out.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("name", Some("WicketgateError"));
        object.set_text("code", Some(self.code()));
        object.set_text("summary", Some(&self.summary()));
        object.set_text("hint", Some(self.hint()));
        object.set("retryable", Json::Bool(self.is_retryable()));
        if let Some(status) = self.status() {
            object.set("status", Json::from(u64::from(status)));
        }
        if let Some(oauth) = self.oauth() {
            object.set("oauth", oauth.to_json());
        }
        if let ErrorKind::AuthorizationFailed(_) | ErrorKind::UnverifiedError(_) | ErrorKind::LoginFailed { .. } = self.kind() {
            object.set("verified", Json::Bool(matches!(self.kind(), ErrorKind::AuthorizationFailed(_))));
        }
        object.set_text("claim", self.claim());
        object.set_text("found", self.found());
        object.set_text("expected", self.expected());
        object.set_text("returnTo", self.return_to());
        object
    }

    /// Whether the client had asked the backend before the call failed. If so, it need not ask once more who is signed in.
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

    /// The error for `what`, which is not in this build but in the build of another entry of the npm package.
    pub(crate) fn elsewhere(what: &str, entry: &str) -> Self {
        ErrorKind::UnsupportedEnvironment { missing: [what, ", which the entry ", entry, " has"].concat() }.into()
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

/// An error as RFC 6749 §4.1.2.1 and §5.2 define it. These are the server's words: show them as text, never as markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    /// `error`: at most 256 characters.
    pub error: String,
    /// `error_description`: at most 1024 characters.
    pub error_description: Option<String>,
    /// `error_uri`: at most 2048 characters. Nothing has checked that it is a URL; do not link to it.
    pub error_uri: Option<String>,
}

impl OAuthError {
    /// An object of the members; members without a value are left out.
    pub fn to_json(&self) -> Json {
        let mut object = Json::empty();
        object.set_text("error", Some(&self.error));
        object.set_text("error_description", self.error_description.as_deref());
        object.set_text("error_uri", self.error_uri.as_deref());
        object
    }

    /// Reads the members or parameters of an error answer. Some servers send an `error` that is not a string: that is not an
    /// error as RFC 6749 defines it.
    pub(crate) fn from_members(answer: &Json) -> Option<Box<Self>> {
        let text = |name, limit| answer.text(name).map(|text| cleaned(text, limit));
        Some(Box::new(Self {
            error: text("error", 256).filter(|_| answer.text("error") != Some(""))?,
            error_description: text("error_description", 1024),
            error_uri: text("error_uri", 2048),
        }))
    }
}

/// Whether a refusal with this status and this error may be gone when the request is repeated: the server was busy or broken.
/// Any other refusal is permanent.
pub(crate) fn is_passing(status: u16, oauth: Option<&OAuthError>) -> bool {
    let is_word = |oauth: &OAuthError| matches!(oauth.error.as_str(), "temporarily_unavailable" | "slow_down" | "server_error");
    // The server has read nothing but the proof (RFC 9449 §8).
    #[cfg(feature = "dpop")]
    let is_word = |oauth: &OAuthError| is_word(oauth) || oauth.error == USE_DPOP_NONCE;
    matches!(status, 408 | 425 | 429 | 500..) || oauth.is_some_and(is_word)
}

/// The error of a server that demands a nonce in the proof, or another one (RFC 9449 §8).
#[cfg(feature = "dpop")]
pub(super) const USE_DPOP_NONCE: &str = "use_dpop_nonce";

/// The problem with a member that a shape does not have.
pub(crate) const UNKNOWN_MEMBER: &str = "is not a known member";

/// At most `limit` characters of `text`, without the characters that could disturb a log or a screen: controls, and marks that
/// reverse the direction of text.
fn cleaned(text: &str, limit: usize) -> String {
    let harmless = |character: &char| {
        !character.is_control()
            && !matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(harmless).take(limit).collect()
}
