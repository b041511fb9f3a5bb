//! What a client is configured with, and what its calls may ask for: objects that are checked against the
//! tables here and then read as they are.

use crate::protocol::authorization::is_openid;
use crate::protocol::error::Error;
use crate::protocol::json::Json;
use crate::protocol::metadata::ServerMetadata;
use crate::protocol::shape::{Kind, Shape};
use crate::protocol::text::{has, parts};
use crate::protocol::url::{Url, is_plain};

const CONFIGURATION: Shape = Shape {
    prefix: "",
    members: &[
        (Kind::Text, "clientId issuer scope sessionBinding"),
        (Kind::RedirectUri, "redirectUri postLogoutRedirectUri"),
        (Kind::Texts, "resource"),
        (Kind::Object, "metadata backend"),
        (Kind::Seconds, "transactionLifetime requestTimeout clockTolerance"),
        (Kind::Word("S256 off", ""), "pkce"),
        (Kind::Word("auto never", "always"), "par dpop"),
        (Kind::Word("memory session local", "worker"), "tokenStore"),
        (Kind::Word("fail restart", ""), "onUnknownTransaction"),
        (Kind::Word("verify trust-tls", ""), "idTokenSignature"),
        (Kind::List, "allowedOrigins"),
    ],
    is_open: false,
    error: Error::config,
};

const BACKEND_URLS: &str = "exchangeUrl sessionUrl logoutUrl";
const BACKEND: Shape = Shape {
    prefix: "backend",
    members: &[(Kind::Text, BACKEND_URLS), (Kind::Map, "headers")],
    is_open: false,
    error: Error::config,
};

const LOGIN_OPTIONS: Shape = Shape {
    prefix: "",
    members: &[
        (Kind::Text, "returnTo scope prompt loginHint uiLocales acrValues"),
        (Kind::Seconds, "maxAge"),
        (Kind::Texts, "resource"),
        (Kind::Any, "appState"),
        (Kind::Map, "extraParams"),
        (Kind::Later, "authorizationDetails"),
    ],
    is_open: false,
    error: Error::option,
};

const ACCESS_TOKEN_OPTIONS: Shape = Shape {
    prefix: "",
    members: &[(Kind::Seconds, "minValidity"), (Kind::Flag, "forceRefresh")],
    is_open: false,
    error: Error::option,
};

const LOGOUT_OPTIONS: Shape = Shape {
    prefix: "",
    members: &[(Kind::Flag, "idTokenHint redirect"), (Kind::RedirectUri, "postLogoutRedirectUri"), (Kind::Text, "state")],
    is_open: false,
    error: Error::option,
};

/// The configuration of a client: a `ClientConfig` of the JavaScript API, member by member. A member that there is not,
/// or that cannot be what it is, is an error of [`Client::connect`](super::Client::connect), which names it.
///
/// ```
/// use wicketgate::client::Configuration;
/// use wicketgate::protocol::json::Json;
///
/// let configuration = Configuration::new("my-app")
///     .with("issuer", "https://login.example")
///     .with("redirectUri", "https://app.example/callback")
///     .with("scope", "openid profile offline_access")
///     .with("tokenStore", "local")
///     .with_json("requestTimeout", Json::from(20));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration(Json);

impl Configuration {
    /// The defaults, for a client that is registered as `client_id` (RFC 6749 §2.2).
    pub fn new(client_id: &str) -> Self {
        Self(Json::Object(vec![("clientId".into(), Json::String(client_id.into()))]))
    }

    /// Sets a member of `ClientConfig` to a text, under its name there.
    #[must_use]
    pub fn with(mut self, member: &str, text: &str) -> Self {
        self.0.set(member, Json::String(text.into()));
        self
    }

    /// Sets a member of `ClientConfig` to any JSON, under its name there.
    #[must_use]
    pub fn with_json(mut self, member: &str, value: Json) -> Self {
        self.0.set(member, value);
        self
    }

    /// Reads the JSON text of a `ClientConfig`.
    ///
    /// # Errors
    /// As [`Client::connect`](super::Client::connect) gives them.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        CONFIGURATION.parse(text).map(Self)
    }

    /// Checks every member, and resolves the backend's URLs against the page's.
    pub(super) fn check(&mut self, page: &Url) -> Result<(), Error> {
        CONFIGURATION.check(&self.0)?;
        if self.client_id().is_empty() {
            return Err(Error::config("clientId", "is missing"));
        }
        check_scope_and_resource(&self.0, &CONFIGURATION)?;
        for name in ["transactionLifetime", "requestTimeout"] {
            if self.0.member(name).and_then(Json::as_millis) == Some(0) {
                return Err(Error::config(name, "is zero"));
            }
        }
        if let Some(origins) = self.0.member("allowedOrigins") {
            let origins = parsed_origins(origins)?;
            self.0.set("allowedOrigins", origins);
        }
        match self.0.member("backend") {
            Some(backend) => {
                let backend = resolved_backend(backend, page)?;
                self.0.set("backend", backend);
            }
            None if !self.has_pkce() => return Err(Error::config("pkce", "is off without a backend")),
            None => {}
        }
        Ok(())
    }

    /// What two clients must have in common to share a session: the server, and all that makes a difference to
    /// what its tokens may be used for, and by whom.
    pub(super) fn identity(&self, server: &str) -> String {
        let mut identity = Json::empty();
        identity.set_text("server", Some(server));
        identity.set_text("exchangeUrl", self.backend().and_then(|backend| backend.text("exchangeUrl")));
        for name in
            ["clientId", "scope", "resource", "sessionBinding", "idTokenSignature", "tokenStore", "metadata", "clockTolerance"]
        {
            identity.set_copy(name, self.0.member(name));
        }
        identity.to_text()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    pub(super) fn client_id(&self) -> &str {
        self.text("clientId").unwrap_or_default()
    }

    pub(super) fn resource(&self) -> Option<&Json> {
        self.0.member("resource")
    }

    pub(super) fn has_pkce(&self) -> bool {
        self.text("pkce") != Some("off")
    }

    /// Metadata given by hand, unchecked.
    pub(super) fn metadata(&self) -> Json {
        self.0.member("metadata").cloned().unwrap_or(Json::empty())
    }

    pub(super) fn backend(&self) -> Option<&Json> {
        self.0.member("backend")
    }

    /// To which origins access tokens may be sent, as the URL standard serializes them.
    pub(super) fn allowed_origins(&self) -> &[Json] {
        self.0.member("allowedOrigins").map_or(&[], Json::items)
    }

    /// How long a begun login may take, in milliseconds.
    pub(super) fn transaction_lifetime(&self) -> u64 {
        self.0.member("transactionLifetime").and_then(Json::as_millis).unwrap_or(600_000)
    }

    /// Time allowed for one request, in milliseconds.
    pub(super) fn request_timeout(&self) -> u64 {
        self.0.member("requestTimeout").and_then(Json::as_millis).unwrap_or(10_000)
    }

    /// Clock difference accepted when ID tokens are checked, in milliseconds.
    pub(super) fn clock_tolerance(&self) -> u64 {
        self.0.member("clockTolerance").and_then(Json::as_millis).unwrap_or(60_000)
    }

    /// Whether signatures are checked, or TLS is trusted.
    pub(super) fn verifies_signatures(&self) -> bool {
        self.text("idTokenSignature") != Some("trust-tls")
    }

    /// Whether a login with `scope` has an ID token, and it is checked here and not at a backend.
    pub(super) fn checks_id_token(&self, scope: Option<&str>) -> bool {
        self.backend().is_none() && scope.is_some_and(is_openid)
    }

    /// Whether `server` has what a login with `scope` needs.
    ///
    /// # Errors
    /// `invalid_metadata`, naming what is missing; `invalid_config` where that is the issuer.
    pub(super) fn check_endpoints(&self, server: &ServerMetadata, scope: Option<&str>) -> Result<(), Error> {
        server.endpoint("authorization_endpoint")?;
        if self.backend().is_none() {
            server.endpoint("token_endpoint")?;
        }
        if self.checks_id_token(scope) {
            if server.issuer().is_none() {
                return Err(Error::config("issuer", "is missing, which openid in the scope needs"));
            }
            if self.verifies_signatures() {
                server.endpoint("jwks_uri")?;
            }
        }
        Ok(())
    }
}

/// Each of `origins` as a parser serializes it. What says more than an origin would promise a narrower bound than there is, a
/// `*` a wider one, and a token would be read on the way to one that is not confidential.
fn parsed_origins(origins: &Json) -> Result<Json, Error> {
    let mut parsed = Vec::new();
    for text in origins.items().iter().filter_map(Json::as_str) {
        let url = Url::parse(text).filter(|url| url.is_confidential() && !url.has_credentials() && is_plain(text));
        let is_origin = |url: &Url| url.path_and_after() == "/" && !has(text, '*');
        let Some(url) = url.filter(is_origin) else {
            return Err(Error::config("allowedOrigins", "has what is no https origin, or http on a loopback host"));
        };
        parsed.push(Json::String(url.origin()));
    }
    Ok(Json::Array(parsed))
}

/// Checks a backend's members, and makes its URLs absolute: all of the page's own origin.
fn resolved_backend(backend: &Json, page: &Url) -> Result<Json, Error> {
    BACKEND.check(backend)?;
    let mut resolved = backend.clone();
    for name in parts(BACKEND_URLS, ' ') {
        let Some(text) = backend.text(name) else { continue };
        let url = page.join(text).filter(|url| is_plain(text) && url.origin() == page.origin() && !url.has_credentials());
        let url = url.ok_or_else(|| BACKEND.wrong(name, "is not of this page's origin"))?;
        resolved.set(name, Json::String(url.href().into()));
    }
    if backend.text("exchangeUrl").is_none() {
        return Err(BACKEND.wrong("exchangeUrl", "is missing"));
    }
    // RFC 9110 §5: what has anything else in its name, or a control in its value, is no header field.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_field = |name: &str, value: &str| {
        !name.is_empty() && name.bytes().all(is_name) && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    let headers = backend.member("headers").map_or(&[][..], Json::members);
    if !headers.iter().all(|(name, value)| is_field(name, value.as_str().unwrap_or_default())) {
        return Err(BACKEND.wrong("headers", "has what is no header field"));
    }
    Ok(resolved)
}

/// What one login asks for: `LoginOptions` of the JavaScript API, member by member.
///
/// ```
/// use wicketgate::client::LoginOptions;
///
/// let options = LoginOptions::none().with("returnTo", "/orders?open").with("loginHint", "ada@example.com");
/// ```
#[derive(Debug, Clone)]
pub struct LoginOptions(pub(super) Json);

impl LoginOptions {
    /// Nothing in particular.
    pub fn none() -> Self {
        Self(Json::empty())
    }

    /// Sets a member of `LoginOptions` to a text, under its name there.
    #[must_use]
    pub fn with(mut self, member: &str, text: &str) -> Self {
        self.0.set(member, Json::String(text.into()));
        self
    }

    /// Sets a member of `LoginOptions` to any JSON, under its name there.
    #[must_use]
    pub fn with_json(mut self, member: &str, value: Json) -> Self {
        self.0.set(member, value);
        self
    }

    /// Reads the JSON text of `LoginOptions`.
    ///
    /// # Errors
    /// `invalid_option`, naming the member; `unsupported_environment`.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        LOGIN_OPTIONS.parse(text).map(Self)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        LOGIN_OPTIONS.check(&self.0)?;
        // OpenID Connect Core §3.1.2.1: an integer.
        if self.0.member("maxAge").is_some() && self.0.integer("maxAge").is_none() {
            return Err(Error::option("maxAge", "is not a whole number of seconds"));
        }
        check_scope_and_resource(&self.0, &LOGIN_OPTIONS)
    }
}

/// Scope (RFC 6749 §3.3): printable ASCII without `"` and `\`. Resources (RFC 8707 §2): absolute URIs without
/// fragment.
fn check_scope_and_resource(object: &Json, shape: &Shape) -> Result<(), Error> {
    let is_scope = |scope: &str| scope.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\');
    if !object.text("scope").is_none_or(is_scope) {
        return Err(shape.wrong("scope", "has characters that a scope cannot have"));
    }
    let is_resource = |uri: &str| has(uri, ':') && !has(uri, '#') && is_plain(uri);
    let resources = object.member("resource").map_or(&[][..], Json::items);
    if !resources.iter().filter_map(Json::as_str).all(is_resource) {
        return Err(shape.wrong("resource", "is not an absolute URI without fragment"));
    }
    Ok(())
}

/// What is asked of an access token: the options of `accessToken` of the JavaScript API, member by member.
///
/// ```
/// use wicketgate::client::AccessTokenOptions;
/// use wicketgate::protocol::json::Json;
///
/// let fresh = AccessTokenOptions::none().with_json("forceRefresh", Json::Bool(true));
/// ```
#[derive(Debug, Clone)]
pub struct AccessTokenOptions(Json);

impl AccessTokenOptions {
    /// Nothing in particular.
    pub fn none() -> Self {
        Self(Json::empty())
    }

    /// Sets a member, under its name there.
    #[must_use]
    pub fn with_json(mut self, member: &str, value: Json) -> Self {
        self.0.set(member, value);
        self
    }

    /// Reads the JSON text of the options.
    ///
    /// # Errors
    /// `invalid_option`, naming the member.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        ACCESS_TOKEN_OPTIONS.parse(text).map(Self)
    }

    /// What the token must be good for, in milliseconds.
    pub(super) fn min_validity(&self) -> Option<u64> {
        self.0.member("minValidity").and_then(Json::as_millis)
    }

    pub(super) fn forces_refresh(&self) -> bool {
        self.0.is_true("forceRefresh")
    }
}

/// What a logout does: the options of `logout` of the JavaScript API, member by member.
///
/// ```
/// use wicketgate::client::LogoutOptions;
/// use wicketgate::protocol::json::Json;
///
/// let only_here = LogoutOptions::none().with_json("redirect", Json::Bool(false));
/// ```
#[derive(Debug, Clone)]
pub struct LogoutOptions(Json);

impl LogoutOptions {
    /// Nothing in particular.
    pub fn none() -> Self {
        Self(Json::empty())
    }

    /// Sets a member, under its name there.
    #[must_use]
    pub fn with_json(mut self, member: &str, value: Json) -> Self {
        self.0.set(member, value);
        self
    }

    /// Reads the JSON text of the options.
    ///
    /// # Errors
    /// `invalid_option`, naming the member.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        LOGOUT_OPTIONS.parse(text).map(Self)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        LOGOUT_OPTIONS.check(&self.0)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    /// Whether the user leaves for the server. The default.
    pub(super) fn redirects(&self) -> bool {
        !matches!(self.0.member("redirect"), Some(Json::Bool(false)))
    }

    /// Whether the ID token is sent along. The default.
    pub(super) fn sends_id_token(&self) -> bool {
        !matches!(self.0.member("idTokenHint"), Some(Json::Bool(false)))
    }
}
