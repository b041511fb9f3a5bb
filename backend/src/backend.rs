//! [`Backend`]: a [`Configuration`] that was checked once, and the values that are made from it. Every request shares it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderValue};
use url::Url;
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, is_openid};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::Algorithm;
use wicketgate::protocol::metadata::{ServerMetadata, discovery_urls};
use wicketgate::protocol::return_to::same_origin_path;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::url::is_plain;

use crate::api::Apis;
use crate::clock::Clock;
use crate::configuration::{ApiRoute, ClientAuthenticationMethod, Configuration, ConfigurationError, Wish};
use crate::cookies::Cookies;
use crate::http_client::HttpClients;
use crate::joined::Joined;
use crate::keys::{ClientKeys, ProofKeys};
use crate::login::{Landing, PendingLogins};
use crate::seal::Sealer;
use crate::server::{Authentication, AuthorizationServer, Endpoints, Issuer, Proofs, TokenEndpoint};
use crate::session::{Lifetimes, Recent, RedisStore, SealedCookie, SessionStore, Sessions};

/// The routes of this crate, configured.
pub struct Backend {
    /// The page's origins. The first one names and seals the cookies.
    pub(crate) origins: Vec<HeaderValue>,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) post_logout_redirect_uri: Option<String>,
    /// The path at which the page takes an authorization response that came by POST.
    pub(crate) page_callback: Option<String>,
    /// The scope of a login at this backend, and the most that a page may request.
    pub(crate) scope: Option<String>,
    /// Further parameters of each authorization request: an object of strings.
    pub(crate) authorization_parameters: Json,
    /// Whether responses come by POST.
    pub(crate) form_post: bool,
    pub(crate) issuer: Option<Arc<Issuer>>,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) token_endpoint: Arc<TokenEndpoint>,
    pub(crate) requires_id_token: bool,
    pub(crate) pkce: bool,
    /// Whether the backend pushes authorization requests to the server.
    pub(crate) par: Wish,
    /// The types of `authorization_details` that a page may request.
    pub(crate) authorization_details_types: Vec<String>,
    pub(crate) allow_unbound: bool,
    pub(crate) timeout: Duration,
    pub(crate) clock: Clock,
    pub(crate) pending: PendingLogins,
    /// The logins at this backend that have ended.
    pub(crate) landings: Joined<Landing>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) apis: Apis,
}

impl Backend {
    /// Checks a configuration, and makes everything of it that the routes need.
    ///
    /// # Errors
    /// If a member of the configuration cannot be used; the error names it.
    #[expect(clippy::too_many_lines, reason = "most of its lines are a list of members")]
    pub fn new(configuration: Configuration) -> Result<Self, ConfigurationError> {
        check_values(&configuration)?;
        let timeout = configuration.timeout;
        let (first_origin, origins) = origins(&configuration)?;

        let server = Arc::new(AuthorizationServer { clients: HttpClients::new(timeout), timeout });
        let url = endpoint("token_endpoint", &configuration.token_endpoint, &server)?;
        let issuer = issuer(&configuration, &server)?;
        let endpoints = Arc::new(Endpoints { by_hand: endpoints(&configuration, &server)?, issuer: issuer.clone() });

        let page_callback = page_callback(&configuration, &first_origin)?;
        let (authorization_parameters, form_post) = authorization_parameters(&configuration.authorization_parameters)?;

        let apis = apis(&configuration, timeout)?;

        let own_origin = first_origin.origin().ascii_serialization();
        // A cookie that somebody moves to another backend must not bring its token to another API.
        let context = [configuration.client_id.as_str(), &own_origin, &apis.origins().join(" ")];
        let cookie_keys = core::iter::once(&configuration.cookie_key).chain(&configuration.cookie_keys_old);
        let proofs = Proofs::new(ProofKeys::new(cookie_keys), configuration.dpop, configuration.clock.clone());
        let sealer = Arc::new(Sealer::new(configuration.cookie_key, configuration.cookie_keys_old, &context));
        let cookies = Arc::new(Cookies::new(first_origin.scheme() == "https", &configuration.client_id, &own_origin));
        let place = configuration.session_store.as_ref();
        let store = session_store(place, configuration.session_lifetime, &sealer, &cookies)?;
        let audience = configuration.client_assertion_audience.or_else(|| configuration.issuer.clone());
        let authentication = authentication(
            configuration.client_authentication,
            configuration.client_secret,
            configuration.client_key,
            audience.unwrap_or_else(|| url.to_string()),
        )?;
        let token_endpoint = Arc::new(TokenEndpoint {
            server,
            url,
            client_id: configuration.client_id.clone(),
            authentication,
            proofs: Arc::new(proofs),
            endpoints: endpoints.clone(),
        });
        let sessions = Arc::new(Sessions {
            cookies: cookies.clone(),
            sealer: sealer.clone(),
            store,
            lifetimes: Lifetimes { absolute: configuration.session_lifetime, idle: configuration.session_idle },
            token_endpoint: token_endpoint.clone(),
            issuer: issuer.clone(),
            endpoints: endpoints.clone(),
            clock: configuration.clock.clone(),
            timeout,
            renewals: Joined::default(),
            ended: Recent::default(),
            doubted: Recent::default(),
        });
        Ok(Self {
            origins,
            client_id: configuration.client_id,
            redirect_uri: configuration.redirect_uri,
            post_logout_redirect_uri: configuration.post_logout_redirect_uri,
            requires_id_token: configuration.requires_id_token.unwrap_or(issuer.is_some()),
            issuer,
            endpoints,
            token_endpoint,
            pkce: configuration.pkce,
            par: configuration.par,
            authorization_details_types: configuration.authorization_details_types,
            allow_unbound: configuration.allow_unbound,
            landings: Joined::default(),
            page_callback,
            scope: configuration.scope,
            authorization_parameters,
            form_post,
            timeout,
            clock: configuration.clock,
            pending: PendingLogins { cookies, sealer, lifetime: configuration.login_lifetime },
            sessions,
            apis,
        })
    }

    /// Whether it can work: whether everything that every request needs can be reached.
    pub async fn is_ready(&self) -> bool {
        match self.sessions.shared() {
            Some(store) => store.is_ready().await.is_ok(),
            // The users' cookies contain the sessions: nothing else is needed.
            None => true,
        }
    }

    /// The origin at which the page sees this backend in a request: the origin with the request's host, or the first one.
    pub(crate) fn origin_of(&self, headers: &HeaderMap) -> &str {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let origins = || self.origins.iter().filter_map(|origin| origin.to_str().ok());
        let is_here = |origin: &&str| origin.split_once("://").is_some_and(|(_, own)| own == host);
        origins().find(is_here).or_else(|| origins().next()).unwrap_or_default()
    }

    /// The URL to which the server sends the browser back.
    pub(crate) fn callback_uri(&self, origin: &str, mount: &str) -> String {
        let configured = self.redirect_uri.clone().filter(|uri| uri.ends_with("/auth/callback"));
        configured.unwrap_or_else(|| format!("{origin}{mount}/auth/callback"))
    }
}

impl core::fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Backend").finish_non_exhaustive()
    }
}

/// Which path leads to which API.
fn apis(configuration: &Configuration, timeout: Duration) -> Result<Apis, ConfigurationError> {
    let in_member = |member| move |problem| ConfigurationError { member, problem };
    let mut apis = Apis::new(&configuration.api_headers, timeout).map_err(in_member("api_headers"))?;
    for ApiRoute { prefix, url } in &configuration.api {
        apis.add(prefix, confidential_url("api", url)?).map_err(in_member("api"))?;
    }
    if let Some(text) = configuration.api_origin.as_deref() {
        let mut url = origin("api_origin", text)?;
        url.set_path("/api/");
        apis.add("/api/", url).map_err(in_member("api_origin"))?;
    }
    Ok(apis)
}

/// The store of the sessions: the users' cookies, or Redis.
fn session_store(
    place: Option<&Secret>,
    lifetime: Duration,
    sealer: &Arc<Sealer>,
    cookies: &Cookies,
) -> Result<Box<dyn SessionStore>, ConfigurationError> {
    let Some(place) = place else {
        return Ok(Box::new(SealedCookie::new(sealer.clone())));
    };
    let store = RedisStore::new(place.expose(), sealer.clone(), &cookies.name(""), lifetime);
    let store = store.map_err(|problem| ConfigurationError { member: "session_store", problem })?;
    Ok(Box::new(store))
}

/// Checks each value by itself.
fn check_values(configuration: &Configuration) -> Result<(), ConfigurationError> {
    let refused = |member, problem| Err(ConfigurationError { member, problem });
    if configuration.client_id.is_empty() {
        return refused("client_id", "is empty");
    }
    let has_key = configuration.client_authentication == ClientAuthenticationMethod::PrivateKeyJwt;
    if has_key && configuration.client_key.is_none() {
        return refused("client_key", "is not set, but client_authentication is private_key_jwt");
    }
    if !has_key && configuration.client_key.is_some() {
        return refused("client_key", "is set, but client_authentication is not private_key_jwt");
    }
    if !has_key && configuration.client_secret.expose().is_empty() {
        return refused("client_secret", "is empty");
    }
    if configuration.client_assertion_audience.as_deref().is_some_and(str::is_empty) {
        return refused("client_assertion_audience", "is empty");
    }
    if configuration.scope.as_deref().is_some_and(is_openid) && configuration.issuer.is_none() {
        return refused("issuer", "is not set, but scope has openid");
    }
    if configuration.requires_id_token == Some(true) && configuration.issuer.is_none() {
        return refused("issuer", "is not set, but every login is to have an ID token of it");
    }
    for (member, duration) in [
        ("login_lifetime", configuration.login_lifetime),
        ("session_lifetime", configuration.session_lifetime),
        ("session_idle", configuration.session_idle),
        ("timeout", configuration.timeout),
    ] {
        if duration.as_secs() == 0 && (duration.is_zero() || member != "timeout") {
            return refused(member, "is shorter than a second");
        }
    }
    if let Some(uri) = &configuration.post_logout_redirect_uri
        && Url::parse(uri).is_err()
    {
        return refused("post_logout_redirect_uri", "is not an absolute URL");
    }
    Ok(())
}

/// The client's authentication. `audience` is the audience of its assertions.
fn authentication(
    method: ClientAuthenticationMethod,
    secret: Secret,
    key: Option<PathBuf>,
    audience: String,
) -> Result<Authentication, ConfigurationError> {
    Ok(match (method, key) {
        (ClientAuthenticationMethod::PrivateKeyJwt, Some(file)) => {
            let refused = |problem| ConfigurationError { member: "client_key", problem };
            Authentication::Key { keys: ClientKeys::from_file(file).map_err(refused)?, audience }
        }
        (ClientAuthenticationMethod::Basic, _) => Authentication::Basic(secret),
        (ClientAuthenticationMethod::Form | ClientAuthenticationMethod::PrivateKeyJwt, _) => Authentication::Form(secret),
    })
}

/// The first of the page's origins, and all of them as a browser spells them.
fn origins(configuration: &Configuration) -> Result<(Url, Vec<HeaderValue>), ConfigurationError> {
    let refused = |problem| ConfigurationError { member: "public_origin", problem };
    let first = origin("public_origin", &configuration.public_origin)?;
    let mut all = Vec::new();
    for text in core::iter::once(&configuration.public_origin).chain(&configuration.further_origins) {
        let origin = origin("public_origin", text)?;
        if origin.scheme() != first.scheme() {
            return Err(refused("has https and http among its origins: one name cannot do for both"));
        }
        let serialized = origin.origin().ascii_serialization();
        all.push(HeaderValue::from_str(&serialized).map_err(|_| refused("is not an origin"))?);
    }
    Ok((first, all))
}

fn issuer(configuration: &Configuration, server: &Arc<AuthorizationServer>) -> Result<Option<Arc<Issuer>>, ConfigurationError> {
    let refused = |member, problem| Err(ConfigurationError { member, problem });
    let algorithms = algorithms(&configuration.id_token_signing_algorithms)?;
    let Some(identifier) = &configuration.issuer else {
        if configuration.jwks_uri.is_some() || algorithms.is_some() {
            return refused("issuer", "is not set, but something about its ID tokens is");
        }
        return Ok(None);
    };
    match &configuration.jwks_uri {
        Some(jwks_uri) => drop(endpoint("jwks_uri", jwks_uri, server)?),
        None if discovery_urls(identifier).is_err() => {
            return refused("issuer", "is not an https URL without query and fragment");
        }
        None => drop(endpoint("issuer", identifier, server)?),
    }
    let jwks_uri = configuration.jwks_uri.clone();
    Ok(Some(Arc::new(Issuer::new(server.clone(), identifier.clone(), jwks_uri, algorithms))))
}

/// The path at which the page takes a response that came by POST: on its own origin.
fn page_callback(configuration: &Configuration, origin: &Url) -> Result<Option<String>, ConfigurationError> {
    let Some(path) = &configuration.page_callback else { return Ok(None) };
    let origin = wicketgate::protocol::url::Url::parse(origin.as_str());
    let path = origin.filter(|_| path.starts_with('/')).and_then(|origin| same_origin_path(path, &origin).ok());
    let path = path.filter(|path| !path.contains('#'));
    path.map(Some).ok_or(ConfigurationError { member: "page_callback", problem: "is not a path of the page's origin" })
}

/// The parameters as an object, and whether responses come by POST: only the backend sets `response_mode`.
fn authorization_parameters(parameters: &[(String, String)]) -> Result<(Json, bool), ConfigurationError> {
    let refused = |problem| ConfigurationError { member: "authorization_parameters", problem };
    let (mut object, mut form_post) = (Json::empty(), false);
    for (name, value) in parameters {
        match (name.as_str(), value.as_str()) {
            ("response_mode", "form_post") => form_post = true,
            ("response_mode", "query") => {}
            ("response_mode", _) => return Err(refused("has a response_mode that is neither query nor form_post")),
            _ if object.member(name).is_some() => return Err(refused("has a parameter twice")),
            _ => object.set(name, Json::String(value.clone())),
        }
    }
    // Parameters that the client itself sets are refused, as in a page.
    let mut server = Json::empty();
    server.set_text("authorization_endpoint", Some("https://server.example"));
    let asked = AuthorizationParameters { extra: Some(&object), ..AuthorizationParameters::default() };
    let request =
        ServerMetadata::new(server).and_then(|server| AuthorizationRequest::new(&server, &asked, &Default::default(), 0));
    request.map(drop).map_err(|_| refused("has a parameter that the backend sets itself"))?;
    Ok((object, form_post))
}

/// The endpoints that the operator set, under their names in metadata.
fn endpoints(configuration: &Configuration, server: &AuthorizationServer) -> Result<Json, ConfigurationError> {
    let mut by_hand = Json::empty();
    for (member, text) in [
        ("authorization_endpoint", &configuration.authorization_endpoint),
        ("pushed_authorization_request_endpoint", &configuration.pushed_authorization_request_endpoint),
        ("revocation_endpoint", &configuration.revocation_endpoint),
        ("end_session_endpoint", &configuration.end_session_endpoint),
    ] {
        if let Some(text) = text {
            by_hand.set_text(member, Some(endpoint(member, text, server)?.as_str()));
        }
    }
    Ok(by_hand)
}

/// A URL to which requests are confidential in transit.
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

/// A confidential URL of the authorization `server`: it has no fragment (RFC 6749 §3.2), and this machine can connect to it.
fn endpoint(member: &'static str, text: &str, server: &AuthorizationServer) -> Result<Url, ConfigurationError> {
    let refused = |problem| ConfigurationError { member, problem };
    let url = confidential_url(member, text)?;
    if url.fragment().is_some() {
        return Err(refused("has a fragment"));
    }
    server.clients.of(&url).map_err(refused)?;
    Ok(url)
}

/// The names in the form of metadata; `None` if there are none.
fn algorithms(names: &[String]) -> Result<Option<Json>, ConfigurationError> {
    if names.iter().any(|name| Algorithm::from_name(name).is_none()) {
        let problem = "has a name that is not one of a signature algorithm that can be accepted";
        return Err(ConfigurationError { member: "id_token_signing_algorithms", problem });
    }
    let names: Vec<Json> = names.iter().cloned().map(Json::String).collect();
    Ok((!names.is_empty()).then_some(Json::Array(names)))
}

/// A confidential URL with nothing after host and port, so that nothing in it can be misunderstood.
fn origin(member: &'static str, text: &str) -> Result<Url, ConfigurationError> {
    let url = confidential_url(member, text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigurationError { member, problem: "is more than an origin: leave out what follows host and port" });
    }
    Ok(url)
}
