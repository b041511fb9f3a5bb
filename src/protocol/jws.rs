//! JSON Web Signature in its compact serialization (RFC 7515): parsed, then verified with one of the server's keys.
//!
//! The host checks the signatures themselves; what is checked, with which key and by which algorithm is decided here
//! and in [`jwk`](super::jwk). Nothing gives out a payload that was not verified.

use core::fmt;
use core::future::Future;

use super::error::{Error, Flaw};
use super::json::Json;
use super::secret::{Secret, from_base64url};
use super::text::cut;

/// No token that a server needs is larger.
const MAX_TOKEN: usize = 64 << 10;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). No other exists here: neither `none`, nor a MAC,
/// whose key the page would have to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm {
    /// How it signs.
    pub family: Family,
    /// The bits of its hash: 256, 384 or 512.
    pub hash_bits: u16,
}

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// RSASSA-PKCS1-v1_5
    Rs,
    /// RSASSA-PSS, its salt as long as the hash
    Ps,
    /// ECDSA on the curve that goes with the hash; the signature is R and S, one after the other
    Es,
    /// EdDSA with Ed25519
    Ed,
}

impl Algorithm {
    /// The algorithm of this registered name, where it is one of ours.
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

    /// The `crv` of its keys, where they have one.
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

/// One signature, for the host to check.
pub struct SignatureCheck {
    /// By which algorithm.
    pub algorithm: Algorithm,
    /// The public key: a JSON Web Key (RFC 7517) of nothing but `kty`, `crv`, and the key's numbers.
    pub key: Json,
    /// What was signed.
    pub signed: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// What was signed is a token.
impl fmt::Debug for SignatureCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignatureCheck").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A signed token, well-formed, and not believed yet.
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
    /// What is wrong with it.
    pub fn parse(token: &str) -> Result<Self, Flaw> {
        if token.len() > MAX_TOKEN {
            return Err(Flaw::of("", "it is larger than 64 KiB"));
        }
        // Three parts. Of an encrypted token (RFC 7516) there would be five.
        let (header, rest) = cut(token, '.');
        let (payload, signature) = cut(rest.unwrap_or_default(), '.');
        let signature = signature.ok_or(MALFORMED)?;
        // A point in the signature, as a fourth part has it, is no base64url.
        let signed = token.get(..header.len() + 1 + payload.len()).ok_or(MALFORMED)?;
        let object = |part: &str| Json::parse(&from_base64url(part)?).filter(Json::is_object);
        let header = object(header).ok_or(MALFORMED)?;
        let payload = object(payload).ok_or(MALFORMED)?;
        let signature = from_base64url(signature).ok_or(MALFORMED)?;
        // RFC 7515 §4.1.11: whoever does not understand what is critical must not go on.
        if header.member("crit").is_some() {
            return Err(Flaw::of("crit", "asks for an extension"));
        }
        let name = header.text("alg").unwrap_or_default();
        let algorithm = Algorithm::from_name(name).ok_or(Flaw::of("alg", "is no signature algorithm that can be accepted"))?;
        if header.member("kid").is_some_and(|key_id| key_id.as_str().is_none()) {
            return Err(Flaw::of("kid", "is not a string"));
        }
        let key_id = header.text("kid").map(Into::into);
        Ok(Self { signed: Secret::new(signed.into()), signature, algorithm, name: name.into(), key_id, payload })
    }

    /// By which algorithm it says that it is signed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn algorithm_name(&self) -> &str {
        &self.name
    }

    /// The key that it says it is signed with.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Checks that the algorithm is one that the server signs with (RFC 8725 §3.1), of which `supported` is the list that
    /// it publishes. Without one it is RS256 alone, which every OpenID provider must have.
    ///
    /// # Errors
    /// Where it is another.
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
    /// Those of `check`; `None` where no key verifies it.
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

    /// Believes it without a signature: it came from the token endpoint itself, by TLS (OpenID Connect Core §3.1.3.7,
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

const MALFORMED: Flaw = Flaw::of("", "it is not a signed token of three parts with JSON in them");

/// A token whose signature was verified: what its server said.
#[derive(Debug)]
pub struct VerifiedJws {
    /// By which algorithm it was signed.
    pub algorithm: Algorithm,
    /// Its claims.
    pub(super) payload: Json,
}
