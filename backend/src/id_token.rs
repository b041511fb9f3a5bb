//! [`Issuer`]: the OpenID provider, and whether an ID token is its word. The page's own rules, by the page's own code.
//!
//! What the provider publishes (its metadata and its keys) is kept in memory, by each instance for itself. It is fetched
//! beside a token request where it is not known, so that nobody waits for it; and once more where a token names a key
//! that is not among them, since a provider may have changed its keys a moment ago.

use core::future::ready;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use wicketgate::protocol::error::{Error, ErrorKind, Flaw};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::id_token::{Expected, at_hash_bits, check_at_hash, validate};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jwk::JwkSet;
use wicketgate::protocol::jws::Jws;
use wicketgate::protocol::metadata::{ServerMetadata, discovery_urls};
use wicketgate::protocol::token::{CodeExchange, TokenSet};

use crate::authorization_server::{AuthorizationServer, Setting, failed, too_slow, unacceptable};
use crate::failure::Failure;
use crate::session::now;
use crate::signature;

/// What is known of a provider is asked for anew after this time: a key that it withdrew must not serve for ever.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A token with an unknown key makes the keys be fetched again; a flood of them, once in this time.
const PAUSE: Duration = Duration::from_secs(60);

/// By how many milliseconds the provider's clock and this machine's may differ.
const CLOCK_TOLERANCE: u64 = 60_000;

const SETTING: Setting = "WICKETGATE_ISSUER (issuer) or WICKETGATE_JWKS_URI (jwks_uri)";

pub(crate) struct Issuer {
    pub(crate) server: Arc<AuthorizationServer>,
    /// The issuer identifier.
    pub(crate) identifier: String,
    /// By hand: then no metadata is asked for.
    pub(crate) jwks_uri: Option<String>,
    /// By hand, an array of names: then those of the metadata do not count.
    pub(crate) algorithms: Option<Json>,
    /// Held while it is being fetched: of many logins at once, one asks and the others wait for it.
    pub(crate) published: Mutex<Published>,
}

#[derive(Default)]
pub(crate) struct Published {
    known: Option<Known>,
    /// When the keys were last fetched because one was not among them.
    renewed_at: Option<Instant>,
}

struct Known {
    since: Instant,
    jwks_uri: String,
    algorithms: Option<Json>,
    keys: JwkSet,
}

impl Issuer {
    /// Fetches what [`claims`](Self::claims) will need, where it is not known.
    pub(crate) async fn prepare(&self) -> Result<(), Failure> {
        let known = async { self.fresh(&mut self.published.lock().await.known).await.map(drop) };
        self.in_time(known).await
    }

    /// The claims of the ID token that came with `tokens`, validated; without those that were only there to be checked.
    pub(crate) async fn claims(&self, exchange: &CodeExchange, tokens: &TokenSet) -> Result<Json, Failure> {
        let id_token = tokens.id_token.as_ref().ok_or_else(|| invalid(flaw("", "the token response has none")))?;
        let token = Jws::parse(id_token.expose()).map_err(invalid)?;
        let keys = self.in_time(self.keys_for(&token)).await?;
        let verified = token.verified(keys, |check| ready(Ok(signature::verifies(&check)))).await;
        let verified = verified.map_err(|error| unacceptable(&error))?;
        let token = verified.ok_or_else(|| invalid(flaw("", "its signature is not the server's")))?;

        let algorithm = token.algorithm;
        let expected = Expected {
            issuer: &self.identifier,
            client_id: exchange.client_id(),
            nonce: exchange.nonce(),
            max_age: exchange.max_age(),
            acr: exchange.acr(),
            now: u64::try_from(now().as_millis()).unwrap_or(u64::MAX),
            tolerance: CLOCK_TOLERANCE,
        };
        let mut claims = validate(token, &expected).map_err(invalid)?;
        if let Some(bits) = at_hash_bits(&claims, algorithm) {
            let hash = signature::hash(bits, tokens.access_token.expose().as_bytes());
            check_at_hash(&claims, &hash).map_err(invalid)?;
        }
        if let Json::Object(members) = &mut claims {
            members.retain(|(name, _)| !["nonce", "at_hash", "c_hash"].contains(&name.as_str()));
        }
        Ok(claims)
    }

    /// The keys that may have signed `token`.
    async fn keys_for(&self, token: &Jws) -> Result<Vec<Json>, Failure> {
        let Published { known, renewed_at } = &mut *self.published.lock().await;
        let known = self.fresh(known).await?;
        token.check_algorithm(known.algorithms.as_ref()).map_err(invalid)?;
        let mut candidates = known.keys.candidates(token);
        if candidates.is_empty() && renewed_at.is_none_or(|at| at.elapsed() > PAUSE) {
            *renewed_at = Some(Instant::now());
            known.keys = self.keys(&known.jwks_uri).await?;
            candidates = known.keys.candidates(token);
        }
        if candidates.is_empty() {
            return Err(invalid(flaw("kid", "names no key of the server that could have signed this")));
        }
        Ok(candidates)
    }

    /// What is `known`, fetched where it is not or is too old.
    async fn fresh<'a>(&self, known: &'a mut Option<Known>) -> Result<&'a mut Known, Failure> {
        let fresh = match known.take_if(|known| known.since.elapsed() < LIFETIME) {
            Some(fresh) => fresh,
            None => self.fetched().await?,
        };
        Ok(known.insert(fresh))
    }

    async fn fetched(&self) -> Result<Known, Failure> {
        let since = Instant::now();
        let (jwks_uri, published) = match &self.jwks_uri {
            Some(jwks_uri) => (jwks_uri.clone(), None),
            None => {
                let metadata = self.metadata().await?;
                let jwks_uri = metadata.endpoint("jwks_uri").map_err(|error| unacceptable(&error))?.to_owned();
                (jwks_uri, metadata.as_json().member("id_token_signing_alg_values_supported").cloned())
            }
        };
        let keys = self.keys(&jwks_uri).await?;
        Ok(Known { since, jwks_uri, algorithms: self.algorithms.clone().or(published), keys })
    }

    async fn metadata(&self) -> Result<ServerMetadata, Failure> {
        let places = discovery_urls(&self.identifier).map_err(|error| unacceptable(&error))?;
        let mut failure = None;
        for place in places {
            let response = self.server.send(Request::get(Purpose::Metadata, place), SETTING).await?;
            let metadata = ServerMetadata::from_discovery(&response, &self.identifier);
            if let Some(metadata) = metadata.map_err(|error| unacceptable(&error))? {
                return Ok(metadata);
            }
            failure = failure.or(failed(response.status, SETTING));
        }
        Err(failure.unwrap_or_else(|| {
            let problem = "has no metadata where it must be";
            unacceptable(&ErrorKind::InvalidMetadata { member: "issuer".into(), problem }.into())
        }))
    }

    async fn keys(&self, jwks_uri: &str) -> Result<JwkSet, Failure> {
        let response: Response = self.server.send(Request::get(Purpose::Keys, jwks_uri.into()), SETTING).await?;
        JwkSet::from_response(&response).map_err(|error| failed(response.status, SETTING).unwrap_or_else(|| unacceptable(&error)))
    }

    /// All that is asked of the provider for one login, and the wait for another login that is asking.
    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout(self.server.timeout, answer).await.unwrap_or_else(|_| Err(too_slow()))
    }
}

fn flaw(claim: &'static str, problem: &'static str) -> Flaw {
    Flaw { claim, problem, seconds: None }
}

fn invalid(flaw: Flaw) -> Failure {
    unacceptable(&Error::from(ErrorKind::IdTokenInvalid(flaw)))
}
