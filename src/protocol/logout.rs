//! OpenID Connect RP-Initiated Logout 1.0: the URL that ends the user's session at the server too.

use super::json::Json;
use super::url::{append_parameter, with_query};

/// The content of a logout request (§2).
pub struct LogoutRequest<'a> {
    /// The ID token of the session, which tells the server whose session it is.
    pub id_token_hint: Option<&'a str>,
    /// The client identifier.
    pub client_id: &'a str,
    /// The place to which the user comes back, as registered.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// The server sends it back with the user.
    pub state: Option<&'a str>,
    /// The user to log out, in the form that the server demands.
    pub logout_hint: Option<&'a str>,
    /// Further parameters: an object of strings.
    pub extra: &'a Json,
}

impl LogoutRequest<'_> {
    /// Whether a logout request itself sets the parameter `name`.
    pub fn has(name: &str) -> bool {
        matches!(name, "id_token_hint" | "client_id" | "post_logout_redirect_uri" | "state" | "logout_hint")
    }

    /// The URL at the server's `end_session_endpoint`.
    pub fn url(&self, end_session_endpoint: &str) -> String {
        let mut query = String::with_capacity(1024);
        append_parameter(&mut query, "id_token_hint", self.id_token_hint);
        append_parameter(&mut query, "client_id", Some(self.client_id));
        append_parameter(&mut query, "post_logout_redirect_uri", self.post_logout_redirect_uri);
        append_parameter(&mut query, "state", self.state);
        append_parameter(&mut query, "logout_hint", self.logout_hint);
        for (name, value) in self.extra.members() {
            append_parameter(&mut query, name, value.as_str());
        }
        with_query(end_session_endpoint, &query)
    }
}
