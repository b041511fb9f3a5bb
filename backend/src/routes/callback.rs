//! `/auth/callback`: the server sends the browser back (RFC 6749 §4.1.2).
//!
//! By GET, every answer leads away from the URL that contains the code, whatever the outcome of the login: a document at that
//! URL would reveal it to every script of the page. By POST (`response_mode=form_post`), the browser comes from another site
//! without cookies, so the answer redirects it to a GET.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{OriginalUri, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use url::form_urlencoded;
use wicketgate::protocol::authorization::{Transaction, is_openid};
use wicketgate::protocol::callback::AuthorizationResponse;
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::return_to::same_origin_path;
use wicketgate::protocol::token::CodeExchange;
use wicketgate::protocol::url::Url;

use super::body::form_body;
use super::landing::{Problem, location, see_other, to_page};
use crate::backend::Backend;
use crate::cookies::SetCookie;
use crate::failure::Failure;
use crate::login::{Landing, Pending, Way, redeem};
use crate::origin::navigation;
use crate::seal::digest;
use crate::session::Login;

/// Parameters of an authorization response.
const PARAMETERS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

pub(crate) async fn by_get(
    State(backend): State<Arc<Backend>>,
    OriginalUri(original): OriginalUri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    // A script's own request learns only the redirect's target: the page, without a code.
    if let Err(failure) = navigation::check(&headers) {
        return failed("/", &failure.into());
    }
    let mount = original.path().strip_suffix("/auth/callback").unwrap_or_default().to_owned();
    let uri = backend.callback_uri(backend.origin_of(&headers), &mount);
    let Some(url) = Url::parse(&format!("{uri}?{}", query.unwrap_or_default())) else {
        return failed("/", &Failure::internal().into());
    };
    let response = match AuthorizationResponse::from_callback_url(&url) {
        Ok(response) => response,
        Err(error) => return failed("/", &problem(&error)),
    };
    let state_digest = digest(response.state());
    let Some(pending) = backend.pending.find(Way::Backend, &state_digest, &headers, backend.clock.now()) else {
        return not_begun(&backend, &headers).await;
    };
    // Only a browser with the cookie of the login comes this far.
    let name = format!("{state_digest} {}", pending.begun_at);
    let joined = {
        let backend = backend.clone();
        backend.clone().landings.join(name, move || land(backend, pending, response, headers)).await
    };
    match joined {
        Some(landing) => {
            let forgotten = backend.pending.forget(Way::Backend, &state_digest);
            (AppendHeaders(landing.cookies), AppendHeaders(forgotten), see_other(&landing.location)).into_response()
        }
        None => failed("/", &Failure::internal().into()),
    }
}

/// Ends the login `pending` with its `response`.
async fn land(backend: Arc<Backend>, pending: Pending, response: AuthorizationResponse, headers: HeaderMap) -> Landing {
    let transaction = pending.transaction.as_deref().and_then(Transaction::from_text);
    let return_to = transaction.as_ref().map_or("/", Transaction::return_to).to_owned();
    let ended = match transaction {
        Some(transaction) => sign_in(&backend, transaction, response, pending, &headers).await,
        None => Err(problem(&ErrorKind::TransactionNotFound.into())),
    };
    match ended {
        Ok(cookies) => {
            tracing::debug!("login succeeded");
            Landing { location: return_to, cookies }
        }
        Err(problem) => {
            problem.failure.log("login");
            Landing { location: location(&return_to, Some(&problem)), cookies: Vec::new() }
        }
    }
}

async fn sign_in(
    backend: &Backend,
    transaction: Transaction,
    response: AuthorizationResponse,
    pending: Pending,
    headers: &HeaderMap,
) -> Result<Vec<SetCookie>, Problem> {
    let server = backend.endpoints.metadata().await?;
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (now, lifetime) = (millis(backend.clock.now()), millis(backend.pending.lifetime));
    response
        .check_transaction(&transaction, &server, &backend.client_id, now, lifetime, None)
        .and_then(|()| response.complete(transaction, &server))
        .map_err(|error| problem(&error))
        .map(|exchange| finish(backend, exchange, pending, headers))?
        .await
}

async fn finish(
    backend: &Backend,
    exchange: CodeExchange,
    pending: Pending,
    headers: &HeaderMap,
) -> Result<Vec<SetCookie>, Problem> {
    let scope = exchange.scope().map(str::to_owned);
    let issuer = backend.issuer.as_deref().filter(|_| scope.as_deref().is_some_and(is_openid));
    let redeemed = redeem(&exchange, &backend.token_endpoint, issuer, &backend.clock).await.map_err(redeeming)?;
    let login = Login::new(redeemed.claims.as_ref(), scope, pending.binding, headers).ok_or_else(Failure::internal)?;
    let login = Login { replaces: pending.replaces, ..login };
    let (_, cookies) = backend.sessions.begin(redeemed.granted, login, redeemed.requested_at, headers).await?;
    Ok(cookies)
}

/// A response that this browser did not ask for, or that was used already. A signed-in user has gone back to it.
async fn not_begun(backend: &Arc<Backend>, headers: &HeaderMap) -> Response {
    match backend.sessions.find(headers).await {
        Ok(Some(_)) => to_page("/", None),
        Ok(None) | Err(_) => failed("/", &problem(&ErrorKind::TransactionNotFound.into())),
    }
}

fn failed(path: &str, problem: &Problem) -> Response {
    problem.failure.log("login");
    to_page(path, Some(problem))
}

/// The problem of a response: a code of wicketgate's errors; or, if the server reported an error, the server's own words.
fn problem(error: &Error) -> Problem {
    let hint = error.hint();
    let failure =
        Failure { description: error.summary().into(), ..Failure::new(StatusCode::BAD_REQUEST, "invalid_request", "", hint) };
    if let ErrorKind::AuthorizationFailed(oauth) = error.kind() {
        let description = oauth.error_description.clone();
        return Problem { error: oauth.error.clone().into(), description, failure: failure.because(oauth.error.clone()).into() };
    }
    Problem { error: error.code().into(), description: None, failure: failure.into() }
}

/// The code could not be redeemed, or its ID token was not accepted.
fn redeeming(failure: Failure) -> Problem {
    Problem { error: "token_request_failed".into(), description: None, failure: failure.into() }
}

pub(crate) async fn by_post(
    State(backend): State<Arc<Backend>>,
    OriginalUri(original): OriginalUri,
    request: Request,
) -> Response {
    let (headers, body) = match form_body(request, "authorization response", backend.timeout).await {
        Ok(read) => read,
        Err(failure) => {
            failure.log("login");
            return failure.into_response();
        }
    };
    // This route itself gets only the parameters that it reads. The page may use more, such as a name that a server sends only
    // once.
    let is_passed = |name: &str| backend.page_callback.is_some() || PARAMETERS.contains(&name);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(form_urlencoded::parse(&body).filter(|(name, _)| is_passed(name)));
    let path = backend.page_callback.as_deref().unwrap_or_else(|| original.path());
    // In a router that accepts any prefix, `//host/auth/callback` would lead to another host.
    if !is_own_path(path, backend.origin_of(&headers)) {
        return failed("/", &Failure::internal().into());
    }
    let separator = if path.contains('?') { '&' } else { '?' };
    see_other(&format!("{path}{separator}{}", query.finish()))
}

/// Whether a browser at `own_origin` that is redirected to `path` stays there.
fn is_own_path(path: &str, own_origin: &str) -> bool {
    Url::parse(own_origin).is_some_and(|origin| same_origin_path(path, &origin).is_ok())
}
