//! OAuth 2.0 Token Revocation (RFC 7009).

use super::error::{Error, ErrorKind, OAuthError};
use super::http::{FORM, Purpose, Request, Response};
use super::secret::Secret;
use super::url::append_parameter;

/// The request that revokes `token` (§2.1), of a public client. `hint` is the token's type: `access_token` or `refresh_token`.
pub fn request(endpoint: &str, client_id: &str, token: &str, hint: &str) -> Request {
    let mut form = String::with_capacity(1024);
    append_parameter(&mut form, "token", Some(token));
    append_parameter(&mut form, "token_type_hint", Some(hint));
    append_parameter(&mut form, "client_id", Some(client_id));
    Request::post(Purpose::Revocation, endpoint.into(), FORM, Secret::new(form))
}

/// Reads the answer (§2.2). A server answers with success for a token that it does not know, too.
///
/// # Errors
/// `token_request_failed`.
pub fn answer(response: &Response) -> Result<(), Error> {
    let oauth = response.json_object().as_ref().and_then(OAuthError::from_members);
    if response.is_success() && oauth.is_none() {
        return Ok(());
    }
    Err(ErrorKind::TokenRequestFailed { purpose: Purpose::Revocation, status: response.status, oauth }.into())
}
