//! Resource indicators for several APIs (RFC 8707): one login names all of them, and its refresh token brings an access token for
//! each.

use super::authorization::AuthorizationRequest;
use super::http::Request;
use super::json::Json;
use super::secret::Secret;
use super::token::refresh_request;
use super::url::append_parameter;

impl AuthorizationRequest {
    /// Names a further resource for which the login is to bring tokens (§2.1).
    #[must_use]
    pub fn naming(mut self, resource: &str) -> Self {
        append_parameter(&mut self.url, "resource", Some(resource));
        self
    }
}

/// The token request for an access token of `resource` alone (§2.2), of a public client. `scope` restricts it to what that API
/// needs.
pub fn api_request(token_endpoint: &str, client_id: &str, refresh_token: &str, resource: &str, scope: Option<&str>) -> Request {
    let mut request = refresh_request(token_endpoint, client_id, refresh_token, Some(&Json::from(resource)));
    let mut form = request.body.take().map(Secret::into_exposed).unwrap_or_default();
    append_parameter(&mut form, "scope", scope);
    request.body = Some(Secret::new(form));
    request
}
