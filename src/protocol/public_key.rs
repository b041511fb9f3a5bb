//! [`PublicKey`]: the public half of one of the client's own keys, and its thumbprint (RFC 7638).

use super::json::Json;
use super::jws::{Algorithm, Family};
use super::pkce::digest;

/// The public half of a key that signs: a JSON Web Key (RFC 7517) that contains only its type and its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    jwk: Json,
    thumbprint: String,
}

impl PublicKey {
    /// The public half of `jwk`, which may also contain its private half. `None` if it cannot be used for signatures.
    pub fn from_jwk(jwk: &Json) -> Option<Self> {
        // In the order of their names, as a thumbprint demands (RFC 7638 §3.2, RFC 8037 §2).
        let names: &[&str] = match jwk.text("kty")? {
            "EC" => &["crv", "kty", "x", "y"],
            "RSA" => &["e", "kty", "n"],
            "OKP" => &["crv", "kty", "x"],
            _ => return None,
        };
        let mut hashed = Json::empty();
        for name in names {
            hashed.set_text(name, Some(jwk.text(name)?));
        }
        let mut public = Json::empty();
        for (name, value) in jwk.members().iter().filter(|(name, _)| names.contains(&name.as_str())) {
            public.set(name, value.clone());
        }
        Some(Self { jwk: public, thumbprint: digest(&hashed.to_text()) })
    }

    /// The key.
    pub fn jwk(&self) -> &Json {
        &self.jwk
    }

    /// The SHA-256 thumbprint (RFC 7638) in base64url, which is unique.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whether the key can sign with `algorithm`.
    pub fn suits(&self, algorithm: Algorithm) -> bool {
        let is_of_type = self.jwk.text("kty") == Some(algorithm.key_type());
        is_of_type && (matches!(algorithm.family, Family::Rs | Family::Ps) || self.jwk.text("crv") == algorithm.curve())
    }
}
