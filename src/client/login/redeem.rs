//! Redeems a code here, at the token endpoint.

use crate::client::id_token;
use crate::client::page::Connection;
use crate::client::proofs;
#[cfg(feature = "idle")]
use crate::client::session::idle_limit;
use crate::client::session::tokens::Tokens;
use crate::client::shared_future::both;
use crate::host::{Host, Store};
use crate::protocol::error::Error;
use crate::protocol::token::{ClientAuthentication, CodeExchange};

/// Redeems the code, validates the ID token, keeps the tokens, and signs the user in. A logout or a later login that is decided
/// first overtakes all of this.
///
/// # Errors
/// Those of the group "server"; `network_failed`, `timed_out`, `aborted`.
pub(crate) async fn redeem<P: Host>(connection: &Connection<P>, exchange: &CodeExchange) -> Result<(), Error> {
    let request = exchange.request(connection.server.metadata().endpoint("token_endpoint")?, &ClientAuthentication::None);
    let is_openid = exchange.nonce().is_some();
    let sent_at = connection.now();
    let guard = connection.session.state.timeline.decision();
    let (response, ()) =
        both(proofs::send_code(connection, request, exchange), id_token::fetch_keys_beside(connection, is_openid)).await;
    guard.check()?;
    let tokens = proofs::finish(connection, exchange, &response?)?;
    let mut claims = None;
    if let Some(id_token) = tokens.id_token.as_ref().filter(|_| is_openid) {
        let expected = id_token::expected_of_login(connection, exchange);
        claims = Some(id_token::validated(connection, id_token, &expected, &tokens.access_token).await?);
        // Fetching the server's keys may have taken time.
        guard.check()?;
    }
    let tokens = Tokens::of_login(tokens, claims, exchange, sent_at);
    let sealed = connection.session.store.sealed(connection.host(), tokens.to_record()).await;
    guard.check()?;
    guard.decide();
    // The entry in the store belongs to a login before this one.
    let (host, session) = (connection.host(), &connection.session);
    // Before other tabs can read the session: they must not take it for one that nobody has used.
    #[cfg(feature = "idle")]
    idle_limit::login_succeeds(connection, exchange.state().unwrap_or_default());
    session.store.put(host, sealed);
    if session.store.is_shared() {
        connection.server.remember_in(host, Store::Origin, connection.now().wall);
    }
    session.sign_in(tokens);
    Ok(())
}
