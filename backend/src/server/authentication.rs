//! [`Authentication`]: how this client authenticates (RFC 6749 §2.3, RFC 7523).

use std::time::Duration;

use wicketgate::protocol::client_assertion::ClientAssertion;
use wicketgate::protocol::http::Request;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::ClientAuthentication;

use crate::failure::Failure;
use crate::keys::ClientKeys;
use crate::seal::random;

pub(crate) enum Authentication {
    /// `client_secret_post`.
    Form(Secret),
    /// `client_secret_basic`.
    Basic(Secret),
    /// `private_key_jwt`.
    Key {
        keys: ClientKeys,
        /// The `aud` of the assertions.
        audience: String,
    },
}

impl Authentication {
    /// The authentication that is part of the form or the header. An assertion is added later.
    pub(super) fn of_request(&self) -> ClientAuthentication<'_> {
        match self {
            Self::Form(secret) => ClientAuthentication::SecretPost(secret),
            Self::Basic(secret) => ClientAuthentication::SecretBasic(secret),
            Self::Key { .. } => ClientAuthentication::None,
        }
    }

    /// The client secret, if there is one.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Form(secret) | Self::Basic(secret) => Some(secret),
            Self::Key { .. } => None,
        }
    }

    pub(crate) fn keys(&self) -> Option<&ClientKeys> {
        match self {
            Self::Form(_) | Self::Basic(_) => None,
            Self::Key { keys, .. } => Some(keys),
        }
    }

    /// An assertion for one request to a server that accepts the `supported` algorithms; `None` if the client authenticates by
    /// a secret.
    pub(super) fn assertion(&self, client_id: &str, supported: Option<&Json>, now: Duration) -> Result<Option<Secret>, Failure> {
        let Self::Key { keys, audience } = self else { return Ok(None) };
        let keys = keys.current();
        let key = keys.first().ok_or_else(Failure::internal)?;
        let (id, algorithm) = (random().ok_or_else(Failure::internal)?, key.algorithm(supported));
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let assertion = ClientAssertion { client_id, audience, algorithm, key_id: &key.id, id: id.expose(), now };
        key.sign(assertion.unsigned(), algorithm).map(Some).ok_or_else(Failure::internal)
    }
}

/// `request` with `assertion`.
pub(super) fn with(assertion: Option<&Secret>, request: Request) -> Request {
    match assertion {
        Some(assertion) => request.with_client_assertion(assertion),
        None => request,
    }
}
