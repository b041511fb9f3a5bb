//! Revokes the tokens of a session that ends (RFC 7009).

use std::rc::Rc;

use super::discovery;
use super::logout::leave;
use super::page::Connection;
use crate::host::Host;
use crate::protocol::error::Error;
use crate::protocol::revocation;
use crate::protocol::token::RefreshFailure;

/// Ends the session here and at the backend, and revokes its tokens if the server has an endpoint for that.
///
/// # Errors
/// Those of [`Client::revoke`](super::Client::revoke).
pub(crate) async fn revoke<P: Host>(connection: &Rc<Connection<P>>) -> Result<(), Error> {
    let (tokens, at_backend) = leave(connection).await;
    at_backend?;
    let Some(tokens) = tokens else { return Ok(()) };
    discovery::find(connection, true).await?;
    let Some(endpoint) = connection.server.metadata().text("revocation_endpoint") else { return Ok(()) };
    // The refresh token first: with it, a server revokes all tokens of the login (§2.1).
    let (mut outcome, mut is_refresh_token_revoked) = (Ok(()), false);
    let mut place = 0;
    while let Some(next) = tokens.to_revoke(place) {
        place += 1;
        let Some((hint, token)) = next else { continue };
        let request = revocation::request(endpoint, connection.configuration.client_id(), token, hint);
        let revoked = connection.send(request).await.and_then(|response| revocation::answer(&response));
        match revoked {
            Ok(()) => is_refresh_token_revoked = true,
            // The access token went with the refresh token, and some servers refuse a token that they do not know any more.
            Err(error) if is_refresh_token_revoked && matches!(RefreshFailure::of(&error), RefreshFailure::Refused) => {}
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    outcome
}
