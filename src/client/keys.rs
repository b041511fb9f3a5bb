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

/// The keys of one server.
pub(super) struct KnownKeys {
    jwks_uri: String,
    keys: Rc<JwkSet>,
    /// When they were fetched because one was not among them: on the monotonic clock, in milliseconds.
    renewed_at: Option<u64>,
}

impl<P: Platform> Client<P> {
    /// Fetches the keys where they will be needed and are not known: beside a token request, so that nobody waits for
    /// them. A failure shows when they are needed.
    pub(super) async fn fetch_keys_beside(&self, is_openid: bool) {
        if is_openid && self.configuration.verifies_signatures() && self.known_keys().is_none() {
            let _ = self.fetch_keys(None).await;
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
        let keys = self.candidates(&token).await?;
        if keys.is_empty() {
            return Err(invalid(Flaw::of("kid", "names no key of the server that could have signed this")));
        }
        let verified = token.verified(keys, |check| self.page.platform.verify(check)).await?;
        verified.ok_or_else(|| invalid(Flaw::of("", "its signature is not the server's")))
    }

    async fn candidates(&self, token: &Jws) -> Result<Vec<Json>, Error> {
        let known = self.known_keys();
        let now = self.page.platform.monotonic_clock();
        let keys = match known {
            None => self.fetch_keys(None).await?,
            Some((keys, renewed_at)) => {
                let candidates = keys.candidates(token);
                let may_renew = renewed_at.is_none_or(|at| now.saturating_sub(at) > PAUSE);
                if !candidates.is_empty() || !may_renew {
                    return Ok(candidates);
                }
                self.fetch_keys(Some(now)).await?
            }
        };
        Ok(keys.candidates(token))
    }

    fn known_keys(&self) -> Option<(Rc<JwkSet>, Option<u64>)> {
        let jwks_uri = self.server.text("jwks_uri");
        let all = self.page.keys.borrow();
        all.iter().find(|known| Some(known.jwks_uri.as_str()) == jwks_uri).map(|known| (known.keys.clone(), known.renewed_at))
    }

    async fn fetch_keys(&self, renewed_at: Option<u64>) -> Result<Rc<JwkSet>, Error> {
        let jwks_uri = self.server.endpoint("jwks_uri")?;
        let response = self.send(Request::get(Purpose::Keys, jwks_uri.into())).await?;
        let keys = Rc::new(JwkSet::from_response(&response)?);
        let mut all = self.page.keys.borrow_mut();
        all.retain(|known| known.jwks_uri != jwks_uri);
        all.push(KnownKeys { jwks_uri: jwks_uri.into(), keys: keys.clone(), renewed_at });
        Ok(keys)
    }
}
