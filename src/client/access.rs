//! Access tokens for requests to an API: to which origins they may go, and what follows when the API refuses one.

use core::fmt;
use std::rc::Rc;

use super::options::AccessTokenOptions;
use super::page::Connection;
use super::session::api_tokens;
use super::session::refresh::{access_token, refresh};
#[cfg(not(feature = "resources"))]
use super::session::target::Target;
use crate::host::Host;
use crate::protocol::challenge::step_up;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::Json;
use crate::protocol::secret::Secret;
use crate::protocol::url::Url;

/// An API's answer 401 to a request with an access token.
#[derive(Clone, Copy)]
pub struct Refusal<'a> {
    /// The URL that the request was sent to.
    pub url: &'a str,
    /// The URL that the answer came from, after redirects.
    pub answered_by: &'a str,
    /// The access token that was sent along.
    pub token: &'a str,
    /// The answer's `WWW-Authenticate` field. `None` if it has none, or none that the page may read.
    pub www_authenticate: Option<&'a str>,
}

/// Redacted: the token is a secret, and the URLs may contain secrets.
impl fmt::Debug for Refusal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Refusal")
    }
}

/// A valid access token, as `options` ask for it.
///
/// # Errors
/// Those of [`Client::access_token`](super::Client::access_token).
#[cfg(not(feature = "resources"))]
pub(crate) fn access_token_by<P: Host>(
    connection: &Rc<Connection<P>>,
    options: &AccessTokenOptions,
) -> impl Future<Output = Result<Secret, Error>> {
    access_token(connection, &Target, options.min_validity_millis(), options.forces_refresh())
}

/// A valid access token, as `options` ask for it: the login's own, or that of an API.
///
/// # Errors
/// Those of [`Client::access_token`](super::Client::access_token).
#[cfg(feature = "resources")]
pub(crate) async fn access_token_by<P: Host>(
    connection: &Rc<Connection<P>>,
    options: &AccessTokenOptions,
) -> Result<Secret, Error> {
    let target = api_tokens::of_resource(connection, options.wanted_resource()?);
    let token = access_token(connection, &target, options.min_validity_millis(), options.forces_refresh()).await?;
    // By now, the session may be of another login, whose own token is for something else.
    if api_tokens::of_resource(connection, options.wanted_resource()?) == target {
        Ok(token)
    } else {
        Err(ErrorKind::Aborted.into())
    }
}

/// A valid access token for a request to `url`.
///
/// # Errors
/// Those of [`Client::access_token_for`](super::Client::access_token_for).
pub(crate) async fn access_token_for<P: Host>(connection: &Rc<Connection<P>>, url: &str) -> Result<Secret, Error> {
    let origin = check_allowed(connection, url)?;
    let target = api_tokens::of_origin(connection, &origin)?;
    let (before, snapshot) = (connection.session.state.present_token(&target), connection.session.snapshot());
    #[cfg(feature = "resources")]
    let login = login_of(connection);
    let token = access_token(connection, &target, None, false).await?;
    let session = &connection.session;
    // By now, the token may be another user's, and the request was not made for that user.
    let is_theirs = match (snapshot.subject(), session.snapshot().subject()) {
        (Some(before), Some(now)) => before == now,
        (_, _) => before.is_none_or(|before| before == token || session.state.has_replaced(&target, before.expose())),
    };
    // There may have been no token for this API before; and the own token of another login is for something else.
    #[cfg(feature = "resources")]
    let is_theirs = is_theirs
        && (snapshot.subject().is_some() || login == login_of(connection))
        && api_tokens::of_origin(connection, &origin)? == target;
    if is_theirs { Ok(token) } else { Err(ErrorKind::Aborted.into()) }
}

#[cfg(feature = "resources")]
fn login_of<P: Host>(connection: &Connection<P>) -> Option<String> {
    connection.session.state.of_tokens(|tokens| tokens.login().map(String::from)).flatten()
}

/// The access token with which to send a refused request once more. `None` if that would not help.
///
/// # Errors
/// Those of [`Client::access_token_after`](super::Client::access_token_after).
pub(crate) async fn access_token_after<P: Host>(
    connection: &Rc<Connection<P>>,
    refusal: &Refusal<'_>,
) -> Result<Option<Secret>, Error> {
    let asked = check_allowed(connection, refusal.url)?;
    let is_other_server = Url::parse(refusal.answered_by).is_none_or(|url| url.origin() != asked);
    if is_other_server || refusal.www_authenticate.and_then(step_up).is_some() {
        return Ok(None);
    }
    let (state, target) = (&connection.session.state, api_tokens::of_origin(connection, &asked)?);
    // If the API refuses many requests with one token, the first of them renews it.
    let is_present = state.of_target(&target, |tokens| tokens.hold(refusal.token)).unwrap_or_default();
    if is_present && state.may_renew() {
        refresh(connection, &target, true).await?;
    }
    let state = &connection.session.state;
    // The token of another login may be another user's, and the request was not made for that user.
    Ok(state.access_token(&target, connection.now(), 0).ok().filter(|_| state.has_replaced(&target, refusal.token)))
}

/// What a login must bring so that an API accepts its token, if `www_authenticate` says so (RFC 9470). `None` if the answer 401
/// came from a URL that tokens may not go to.
pub(crate) fn step_up_of<P: Host>(connection: &Connection<P>, answered_by: &str, www_authenticate: &str) -> Option<Json> {
    check_allowed(connection, answered_by).ok()?;
    step_up(www_authenticate)
}

/// The origin of `url`, if tokens may go there. Origins are compared whole, as the URL standard serializes them.
pub(crate) fn check_allowed<P: Host>(connection: &Connection<P>, url: &str) -> Result<String, Error> {
    let allowed = connection.configuration.allowed_origins();
    let url = connection.page.url()?.join(url).filter(|url| !url.has_credentials());
    let origin = url.map(|url| url.origin()).filter(|origin| allowed.iter().filter_map(Json::as_str).any(|one| one == origin));
    origin.ok_or_else(|| ErrorKind::OriginNotAllowed.into())
}
