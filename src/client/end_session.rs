//! Logout at the server (OpenID Connect RP-Initiated Logout 1.0): the URL to which the page goes.

use super::logout_return::remember;
use super::options::LogoutOptions;
use super::page::Connection;
use super::session::tokens::Tokens;
use crate::host::Host;
use crate::protocol::logout::LogoutRequest;

/// The longest ID token that goes into a URL, in bytes.
const LONGEST_HINT: usize = 4096;

/// The URL of a logout at the server, if the server has an end-session endpoint and the options ask for a redirect. If the
/// server is to send the user back, the tab remembers the `state` of the logout.
pub(crate) fn url<P: Host>(connection: &Connection<P>, options: &LogoutOptions, tokens: Option<&Tokens>) -> Option<String> {
    let (host, configuration) = (connection.host(), &connection.configuration);
    let endpoint = connection.server.metadata().text("end_session_endpoint").filter(|_| options.redirects())?;
    let return_to = options.text("postLogoutRedirectUri").or(configuration.text("postLogoutRedirectUri"));
    let state = match return_to {
        Some(return_to) => remember(host, options.text("state"), return_to),
        None => options.text("state").map(String::from),
    };
    let id_token = tokens.and_then(Tokens::id_token);
    let request = LogoutRequest {
        // Servers do not accept URLs of any length. Without the hint, they ask the user.
        id_token_hint: id_token.filter(|id_token| options.sends_id_token() && id_token.len() <= LONGEST_HINT),
        client_id: configuration.client_id(),
        post_logout_redirect_uri: return_to,
        state: state.as_deref(),
        logout_hint: options.text("logoutHint"),
        extra: &configuration.parameters("logoutParams", options.extra_params()),
    };
    Some(request.url(endpoint))
}
