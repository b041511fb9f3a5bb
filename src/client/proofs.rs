//! Tokens that are bound to a key of this browser (RFC 9449): the key of a session, and its proofs in the requests to the token
//! endpoint and to the UserInfo endpoint. `credentials.rs` has those in the requests to APIs.
//!
//! Whether a login is bound to a key is decided when it begins, and its transaction remembers the key. From then on, the code,
//! the refresh token and the access token are used with proofs of that key, and with no other.

use core::pin::Pin;
use std::rc::Rc;

use super::discovery;
use super::page::Connection;
use super::session::tabs;
use super::session::tokens::Tokens;
use crate::host::Host;
use crate::protocol::authorization::AuthorizationRequest;
#[cfg(feature = "par")]
use crate::protocol::authorization::Transaction;
use crate::protocol::dpop::{Proof, asks_for_nonce, refreshed_with_proof, refusal_brings_nonce};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{Purpose, Request, Response};
use crate::protocol::public_key::PublicKey;
use crate::protocol::secret::Secret;
use crate::protocol::token::{CodeExchange, TokenSet, TokenType, refreshed as refreshed_without_proof};
use crate::protocol::url::Url;
use crate::protocol::userinfo;

/// The algorithm of the proofs. Every browser and every server that supports DPoP supports it.
const ALGORITHM: &str = "ES256";

/// The time after a refresh began, in milliseconds, in which it may be sent once more: a lease lasts ten seconds longer than one
/// request.
const REPEATABLE: u64 = 9_000;

/// The name under which the host keeps the key of the session.
fn name<P>(connection: &Connection<P>) -> String {
    String::from(connection.session.name.as_str()) + ".key"
}

/// Whether tokens that are not bound to a key are refused.
fn must_be_bound<P>(connection: &Connection<P>) -> bool {
    connection.configuration.text("dpop") == Some("always")
}

/// Whether new logins are bound to a key. If a backend redeems the codes, the key is its own.
fn is_wanted<P: Host>(connection: &Connection<P>) -> bool {
    let supported = || connection.server.metadata().as_json().member("dpop_signing_alg_values_supported");
    let is_supported = || supported().is_some_and(|names| names.items().iter().any(|name| name.as_str() == Some(ALGORITHM)));
    match connection.configuration.text("dpop") {
        _ if connection.configuration.backend().is_some() => false,
        Some("never") => false,
        Some("always") => true,
        _ => connection.host().can_seal() && is_supported(),
    }
}

/// Checks that this host can keep a key, if the configuration demands one.
///
/// # Errors
/// `unsupported_environment`.
pub(crate) fn check_host<P: Host>(connection: &Connection<P>) -> Result<(), Error> {
    if must_be_bound(connection) && is_wanted(connection) && !connection.host().can_seal() {
        return Err(Error::unsupported("crypto.subtle or IndexedDB, which dpop needs"));
    }
    Ok(())
}

/// Loads everything that the beginning of a login needs: the server's metadata, and the key.
///
/// # Errors
/// Those of [`Client::load`](super::Client::load).
pub(crate) async fn load<P: Host>(connection: &Connection<P>) -> Result<(), Error> {
    discovery::find(connection, false).await?;
    if is_wanted(connection) {
        let found = find(connection).await;
        if must_be_bound(connection) {
            found?;
        }
        connection.session.key.is_prepared.set(true);
    }
    Ok(())
}

/// Binds the code of `request` to the key (§10).
///
/// # Errors
/// `not_ready` if the page has not tried to have the key. If it could not have it, the login is not bound.
pub(crate) fn bound<P: Host>(connection: &Connection<P>, request: AuthorizationRequest) -> Result<AuthorizationRequest, Error> {
    let key = &connection.session.key;
    match &*key.known.borrow() {
        _ if !is_wanted(connection) => Ok(request),
        Some(known) => Ok(request.bound_to(known)),
        None if key.is_prepared.get() && !must_be_bound(connection) => Ok(request),
        None => Err(ErrorKind::NotReady.into()),
    }
}

/// The key of the session. The host makes it, if there is none.
async fn find<P: Host>(connection: &Connection<P>) -> Result<Rc<PublicKey>, Error> {
    let known = connection.session.key.known.borrow().clone();
    if let Some(key) = known {
        return Ok(key);
    }
    let jwk = connection.host().proof_key(&name(connection)).await?;
    let key = Rc::new(PublicKey::from_jwk(&jwk).ok_or(ErrorKind::StorageUnavailable)?);
    connection.session.key.known.replace(Some(key.clone()));
    Ok(key)
}

/// The key to which the tokens of the session are bound; `None` if they are not. If the browser did not keep that key, nobody can
/// use the tokens any more: the session expires.
///
/// # Errors
/// `session_ended` if the key is gone; `storage_unavailable` if it cannot be had now.
pub(crate) async fn key_of_session<P: Host>(connection: &Rc<Connection<P>>) -> Result<Option<Rc<PublicKey>>, Error> {
    let Some(thumbprint) = bound_to(connection) else { return Ok(None) };
    let key = find(connection).await?;
    if key.thumbprint() == thumbprint {
        return Ok(Some(key));
    }
    // The session may have become another one meanwhile.
    if bound_to(connection).as_deref() == Some(&thumbprint) {
        tabs::expire_in_all_tabs(connection);
    }
    Err(ErrorKind::SessionEnded(None).into())
}

/// The same, for a call of the app: its listeners hear of it if the session expires.
///
/// # Errors
/// Those of [`key_of_session`].
pub(crate) async fn usable_key<P: Host>(connection: &Rc<Connection<P>>) -> Result<Option<Rc<PublicKey>>, Error> {
    key_of_session(connection).await.inspect_err(|_| connection.announce())
}

/// Makes a proof of `key` for one request. Returns it with the nonce in it.
pub(crate) async fn proof<P: Host>(
    connection: &Connection<P>,
    key: &PublicKey,
    method: &str,
    url: &Url,
    access_token: Option<&Secret>,
) -> Result<(Secret, Option<String>), Error> {
    let host = connection.host();
    let mut entropy = [0; 32];
    host.entropy(&mut entropy)?;
    let nonce = connection.page.nonces.borrow().of(url).map(String::from);
    let unsigned = Proof {
        key,
        algorithm: ALGORITHM,
        method,
        url,
        access_token,
        nonce: nonce.as_deref(),
        id: Secret::from_entropy(&entropy).expose(),
        now: host.wall_clock(),
    }
    .unsigned();
    let signature = host.sign(&name(connection), unsigned.signing_input()).await?;
    Ok((unsigned.signed(&signature), nonce))
}

/// Sends `request`, with a proof if it is to be `bound_to` a key with this thumbprint. If the answer says that only the nonce was
/// missing, sends it once more, with the nonce of that answer: the server has read nothing else of it. Making a proof waits, so
/// `may_send` is asked after that, each time.
///
/// # Errors
/// `storage_unavailable` if the browser did not keep that key; `timed_out` if the request may not be sent any more; those of a
/// request.
fn send<'a, P: Host>(
    connection: &'a Connection<P>,
    mut request: Request,
    bound_to: Option<String>,
    access_token: Option<&'a Secret>,
    may_send: &'a dyn Fn() -> bool,
) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + 'a>> {
    // Boxed, so that its code exists once, and not in each caller.
    Box::pin(async move {
        let key = match bound_to {
            Some(thumbprint) => {
                let key = find(connection).await?;
                Some(key).filter(|key| key.thumbprint() == thumbprint).ok_or(ErrorKind::StorageUnavailable)?.into()
            }
            None => None,
        };
        let url = Url::parse(&request.url).ok_or(ErrorKind::OriginNotAllowed)?;
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let mut again = key.is_some().then(|| request.copied());
        let begun = connection.now().monotonic;
        loop {
            let mut sent = None;
            if let Some(key) = &key {
                let (proof, nonce) = proof(connection, key, method, &url, access_token).await?;
                request = request.with_proof(proof);
                sent = nonce;
            }
            if !may_send() {
                return Err(ErrorKind::TimedOut(request.purpose).into());
            }
            let response = connection.send(request).await?;
            connection.page.nonces.borrow_mut().remember(&url, &response.dpop_nonce);
            let asks = || match access_token {
                Some(_) => refusal_brings_nonce(&response, sent.as_deref()),
                None => asks_for_nonce(&response, sent.as_deref()),
            };
            let is_repeatable = connection.now().monotonic.saturating_sub(begun) < REPEATABLE;
            match again.take() {
                Some(same) if is_repeatable && asks() => request = same,
                _ => return Ok(response),
            }
        }
    })
}

/// Sends a pushed authorization request, with a proof if the code of `transaction` is bound to a key (§10.1).
///
/// # Errors
/// Those of a request; `storage_unavailable` if the browser did not keep that key.
#[cfg(feature = "par")]
pub(crate) fn send_push<P: Host>(
    connection: &Connection<P>,
    request: Request,
    transaction: &Transaction,
) -> impl Future<Output = Result<Response, Error>> {
    send(connection, request, transaction.key_thumbprint().map(String::from), None, &|| true)
}

/// Sends the request that redeems the code, with a proof if the code is bound to a key.
///
/// # Errors
/// Those of a request; `invalid_config` if the code must be bound to a key, and is not; `storage_unavailable` if the browser did not keep that key.
pub(crate) async fn send_code<P: Host>(
    connection: &Connection<P>,
    request: Request,
    exchange: &CodeExchange,
) -> Result<Response, Error> {
    if must_be_bound(connection) && exchange.key_thumbprint().is_none() && connection.configuration.backend().is_none() {
        return Err(Error::config("dpop", "is always, and this login was begun without a key"));
    }
    send(connection, request, exchange.key_thumbprint().map(String::from), None, &|| true).await
}

/// Reads the answer to it. A token of the type DPoP is accepted only if a proof was sent.
///
/// # Errors
/// Those of [`CodeExchange::finish_with_proof`].
pub(crate) fn finish<P: Host>(
    connection: &Connection<P>,
    exchange: &CodeExchange,
    response: &Response,
) -> Result<TokenSet, Error> {
    match exchange.key_thumbprint() {
        Some(_) => exchange.finish_with_proof(response, must_be_bound(connection)),
        None => exchange.finish(response),
    }
}

/// Sends a refresh request, with a proof if the login was bound to a key: its refresh token is, even if the access token is not
/// (§5). `has_lease` says whether this page is still the one that refreshes.
///
/// # Errors
/// Those of a request; `storage_unavailable` if the browser did not keep that key; `timed_out` if the lease is over, or another
/// tab has renewed the session since `request` was made.
pub(crate) async fn send_refresh<P: Host>(
    connection: &Connection<P>,
    request: Request,
    has_lease: &dyn Fn() -> bool,
) -> Result<Response, Error> {
    let session = &connection.session;
    let record = session.state.record();
    let is_of_session = || session.state.record() == record && !session.store.has_changed_elsewhere(connection.host());
    send(connection, request, bound_to(connection), None, &|| has_lease() && is_of_session()).await
}

/// The thumbprint of the key to which the login was bound.
fn bound_to<P>(connection: &Connection<P>) -> Option<String> {
    connection.session.state.of_tokens(|tokens| tokens.bound_to().map(String::from)).flatten()
}

/// Reads the answer to a refresh request.
///
/// # Errors
/// Those of [`refreshed_with_proof`].
pub(crate) fn refreshed<P: Host>(connection: &Connection<P>, response: &Response) -> Result<TokenSet, Error> {
    match connection.session.state.of_tokens(|tokens| tokens.bound_to().is_some()) {
        Some(true) => refreshed_with_proof(response, must_be_bound(connection)),
        _ => refreshed_without_proof(response),
    }
}

/// Asks the UserInfo endpoint.
///
/// # Errors
/// Those of a request; `session_ended` if the key is gone.
pub(crate) async fn ask_user_info<P: Host>(
    connection: &Rc<Connection<P>>,
    endpoint: &str,
    access_token: &Secret,
) -> Result<Response, Error> {
    let of_token = |tokens: &Tokens| tokens.type_of(access_token.expose());
    let is_bound = connection.session.state.of_tokens(of_token) == Some(TokenType::DPoP);
    let key = usable_key(connection).await?.filter(|_| is_bound);
    if is_bound && key.is_none() {
        // The session has ended meanwhile.
        return Err(ErrorKind::Aborted.into());
    }
    let request = match is_bound {
        true => Request::get(Purpose::UserInfo, endpoint.into()).with_bound_token(access_token),
        false => userinfo::request(endpoint, access_token),
    };
    send(connection, request, key.map(|key| key.thumbprint().into()), Some(access_token), &|| true).await
}
