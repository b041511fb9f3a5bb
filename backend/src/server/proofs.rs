//! [`Proofs`]: proofs of the key to which tokens are bound (RFC 9449), and the nonces that servers demand in them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use wicketgate::protocol::dpop::{Nonce, Nonces, Proof};
use wicketgate::protocol::metadata::ServerMetadata;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::url::Url;

use crate::clock::Clock;
use crate::configuration::Wish;
use crate::keys::{ProofKeys, SigningKey};
use crate::seal::random;

pub(crate) struct Proofs {
    pub(crate) keys: ProofKeys,
    /// Whether new tokens are bound to a key.
    pub(crate) wish: Wish,
    pub(crate) clock: Clock,
    nonces: Mutex<Nonces>,
}

/// A proof, and the nonce in it.
pub(crate) struct Proven {
    pub(crate) proof: Secret,
    pub(crate) nonce: Option<String>,
}

impl Proofs {
    pub(crate) fn new(keys: ProofKeys, wish: Wish, clock: Clock) -> Self {
        Self { keys, wish, clock, nonces: Mutex::default() }
    }

    /// The key for the tokens of a new login at a server with this metadata; `None` if they are not bound to a key.
    pub(crate) fn key_for(&self, server: &ServerMetadata) -> Option<&SigningKey> {
        let supported = || server.as_json().member("dpop_signing_alg_values_supported");
        let is_supported = || supported().is_some_and(|names| names.items().iter().any(|name| name.as_str() == Some(ALGORITHM)));
        let is_wanted = match self.wish {
            Wish::Never => false,
            Wish::Auto => is_supported(),
            Wish::Always => true,
        };
        self.keys.newest().filter(|_| is_wanted)
    }

    /// Makes a proof of `key` for one request. `None` if the machine has no source of randomness.
    pub(crate) fn proof(&self, key: &SigningKey, method: &str, url: &Url, access_token: Option<&Secret>) -> Option<Proven> {
        let id = random()?;
        let nonce = self.nonces().of(url).map(str::to_owned);
        let proof = Proof {
            key: &key.public,
            algorithm: ALGORITHM,
            method,
            url,
            access_token,
            nonce: nonce.as_deref(),
            id: id.expose(),
            now: u64::try_from(self.clock.now().as_millis()).unwrap_or(u64::MAX),
        };
        let proof = key.sign(proof.unsigned(), ALGORITHM)?;
        Some(Proven { proof, nonce })
    }

    /// Remembers the nonce of an answer from `url`.
    pub(crate) fn remember(&self, url: &Url, nonce: &Nonce) {
        self.nonces().remember(url, nonce);
    }

    fn nonces(&self) -> MutexGuard<'_, Nonces> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The algorithm of the proofs. Every server that supports DPoP supports it.
const ALGORITHM: &str = "ES256";
