//! The calls of `api_tokens.rs` in a build without the feature `resources`: there is no access token but the login's own.

use super::moment::Moment;
use super::target::Target;
use super::tokens::Tokens;
use crate::client::page::Connection;
use crate::protocol::error::Error;
use crate::protocol::http::Request;
use crate::protocol::json::Json;
use crate::protocol::token::TokenSet;

/// The login's own token.
#[expect(clippy::unnecessary_wraps, reason = "with tokens of APIs, it may fail")]
pub(crate) fn of_origin<P>(_: &Connection<P>, _: &str) -> Result<Target, Error> {
    Ok(Target)
}

/// The request for a new access token. `None` if there is no refresh token.
pub(crate) fn request<P>(connection: &Connection<P>, _: &Target, endpoint: &str) -> Option<Request> {
    connection.session.state.refresh_request(endpoint, connection.configuration.client_id())
}

/// `before`, renewed to `tokens`.
pub(crate) fn renewed(before: &Tokens, _: &Target, tokens: TokenSet, claims: Option<Json>, sent_at: Moment) -> Tokens {
    before.renewed(tokens, claims, sent_at)
}
