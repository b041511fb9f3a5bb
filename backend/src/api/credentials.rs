//! [`Credentials`]: the values by which an API knows the user (RFC 6750, RFC 9449 §7).

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use wicketgate::protocol::dpop::challenge_asks_for_nonce;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::url::Url;

use crate::failure::Failure;
use crate::keys::SigningKey;
use crate::server::Proofs;

const DPOP: HeaderName = HeaderName::from_static("dpop");

/// An access token, and the key to which it is bound, if there is one.
pub(crate) struct Credentials<'a> {
    pub(crate) access_token: &'a Secret,
    pub(crate) key: Option<(&'a Proofs, &'a SigningKey)>,
}

impl Credentials<'_> {
    /// Adds the credentials to a request for `target`. Returns the nonce in the proof, if there is one.
    pub(super) fn add(&self, method: &Method, target: &Uri, headers: &mut HeaderMap) -> Result<Option<String>, Failure> {
        let scheme = if self.key.is_some() { "DPoP" } else { "Bearer" };
        headers.insert(AUTHORIZATION, sensitive(&Secret::new(format!("{scheme} {}", self.access_token.expose())))?);
        let Some((proofs, key)) = self.key else { return Ok(None) };
        let url = Url::parse(&target.to_string()).ok_or_else(Failure::internal)?;
        let proven = proofs.proof(key, method.as_str(), &url, Some(self.access_token)).ok_or_else(Failure::internal)?;
        headers.insert(DPOP, sensitive(&proven.proof)?);
        Ok(proven.nonce)
    }

    /// Remembers the nonce that came with an answer from `target`. Returns whether the API demands the same request with that
    /// nonce: it differs from the nonce that was `sent` (RFC 9449 §9).
    pub(super) fn asks_again<B>(&self, answer: &Response<B>, target: &Uri, sent: Option<&str>) -> bool {
        let Some((proofs, _)) = self.key else { return false };
        let text = |name: HeaderName| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let nonce = text(HeaderName::from_static("dpop-nonce")).map(str::to_owned);
        if let Some(url) = Url::parse(&target.to_string()) {
            proofs.remember(&url, &nonce);
        }
        let mut challenges = answer.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        answer.status() == StatusCode::UNAUTHORIZED
            && challenges.any(|challenge| challenge_asks_for_nonce(challenge, &nonce, sent))
    }
}

fn sensitive(secret: &Secret) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(secret.expose()).map_err(|_| Failure::no_session())?;
    value.set_sensitive(true);
    Ok(value)
}
