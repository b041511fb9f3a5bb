//! [`Configuration`] as it is given, and [`Backend`]: the same, checked once.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use base64ct::{Base64UrlUnpadded, Encoding};
use tokio::sync::Mutex;
use url::Url;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::Algorithm;
use wicketgate::protocol::metadata::discovery_urls;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::url::is_plain;

use crate::api::Api;
use crate::authorization_server::AuthorizationServer;
use crate::http_client::{HttpClients, http_client};
use crate::id_token::Issuer;
use crate::session_cookie::SessionCookie;
use crate::token_endpoint::TokenEndpoint;

/// What [`router`](crate::router) needs to know. [`new`](Self::new) takes what has no default; set the rest after.
#[derive(Debug)]
#[non_exhaustive]
pub struct Configuration {
    /// The page's origin, as the browser spells it: `https://app.example`. Plain `http:` on loopback only; the
    /// cookie is then the development one.
    pub public_origin: String,
    /// The client identifier (RFC 6749 §2.2). A hand-off for another client is refused.
    pub client_id: String,
    /// The client secret. It goes to the token endpoint and nowhere else.
    pub client_secret: Secret,
    /// The token endpoint (RFC 6749 §3.2): `https:`, or `http:` on loopback.
    pub token_endpoint: String,
    /// How the secret is sent. Default: in the form.
    pub client_authentication: ClientAuthenticationMethod,
    /// Encrypts sessions. Every instance has the same one.
    pub cookie_key: CookieKey,
    /// Keys that [`cookie_key`](Self::cookie_key) replaced: sessions encrypted with them are still read.
    pub cookie_keys_old: Vec<CookieKey>,
    /// The origin that `/api/…` is forwarded to: `https:`, or `http:` on loopback. Default: none, and 404.
    pub api_origin: Option<String>,
    /// Where set, a hand-off that names another redirect URI is refused.
    pub redirect_uri: Option<String>,
    /// The issuer identifier. Where set, a hand-off that names another (RFC 9207) is refused. A login with a nonce,
    /// which is one with OpenID Connect, needs it: the ID token is checked against it, and its metadata says where the
    /// keys are.
    pub issuer: Option<String>,
    /// The issuer's keys (RFC 7517): `https:`, or `http:` on loopback. Default: what the issuer's metadata says. Where
    /// set, no metadata is asked for.
    pub jwks_uri: Option<String>,
    /// The algorithms that the issuer signs ID tokens with, by their registered names. Default: none here, and what
    /// the issuer's metadata lists; where there is no list either, `RS256` alone.
    pub id_token_signing_algorithms: Vec<String>,
    /// Whether every login must be one with OpenID Connect: a hand-off without a nonce is refused. Default: no, and then it
    /// is the page that decides whether an ID token is looked at.
    pub requires_id_token: bool,
    /// Time for one token request, for the metadata and keys beside it, and for the API to begin its answer. Default:
    /// 10 seconds.
    pub timeout: Duration,
}

impl Configuration {
    /// A configuration with the defaults for all that is not an argument.
    pub fn new(
        public_origin: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        token_endpoint: impl Into<String>,
        cookie_key: CookieKey,
    ) -> Self {
        Self {
            public_origin: public_origin.into(),
            client_id: client_id.into(),
            client_secret: Secret::new(client_secret.into()),
            token_endpoint: token_endpoint.into(),
            client_authentication: ClientAuthenticationMethod::Form,
            cookie_key,
            cookie_keys_old: Vec::new(),
            api_origin: None,
            redirect_uri: None,
            issuer: None,
            jwks_uri: None,
            id_token_signing_algorithms: Vec::new(),
            requires_id_token: false,
            timeout: Duration::from_secs(10),
        }
    }
}

/// Where the client secret stands in a token request (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthenticationMethod {
    /// `client_secret_post`: among the form's parameters.
    Form,
    /// `client_secret_basic`: HTTP Basic.
    Basic,
}

/// A key for sessions. Its `Debug` shows nothing of it.
pub struct CookieKey(pub(crate) cookie::Key);

impl CookieKey {
    /// Reads at least 32 bytes in base64url, as `openssl rand -base64 32 | tr '+/' '-_'` prints them. They must
    /// come from a CSPRNG.
    ///
    /// # Errors
    /// Where it is not base64url, or shorter.
    pub fn from_base64url(text: &str) -> Result<Self, ConfigurationError> {
        let refused = |problem| ConfigurationError { member: "cookie_key", problem };
        let bytes = Base64UrlUnpadded::decode_vec(text.trim_end_matches('=')).map_err(|_| refused("is not base64url"))?;
        // What follows panics on less, and less could be guessed.
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
    /// What is wrong with it; reads on from the member's name. Holds nothing of its value.
    pub problem: &'static str,
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.member, self.problem)
    }
}

impl core::error::Error for ConfigurationError {}

/// A configuration that can be used, and what is made from it: shared by all requests.
pub(crate) struct Backend {
    pub(crate) public_origin: HeaderValue,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) requires_id_token: bool,
    pub(crate) timeout: Duration,
    pub(crate) session_cookie: SessionCookie,
    pub(crate) token_endpoint: TokenEndpoint,
    pub(crate) api: Option<Api>,
}

impl Backend {
    pub(crate) fn new(configuration: Configuration) -> Result<Self, ConfigurationError> {
        let refused = |member, problem| Err(ConfigurationError { member, problem });
        if configuration.client_id.is_empty() {
            return refused("client_id", "is empty");
        }
        if configuration.client_secret.expose().is_empty() {
            return refused("client_secret", "is empty");
        }
        if configuration.timeout.is_zero() {
            return refused("timeout", "is zero");
        }
        let timeout = configuration.timeout;

        let public_origin = origin("public_origin", &configuration.public_origin)?;
        let serialized = public_origin.origin().ascii_serialization();
        let Ok(public_origin_value) = HeaderValue::from_str(&serialized) else {
            return refused("public_origin", "is not an origin");
        };

        let server = Arc::new(AuthorizationServer { clients: HttpClients::new(timeout), timeout });
        let token_endpoint = endpoint("token_endpoint", &configuration.token_endpoint, &server)?;
        let algorithms = algorithms(&configuration.id_token_signing_algorithms)?;
        let issuer = match configuration.issuer {
            None if configuration.jwks_uri.is_some() || algorithms.is_some() => {
                return refused("issuer", "is not set, but something about its ID tokens is");
            }
            None => None,
            Some(identifier) => {
                match &configuration.jwks_uri {
                    Some(jwks_uri) => drop(endpoint("jwks_uri", jwks_uri, &server)?),
                    None if discovery_urls(&identifier).is_err() => {
                        return refused("issuer", "is not an https URL without query and fragment");
                    }
                    None => drop(endpoint("issuer", &identifier, &server)?),
                }
                let (jwks_uri, published) = (configuration.jwks_uri, Mutex::default());
                Some(Issuer { server: server.clone(), identifier, jwks_uri, algorithms, published })
            }
        };

        let api = match configuration.api_origin.as_deref() {
            None => None,
            Some(text) => {
                let origin = origin("api_origin", text)?;
                let refused = |problem| ConfigurationError { member: "api_origin", problem };
                let http = http_client(&origin, timeout, usize::MAX).map_err(refused)?;
                Some(Api { origin, http })
            }
        };

        Ok(Self {
            public_origin: public_origin_value,
            client_id: configuration.client_id,
            redirect_uri: configuration.redirect_uri,
            issuer,
            requires_id_token: configuration.requires_id_token,
            timeout,
            session_cookie: SessionCookie::new(
                public_origin.scheme() == "https",
                configuration.cookie_key,
                configuration.cookie_keys_old,
            ),
            token_endpoint: TokenEndpoint {
                server,
                url: token_endpoint,
                client_secret: configuration.client_secret,
                client_authentication: configuration.client_authentication,
            },
            api,
        })
    }
}

/// A URL whose requests nobody on the way can read.
fn confidential_url(member: &'static str, text: &str) -> Result<Url, ConfigurationError> {
    let refused = |problem| ConfigurationError { member, problem };
    let parsed = wicketgate::protocol::url::Url::parse(text)
        .filter(|_| is_plain(text))
        .ok_or_else(|| refused("is not an absolute http(s) URL"))?;
    if parsed.has_credentials() {
        return Err(refused("has a user name or a password in it"));
    }
    if !parsed.is_confidential() {
        return Err(refused("must begin with https:// (http:// is for loopback only)"));
    }
    Url::parse(parsed.href()).map_err(|_| refused("is not an absolute http(s) URL"))
}

/// The same, of the authorization `server`: it has no fragment (RFC 6749 §3.2), and this machine can speak to it.
fn endpoint(member: &'static str, text: &str, server: &AuthorizationServer) -> Result<Url, ConfigurationError> {
    let refused = |problem| ConfigurationError { member, problem };
    let url = confidential_url(member, text)?;
    if url.fragment().is_some() {
        return Err(refused("has a fragment"));
    }
    server.clients.of(&url).map_err(refused)?;
    Ok(url)
}

/// The names as metadata lists them; `None` where there are none.
fn algorithms(names: &[String]) -> Result<Option<Json>, ConfigurationError> {
    if names.iter().any(|name| Algorithm::from_name(name).is_none()) {
        let problem = "has a name that is not one of a signature algorithm that can be accepted";
        return Err(ConfigurationError { member: "id_token_signing_algorithms", problem });
    }
    let names: Vec<Json> = names.iter().cloned().map(Json::String).collect();
    Ok((!names.is_empty()).then_some(Json::Array(names)))
}

/// A confidential URL with nothing after the host and port: what is left out cannot be misunderstood.
fn origin(member: &'static str, text: &str) -> Result<Url, ConfigurationError> {
    let url = confidential_url(member, text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigurationError { member, problem: "is more than an origin: leave out what follows host and port" });
    }
    Ok(url)
}
