//! `GET /auth/login`: the whole login at this backend (RFC 10017 §6.1). No script of the page can ever read the code.

use std::sync::Arc;

use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use url::form_urlencoded;
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, is_openid};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::return_to::same_origin_path;
use wicketgate::protocol::url::Url;

use super::begin::is_digest;
use super::landing::{Problem, see_other, to_page};
use super::page_request::check_details;
use crate::backend::Backend;
use crate::configuration::Wish;
use crate::cookies::SetCookie;
use crate::failure::Failure;
use crate::login::{Pending, Way};
use crate::origin::navigation;
use crate::seal::{digest, entropy};
use crate::server::cannot_begin;

/// The parameters that a page may set in the query. All others are ignored.
const PARAMETERS: [&str; 9] = [
    "return_to",
    "authorization_details",
    "prompt",
    "login_hint",
    "max_age",
    "acr_values",
    "ui_locales",
    "scope",
    "binding_digest",
];

/// Parameters that another origin must not choose: what the user is asked to agree to, and to whom the page binds the session.
const PAGES_OWN: [&str; 2] = ["authorization_details", "binding_digest"];

/// The longest value, in bytes. No server needs a longer one.
const LONGEST_VALUE: usize = 2048;

pub(crate) async fn login(
    State(backend): State<Arc<Backend>>,
    OriginalUri(original): OriginalUri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Err(failure) = navigation::check(&headers) {
        failure.log("login");
        return failure.into_response();
    }
    let mount = original.path().strip_suffix("/auth/login").unwrap_or_default();
    let own_origin = backend.origin_of(&headers);
    let query = query.unwrap_or_default();
    let return_to = return_to(&query, own_origin);
    match begin(&backend, mount, own_origin, &query, &headers, return_to.as_deref()).await {
        Ok((url, cookies)) => (AppendHeaders(cookies), see_other(&url)).into_response(),
        Err(problem) => {
            problem.failure.log("login");
            to_page(return_to.as_deref().unwrap_or("/"), Some(&problem))
        }
    }
}

/// The place to which the user goes afterwards; `None` if it is not a place of the page.
fn return_to(query: &str, own_origin: &str) -> Option<String> {
    let wanted = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "return_to").map(|(_, value)| value);
    same_origin_path(&wanted.unwrap_or_else(|| "/".into()), &Url::parse(own_origin)?).ok()
}

async fn begin(
    backend: &Backend,
    mount: &str,
    own_origin: &str,
    query: &str,
    headers: &HeaderMap,
    return_to: Option<&str>,
) -> Result<(String, Vec<SetCookie>), Problem> {
    let return_to = return_to.ok_or_else(|| refused("return_to is not a place of the page's origin, written plainly."))?;
    let asked = Asked::read(query)?;
    let is_foreign = navigation::is_foreign(headers);
    asked.check(backend, is_foreign)?;
    let scope = asked.get("scope").or(backend.scope.as_deref());

    let server = backend.endpoints.metadata().await.map_err(Problem::from)?;
    let callback_uri = backend.callback_uri(own_origin, mount);
    let is_pushed = match backend.par {
        Wish::Auto => server.flag("require_pushed_authorization_requests"),
        Wish::Always => true,
        Wish::Never => false,
    };
    let parameters = AuthorizationParameters {
        client_id: &backend.client_id,
        redirect_uri: Some(&callback_uri),
        scope,
        pkce: backend.pkce,
        named: ["prompt", "login_hint", "acr_values", "ui_locales"].map(|name| (name, asked.get(name))),
        max_age: asked.max_age(),
        extra: Some(&backend.authorization_parameters),
        return_to,
        is_pushed,
        ..AuthorizationParameters::default()
    };
    let entropy = match (entropy(), entropy(), entropy()) {
        (Some(state), Some(nonce), Some(code_verifier)) => [state, nonce, code_verifier],
        _ => return Err(Failure::internal().into()),
    };
    let now = backend.clock.now();
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut request = AuthorizationRequest::new(&server, &parameters, &entropy, millis).map_err(|error| unable(&error))?;
    if let Some(details) = asked.details() {
        request = request.with_details(&details).map_err(|error| unable(&error))?;
    }
    if backend.form_post {
        request = request.answered_by_post();
    }
    let key = backend.token_endpoint.proofs.key_for(&server);
    if let Some(key) = key {
        request = request.bound_to(&key.public);
    }

    let pending = Pending {
        state_digest: digest(request.transaction().state()),
        begun_at: now.as_secs(),
        transaction: Some(request.transaction().to_text().into_exposed()),
        binding: asked.get("binding_digest").map(str::to_owned),
        replaces: backend.sessions.name_of(headers).await,
        is_foreign,
        ..Pending::default()
    };
    let cookies = backend.pending.remember(Way::Backend, &pending, headers).ok_or_else(Failure::internal)?;
    if is_pushed {
        let pushed = backend.token_endpoint.push(request, &server, key).await.map_err(not_pushed)?;
        return Ok((pushed.url().to_owned(), cookies));
    }
    Ok((request.into_url(), cookies))
}

/// The parameters of a login, each at most once.
struct Asked(Vec<(String, String)>);

impl Asked {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut asked: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| PARAMETERS.contains(&name.as_ref())) {
            if asked.iter().any(|(other, _)| *other == name) {
                return Err(refused("A parameter occurs twice."));
            }
            if value.len() > LONGEST_VALUE || value.contains(char::is_control) {
                return Err(refused("A parameter is too long, or has control characters in it."));
            }
            asked.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(asked))
    }

    /// An empty value counts as absent.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The requested `authorization_details`; `null` if they cannot be read.
    fn details(&self) -> Option<Json> {
        Some(Json::parse(self.get("authorization_details")?.as_bytes()).unwrap_or(Json::Null))
    }

    fn max_age(&self) -> Option<u64> {
        self.get("max_age")?.parse().ok()
    }

    /// Checks that this backend allows the requested login, to another origin if that `is_foreign`.
    fn check(&self, backend: &Backend, is_foreign: bool) -> Result<(), Problem> {
        if is_foreign && PAGES_OWN.iter().any(|name| self.get(name).is_some()) {
            return Err(refused("authorization_details and binding_digest are the page's own, and another origin has set one."));
        }
        let allowed = backend.scope.as_deref().unwrap_or_default();
        let is_allowed = |token: &str| allowed.split(' ').any(|other| other == token);
        if self.get("scope").is_some_and(|scope| !scope.split(' ').all(is_allowed)) {
            return Err(refused("scope has a token that is not in WICKETGATE_SCOPE (scope)."));
        }
        let is_openid = self.get("scope").or(backend.scope.as_deref()).is_some_and(is_openid);
        if backend.requires_id_token && !is_openid {
            return Err(refused("scope does not have openid, which every login here must have."));
        }
        if self.get("max_age").is_some() && (self.max_age().is_none() || !is_openid) {
            return Err(refused("max_age is not a number of seconds, or the scope does not have openid."));
        }
        if let Some(details) = self.details() {
            check_details(&details, backend).map_err(refused)?;
        }
        if self.get("binding_digest").is_some_and(|digest| !is_digest(digest)) {
            return Err(refused("binding_digest is not a SHA-256 in base64url."));
        }
        Ok(())
    }
}

/// The page requested something that it must not have.
fn refused(description: &'static str) -> Problem {
    Problem { error: "invalid_option".into(), description: None, failure: Failure::invalid_request(description).into() }
}

/// The server refused the request.
fn not_pushed(failure: Failure) -> Problem {
    Problem { error: "token_request_failed".into(), description: None, failure: failure.into() }
}

/// The request cannot be built.
fn unable(error: &Error) -> Problem {
    let failure = cannot_begin(error);
    let status = if error.code() == "invalid_option" { StatusCode::BAD_REQUEST } else { failure.status };
    Problem { error: error.code().into(), description: None, failure: Failure { status, ..failure }.into() }
}
