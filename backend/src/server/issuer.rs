//! [`Issuer`]: the OpenID provider, and the check of its ID tokens. The rules are the page's own, and so is the code.
//!
//! Each instance keeps the provider's published documents (its metadata and its keys) in memory. If they are unknown, they are
//! fetched in parallel with a token request, so that nobody waits for them. If a token names an unknown key, they are fetched
//! once more, because the provider may have just changed its keys.

use core::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use wicketgate::protocol::error::{Error, ErrorKind, Flaw};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::id_token::{Expected, Refreshed, at_hash_bits, check_at_hash, refreshed, validate};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jwk::JwkSet;
use wicketgate::protocol::jws::{Algorithm, Jws, VerifiedJws};
use wicketgate::protocol::logout_token::{self, LogoutToken};
use wicketgate::protocol::metadata::{ServerMetadata, discovery_urls};
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{CodeExchange, TokenSet};

use super::authorization_server::{AuthorizationServer, Setting, failed, too_slow, unacceptable};
use crate::failure::Failure;
use crate::signature;

/// How long the published documents are used before they are fetched again: a withdrawn key must not be accepted for ever.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The shortest time between two fetches because of tokens with an unknown key, however many there are.
const PAUSE: Duration = Duration::from_secs(60);

/// The accepted difference between the provider's clock and this machine's, in milliseconds.
const CLOCK_TOLERANCE: u64 = 60_000;

const SETTING: Setting = "WICKETGATE_ISSUER (issuer) or WICKETGATE_JWKS_URI (jwks_uri)";

pub(crate) struct Issuer {
    server: Arc<AuthorizationServer>,
    /// The issuer identifier.
    pub(crate) identifier: String,
    jwks_uri: Option<String>,
    algorithms: Option<Json>,
    /// Locked during the fetch: of many concurrent logins, one fetches and the others wait for it.
    published: Mutex<Published>,
}

#[derive(Default)]
struct Published {
    known: Option<Known>,
    /// When the keys were last fetched because one was missing.
    renewed_at: Option<Instant>,
}

struct Known {
    since: Instant,
    /// The issuer's metadata; only its name if its keys were configured.
    metadata: ServerMetadata,
    jwks_uri: String,
    algorithms: Option<Json>,
    keys: JwkSet,
}

/// The meaning of an ID token that came with a refresh.
pub(crate) enum RefreshedClaims {
    /// It is about the same login: its claims.
    Newer(Json),
    /// There was none, or it could not be accepted: the claims stay as they are.
    AsBefore,
    /// It is not the server's, or it is about another user: the session ends.
    Ended(Failure),
}

impl Issuer {
    /// With a configured `jwks_uri`, no metadata are fetched; with `algorithms`, an array of names, the list in the metadata
    /// does not count.
    pub(crate) fn new(
        server: Arc<AuthorizationServer>,
        identifier: String,
        jwks_uri: Option<String>,
        algorithms: Option<Json>,
    ) -> Self {
        Self { server, identifier, jwks_uri, algorithms, published: Mutex::default() }
    }

    /// Fetches the documents that [`claims`](Self::claims) will need, if they are unknown.
    pub(crate) async fn prepare(&self) -> Result<(), Failure> {
        let known = async { self.fresh(&mut self.published.lock().await.known).await.map(drop) };
        self.in_time(known).await
    }

    /// The issuer's metadata.
    pub(crate) async fn metadata(&self) -> Result<ServerMetadata, Failure> {
        let known = async { Ok(self.fresh(&mut self.published.lock().await.known).await?.metadata.clone()) };
        self.in_time(known).await
    }

    /// The claims of the ID token that came with `tokens`, validated at `now`, without the claims that served only for checks.
    pub(crate) async fn claims(&self, exchange: &CodeExchange, tokens: &TokenSet, now: Duration) -> Result<Json, Failure> {
        let id_token = tokens.id_token.as_ref().ok_or_else(|| invalid(flaw("", "the token response has none")))?;
        let expected = Expected {
            nonce: exchange.nonce(),
            max_age: exchange.max_age(),
            acr: exchange.acr(),
            ..self.expected(exchange.client_id(), millis(now))
        };
        let token = self.verified(id_token).await?.map_err(invalid)?;
        validated(token, &expected, &tokens.access_token).map_err(invalid)
    }

    /// The meaning of the ID token that came with refreshed `tokens`, for a session with the claims `before` (OpenID Connect
    /// Core §12.2).
    pub(crate) async fn refreshed_claims(
        &self,
        before: &Json,
        client_id: &str,
        tokens: &TokenSet,
        now: Duration,
    ) -> RefreshedClaims {
        let Some(id_token) = &tokens.id_token else { return RefreshedClaims::AsBefore };
        let token = match self.verified(id_token).await {
            Ok(Ok(token)) => token,
            // If a key is unknown, the server may be about to publish it.
            Ok(Err(flaw)) if flaw.claim == "kid" => return RefreshedClaims::AsBefore,
            Ok(Err(flaw)) => return RefreshedClaims::Ended(invalid(flaw)),
            Err(failure) => {
                failure.log("request for keys");
                return RefreshedClaims::AsBefore;
            }
        };
        let algorithm = token.algorithm;
        let checked = match refreshed(token, before, &self.expected(client_id, millis(now))) {
            Refreshed::Claims(newer) => checked_only(newer, algorithm, &tokens.access_token),
            Refreshed::Unchanged(flaw) => Err(flaw),
            Refreshed::Ended(flaw) => return RefreshedClaims::Ended(invalid(flaw)),
        };
        match checked {
            Ok(newer) => {
                // Claims that the token need not repeat stay.
                let mut claims = before.clone();
                for (name, value) in newer.members() {
                    claims.set(name, value.clone());
                }
                RefreshedClaims::Newer(claims)
            }
            Err(flaw) => {
                invalid(flaw).log("refreshed ID token");
                RefreshedClaims::AsBefore
            }
        }
    }

    /// The validated content of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6).
    pub(crate) async fn logout_token(&self, token: &Secret, client_id: &str, now: Duration) -> Result<LogoutToken, Failure> {
        let expected = self.expected(client_id, millis(now));
        let token = self.verified(token).await?;
        token.and_then(|token| logout_token::validate(token, &expected)).map_err(|flaw| {
            let problem = invalid(flaw);
            Failure { status: StatusCode::BAD_REQUEST, error: "invalid_request".into(), ..problem }
        })
    }

    /// The values that every token of this issuer is compared with.
    fn expected<'a>(&'a self, client_id: &'a str, now: u64) -> Expected<'a> {
        let issuer = &self.identifier;
        let tolerance = CLOCK_TOLERANCE;
        Expected { issuer, client_id, trusted_audiences: &[], nonce: None, max_age: None, acr: None, now, tolerance }
    }

    /// `token`, if the issuer has signed it; otherwise the problem.
    ///
    /// # Errors
    /// If the issuer's keys are not available.
    async fn verified(&self, token: &Secret) -> Result<Result<VerifiedJws, Flaw>, Failure> {
        let token = match Jws::parse(token.expose()) {
            Ok(token) => token,
            Err(flaw) => return Ok(Err(flaw)),
        };
        let keys = match self.in_time(self.keys_for(&token)).await? {
            Ok(keys) => keys,
            Err(flaw) => return Ok(Err(flaw)),
        };
        let verified = token.verified(keys, |check| ready(Ok(signature::verifies(&check)))).await;
        let verified = verified.map_err(|error| unacceptable(&error))?;
        Ok(verified.ok_or(flaw("", "its signature is not the server's")))
    }

    /// The keys that may have signed `token`; the problem if there is none.
    async fn keys_for(&self, token: &Jws) -> Result<Result<Vec<Json>, Flaw>, Failure> {
        let Published { known, renewed_at } = &mut *self.published.lock().await;
        let known = self.fresh(known).await?;
        if let Err(flaw) = token.check_algorithm(known.algorithms.as_ref()) {
            return Ok(Err(flaw));
        }
        let mut candidates = known.keys.candidates(token);
        if candidates.is_empty() && renewed_at.is_none_or(|at| at.elapsed() > PAUSE) {
            *renewed_at = Some(Instant::now());
            known.keys = self.keys(&known.jwks_uri).await?;
            candidates = known.keys.candidates(token);
        }
        if candidates.is_empty() {
            return Ok(Err(flaw("kid", "names no key of the server that could have signed this")));
        }
        Ok(Ok(candidates))
    }

    /// The `known` documents, fetched if there are none or they are too old.
    async fn fresh<'a>(&self, known: &'a mut Option<Known>) -> Result<&'a mut Known, Failure> {
        let fresh = match known.take_if(|known| known.since.elapsed() < LIFETIME) {
            Some(fresh) => fresh,
            None => self.fetched().await?,
        };
        Ok(known.insert(fresh))
    }

    async fn fetched(&self) -> Result<Known, Failure> {
        let since = Instant::now();
        let metadata = match &self.jwks_uri {
            Some(jwks_uri) => self.named(jwks_uri)?,
            None => self.discovered().await?,
        };
        let jwks_uri = metadata.endpoint("jwks_uri").map_err(|error| unacceptable(&error))?.to_owned();
        let published = metadata.as_json().member("id_token_signing_alg_values_supported").cloned();
        let keys = self.keys(&jwks_uri).await?;
        Ok(Known { since, metadata, jwks_uri, algorithms: self.algorithms.clone().or(published), keys })
    }

    /// The metadata of an issuer whose documents are not fetched.
    fn named(&self, jwks_uri: &str) -> Result<ServerMetadata, Failure> {
        let mut metadata = Json::empty();
        metadata.set_text("issuer", Some(&self.identifier));
        metadata.set_text("jwks_uri", Some(jwks_uri));
        ServerMetadata::new(metadata).map_err(|error| unacceptable(&error))
    }

    async fn discovered(&self) -> Result<ServerMetadata, Failure> {
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
            let problem = "has no metadata at its well-known URLs";
            unacceptable(&ErrorKind::InvalidMetadata { member: "issuer".into(), problem }.into())
        }))
    }

    async fn keys(&self, jwks_uri: &str) -> Result<JwkSet, Failure> {
        let response: Response = self.server.send(Request::get(Purpose::Keys, jwks_uri.into()), SETTING).await?;
        JwkSet::from_response(&response).map_err(|error| failed(response.status, SETTING).unwrap_or_else(|| unacceptable(&error)))
    }

    /// Limits the time of all requests to the provider for one login, including the wait for another login's requests.
    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout(self.server.timeout, answer).await.unwrap_or_else(|_| Err(too_slow()))
    }
}

/// The claims of a verified `token`, without the claims that served only for checks.
fn validated(token: VerifiedJws, expected: &Expected<'_>, access_token: &Secret) -> Result<Json, Flaw> {
    let algorithm = token.algorithm;
    checked_only(validate(token, expected)?, algorithm, access_token)
}

/// The `claims`, which belong to `access_token`, without the claims that served only for checks.
fn checked_only(mut claims: Json, algorithm: Algorithm, access_token: &Secret) -> Result<Json, Flaw> {
    if let Some(bits) = at_hash_bits(&claims, algorithm) {
        check_at_hash(&claims, &signature::hash(bits, access_token.expose().as_bytes()))?;
    }
    if let Json::Object(members) = &mut claims {
        members.retain(|(name, _)| !["nonce", "at_hash", "c_hash"].contains(&name.as_str()));
    }
    Ok(claims)
}

fn millis(now: Duration) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

fn flaw(claim: &'static str, problem: &'static str) -> Flaw {
    Flaw::of(claim, problem)
}

fn invalid(flaw: Flaw) -> Failure {
    unacceptable(&Error::from(ErrorKind::IdTokenInvalid(flaw)))
}
