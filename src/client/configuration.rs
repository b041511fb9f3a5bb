//! The configuration of a client: [`Configuration`], which an app fills in, and [`Settings`], which the client reads.

use core::time::Duration;

use super::lacks;
use super::members::{check_logout_parameters, check_scope_and_resource, members, options, seconds, words};
use crate::protocol::authorization::is_openid;
use crate::protocol::error::Error;
use crate::protocol::json::Json;
use crate::protocol::metadata::ServerMetadata;
use crate::protocol::shape::{Kind, Shape};
use crate::protocol::text::{has, parts};
use crate::protocol::url::{Url, is_plain};

/// Every member of this table has a setter below.
const CONFIGURATION: Shape = Shape {
    prefix: "",
    members: &[
        (Kind::Text, "clientId issuer scope sessionBinding"),
        (Kind::RedirectUri, "redirectUri postLogoutRedirectUri"),
        (Kind::Texts, "resource"),
        (Kind::Object, "metadata backend"),
        (Kind::Seconds, "transactionLifetime requestTimeout clockTolerance"),
        #[cfg(feature = "idle")]
        (Kind::Seconds, "idleLimit endWarning"),
        #[cfg(feature = "environment")]
        (Kind::Any, "environment"),
        (Kind::Word("S256 off", ""), "pkce"),
        (Kind::Word("auto always never", ""), "par dpop"),
        (Kind::Word("memory session local", "worker"), "tokenStore"),
        (Kind::Word("fail restart", ""), "onUnknownTransaction"),
        (Kind::Word("verify trust-tls", ""), "idTokenSignature"),
        #[cfg(not(feature = "resources"))]
        (Kind::List, "allowedOrigins trustedAudiences"),
        #[cfg(feature = "resources")]
        (Kind::List, "trustedAudiences"),
        #[cfg(feature = "resources")]
        (Kind::Items, "allowedOrigins"),
        (Kind::Map, "extraParams logoutParams"),
    ],
    lacks: lacks::MEMBERS,
    is_open: false,
    has_nulls: false,
    error: Error::config,
};

/// A member that no caller sets: the APIs of `allowedOrigins` that have tokens of their own.
#[cfg(feature = "resources")]
const APIS: &str = "apis";

const BACKEND_URLS: &str = "loginUrl exchangeUrl sessionUrl beginUrl logoutUrl";
const BACKEND: Shape = Shape {
    prefix: "backend",
    members: &[(Kind::Text, BACKEND_URLS), (Kind::Map, "headers")],
    lacks: &[],
    is_open: false,
    has_nulls: false,
    error: Error::config,
};

members! {
    /// The configuration of a client.
    ///
    /// ```
    /// use core::time::Duration;
    /// use wicketgate::{Configuration, TokenStore};
    ///
    /// let configuration = Configuration::new("my-app")
    ///     .issuer("https://login.example")
    ///     .redirect_uri("https://app.example/callback")
    ///     .scope("openid profile offline_access")
    ///     .token_store(TokenStore::Local)
    ///     .request_timeout(Duration::from_secs(20));
    /// ```
    ///
    /// [`Client::connect`](super::Client::connect) checks the configuration. Its error names the member that cannot be used, by
    /// its name in the JavaScript API: `redirectUri` for [`redirect_uri`](Self::redirect_uri).
    Configuration
}

impl Configuration {
    /// A client that is registered at the server as `client_id` (RFC 6749 §2.2). All other members have their defaults.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self(Json::empty()).set("clientId", client_id.into())
    }

    /// The server's issuer identifier, spelled exactly as the server spells it (RFC 8414 §2). The client discovers the
    /// server's metadata there. Required for `openid`; otherwise [`metadata`](Self::metadata) can stand in for it.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.set("issuer", issuer.into())
    }

    /// The server's metadata, given by hand (RFC 8414 §2). They take precedence over metadata that the client discovers.
    /// Without an [`issuer`](Self::issuer), the client discovers nothing. Default: none.
    pub fn metadata(self, metadata: impl Into<Metadata>) -> Self {
        self.set("metadata", metadata.into())
    }

    /// The URL to which the server sends the browser after a login: absolute, without a fragment, exactly as registered (RFC
    /// 6749 §3.1.2). Default: not sent; the server uses the registered one.
    pub fn redirect_uri(self, uri: impl Into<String>) -> Self {
        self.set("redirectUri", uri.into())
    }

    /// The scope that logins request, separated by spaces (RFC 6749 §3.3). With `openid` in it, the server must send an ID
    /// token, and the client validates it (OpenID Connect Core §3.1.3.7). Default: not sent.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.set("scope", scope.into())
    }

    /// Adds a resource for which logins request tokens: an absolute URI without a fragment (RFC 8707 §2). Default: none.
    pub fn resource(self, uri: impl Into<String>) -> Self {
        self.append("resource", uri.into())
    }

    /// The backend that redeems the code and keeps the tokens (RFC 10017 §6.1). Required if the server demands a client secret.
    /// Default: none; the page redeems the code.
    pub fn backend(self, backend: BackendConfiguration) -> Self {
        self.set("backend", backend)
    }

    /// Proof Key for Code Exchange (RFC 7636). Default: [`Pkce::S256`].
    pub fn pkce(self, pkce: Pkce) -> Self {
        self.set("pkce", pkce)
    }

    /// Pushed authorization requests (RFC 9126). Default: [`Usage::Auto`].
    pub fn par(self, usage: Usage) -> Self {
        self.set("par", usage)
    }

    /// Sender-constrained tokens (RFC 9449). Default: [`Usage::Auto`].
    pub fn dpop(self, usage: Usage) -> Self {
        self.set("dpop", usage)
    }

    /// Whether the client checks the signature of ID tokens (OpenID Connect Core §3.1.3.7, step 6). Default:
    /// [`IdTokenSignature::Verify`].
    pub fn id_token_signature(self, signature: IdTokenSignature) -> Self {
        self.set("idTokenSignature", signature)
    }

    /// Where the client keeps the tokens (RFC 10017 §8). Default: [`TokenStore::Session`].
    pub fn token_store(self, store: TokenStore) -> Self {
        self.set("tokenStore", store)
    }

    /// Adds an origin to which the access token may be sent, such as `https://api.example` (RFC 6750 §5.3): `https`, or
    /// `http` on a loopback host, without a path. Origins are compared whole. Default: none.
    pub fn allowed_origin(self, origin: impl Into<String>) -> Self {
        self.append("allowedOrigins", origin.into())
    }

    /// Adds an origin to which an access token of its own may be sent: that of `resource` (RFC 8707 §2), with `scope` or with
    /// whatever the server gives for it. One login brings the tokens of all APIs, if the server gives a refresh token.
    #[cfg(feature = "resources")]
    pub fn allowed_api(self, origin: impl Into<String>, resource: impl Into<String>, scope: Option<&str>) -> Self {
        let mut api = Json::empty();
        api.set_text("origin", Some(&origin.into()));
        api.set_text("resource", Some(&resource.into()));
        api.set_text("scope", scope);
        self.append("allowedOrigins", api)
    }

    /// Adds an audience that an ID token without an `azp` may name beside this client (OpenID Connect Core §3.1.3.7). Default:
    /// none.
    pub fn trusted_audience(self, audience: impl Into<String>) -> Self {
        self.append("trustedAudiences", audience.into())
    }

    /// Adds a parameter to every authorization request, such as Auth0's `audience`. The parameters of one login
    /// ([`LoginOptions::extra_param`](super::LoginOptions::extra_param)) take precedence. Default: none.
    pub fn extra_param(self, name: &str, value: impl Into<String>) -> Self {
        self.insert("extraParams", name, value.into())
    }

    /// Adds a parameter to every logout at the server, such as Cognito's `logout_uri`. The parameters of one logout
    /// ([`LogoutOptions::extra_param`](super::LogoutOptions::extra_param)) take precedence. Default: none.
    pub fn logout_param(self, name: &str, value: impl Into<String>) -> Self {
        self.insert("logoutParams", name, value.into())
    }

    /// How long a login may take, from its beginning to the callback, to the millisecond. Not zero. Default: 600 seconds.
    pub fn transaction_lifetime(self, duration: Duration) -> Self {
        self.set("transactionLifetime", seconds(duration))
    }

    /// How far the clocks of the page and the server may differ when the times in an ID token are checked (OpenID Connect
    /// Core §3.1.3.7), to the millisecond. Default: 60 seconds.
    pub fn clock_tolerance(self, duration: Duration) -> Self {
        self.set("clockTolerance", seconds(duration))
    }

    /// How long a session may go unused: then the client ends it in all tabs, and at the backend, and revokes its tokens. The
    /// tabs of the origin share the time of the user's last activity (a key, a click, a touch, the wheel). Not zero. Default:
    /// without limit.
    #[cfg(feature = "idle")]
    pub fn idle_limit(self, duration: Duration) -> Self {
        self.set("idleLimit", seconds(duration))
    }

    /// How long before the end of a session the client notifies listeners: [`Session::ending_at`](super::Session::ending_at).
    /// Default: never.
    #[cfg(feature = "idle")]
    pub fn end_warning(self, duration: Duration) -> Self {
        self.set("endWarning", seconds(duration))
    }

    /// Whether the app is not a web page: a desktop or mobile app, or a browser extension. The app opens the server's pages
    /// itself, outside of this page, and passes the callback's URL to
    /// [`Client::handle_callback`](super::Client::handle_callback). [`redirect_uri`](Self::redirect_uri) may have another origin,
    /// or a scheme of the app's own (RFC 8252 §7). Default: `false`.
    #[cfg(feature = "environment")]
    pub fn environment(self, is_no_web_page: bool) -> Self {
        self.set("environment", is_no_web_page)
    }

    /// How long one request to the server or the backend may take, to the millisecond. Not zero. Default: 10 seconds.
    pub fn request_timeout(self, duration: Duration) -> Self {
        self.set("requestTimeout", seconds(duration))
    }

    /// What the client does with the callback of a login that was not begun in this tab (RFC 6749 §10.12). Default:
    /// [`OnUnknownTransaction::Fail`].
    pub fn on_unknown_transaction(self, reaction: OnUnknownTransaction) -> Self {
        self.set("onUnknownTransaction", reaction)
    }

    /// The user of the app to whom logins belong: any string that tells users apart. A login that was begun under one
    /// binding cannot be completed under another (RFC 9700 §4.5). Default: none.
    pub fn session_binding(self, user: impl Into<String>) -> Self {
        self.set("sessionBinding", user.into())
    }

    /// The URL to which the server sends the user after a logout: absolute, without a fragment, exactly as registered (OpenID
    /// Connect RP-Initiated Logout §3). Default: the user stays at the server.
    pub fn post_logout_redirect_uri(self, uri: impl Into<String>) -> Self {
        self.set("postLogoutRedirectUri", uri.into())
    }

    /// Reads the JSON text of the JavaScript API's `ClientConfig`: settings that the page fetches before the app starts.
    ///
    /// # Errors
    /// `invalid_config`, which names the member; `unsupported_environment` for a value that this version does not support.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        CONFIGURATION.parse(text).map(Self)
    }

    /// Sets every member of the JSON text, which [`from_json`](Self::from_json) reads: the settings that differ between the
    /// deployments of the app.
    ///
    /// ```
    /// use wicketgate::Configuration;
    ///
    /// let configuration = Configuration::new("my-app").scope("openid").merge_json(r#"{"issuer":"https://login.test"}"#)?;
    /// assert_eq!(configuration, Configuration::new("my-app").scope("openid").issuer("https://login.test"));
    /// # Ok::<(), wicketgate::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`from_json`](Self::from_json).
    pub fn merge_json(self, text: &str) -> Result<Self, Error> {
        let given = CONFIGURATION.parse(text)?;
        Ok(given.members().iter().fold(self, |configuration, (name, value)| configuration.set(name, value.clone())))
    }
}

/// A configuration as the client reads it, once it is [checked](Self::check).
pub(crate) struct Settings(Json);

impl From<Configuration> for Settings {
    fn from(configuration: Configuration) -> Self {
        Self(configuration.0)
    }
}

impl Settings {
    /// Checks every member, and resolves the backend's URLs against the page's.
    pub(crate) fn check(&mut self, page: &Url) -> Result<(), Error> {
        CONFIGURATION.check(&self.0)?;
        if self.client_id().is_empty() {
            return Err(Error::config("clientId", "is missing"));
        }
        check_scope_and_resource(&self.0, &CONFIGURATION)?;
        check_logout_parameters(&self.0, "logoutParams", &CONFIGURATION)?;
        // Storage belongs to an origin: the page of another origin would not find the login of the response.
        let redirect_origin = self.text("redirectUri").and_then(Url::parse_redirect_uri).map(|url| url.origin());
        #[cfg(feature = "environment")]
        let redirect_origin = redirect_origin.filter(|_| !self.is_elsewhere());
        #[cfg(feature = "environment")]
        self.check_elsewhere()?;
        if let Some(origin) = redirect_origin.filter(|origin| *origin != page.origin()) {
            let error = Error::config("redirectUri", "is not of this page's origin");
            return Err(error.with_values(&origin, &page.origin()));
        }
        for name in [
            "transactionLifetime",
            "requestTimeout",
            #[cfg(feature = "idle")]
            "idleLimit",
        ] {
            if self.0.member(name).and_then(Json::as_millis) == Some(0) {
                return Err(Error::config(name, "is zero"));
            }
        }
        #[cfg(all(feature = "resources", feature = "tokens"))]
        if let Some(allowed) = self.0.member_or_null("allowedOrigins") {
            let (origins, apis) = super::apis::separated(allowed)?;
            self.0.set("allowedOrigins", origins);
            self.0.set(APIS, apis);
        }
        if let Some(origins) = self.0.member("allowedOrigins").filter(|_| cfg!(feature = "tokens")) {
            let origins = parsed_origins(origins)?;
            self.0.set("allowedOrigins", origins);
        }
        match self.0.member("backend") {
            #[cfg(feature = "dpop")]
            Some(_) if self.text("dpop") == Some("always") => {
                return Err(Error::config("dpop", "is a setting of the backend itself, which keeps the tokens"));
            }
            Some(backend) => {
                let backend = resolved_backend(backend, page)?;
                self.0.set("backend", backend);
            }
            #[cfg(not(feature = "tokens"))]
            None => return Err(lacks::tokens("a login without a backend")),
            #[cfg(feature = "tokens")]
            None if !self.has_pkce() => return Err(Error::config("pkce", "is off without a backend")),
            #[cfg(feature = "tokens")]
            None => {}
        }
        Ok(())
    }

    /// Whether the server's pages open outside of this page, and callbacks come in by the platform.
    #[cfg(feature = "environment")]
    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self.0.member("environment"), Some(Json::Object(_) | Json::Bool(true)))
    }

    /// Checks what an app that is not a web page needs.
    #[cfg(feature = "environment")]
    fn check_elsewhere(&self) -> Result<(), Error> {
        if !self.is_elsewhere() {
            let is_web = matches!(self.0.member("environment"), None | Some(Json::Bool(false)));
            return if is_web { Ok(()) } else { Err(Error::config("environment", "is not an object")) };
        }
        let Some(redirect_uri) = self.text("redirectUri").and_then(Url::parse_redirect_uri) else {
            return Err(Error::config("redirectUri", "is missing, which environment needs"));
        };
        // RFC 8252 §7: an https URL that belongs to the app, a loopback address, or a scheme of the app's own.
        if !redirect_uri.is_confidential() {
            return Err(Error::config("redirectUri", "is neither https, a loopback address nor of the app's own scheme"));
        }
        // Its routes are of the page's own origin, and an app that is not a web page has no such origin.
        if self.backend().is_some() {
            return Err(Error::config("backend", "does not go with environment"));
        }
        Ok(())
    }

    /// The settings that two clients must have in common to share a session: the server, and everything that determines what
    /// its tokens may be used for, and by whom.
    pub(crate) fn identity(&self, server: &str) -> String {
        let mut identity = Json::empty();
        identity.set_text("server", Some(server));
        for name in ["exchangeUrl", "loginUrl"] {
            identity.set_text(name, self.backend_url(name));
        }
        for name in
            ["clientId", "scope", "resource", "sessionBinding", "idTokenSignature", "tokenStore", "metadata", "clockTolerance"]
        {
            identity.set_copy(name, self.0.member(name));
        }
        #[cfg(feature = "dpop")]
        identity.set_copy("dpop", self.0.member("dpop"));
        #[cfg(feature = "resources")]
        identity.set_copy(APIS, self.0.member(APIS));
        identity.to_text()
    }

    /// The APIs that have tokens of their own: objects of `origin`, `resource` and perhaps `scope`.
    #[cfg(feature = "resources")]
    pub(crate) fn apis(&self) -> &[Json] {
        self.0.member(APIS).map_or(&[], Json::items)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    pub(crate) fn client_id(&self) -> &str {
        self.text("clientId").unwrap_or_default()
    }

    pub(crate) fn resource(&self) -> Option<&Json> {
        self.0.member("resource")
    }

    pub(crate) fn has_pkce(&self) -> bool {
        self.text("pkce") != Some("off")
    }

    /// Metadata given by hand, unchecked.
    pub(crate) fn metadata(&self) -> Json {
        self.0.member("metadata").cloned().unwrap_or(Json::empty())
    }

    pub(crate) fn backend(&self) -> Option<&Json> {
        self.0.member("backend").filter(|_| cfg!(feature = "backend"))
    }

    /// The backend's URL `name`, if it is configured.
    pub(crate) fn backend_url(&self, name: &str) -> Option<&str> {
        self.backend()?.text(name)
    }

    /// Whether the page redeems the code and keeps the tokens.
    fn redeems(&self) -> bool {
        cfg!(feature = "tokens") && self.backend().is_none()
    }

    /// The origins to which access tokens may be sent, as the URL standard serializes them.
    pub(crate) fn allowed_origins(&self) -> &[Json] {
        self.0.member("allowedOrigins").map_or(&[], Json::items)
    }

    /// The parameters in the member `name`, overlaid by those of one call.
    pub(crate) fn parameters(&self, name: &str, of_call: Option<&Json>) -> Json {
        let mut all = self.0.member(name).cloned().unwrap_or(Json::empty());
        for (name, value) in of_call.map_or(&[][..], Json::members) {
            all.set(name, value.clone());
        }
        all
    }

    /// Further audiences that an ID token without an `azp` may name.
    pub(super) fn trusted_audiences(&self) -> &[Json] {
        self.0.member("trustedAudiences").map_or(&[], Json::items)
    }

    /// How long a login may take, in milliseconds.
    pub(crate) fn transaction_lifetime(&self) -> u64 {
        self.0.member("transactionLifetime").and_then(Json::as_millis).unwrap_or(600_000)
    }

    /// How long a session may go unused, in milliseconds.
    #[cfg(feature = "idle")]
    pub(crate) fn idle_limit(&self) -> Option<u64> {
        self.0.member("idleLimit").and_then(Json::as_millis)
    }

    /// How long before its end a session is said to end soon, in milliseconds.
    #[cfg(feature = "idle")]
    pub(crate) fn end_warning(&self) -> Option<u64> {
        self.0.member("endWarning").and_then(Json::as_millis)
    }

    /// The time that one request may take, in milliseconds.
    pub(crate) fn request_timeout(&self) -> u64 {
        self.0.member("requestTimeout").and_then(Json::as_millis).unwrap_or(10_000)
    }

    /// The accepted difference between the clocks when ID tokens are checked, in milliseconds.
    pub(crate) fn clock_tolerance(&self) -> u64 {
        self.0.member("clockTolerance").and_then(Json::as_millis).unwrap_or(60_000)
    }

    /// Whether the client checks signatures. If not, it trusts TLS.
    pub(crate) fn verifies_signatures(&self) -> bool {
        self.text("idTokenSignature") != Some("trust-tls")
    }

    /// Whether a login with `scope` has an ID token that the page checks. A backend checks its own.
    pub(crate) fn checks_id_token(&self, scope: Option<&str>) -> bool {
        self.redeems() && scope.is_some_and(is_openid)
    }

    /// Checks that `server` has all endpoints that a login with `scope` needs.
    ///
    /// # Errors
    /// `invalid_metadata`, which names the missing endpoint; `invalid_config` if the issuer is missing.
    pub(crate) fn check_endpoints(&self, server: &ServerMetadata, scope: Option<&str>) -> Result<(), Error> {
        // The backend alone speaks to the server.
        if self.backend_url("loginUrl").is_some() {
            return Ok(());
        }
        server.endpoint("authorization_endpoint")?;
        if self.redeems() {
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

words! {
    /// Proof Key for Code Exchange (RFC 7636).
    Pkce {
        /// With SHA-256, the only method that this crate supports.
        S256 = "S256",
        /// Not used. Allowed only with a [backend](Configuration::backend), for a server that refuses the parameters of PKCE.
        Off = "off",
    }
}

words! {
    /// When an extension of the protocol is used.
    Usage {
        /// If the server requires it and this version supports it.
        Auto = "auto",
        /// In any case.
        Always = "always",
        /// Never.
        Never = "never",
    }
}

words! {
    /// Whether the client checks the signature of ID tokens.
    IdTokenSignature {
        /// Checks it against the server's keys.
        Verify = "verify",
        /// Trusts the TLS connection to the token endpoint instead (OpenID Connect Core §3.1.3.7, step 6). For development
        /// on a plain-http host, where browsers do not offer `crypto.subtle`. All other checks are made.
        TrustTls = "trust-tls",
    }
}

words! {
    /// Where the client keeps the tokens.
    TokenStore {
        /// In the page's memory: a reload ends the session in the page.
        Memory = "memory",
        /// In this tab's `sessionStorage`, encrypted with a key that no script can read out.
        Session = "session",
        /// In the origin's `localStorage`, encrypted likewise: tabs share the session.
        Local = "local",
    }
}

words! {
    /// What the client does with the callback of a login that was not begun in this tab.
    OnUnknownTransaction {
        /// Fails with `transaction_not_found`.
        Fail = "fail",
        /// Begins a new login, once. A second one in a row fails with `redirect_loop`.
        Restart = "restart",
    }
}

options! {
    /// The backend of the page's own origin that redeems codes and keeps tokens. Its URLs may be relative to the page's.
    ///
    /// It does the whole login ([`login_url`](Self::login_url)), which is the strongest way (RFC 10017 §6.1):
    ///
    /// ```
    /// use wicketgate::{BackendConfiguration, Configuration};
    ///
    /// let backend = BackendConfiguration::new()
    ///     .login_url("/auth/login")
    ///     .session_url("/auth/session")
    ///     .logout_url("/auth/logout");
    /// let configuration = Configuration::new("my-app").backend(backend);
    /// ```
    ///
    /// Or the page hands the code over ([`exchange_url`](Self::exchange_url), [`begin_url`](Self::begin_url)), where the
    /// registered redirect URI is the page's.
    BackendConfiguration
}

impl BackendConfiguration {
    /// Does the whole login (RFC 10017 §6.1): the page is left for it, and no code comes to the page. Then neither
    /// [`exchange_url`](Self::exchange_url) nor [`begin_url`](Self::begin_url) is used. Give
    /// [`session_url`](Self::session_url), too: nothing else tells the page who is signed in. Default: the page handles the
    /// authorization response.
    pub fn login_url(self, url: impl Into<String>) -> Self {
        self.set("loginUrl", url.into())
    }

    /// Receives the code: a POST of JSON, with cookies. Required without a [`login_url`](Self::login_url).
    pub fn exchange_url(self, url: impl Into<String>) -> Self {
        self.set("exchangeUrl", url.into())
    }

    /// Returns who is signed in: a GET, answered with the session as JSON, or with 401. Default: the client does not ask, and a
    /// reload ends the session in the page.
    pub fn session_url(self, url: impl Into<String>) -> Self {
        self.set("sessionUrl", url.into())
    }

    /// Begins a login whose code the page will hand over: a POST of JSON, answered with the code challenge and the nonce. The
    /// backend keeps the code verifier in a cookie that no script can read. Then nobody can use a code whose login they did not
    /// begin. Default: the page makes code verifier and nonce.
    pub fn begin_url(self, url: impl Into<String>) -> Self {
        self.set("beginUrl", url.into())
    }

    /// Ends the backend's session: a POST. If the logout goes on at the server, the backend answers `{ "redirect": url }`.
    /// Default: the session ends in the page only.
    pub fn logout_url(self, url: impl Into<String>) -> Self {
        self.set("logoutUrl", url.into())
    }

    /// Adds a header field to each request to the backend (RFC 9110 §5), beside `X-Requested-With: wicketgate`.
    pub fn header(self, name: &str, value: impl Into<String>) -> Self {
        self.insert("headers", name, value.into())
    }
}

impl From<BackendConfiguration> for Json {
    fn from(backend: BackendConfiguration) -> Self {
        backend.0
    }
}

options! {
    /// Metadata of a server that are given by hand (RFC 8414 §2).
    ///
    /// ```
    /// use wicketgate::{Configuration, Metadata};
    ///
    /// let metadata = Metadata::new()
    ///     .authorization_endpoint("https://login.example/authorize")
    ///     .token_endpoint("https://login.example/token");
    /// let configuration = Configuration::new("my-app").metadata(metadata);
    /// ```
    ///
    /// Other members can be given as JSON: [`Configuration::metadata`] takes a [`Json`] object, too.
    Metadata
}

impl Metadata {
    /// `issuer`. [`Configuration::issuer`] is the usual place for it, and discovers the rest.
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.set("issuer", issuer.into())
    }

    /// `authorization_endpoint` (RFC 6749 §3.1). Endpoints are absolute URLs: `https`, or `http` on a loopback host.
    pub fn authorization_endpoint(self, url: impl Into<String>) -> Self {
        self.set("authorization_endpoint", url.into())
    }

    /// `token_endpoint` (RFC 6749 §3.2).
    pub fn token_endpoint(self, url: impl Into<String>) -> Self {
        self.set("token_endpoint", url.into())
    }

    /// `jwks_uri`: the keys that sign ID tokens (RFC 7517 §5).
    pub fn jwks_uri(self, url: impl Into<String>) -> Self {
        self.set("jwks_uri", url.into())
    }

    /// `userinfo_endpoint` (OpenID Connect Core §5.3).
    pub fn userinfo_endpoint(self, url: impl Into<String>) -> Self {
        self.set("userinfo_endpoint", url.into())
    }

    /// `end_session_endpoint` (OpenID Connect RP-Initiated Logout §2.1).
    pub fn end_session_endpoint(self, url: impl Into<String>) -> Self {
        self.set("end_session_endpoint", url.into())
    }

    /// `revocation_endpoint` (RFC 7009).
    pub fn revocation_endpoint(self, url: impl Into<String>) -> Self {
        self.set("revocation_endpoint", url.into())
    }

    /// `pushed_authorization_request_endpoint` (RFC 9126 §5).
    pub fn pushed_authorization_request_endpoint(self, url: impl Into<String>) -> Self {
        self.set("pushed_authorization_request_endpoint", url.into())
    }

    /// `require_pushed_authorization_requests` (RFC 9126 §5). Default: `false`.
    pub fn require_pushed_authorization_requests(self, is_required: bool) -> Self {
        self.set("require_pushed_authorization_requests", is_required)
    }

    /// `authorization_response_iss_parameter_supported`: whether each response must name its issuer (RFC 9207 §3). Default:
    /// `false`.
    pub fn authorization_response_iss_parameter_supported(self, is_supported: bool) -> Self {
        self.set("authorization_response_iss_parameter_supported", is_supported)
    }

    /// `id_token_signing_alg_values_supported`: the algorithms that an ID token may be signed with (OpenID Connect Discovery
    /// §3). Default: `RS256`.
    pub fn id_token_signing_alg_values_supported<T: Into<String>>(self, algorithms: impl IntoIterator<Item = T>) -> Self {
        self.set("id_token_signing_alg_values_supported", list(algorithms))
    }

    /// `dpop_signing_alg_values_supported` (RFC 9449 §5.1).
    pub fn dpop_signing_alg_values_supported<T: Into<String>>(self, algorithms: impl IntoIterator<Item = T>) -> Self {
        self.set("dpop_signing_alg_values_supported", list(algorithms))
    }

    /// `code_challenge_methods_supported` (RFC 8414 §2).
    pub fn code_challenge_methods_supported<T: Into<String>>(self, methods: impl IntoIterator<Item = T>) -> Self {
        self.set("code_challenge_methods_supported", list(methods))
    }
}

fn list<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Json {
    Json::Array(items.into_iter().map(|item| Json::String(item.into())).collect())
}

impl From<Json> for Metadata {
    /// Metadata from another source, as JSON. [`Client::connect`](super::Client::connect) fails if a member cannot be used.
    fn from(json: Json) -> Self {
        Self(json)
    }
}

impl From<Metadata> for Json {
    fn from(metadata: Metadata) -> Self {
        metadata.0
    }
}

/// Each of `origins`, as a URL parser serializes it. An entry with more than an origin is an error, because its path would not
/// limit anything; so is a `*`, because the client does not allow every origin, and an origin that is not confidential, because
/// others could read the token in transit.
fn parsed_origins(origins: &Json) -> Result<Json, Error> {
    let mut parsed = Vec::new();
    for text in origins.items().iter().filter_map(Json::as_str) {
        let url = Url::parse(text).filter(|url| url.is_confidential() && !url.has_credentials() && is_plain(text));
        let is_origin = |url: &Url| url.path_and_after() == "/" && !has(text, '*');
        let Some(url) = url.filter(is_origin) else {
            return Err(Error::config(
                "allowedOrigins",
                "has an item that is not an origin with https, or with http on a loopback host",
            ));
        };
        parsed.push(Json::String(url.origin()));
    }
    Ok(Json::Array(parsed))
}

/// Checks a backend's members, and makes its URLs absolute. All of them must be of the page's own origin.
fn resolved_backend(backend: &Json, page: &Url) -> Result<Json, Error> {
    BACKEND.check(backend)?;
    let mut resolved = backend.clone();
    for name in parts(BACKEND_URLS, ' ') {
        let Some(text) = backend.text(name) else { continue };
        let is_ours = |url: &Url| url.origin() == page.origin() && !url.has_credentials() && url.fragment().is_none();
        let url = page.join(text).filter(|url| is_plain(text) && is_ours(url));
        let url = url.ok_or_else(|| BACKEND.wrong(name, "is not a URL of this page's origin without a fragment"))?;
        resolved.set(name, Json::String(url.href().into()));
    }
    if backend.text("loginUrl").or(backend.text("exchangeUrl")).is_none() {
        return Err(BACKEND.wrong("exchangeUrl", "is missing, and so is loginUrl"));
    }
    // RFC 9110 §5: a name with any other character, or a value with a control character, is not a header field.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_field = |name: &str, value: &str| {
        !name.is_empty() && name.bytes().all(is_name) && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    let headers = backend.member("headers").map_or(&[][..], Json::members);
    if !headers.iter().all(|(name, value)| is_field(name, value.as_str().unwrap_or_default())) {
        return Err(BACKEND.wrong("headers", "has an item that is not a header field"));
    }
    Ok(resolved)
}
