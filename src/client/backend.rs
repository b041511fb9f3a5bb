//! The requests to the page's own backend, which redeems the code and keeps the tokens: the begin of a login, the hand-off of
//! the code, the question who is signed in, and the logout. `login/` decides when to send the first two.

use super::configuration::Settings;
use super::options::LoginOptions;
use super::page::Connection;
use super::pushing;
use super::session::snapshot::{EndedBy, Session, Status};
use crate::host::Host;
use crate::protocol::authorization::AuthorizationRequest;
use crate::protocol::backend_login;
use crate::protocol::error::{Error, ErrorKind, OAuthError};
use crate::protocol::http::{Purpose, Request, Response};
use crate::protocol::json::Json;
use crate::protocol::pkce::digest;
use crate::protocol::secret::Secret;
use crate::protocol::token::CodeExchange;
use crate::protocol::url::is_plain;

/// The URL of the whole login at the backend that comes back to `return_to`. `None` if the login is not the backend's.
///
/// # Errors
/// `invalid_option` for an option that the backend does not take from a page.
pub(crate) fn login_url(
    configuration: &Settings,
    options: &LoginOptions,
    return_to: &str,
    named: &[(&str, Option<&str>)],
) -> Result<Option<String>, Error> {
    let Some(endpoint) = configuration.backend_url("loginUrl") else { return Ok(None) };
    let options = &options.0;
    for name in ["appState", "resource", "extraParams"] {
        if options.member_or_null(name).is_some() {
            return Err(Error::option(name, "cannot go through backend.loginUrl"));
        }
    }
    let max_age = options.integer("maxAge").map(Json::from);
    let binding = configuration.text("sessionBinding").map(digest);
    let details = options.member("authorizationDetails").map(Json::to_text);
    let mut parameters = vec![
        ("return_to", Some(return_to)),
        ("scope", options.text("scope").or(configuration.text("scope"))),
        ("max_age", max_age.as_ref().and_then(Json::as_number)),
        ("binding_digest", binding.as_deref()),
        ("authorization_details", details.as_deref()),
    ];
    parameters.extend(named);
    Ok(Some(backend_login::login_url(endpoint, &parameters)))
}

/// Has the backend begin the login of `request`, if it begins logins. The transaction is not stored yet.
///
/// # Errors
/// `backend_failed`, `network_failed`, `timed_out`; `pushed_request_required` if the backend has not pushed a request that must be
/// pushed.
pub(crate) async fn begin<P: Host>(
    connection: &Connection<P>,
    request: AuthorizationRequest,
) -> Result<AuthorizationRequest, Error> {
    let Some(backend) = connection.configuration.backend() else { return Ok(request) };
    let Some(begin_url) = backend.text("beginUrl") else { return Ok(request) };
    let server = connection.server.metadata();
    let is_pushed = pushing::is_demanded(connection);
    let begin = backend_login::begin_request(begin_url, server, &request, is_pushed, backend.member("headers"));
    let response = connection.send(begin).await?;
    let answer = answer(&response)?.unwrap_or(Json::empty());
    if is_pushed && answer.text("request_uri").is_none() {
        return Err(ErrorKind::PushedRequestRequired.into());
    }
    request.begun(server, &answer)
}

/// The request that hands `exchange` to `backend`.
pub(crate) fn exchange_request(backend: &Json, exchange: &CodeExchange) -> Request {
    exchange.hand_off(backend.text("exchangeUrl").unwrap_or_default(), backend.member("headers"))
}

/// Asks the backend who is signed in, if there is a backend that can be asked. `by` is the reason for the session's end if the
/// backend no longer has one.
///
/// # Errors
/// `network_failed`, `timed_out`, `backend_failed`.
pub(crate) async fn ask_session<P: Host>(connection: &Connection<P>, by: EndedBy) -> Result<(), Error> {
    let Some(backend) = connection.configuration.backend() else { return Ok(()) };
    let Some(session_url) = backend.text("sessionUrl") else { return Ok(()) };
    let Some(guard) = connection.session.state.timeline.question() else { return Ok(()) };
    let request = Request::get(Purpose::BackendSession, session_url.into()).to_backend(backend.member("headers"));
    let response = connection.send(request).await?;
    let session = &connection.session;
    if !guard.is_overtaken() {
        let answer = if response.status == 401 { None } else { answer(&response)? };
        let known = answer.as_ref().map_or_else(|| Session::signed_out(None), |answer| session_in(connection, answer));
        if known.status == Status::SignedIn {
            session.state.go_on_at_backend(known, connection.now());
        } else if !session.state.is_signed_out() {
            session.end(known.ended_by.unwrap_or(by));
        }
        connection.announce();
    }
    Ok(())
}

/// Asks the backend again about a known session. If the backend does not answer, the session does not end: if the access token
/// has expired by then, the session becomes stale, and the client asks again a minute later.
pub(crate) async fn ask_again<P: Host>(connection: &Connection<P>, by: EndedBy) {
    let state = &connection.session.state;
    if ask_session(connection, by).await.is_err() && state.is_due(connection.now()) {
        state.go_stale();
        state.look_again(connection.now());
        connection.announce();
    }
}

/// Ends the backend's session, if it can be asked to, and makes the other tabs ask who is signed in. Returns the URL at which the
/// logout goes on.
///
/// # Errors
/// `network_failed`, `timed_out`, `backend_failed`.
pub(crate) async fn log_out<P: Host>(connection: &Connection<P>, backend: &Json) -> Result<Option<String>, Error> {
    let session = &connection.session;
    connection.host().tell(session.name.as_str());
    session.state.timeline.logout_begins();
    let answered = end_session(connection, backend).await;
    session.state.timeline.logout_ends();
    // A tab that asked the backend before the logout was done got the session that has now ended.
    connection.host().tell(session.name.as_str());
    answered
}

/// Ends the backend's session, if it can be asked to. Returns the URL at which the logout goes on at the
/// server, if it does.
///
/// # Errors
/// `network_failed`, `timed_out`, `backend_failed`.
pub(crate) async fn end_session<P: Host>(connection: &Connection<P>, backend: &Json) -> Result<Option<String>, Error> {
    let Some(logout_url) = backend.text("logoutUrl") else { return Ok(None) };
    let request = Request::post(Purpose::BackendLogout, logout_url.into(), "application/json", Secret::new("{}".into()));
    let response = connection.send(request.to_backend(backend.member("headers"))).await?;
    let answer = answer(&response)?;
    let Some(redirect) = answer.as_ref().and_then(|answer| answer.text("redirect")) else { return Ok(None) };
    let url = connection.page.url()?.join(redirect).filter(|url| is_plain(redirect) && url.is_confidential());
    match url {
        Some(url) => Ok(Some(url.href().into())),
        None => Err(ErrorKind::BackendFailed { status: response.status, oauth: None }.into()),
    }
}

/// The backend's answer. `None` if its body is empty.
///
/// # Errors
/// `backend_failed` if its status is not a success, or its body is not a JSON object.
pub(crate) fn answer(response: &Response) -> Result<Option<Json>, Error> {
    let json = response.json_object();
    let is_success = (200..300).contains(&response.status);
    if !is_success || (json.is_none() && !response.body.is_empty()) {
        let oauth = json.as_ref().and_then(OAuthError::from_members);
        return Err(ErrorKind::BackendFailed { status: response.status, oauth }.into());
    }
    Ok(json)
}

/// The session in the backend's answer: the answer itself, or its member `session`. A member that is missing, or of another
/// type, is unknown. No user is signed in if the session is `null`, or if it is bound to another user of the app than this
/// client.
pub(crate) fn session_in<P: Host>(connection: &Connection<P>, answer: &Json) -> Session {
    let session = answer.member_or_null("session").unwrap_or(answer);
    if matches!(session, Json::Null) {
        return Session::signed_out(None);
    }
    let configuration = &connection.configuration;
    let binding = configuration.text("sessionBinding").map(digest);
    // A backend that was not told of the binding says nothing of it.
    let is_told = ["loginUrl", "beginUrl"].iter().any(|name| configuration.backend_url(name).is_some());
    let found = session.member("bindingDigest");
    if (is_told || found.is_some()) && found.map(Json::as_str) != binding.as_deref().map(Some) {
        return Session::signed_out(Some(EndedBy::AnotherLogin));
    }
    let instant = |name| session.member(name).and_then(Json::as_millis).map(|millis| millis / 1000);
    Session {
        status: Status::SignedIn,
        ended_by: None,
        claims: session.member("claims").filter(|claims| matches!(claims, Json::Object(_))).cloned(),
        scope: session.text("scope").map(String::from),
        expires_at: instant("expiresAt"),
        ends_at: instant("endsAt"),
        #[cfg(feature = "idle")]
        ending_at: None,
        #[cfg(feature = "idle")]
        was_idle: false,
        token_type: None,
    }
}
