//! Pushes authorization requests to the server (RFC 9126). `client/pushing.rs` says which.

use crate::client::page::Connection;
use crate::client::proofs;
use crate::host::Host;
use crate::protocol::authorization::AuthorizationRequest;
use crate::protocol::error::Error;
use crate::protocol::pushed::PushedRequest;
use crate::protocol::token::ClientAuthentication;

/// Pushes `request`. Its transaction is not stored yet.
///
/// # Errors
/// `token_request_failed` if the server refused the request; `invalid_metadata` if it has no endpoint for it, or its answer has no
/// `request_uri`; `network_failed`, `timed_out`.
pub(crate) async fn push<P: Host>(connection: &Connection<P>, request: AuthorizationRequest) -> Result<PushedRequest, Error> {
    let server = connection.server.metadata();
    let form = request.push(server, &ClientAuthentication::None)?;
    let response = proofs::send_push(connection, form, request.transaction()).await?;
    request.pushed(server, &response)
}
