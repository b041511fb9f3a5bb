//! The access tokens for APIs (RFC 8707): which of them a call means, the request for it, and its place beside the others.

use std::rc::Rc;

use super::begun::Refresh;
use super::moment::Moment;
use super::target::Target;
use super::tokens::Tokens;
use crate::client::page::Connection;
use crate::host::Host;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::Request;
use crate::protocol::json::Json;
use crate::protocol::token::TokenSet;

/// The token for `resource`. It may be the login's own.
pub(crate) fn of_resource<P>(connection: &Connection<P>, resource: Option<&str>) -> Target {
    let own = || connection.session.state.of_tokens(|tokens| tokens.is_for(resource)).unwrap_or_default();
    resource.filter(|_| !own()).map(Rc::from)
}

/// The token for requests to `origin`, as `allowedOrigins` says.
///
/// # Errors
/// `origin_not_allowed` if `origin` is to get the login's own token, and that is the token of an API: the origin could use it
/// there.
pub(crate) fn of_origin<P>(connection: &Connection<P>, origin: &str) -> Result<Target, Error> {
    let apis = connection.configuration.apis();
    let api = apis.iter().find(|api| api.text("origin") == Some(origin));
    let resource = api.and_then(|api| api.text("resource"));
    let is_of_api = |tokens: &Tokens| apis.iter().any(|api| tokens.is_for(api.text("resource")));
    if resource.is_none() && connection.session.state.of_tokens(is_of_api).unwrap_or_default() {
        return Err(ErrorKind::OriginNotAllowed.into());
    }
    Ok(of_resource(connection, resource))
}

/// The request for a new access token. `None` if there is no refresh token.
pub(crate) fn request<P>(connection: &Connection<P>, target: &Target, endpoint: &str) -> Option<Request> {
    let (state, configuration) = (&connection.session.state, &connection.configuration);
    let Some(resource) = target else { return state.refresh_request(endpoint, configuration.client_id()) };
    let api = configuration.apis().iter().find(|api| api.text("resource") == Some(resource));
    let scope = api.and_then(|api| api.text("scope"));
    state.of_tokens(|tokens| tokens.api_request(endpoint, configuration.client_id(), resource, scope)).flatten()
}

/// Waits until the refreshes that began before are over: a refresh token is sent once at a time, and it may be another one
/// afterwards.
///
/// # Errors
/// That of the answer which asked the page to wait.
pub(crate) async fn take_turn<P: Host>(connection: &Connection<P>, refresh: &Rc<Refresh>) -> Result<(), Error> {
    let attempts = &connection.session.attempts;
    for before in attempts.before(refresh) {
        let _ = before.outcome().await;
    }
    attempts.check_pause(connection.now())
}

/// `before`, renewed to `tokens`.
pub(crate) fn renewed(before: &Tokens, target: &Target, tokens: TokenSet, claims: Option<Json>, sent_at: Moment) -> Tokens {
    match target {
        Some(resource) => before.with_api(resource, tokens, sent_at),
        None => before.renewed(tokens, claims, sent_at),
    }
}
