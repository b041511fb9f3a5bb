//! [`PageRequest`]: an authorization request that a page has built and this backend pushes (RFC 9126), with the client's
//! authentication.
//!
//! A server may accept more from an authenticated client than from a URL, even a redirect URI that was not registered (§2.4). So
//! the backend pushes only what it would let a page ask for, and adds by itself what binds the login.

use axum::http::HeaderValue;
use url::form_urlencoded;
use wicketgate::protocol::authorization::AuthorizationRequest;
use wicketgate::protocol::authorization_details;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::url::Url;

use crate::backend::Backend;
use crate::configuration::Wish;
use crate::failure::Failure;
use crate::seal::digest;
use crate::server::cannot_begin;

/// Parameters that the backend adds, or that would make the server ignore all others.
const OWN: [&str; 10] = [
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "dpop_jkt",
    "request",
    "request_uri",
];

/// The longest request, in bytes.
const LONGEST: usize = 16 << 10;

/// What the page has said about its login beside the request.
pub(crate) struct Expected<'a> {
    pub(crate) state_digest: &'a str,
    pub(crate) redirect_uri: Option<&'a str>,
    pub(crate) scope: Option<&'a str>,
    pub(crate) max_age: Option<u64>,
}

/// A request that was checked.
pub(crate) struct PageRequest<'a> {
    form: &'a str,
}

impl<'a> PageRequest<'a> {
    pub(crate) fn read(form: &'a str, expected: &Expected<'_>, backend: &Backend) -> Result<Self, Failure> {
        if backend.par == Wish::Never {
            return Err(refused("request is to be pushed, and WICKETGATE_PAR (par) is never."));
        }
        let parameters: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        let count = |name: &str| parameters.iter().filter(|(other, _)| other == name).count();
        let is_once = |(name, _): &(String, String)| name == "resource" || count(name) == 1;
        if form.len() > LONGEST || !parameters.iter().all(is_once) {
            return Err(refused("request is too long, or has a parameter twice."));
        }
        if OWN.iter().any(|name| count(name) > 0) {
            return Err(refused("request has a parameter that this backend sets itself."));
        }
        let get = |name: &str| parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let max_age = expected.max_age.map(|seconds| seconds.to_string());
        let is_told = get("client_id") == Some(&backend.client_id)
            && get("response_type") == Some("code")
            && get("state").is_some_and(|state| digest(state) == expected.state_digest)
            && get("redirect_uri") == expected.redirect_uri
            && get("scope") == expected.scope
            && get("max_age") == max_age.as_deref();
        if !is_told {
            return Err(refused("request is not the one of the other members."));
        }
        if get("redirect_uri").is_some_and(|uri| !is_page_of(backend, uri)) {
            return Err(refused("redirect_uri is not a place of the page's origin."));
        }
        if let Some(details) = get("authorization_details") {
            check_details(&Json::parse(details.as_bytes()).unwrap_or(Json::Null), backend).map_err(refused)?;
        }
        Ok(Self { form })
    }

    /// Pushes the request, with what binds the login. Returns the reference to it.
    pub(crate) async fn push(
        self,
        nonce: Option<&str>,
        code_challenge: Option<&str>,
        backend: &Backend,
    ) -> Result<String, Failure> {
        let server = backend.endpoints.metadata().await?;
        let request = AuthorizationRequest::of_page(&server, &backend.client_id, self.form);
        let mut bound = Json::empty();
        bound.set_text("nonce", nonce);
        bound.set_text("code_challenge", code_challenge);
        bound.set_text("code_challenge_method", code_challenge.map(|_| "S256"));
        let request = request.and_then(|request| request.begun(&server, &bound)).map_err(|error| cannot_begin(&error))?;
        let pushed = backend.token_endpoint.push(request, &server, None).await?;
        Ok(pushed.reference().to_owned())
    }
}

/// Checks that a page may ask for `details`.
pub(crate) fn check_details(details: &Json, backend: &Backend) -> Result<(), &'static str> {
    if authorization_details::check(details).is_err() {
        return Err("authorization_details is not a JSON array of objects, each with a type.");
    }
    let is_allowed = |kind| backend.authorization_details_types.iter().any(|allowed| Some(allowed.as_str()) == kind);
    if details.items().iter().all(|detail| is_allowed(detail.text("type"))) {
        Ok(())
    } else {
        Err(
            "authorization_details has a type that is not in WICKETGATE_AUTHORIZATION_DETAILS_TYPES (authorization_details_types).",
        )
    }
}

fn is_page_of(backend: &Backend, uri: &str) -> bool {
    let origin = Url::parse(uri).and_then(|url| HeaderValue::from_str(&url.origin()).ok());
    origin.is_some_and(|origin| backend.origins.contains(&origin))
}

fn refused(description: &'static str) -> Failure {
    Failure::invalid_request(description)
}
