//! The requests of `proofs.rs` in a build without the feature `dpop`: no request carries a proof.

use super::discovery;
use super::page::Connection;
use crate::host::Host;
use crate::protocol::error::Error;
use crate::protocol::http::{Request, Response};
use crate::protocol::secret::Secret;
use crate::protocol::token::{CodeExchange, TokenSet};
use crate::protocol::{token, userinfo};

/// Loads the server's metadata.
pub(crate) fn load<P: Host>(connection: &Connection<P>) -> impl Future<Output = Result<(), Error>> {
    discovery::find(connection, false)
}

/// Sends a pushed authorization request.
#[cfg(feature = "par")]
pub(crate) fn send_push<P: Host>(
    connection: &Connection<P>,
    request: Request,
    _: &crate::protocol::authorization::Transaction,
) -> impl Future<Output = Result<Response, Error>> {
    connection.send(request)
}

/// Sends the request that redeems the code.
pub(crate) fn send_code<P: Host>(
    connection: &Connection<P>,
    request: Request,
    _: &CodeExchange,
) -> impl Future<Output = Result<Response, Error>> {
    connection.send(request)
}

/// Reads the answer to it.
pub(crate) fn finish<P: Host>(_: &Connection<P>, exchange: &CodeExchange, response: &Response) -> Result<TokenSet, Error> {
    exchange.finish(response)
}

/// Sends a refresh request. Nothing waits between the caller's own check and the request.
pub(crate) fn send_refresh<P: Host>(
    connection: &Connection<P>,
    request: Request,
    _has_lease: &dyn Fn() -> bool,
) -> impl Future<Output = Result<Response, Error>> {
    connection.send(request)
}

/// Reads the answer to it.
pub(crate) fn refreshed<P: Host>(_: &Connection<P>, response: &Response) -> Result<TokenSet, Error> {
    token::refreshed(response)
}

/// Asks the UserInfo endpoint.
pub(crate) fn ask_user_info<P: Host>(
    connection: &Connection<P>,
    endpoint: &str,
    access_token: &Secret,
) -> impl Future<Output = Result<Response, Error>> {
    connection.send(userinfo::request(endpoint, access_token))
}
