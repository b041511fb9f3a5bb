//! OpenID Connect RP-Initiated Logout 1.0: the URL at which a user leaves the server's session too.

use super::url::{append_parameter, with_query};

/// What a logout request says (§2).
pub struct LogoutRequest<'a> {
    /// The ID token of the session, by which the server knows whose it is.
    pub id_token_hint: Option<&'a str>,
    /// The client identifier.
    pub client_id: &'a str,
    /// Where the user comes back to, as registered.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// Comes back with the user.
    pub state: Option<&'a str>,
}

impl LogoutRequest<'_> {
    /// The URL at the server's `end_session_endpoint`.
    pub fn url(&self, end_session_endpoint: &str) -> String {
        let mut query = String::with_capacity(1024);
        append_parameter(&mut query, "id_token_hint", self.id_token_hint);
        append_parameter(&mut query, "client_id", Some(self.client_id));
        append_parameter(&mut query, "post_logout_redirect_uri", self.post_logout_redirect_uri);
        append_parameter(&mut query, "state", self.state);
        with_query(end_session_endpoint, &query)
    }
}
