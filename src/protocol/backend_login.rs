//! Logins that begin at the page's own backend (RFC 10017 §6.1): the whole login, or the begin of a login whose code the page
//! hands over.

use super::authorization::AuthorizationRequest;
use super::callback::{parameter, without_parameters};
use super::error::{Error, ErrorKind, OAuthError};
use super::http::{Purpose, Request};
use super::json::Json;
use super::metadata::ServerMetadata;
use super::pkce::digest;
use super::secret::Secret;
use super::text::parts;
use super::url::{Url, append_parameter, with_query};

/// The parameters that tell the page why its login failed. The backend appends them to the place to which the login was to lead.
const ERROR: &str = "wicketgate_error";
const DESCRIPTION: &str = "wicketgate_error_description";

/// The values of [`ERROR`] that are codes of this crate's errors. Every other value is the server's error (RFC 6749 §4.1.2.1).
const OWN_CODES: &str = "invalid_option callback_malformed transaction_not_found issuer_mismatch token_request_failed \
     invalid_metadata pushed_request_required backend_failed";

/// The URL at which the backend does the whole login. A parameter without a value is left out.
pub fn login_url(endpoint: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = String::with_capacity(256);
    for (name, value) in parameters {
        append_parameter(&mut query, name, *value);
    }
    with_query(endpoint, &query)
}

/// The error of a login at the backend, if `url` carries one. Anybody can write such a link: apps show the error, and believe
/// nothing because of it.
pub fn login_error(url: &Url) -> Option<Error> {
    let said = parameter(url, ERROR)?;
    if let Some(code) = parts(OWN_CODES, ' ').find(|code| *code == said) {
        return Some(ErrorKind::LoginFailed { code }.into());
    }
    let mut members = Json::empty();
    members.set_text("error", Some(&said));
    members.set_text("error_description", parameter(url, DESCRIPTION).as_deref());
    Some(ErrorKind::UnverifiedError(OAuthError::from_members(&members)?).into())
}

/// `url` without the parameters that [`login_error`] reads, and without an empty fragment: the backend adds that, so that the
/// browser does not keep another one.
pub fn without_login_error(url: &Url) -> String {
    let mut cleaned = without_parameters(url, &[ERROR, DESCRIPTION]);
    if cleaned.ends_with('#') {
        cleaned.pop();
    }
    cleaned
}

/// The request that has the backend begin the login of `request`, and push that request to the server if it `is_pushed`.
/// `headers`, an object of strings, are the app's. The answer goes to [`AuthorizationRequest::begun`].
pub fn begin_request(
    begin_url: &str,
    server: &ServerMetadata,
    request: &AuthorizationRequest,
    is_pushed: bool,
    headers: Option<&Json>,
) -> Request {
    let transaction = request.transaction();
    let mut body = Json::empty();
    for name in ["client_id", "redirect_uri", "scope", "max_age", "acr"] {
        body.set_copy(name, transaction.0.member(name));
    }
    body.set_text("state_digest", Some(&digest(transaction.state())));
    body.set_text("binding_digest", transaction.0.text("binding"));
    body.set_text("request", is_pushed.then(|| request.form(server)));
    Request::post(Purpose::Begin, begin_url.into(), "application/json", Secret::new(body.to_text())).to_backend(headers)
}
