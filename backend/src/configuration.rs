//! [`Configuration`], as the caller sets it.

use core::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use wicketgate::protocol::secret::Secret;

use crate::clock::Clock;

/// The configuration of [`router`](crate::router). [`new`](Self::new) takes the members without a default; set the others
/// afterwards.
#[derive(Debug)]
#[non_exhaustive]
pub struct Configuration {
    /// The page's origin, as the browser spells it: `https://app.example`. Plain `http:` on loopback only; the cookie is then
    /// the development one. This origin and the client determine the names and the seal of the cookies.
    pub public_origin: String,
    /// Further origins of the same page, for an app with several host names. Default: none.
    pub further_origins: Vec<String>,
    /// The client identifier (RFC 6749 §2.2). A hand-off for another client is refused.
    pub client_id: String,
    /// The client secret. It goes to the token endpoint and nowhere else. Empty if the client authenticates by a key.
    pub client_secret: Secret,
    /// The token endpoint (RFC 6749 §3.2): `https:`, or `http:` on loopback.
    pub token_endpoint: String,
    /// How the client authenticates. Default: by the secret in the form.
    pub client_authentication: ClientAuthenticationMethod,
    /// For [`PrivateKeyJwt`](ClientAuthenticationMethod::PrivateKeyJwt): the file of the client's private keys. They are PEM
    /// (PKCS#8, for RSA also PKCS#1), a JSON Web Key, or a JSON Web Key Set. The first key signs; `GET /auth/jwks` publishes the
    /// public halves of all. The file is read again when it changes. Default: none.
    pub client_key: Option<PathBuf>,
    /// The audience of that key's assertions. Default: the [`issuer`](Self::issuer), as FAPI 2.0 says; without one, the token
    /// endpoint.
    pub client_assertion_audience: Option<String>,
    /// Whether access tokens are bound to a key (DPoP, RFC 9449), which is derived from the [`cookie_key`](Self::cookie_key).
    /// The APIs must then support DPoP, too. Default: never.
    pub dpop: Wish,
    /// Whether the backend pushes authorization requests to the server (RFC 9126). Default: if the server's metadata require
    /// it.
    pub par: Wish,
    /// The endpoint for pushed requests. Default: the one in the issuer's metadata.
    pub pushed_authorization_request_endpoint: Option<String>,
    /// The types of `authorization_details` (RFC 9396) that a page may request in a login at this backend. Default: none.
    pub authorization_details_types: Vec<String>,
    /// The key that encrypts sessions: the same in every instance.
    pub cookie_key: CookieKey,
    /// Keys that [`cookie_key`](Self::cookie_key) replaced: sessions encrypted with them are still read.
    pub cookie_keys_old: Vec<CookieKey>,
    /// The APIs to which the page's requests are forwarded, with the access token attached. If two prefixes fit a path, the
    /// longer one counts. Default: none, and 404 under `/api/`.
    pub api: Vec<ApiRoute>,
    /// The short form of one more API: `/api/…` is forwarded to this origin, with the path unchanged.
    pub api_origin: Option<String>,
    /// The app's own header fields, such as `X-Tenant`, that pass to the APIs and back, in addition to the fields that every
    /// API may need. Default: none.
    pub api_headers: Vec<String>,
    /// If set, a hand-off that names another redirect URI is refused.
    pub redirect_uri: Option<String>,
    /// The issuer identifier. If set, a hand-off that names another one (RFC 9207) is refused. A login with a nonce uses OpenID
    /// Connect and needs the issuer: the backend checks the ID token against it, and finds the keys in its metadata.
    pub issuer: Option<String>,
    /// The issuer's keys (RFC 7517): `https:`, or `http:` on loopback. Default: the URL in the issuer's metadata. If set, the
    /// backend does not request metadata.
    pub jwks_uri: Option<String>,
    /// The algorithms that the issuer signs ID tokens with, by their registered names. Default: the list in the issuer's
    /// metadata; without a list, `RS256` alone.
    pub id_token_signing_algorithms: Vec<String>,
    /// Whether every login must use OpenID Connect: a login without `openid` in its scope is refused. Default: yes if there is
    /// an [`issuer`](Self::issuer). If no, the page decides whether the backend checks an ID token.
    pub requires_id_token: Option<bool>,
    /// Whether logins use PKCE (RFC 7636) with `S256`. Default: yes.
    pub pkce: bool,
    /// Whether a hand-off is accepted whose login was not begun at this backend. An attacker can then use a leaked code: use
    /// this only during a migration. Default: no.
    pub allow_unbound: bool,
    /// How long a login may take, from its beginning to its code. Default: 10 minutes.
    pub login_lifetime: Duration,
    /// The longest lifetime of a session. Default: 7 days.
    pub session_lifetime: Duration,
    /// How long an unused session lasts. Default: 1 day.
    pub session_idle: Duration,
    /// The Redis or Valkey in which all instances keep the sessions: `redis://…`, or `rediss://…` for TLS. Separate several
    /// nodes of a cluster by commas. Default: none; each session is in its own browser, in a sealed cookie.
    pub session_store: Option<Secret>,
    /// The scope that a login at this backend requests, separated by spaces; a page may request a part of it. Default: none.
    pub scope: Option<String>,
    /// The authorization endpoint (RFC 6749 §3.1), to which a login at this backend sends the browser. Default: the one in the
    /// issuer's metadata.
    pub authorization_endpoint: Option<String>,
    /// Further parameters of each authorization request of a login at this backend, such as `audience`. With the value
    /// `form_post` for `response_mode`, the response comes by POST. Default: none.
    pub authorization_parameters: Vec<(String, String)>,
    /// The path at which the page takes an authorization response that came by POST to `/auth/callback`. Default: none; this
    /// backend takes the response.
    pub page_callback: Option<String>,
    /// The revocation endpoint (RFC 7009). Default: the one in the issuer's metadata.
    pub revocation_endpoint: Option<String>,
    /// The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0). Default: the one in the issuer's metadata.
    pub end_session_endpoint: Option<String>,
    /// The URL to which the server sends the user after a logout, as registered there. Default: none.
    pub post_logout_redirect_uri: Option<String>,
    /// The time for one token request, for the metadata and keys that are fetched with it, and in which the API must begin its
    /// answer. Default: 10 seconds.
    pub timeout: Duration,
    /// The source of the time. Default: the machine's clock.
    pub clock: Clock,
}

impl Configuration {
    /// A configuration with defaults for all other members.
    pub fn new(
        public_origin: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        token_endpoint: impl Into<String>,
        cookie_key: CookieKey,
    ) -> Self {
        Self {
            public_origin: public_origin.into(),
            further_origins: Vec::new(),
            client_id: client_id.into(),
            client_secret: Secret::new(client_secret.into()),
            token_endpoint: token_endpoint.into(),
            client_authentication: ClientAuthenticationMethod::Form,
            client_key: None,
            client_assertion_audience: None,
            dpop: Wish::Never,
            par: Wish::Auto,
            pushed_authorization_request_endpoint: None,
            authorization_details_types: Vec::new(),
            cookie_key,
            cookie_keys_old: Vec::new(),
            api: Vec::new(),
            api_origin: None,
            api_headers: Vec::new(),
            redirect_uri: None,
            issuer: None,
            jwks_uri: None,
            id_token_signing_algorithms: Vec::new(),
            requires_id_token: None,
            pkce: true,
            allow_unbound: false,
            login_lifetime: Duration::from_secs(600),
            session_lifetime: Duration::from_secs(7 * 24 * 60 * 60),
            session_idle: Duration::from_secs(24 * 60 * 60),
            session_store: None,
            scope: None,
            authorization_endpoint: None,
            authorization_parameters: Vec::new(),
            page_callback: None,
            revocation_endpoint: None,
            end_session_endpoint: None,
            post_logout_redirect_uri: None,
            timeout: Duration::from_secs(10),
            clock: Clock::default(),
        }
    }
}

/// One API, and the path at which the page reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRoute {
    /// A path: `/api/` stands for everything below it, `/graphql` for that path and everything below it. Not `/` alone, and
    /// nothing below `/auth`.
    pub prefix: String,
    /// The URL that replaces the prefix: with `https://api.example/v2/`, `/api/me` becomes `/v2/me`. `https:`, or `http:` on
    /// loopback; without query and fragment.
    pub url: String,
}

impl ApiRoute {
    /// Forwards the paths below `prefix` to those below `url`.
    pub fn new(prefix: impl Into<String>, url: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), url: url.into() }
    }
}

/// How this client authenticates (RFC 6749 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthenticationMethod {
    /// `client_secret_post`: among the form's parameters.
    Form,
    /// `client_secret_basic`: HTTP Basic.
    Basic,
    /// `private_key_jwt` (RFC 7523): an assertion, signed by [`client_key`](Configuration::client_key).
    PrivateKeyJwt,
}

/// When an extension is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// If the server's metadata says so.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A key for sessions. Its `Debug` output is redacted.
pub struct CookieKey(pub(crate) cookie::Key);

impl CookieKey {
    /// Reads at least 32 bytes in base64url, as `openssl rand -base64 32 | tr '+/' '-_'` prints them. They must come from a
    /// CSPRNG.
    ///
    /// # Errors
    /// If the text is not base64url, or is shorter.
    pub fn from_base64url(text: &str) -> Result<Self, ConfigurationError> {
        let refused = |problem| ConfigurationError { member: "cookie_key", problem };
        let bytes = Base64UrlUnpadded::decode_vec(text.trim_end_matches('=')).map_err(|_| refused("is not base64url"))?;
        // The code below panics on fewer bytes, and an attacker could guess them.
        if bytes.len() < 32 {
            return Err(refused("has fewer than 32 bytes"));
        }
        Ok(Self(cookie::Key::derive_from(&bytes)))
    }
}

impl fmt::Debug for CookieKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CookieKey(…)")
    }
}

/// A member of the [`Configuration`] that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigurationError {
    /// The member.
    pub member: &'static str,
    /// The problem, which reads on from the member's name. It contains nothing of the value.
    pub problem: &'static str,
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.member, self.problem)
    }
}

impl core::error::Error for ConfigurationError {}
