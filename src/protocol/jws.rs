//! JSON Web Signature in its compact serialization (RFC 7515): parsed, then verified with one of the server's keys.
//!
//! The host checks only the signatures. This module and [`jwk`](super::jwk) decide what is checked, with which key and by which
//! algorithm. No function returns a payload that was not verified.

use core::fmt;
use core::future::Future;

use super::error::{Error, Flaw};
use super::json::Json;
use super::secret::{Secret, base64url, from_base64url};
use super::text::{cut, has};

/// The largest token that is accepted. No server needs a larger one.
const MAX_TOKEN: usize = 64 << 10;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). This type has neither `none` nor a MAC, because the
/// page would have to know the MAC's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm {
    /// The family of the algorithm.
    pub family: Family,
    /// The size of its hash in bits: 256, 384 or 512.
    pub hash_bits: u16,
}

/// A family of signature algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// RSASSA-PKCS1-v1_5
    Rs,
    /// RSASSA-PSS, its salt as long as the hash
    Ps,
    /// ECDSA on the curve that belongs to the hash; the signature is R followed by S
    Es,
    /// EdDSA with Ed25519
    Ed,
}

impl Algorithm {
    /// The algorithm with this registered name, if this crate supports it.
    pub fn from_name(name: &str) -> Option<Self> {
        let (family, bits) = name.split_at_checked(2)?;
        let (family, bits) = match family {
            "RS" => (Family::Rs, bits),
            "PS" => (Family::Ps, bits),
            "ES" => (Family::Es, bits),
            "Ed" if matches!(bits, "DSA" | "25519") => (Family::Ed, "512"),
            _ => return None,
        };
        let hash_bits = match bits {
            "256" => 256,
            "384" => 384,
            "512" => 512,
            _ => return None,
        };
        Some(Self { family, hash_bits })
    }

    /// The `kty` of its keys (RFC 7518 §6.1, RFC 8037 §2).
    pub fn key_type(self) -> &'static str {
        match self.family {
            Family::Rs | Family::Ps => "RSA",
            Family::Es => "EC",
            Family::Ed => "OKP",
        }
    }

    /// The `crv` of its keys, if they have one.
    pub fn curve(self) -> Option<&'static str> {
        match (self.family, self.hash_bits) {
            (Family::Rs | Family::Ps, _) => None,
            (Family::Ed, _) => Some("Ed25519"),
            (Family::Es, 256) => Some("P-256"),
            (Family::Es, 384) => Some("P-384"),
            (Family::Es, _) => Some("P-521"),
        }
    }
}

/// One signature that the host checks.
pub struct SignatureCheck {
    /// The signature algorithm.
    pub algorithm: Algorithm,
    /// The public key: a JSON Web Key (RFC 7517) of nothing but `kty`, `crv`, and the key's numbers.
    pub key: Json,
    /// The signed bytes.
    pub signed: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Redacted: the signed text is a token.
impl fmt::Debug for SignatureCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignatureCheck").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A signed token that is well-formed, and not believed yet.
pub struct Jws {
    signed: Secret,
    signature: Vec<u8>,
    algorithm: Algorithm,
    name: String,
    key_id: Option<String>,
    payload: Json,
}

impl Jws {
    /// Parses the compact serialization (RFC 7515 §7.1) of a signed JSON object.
    ///
    /// # Errors
    /// The problem with the token.
    pub fn parse(token: &str) -> Result<Self, Flaw> {
        if token.len() > MAX_TOKEN {
            return Err(Flaw::of("", "it is larger than 64 KiB"));
        }
        // Three parts. An encrypted token (RFC 7516) would have five.
        let (header, rest) = cut(token, '.');
        let (payload, signature) = cut(rest.unwrap_or_default(), '.');
        let parts = signature.filter(|signature| !has(signature, '.')).zip(token.get(..header.len() + 1 + payload.len()));
        let (signature, signed) = parts.ok_or_else(|| Flaw::of("", "it does not have three parts"))?;
        let object = |part: &str| Json::parse(&from_base64url(part)?).filter(Json::is_object);
        let header = object(header).ok_or_else(|| Flaw::of("", "its first part is not base64url of a JSON object"))?;
        let payload = object(payload).ok_or_else(|| Flaw::of("", "its second part is not base64url of a JSON object"))?;
        let signature = from_base64url(signature).ok_or_else(|| Flaw::of("", "its signature is not base64url"))?;
        // RFC 7515 §4.1.11: a recipient that does not understand a critical parameter must not continue.
        if header.member_or_null("crit").is_some() {
            return Err(Flaw::of("crit", "asks for an extension"));
        }
        let name = header.text("alg").unwrap_or_default();
        let algorithm =
            Algorithm::from_name(name).ok_or_else(|| Flaw::of("alg", "is not a signature algorithm that can be accepted"))?;
        if header.member("kid").is_some_and(|key_id| key_id.as_str().is_none()) {
            return Err(Flaw::of("kid", "is not a string"));
        }
        let key_id = header.text("kid").map(Into::into);
        Ok(Self { signed: Secret::new(signed.into()), signature, algorithm, name: name.into(), key_id, payload })
    }

    /// The algorithm in the token's header.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn algorithm_name(&self) -> &str {
        &self.name
    }

    /// The key ID in the token's header.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Checks that the server signs with this algorithm (RFC 8725 §3.1): it is in the list `supported`, which the server
    /// publishes. Without a list, only RS256 is accepted, which every OpenID provider must support.
    ///
    /// # Errors
    /// If the algorithm is not in the list.
    pub fn check_algorithm(&self, supported: Option<&Json>) -> Result<(), Flaw> {
        let is_supported = match supported {
            Some(supported) => supported.items().iter().any(|name| name.as_str() == Some(&self.name)),
            None => self.name == "RS256",
        };
        if is_supported { Ok(()) } else { Err(Flaw::of("alg", "is not one that the server's metadata lists")) }
    }

    /// Verifies the signature with one of `keys`, which [`JwkSet::candidates`](super::jwk::JwkSet::candidates) chose.
    ///
    /// # Errors
    /// Those of `check`. It gives `None` if no key verifies the signature.
    pub async fn verified<F: Future<Output = Result<bool, Error>>>(
        &self,
        keys: Vec<Json>,
        check: impl Fn(SignatureCheck) -> F,
    ) -> Result<Option<VerifiedJws>, Error> {
        for key in keys {
            let signed = self.signed.expose().into();
            let attempt = SignatureCheck { algorithm: self.algorithm, key, signed, signature: self.signature.clone() };
            if check(attempt).await? {
                return Ok(Some(VerifiedJws { algorithm: self.algorithm, payload: self.payload.clone() }));
            }
        }
        Ok(None)
    }

    /// Believes the token without a signature: it came from the token endpoint itself, by TLS (OpenID Connect Core §3.1.3.7,
    /// step 6).
    pub fn trusted_by_tls(self) -> VerifiedJws {
        VerifiedJws { algorithm: self.algorithm, payload: self.payload }
    }
}

impl fmt::Debug for Jws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Jws").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A token whose signature was verified: its server said this.
#[derive(Debug)]
pub struct VerifiedJws {
    /// The algorithm of the signature.
    pub algorithm: Algorithm,
    /// The claims of the token.
    pub(super) payload: Json,
}

/// A token without its signature. The owner of the key signs it.
pub struct UnsignedJws(Secret);

impl UnsignedJws {
    /// A token with this header and these claims, both objects.
    pub fn new(header: &Json, payload: &Json) -> Self {
        let mut signed = base64url(header.to_text().as_bytes());
        signed.push('.');
        signed.push_str(&base64url(payload.to_text().as_bytes()));
        Self(Secret::new(signed))
    }

    /// The bytes to sign (RFC 7515 §5.1).
    pub fn signing_input(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }

    /// The token in its compact serialization (RFC 7515 §7.1). An ECDSA `signature` is R and S, one after the other (RFC 7518
    /// §3.4).
    pub fn signed(self, signature: &[u8]) -> Secret {
        let mut token = self.0.into_exposed();
        token.push('.');
        token.push_str(&base64url(signature));
        Secret::new(token)
    }
}

/// Redacted: a proof is as valuable as the key that it proves.
impl fmt::Debug for UnsignedJws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UnsignedJws(…)")
    }
}
