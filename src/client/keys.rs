//! The server's keys: fetched while the code is being redeemed, kept in memory, and asked for once more where a token
//! names one that is not among them (a server may have changed its keys a moment ago).

use std::rc::Rc;

use super::Client;
use crate::platform::Platform;
use crate::protocol::error::{Error, ErrorKind, Flaw};
use crate::protocol::http::{Purpose, Request};
use crate::protocol::id_token::{self, Expected};
use crate::protocol::json::Json;
use crate::protocol::jwk::JwkSet;
use crate::protocol::jws::{Jws, VerifiedJws};
use crate::protocol::pkce::sha256;
use crate::protocol::secret::Secret;

/// A token with an unknown key makes the keys be fetched again; a flood of them, once in so many milliseconds.
const PAUSE: u64 = 60_000;

/// A key that was withdrawn serves for so many milliseconds more.
const LIFETIME: u64 = 3_600_000;

/// The keys of one server.
pub(super) struct KnownKeys {
    jwks_uri: String,
    keys: Rc<JwkSet>,
    /// When they were fetched, and when because one was not among them: on the monotonic clock, in milliseconds.
    fetched_at: u64,
    looked_again_at: Option<u64>,
}

impl<P: Platform> Client<P> {
    /// Fetches the keys where they will be needed and are not known: beside a token request, so that nobody waits for
    /// them. A failure shows when they are needed.
    pub(super) async fn fetch_keys_beside(&self, is_openid: bool) {
        if is_openid && self.configuration.verifies_signatures() && self.known_keys().is_none() {
            let _ = self.fetch_keys().await;
        }
    }

    /// Validates an ID token, with its signature first, and gives out its claims. `access_token` came with it.
    pub(super) async fn id_token_claims(
        &self,
        id_token: &Secret,
        expected: &Expected<'_>,
        access_token: &Secret,
    ) -> Result<Json, Error> {
        let invalid = |flaw| Error::from(ErrorKind::IdTokenInvalid(flaw));
        let token = Jws::parse(id_token.expose()).map_err(invalid)?;
        let supported = self.server.as_json().member("id_token_signing_alg_values_supported");
        let token = self.verified(token, supported, invalid).await?;
        let algorithm = token.algorithm;
        let claims = id_token::validate(token, expected).map_err(invalid)?;
        if let Some(bits) = id_token::at_hash_bits(&claims, algorithm) {
            let bytes = access_token.expose().as_bytes();
            let hash = match bits {
                // This one is ours, and needs nothing of the host.
                256 => sha256(bytes),
                // Without signatures there are no hashes either. TLS, which is trusted then, vouches for both tokens.
                _ if !self.page.platform.can_verify() => return Ok(claims),
                _ => self.page.platform.digest(bits, bytes).await?,
            };
            id_token::check_at_hash(&claims, &hash).map_err(invalid)?;
        }
        Ok(claims)
    }

    /// Verifies the signature of `token`, by one of the `supported` algorithms.
    pub(super) async fn verified(
        &self,
        token: Jws,
        supported: Option<&Json>,
        invalid: fn(Flaw) -> Error,
    ) -> Result<VerifiedJws, Error> {
        token.check_algorithm(supported).map_err(invalid)?;
        if !self.configuration.verifies_signatures() {
            return Ok(token.trusted_by_tls());
        }
        let (mut keys, mut is_new) = match self.known_keys() {
            Some(keys) => (keys, false),
            None => (self.fetch_keys().await?, true),
        };
        loop {
            let candidates = keys.candidates(&token);
            let has_candidates = !candidates.is_empty();
            let verified = token.verified(candidates, |check| self.page.platform.verify(check)).await?;
            if let Some(verified) = verified {
                return Ok(verified);
            }
            // The server may have changed its keys, under new names or none.
            if is_new || !self.may_look_again() {
                return Err(invalid(if has_candidates {
                    Flaw::of("", "its signature is not the server's")
                } else {
                    Flaw::of("kid", "names no key of the server that could have signed this")
                }));
            }
            let before = keys;
            (keys, is_new) = (self.fetch_keys().await?, true);
            // A set in which this token has no key either may be one that was caught half-way.
            if keys.candidates(&token).is_empty() {
                self.remember_keys(before);
            }
        }
    }

    /// Whether the keys may be asked for because a token is not by one of them; then this was it for a while.
    fn may_look_again(&self) -> bool {
        let now = self.page.platform.monotonic_clock();
        let mut all = self.page.keys.borrow_mut();
        let known = all.iter_mut().find(|known| Some(known.jwks_uri.as_str()) == self.server.text("jwks_uri"));
        known.is_none_or(|known| {
            let may = known.looked_again_at.is_none_or(|at| now.saturating_sub(at) > PAUSE);
            if may {
                known.looked_again_at = Some(now);
            }
            may
        })
    }

    fn known_keys(&self) -> Option<Rc<JwkSet>> {
        let now = self.page.platform.monotonic_clock();
        let is_these = |known: &&KnownKeys| {
            Some(known.jwks_uri.as_str()) == self.server.text("jwks_uri") && now.saturating_sub(known.fetched_at) < LIFETIME
        };
        self.page.keys.borrow().iter().find(is_these).map(|known| known.keys.clone())
    }

    async fn fetch_keys(&self) -> Result<Rc<JwkSet>, Error> {
        let jwks_uri = self.server.endpoint("jwks_uri")?;
        let response = self.send(Request::get(Purpose::Keys, jwks_uri.into())).await?;
        let keys = Rc::new(JwkSet::from_response(&response)?);
        self.remember_keys(keys.clone());
        Ok(keys)
    }

    fn remember_keys(&self, keys: Rc<JwkSet>) {
        let Some(jwks_uri) = self.server.text("jwks_uri") else { return };
        let mut all = self.page.keys.borrow_mut();
        let before = all.iter().position(|known| known.jwks_uri == jwks_uri).map(|at| all.swap_remove(at));
        all.push(KnownKeys {
            jwks_uri: jwks_uri.into(),
            keys,
            fetched_at: self.page.platform.monotonic_clock(),
            looked_again_at: before.and_then(|before| before.looked_again_at),
        });
    }
}
