//! The requests of a confidential client (RFC 6749 §2.3): the requests of a public client, with its secret added.

use super::http::{FORM, Purpose, Request};
use super::secret::Secret;
use super::token::{ClientAuthentication, basic};
use super::url::append_parameter;

/// The token request that renews an access token (RFC 6749 §6).
pub fn refresh_request(
    token_endpoint: &str,
    client_id: &str,
    authentication: &ClientAuthentication<'_>,
    refresh_token: &Secret,
) -> Request {
    let parameters = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
    request(Purpose::Refresh, token_endpoint, client_id, authentication, parameters)
}

/// The request that revokes `token` (RFC 7009 §2.1). `hint` is the token's type: `access_token` or `refresh_token`.
pub fn revocation_request(
    endpoint: &str,
    client_id: &str,
    authentication: &ClientAuthentication<'_>,
    token: &Secret,
    hint: &str,
) -> Request {
    let parameters = [("token", token.expose()), ("token_type_hint", hint)];
    request(Purpose::Revocation, endpoint, client_id, authentication, parameters)
}

fn request(
    purpose: Purpose,
    endpoint: &str,
    client_id: &str,
    authentication: &ClientAuthentication<'_>,
    parameters: [(&str, &str); 2],
) -> Request {
    let mut form = String::with_capacity(1024);
    if !matches!(authentication, ClientAuthentication::SecretBasic(_)) {
        append_parameter(&mut form, "client_id", Some(client_id));
    }
    for (name, value) in parameters {
        append_parameter(&mut form, name, Some(value));
    }
    authenticated(Request::post(purpose, endpoint.into(), FORM, Secret::new(form)), client_id, authentication)
}

/// Adds the client's authentication to a form. Basic also names the client; in all other cases, the form does.
pub(super) fn authenticated(mut request: Request, client_id: &str, authentication: &ClientAuthentication<'_>) -> Request {
    match authentication {
        ClientAuthentication::None => {}
        ClientAuthentication::SecretPost(secret) => {
            let mut form = request.body.take().map(Secret::into_exposed).unwrap_or_default();
            append_parameter(&mut form, "client_secret", Some(secret.expose()));
            request.body = Some(Secret::new(form));
        }
        ClientAuthentication::SecretBasic(secret) => request.headers.push(("authorization".into(), basic(client_id, secret))),
    }
    request
}
