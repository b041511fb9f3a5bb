//! JSON Web Key Sets (RFC 7517): the keys of a server that may have signed a token.

use super::error::Error;
use super::http::Response;
use super::json::Json;
use super::jws::{Family, Jws};
use super::secret::from_base64url;
use super::text::parts;

/// The largest number of keys that are tried for one token.
const MAX_TRIED: usize = 16;

/// The shortest modulus in bytes (RFC 7518 §3.3).
const SHORTEST_MODULUS: usize = 256;

/// A server's keys.
#[derive(Debug)]
pub struct JwkSet(Json);

impl JwkSet {
    /// Reads the answer of the `jwks_uri`. An unusable key is not an error: the client does not choose it.
    ///
    /// # Errors
    /// `invalid_metadata` if the answer is not a key set.
    pub fn from_response(response: &Response) -> Result<Self, Error> {
        let set =
            response.json_object().filter(|set| response.status == 200 && matches!(set.member("keys"), Some(Json::Array(_))));
        set.map(Self).ok_or_else(|| Error::metadata("jwks_uri", "does not answer with a JSON Web Key Set"))
    }

    /// The keys that may have signed `token`: the key of its `kid`, or each suitable key if the token names none. They contain
    /// only the members that verification needs.
    pub fn candidates(&self, token: &Jws) -> Vec<Json> {
        let mut candidates = Vec::new();
        for key in self.0.member("keys").map_or(&[][..], Json::items) {
            let is_named = token.key_id().is_none_or(|key_id| key.text("kid") == Some(key_id));
            if is_named && candidates.len() < MAX_TRIED {
                candidates.extend(public_key(key, token));
            }
        }
        candidates
    }
}

/// The public half of `key`, if it can verify signatures such as `token`'s: its `kty`, `crv`, `use`, `key_ops` and `alg` suit
/// (RFC 7517 §4), and it is long enough.
fn public_key(key: &Json, token: &Jws) -> Option<Json> {
    let algorithm = token.algorithm();
    let is = |name: &str, wanted: Option<&str>| key.member(name).is_none_or(|value| value.as_str() == wanted);
    let may_verify = key.member("key_ops").is_none_or(|operations| {
        matches!(operations, Json::Array(operations) if operations.iter().any(|operation| operation.as_str() == Some("verify")))
    });
    // RFC 9864: both names of this curve's only algorithm mean the same.
    let names: &[&str] = if algorithm.family == Family::Ed { &["EdDSA", "Ed25519"] } else { &[token.algorithm_name()] };
    let is_of_algorithm = names.iter().any(|name| is("alg", Some(name)));
    if key.text("kty") != Some(algorithm.key_type()) || !is("use", Some("sig")) || !may_verify || !is_of_algorithm {
        return None;
    }
    let mut public = Json::empty();
    public.set_text("kty", Some(algorithm.key_type()));
    public.set_text("crv", algorithm.curve());
    let numbers = match algorithm.family {
        Family::Rs | Family::Ps => "n e",
        Family::Es => "x y",
        Family::Ed => "x",
    };
    for name in parts(numbers, ' ') {
        public.set_text(name, Some(key.text(name)?));
    }
    // Leading zeros do not make a number longer.
    let length = |modulus: &str| from_base64url(modulus).map(|bytes| bytes.into_iter().skip_while(|byte| *byte == 0).count());
    let is_long_enough = key.text("n").is_none_or(|modulus| length(modulus) >= Some(SHORTEST_MODULUS));
    (is_long_enough && key.text("crv") == algorithm.curve()).then_some(public)
}
