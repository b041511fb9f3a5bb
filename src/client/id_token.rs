//! ID tokens and other signed tokens of the server: the client validates them with keys that it fetches while the code is being
//! redeemed. If a token names an unknown key, the client fetches the keys once more, because the server may have just changed
//! them.

use std::rc::Rc;

use super::configuration::Settings;
use super::page::Connection;
use crate::host::Host;
use crate::protocol::error::{Error, ErrorKind, Flaw};
use crate::protocol::http::{Purpose, Request};
use crate::protocol::id_token::{self, Expected, Refreshed};
use crate::protocol::json::Json;
use crate::protocol::jwk::JwkSet;
use crate::protocol::jws::{Algorithm, Jws, VerifiedJws};
use crate::protocol::pkce::sha256;
use crate::protocol::secret::Secret;
use crate::protocol::token::{CodeExchange, TokenSet};

/// Checks that this host can check the ID token of a login with `scope`, before the user leaves for the server.
///
/// # Errors
/// `unsupported_environment` if the host cannot check signatures.
pub(crate) fn check_host<P: Host>(host: &P, configuration: &Settings, scope: Option<&str>) -> Result<(), Error> {
    if configuration.checks_id_token(scope) && configuration.verifies_signatures() && !host.can_verify() {
        return Err(ErrorKind::NoSignatureCheck.into());
    }
    Ok(())
}

/// The values that the ID token of a login is compared with. `exchange` completes that login.
pub(crate) fn expected_of_login<'a, P: Host>(connection: &'a Connection<P>, exchange: &'a CodeExchange) -> Expected<'a> {
    Expected { nonce: exchange.nonce(), max_age: exchange.max_age(), acr: exchange.acr(), ..expected(connection) }
}

/// The claims of the ID token that came with renewed `tokens` (OpenID Connect Core §12.2). `None` if there is no ID token, or
/// if it is odd but about the same user: then the session keeps its claims.
///
/// # Errors
/// `id_token_invalid` if the token cannot be verified, or is about another user; those of the keys.
pub(crate) async fn refreshed_claims<P: Host>(connection: &Connection<P>, tokens: &TokenSet) -> Result<Option<Json>, Error> {
    let session = connection.session.snapshot();
    let Some((id_token, before)) = tokens.id_token.as_ref().zip(session.claims.as_ref()) else { return Ok(None) };
    let token = verified_id_token(connection, id_token).await?;
    let algorithm = token.algorithm;
    match id_token::refreshed(token, before, &expected(connection)) {
        Refreshed::Claims(claims) => {
            let checked = check_access_token_hash(connection, &claims, algorithm, &tokens.access_token).await;
            Ok(Some(claims).filter(|_| checked.is_ok()))
        }
        Refreshed::Unchanged(_) => Ok(None),
        Refreshed::Ended(flaw) => Err(ErrorKind::IdTokenInvalid(flaw).into()),
    }
}

/// The values that every ID token of this client is compared with.
fn expected<P: Host>(connection: &Connection<P>) -> Expected<'_> {
    Expected {
        issuer: connection.server.metadata().issuer().unwrap_or_default(),
        client_id: connection.configuration.client_id(),
        trusted_audiences: connection.configuration.trusted_audiences(),
        nonce: None,
        max_age: None,
        acr: None,
        now: connection.host().wall_clock(),
        tolerance: connection.configuration.clock_tolerance(),
    }
}

/// Validates an ID token, its signature first, and returns its claims. `access_token` came with it.
///
/// # Errors
/// `id_token_invalid`; those of the keys.
pub(crate) async fn validated<P: Host>(
    connection: &Connection<P>,
    id_token: &Secret,
    expected: &Expected<'_>,
    access_token: &Secret,
) -> Result<Json, Error> {
    let token = verified_id_token(connection, id_token).await?;
    let algorithm = token.algorithm;
    let claims = id_token::validate(token, expected).map_err(ErrorKind::IdTokenInvalid)?;
    check_access_token_hash(connection, &claims, algorithm, access_token).await?;
    Ok(claims)
}

/// Verifies form, algorithm and signature of an ID token.
async fn verified_id_token<P: Host>(connection: &Connection<P>, id_token: &Secret) -> Result<VerifiedJws, Error> {
    let invalid = |flaw| Error::from(ErrorKind::IdTokenInvalid(flaw));
    let token = Jws::parse(id_token.expose()).map_err(invalid)?;
    let supported = connection.server.metadata().as_json().member("id_token_signing_alg_values_supported");
    verified(connection, token, supported, invalid).await
}

/// Checks that the ID token with `claims` belongs to `access_token`, if the claims contain `at_hash`.
async fn check_access_token_hash<P: Host>(
    connection: &Connection<P>,
    claims: &Json,
    algorithm: Algorithm,
    access_token: &Secret,
) -> Result<(), Error> {
    let Some(bits) = id_token::at_hash_bits(claims, algorithm) else { return Ok(()) };
    let (host, bytes) = (connection.host(), access_token.expose().as_bytes());
    let hash = match bits {
        // The crate computes this hash itself, without the host.
        256 => sha256(bytes),
        // A host without signatures has no hashes either. It trusts TLS, which vouches for both tokens.
        _ if !host.can_verify() => return Ok(()),
        _ => host.digest(bits, bytes).await?,
    };
    Ok(id_token::check_at_hash(claims, &hash).map_err(ErrorKind::IdTokenInvalid)?)
}

/// Verifies the signature of `token`, which must use one of the `supported` algorithms.
///
/// # Errors
/// The error that `invalid` makes of a flaw; `invalid_metadata`, `network_failed`, `timed_out` for the keys;
/// `unsupported_environment`.
pub(crate) async fn verified<P: Host>(
    connection: &Connection<P>,
    token: Jws,
    supported: Option<&Json>,
    invalid: fn(Flaw) -> Error,
) -> Result<VerifiedJws, Error> {
    token.check_algorithm(supported).map_err(invalid)?;
    if !connection.configuration.verifies_signatures() {
        return Ok(token.trusted_by_tls());
    }
    let (mut keys, mut is_new) = match known_keys(connection) {
        Some(keys) => (keys, false),
        None => (fetch_keys(connection).await?, true),
    };
    loop {
        let candidates = keys.candidates(&token);
        let has_candidates = !candidates.is_empty();
        let verified = token.verified(candidates, |check| connection.host().verify(check)).await?;
        if let Some(verified) = verified {
            return Ok(verified);
        }
        // The server may have changed its keys, with new key IDs or without key IDs.
        if is_new || !may_look_again(connection) {
            return Err(invalid(if has_candidates {
                Flaw::of("", "its signature is not the server's")
            } else {
                Flaw::of("kid", "names no key of the server that could have signed this")
            }));
        }
        let before = keys;
        (keys, is_new) = (fetch_keys(connection).await?, true);
        // If this set has no key for the token either, the server may still be changing its keys.
        if keys.candidates(&token).is_empty() {
            remember_keys(connection, before);
        }
    }
}

/// Fetches the keys in parallel with a token request, if they will be needed and are not known. Its failure shows when the keys
/// are needed.
pub(crate) async fn fetch_keys_beside<P: Host>(connection: &Connection<P>, is_openid: bool) {
    if is_openid && connection.configuration.verifies_signatures() && known_keys(connection).is_none() {
        let _ = fetch_keys(connection).await;
    }
}

async fn fetch_keys<P: Host>(connection: &Connection<P>) -> Result<Rc<JwkSet>, Error> {
    let jwks_uri = connection.server.metadata().endpoint("jwks_uri")?;
    let response = connection.send(Request::get(Purpose::Keys, jwks_uri.into())).await?;
    let keys = Rc::new(JwkSet::from_response(&response)?);
    remember_keys(connection, keys.clone());
    Ok(keys)
}

fn known_keys<P: Host>(connection: &Connection<P>) -> Option<Rc<JwkSet>> {
    connection.page.keys.known(connection.server.metadata().text("jwks_uri")?, connection.host().monotonic_clock())
}

fn remember_keys<P: Host>(connection: &Connection<P>, keys: Rc<JwkSet>) {
    if let Some(jwks_uri) = connection.server.metadata().text("jwks_uri") {
        connection.page.keys.remember(jwks_uri, keys, connection.host().monotonic_clock());
    }
}

fn may_look_again<P: Host>(connection: &Connection<P>) -> bool {
    let jwks_uri = connection.server.metadata().text("jwks_uri").unwrap_or_default();
    connection.page.keys.may_look_again(jwks_uri, connection.host().monotonic_clock())
}
