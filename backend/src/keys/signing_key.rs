//! [`SigningKey`]: a key of this backend, read from a PEM or JWK text. It signs, and returns its public half.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::UnsignedJws;
use wicketgate::protocol::public_key::PublicKey;
use wicketgate::protocol::secret::Secret;

pub(crate) struct SigningKey {
    pair: Pair,
    pub(crate) public: PublicKey,
    /// The `kid` under which the server knows the key: the `kid` of the JWK, or the key's thumbprint.
    pub(crate) id: String,
    /// The algorithms with which it may sign, the best first.
    algorithms: Vec<&'static str>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// Redacted: the private half must not show.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Reads all private keys in `text`: PEM blocks, a JSON Web Key, or a JSON Web Key Set.
///
/// # Errors
/// The problem, which continues a sentence that begins with the name of the setting.
pub(crate) fn read(text: &[u8]) -> Result<Vec<SigningKey>, &'static str> {
    let keys: Vec<SigningKey> = match Json::parse(text).filter(Json::is_object) {
        Some(json) => match json.member("keys") {
            Some(keys) => keys.items().iter().map(SigningKey::from_jwk).collect::<Option<_>>(),
            None => SigningKey::from_jwk(&json).map(|key| vec![key]),
        }
        .ok_or("has a JSON Web Key that is not a private RSA, P-256, P-384 or Ed25519 key")?,
        None => {
            let blocks: Result<Vec<_>, _> = PrivateKeyDer::pem_slice_iter(text).collect();
            let blocks = blocks.map_err(|_| "is neither PEM nor a JSON Web Key")?;
            blocks.iter().map(SigningKey::from_der).collect::<Result<_, _>>()?
        }
    };
    if keys.is_empty() { Err("has no private key in it") } else { Ok(keys) }
}

impl SigningKey {
    fn from_der(der: &PrivateKeyDer<'_>) -> Result<Self, &'static str> {
        const UNUSABLE: &str = "has a private key that is not RSA of 2048 bits or more, P-256, P-384 or Ed25519";
        match der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok().and_then(Self::rsa),
            PrivateKeyDer::Pkcs8(der) => Self::from_pkcs8(der.secret_pkcs8_der()),
            // Forms of the future, too.
            PrivateKeyDer::Sec1(_) | _ => {
                return Err("has a key in another form than PKCS#8: convert it with `openssl pkcs8 -topk8 -nodes`");
            }
        }
        .ok_or(UNUSABLE)
    }

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let random = SystemRandom::new();
        let ecdsa =
            |algorithm, curve| EcdsaKeyPair::from_pkcs8(algorithm, der, &random).ok().and_then(|key| Self::ecdsa(key, curve));
        ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256")
            .or_else(|| ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"))
            .or_else(|| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().and_then(Self::ed25519))
            .or_else(|| RsaKeyPair::from_pkcs8(der).ok().and_then(Self::rsa))
    }

    fn from_jwk(jwk: &Json) -> Option<Self> {
        let number = |name: &str| Base64UrlUnpadded::decode_vec(jwk.text(name)?).ok();
        let mut key = match (jwk.text("kty")?, jwk.text("crv")) {
            ("RSA", _) => {
                let components = KeyPairComponents {
                    public_key: PublicKeyComponents { n: number("n")?, e: number("e")? },
                    d: number("d")?,
                    p: number("p")?,
                    q: number("q")?,
                    dP: number("dp")?,
                    dQ: number("dq")?,
                    qInv: number("qi")?,
                };
                Self::rsa(RsaKeyPair::from_components(&components).ok()?)?
            }
            ("EC", Some(curve)) => Self::of_scalar(curve, &number("d")?, &[vec![4], number("x")?, number("y")?].concat())?,
            ("OKP", Some("Ed25519")) => {
                Self::ed25519(Ed25519KeyPair::from_seed_and_public_key(&number("d")?, &number("x")?).ok()?)?
            }
            _ => return None,
        };
        if let Some(wanted) = jwk.text("alg") {
            key.algorithms.retain(|name| *name == wanted);
        }
        if let Some(id) = jwk.text("kid") {
            key.id = id.into();
        }
        (!key.algorithms.is_empty()).then_some(key)
    }

    /// The key with this private number and this public point, in the form of SEC 1 §2.3.3.
    pub(crate) fn of_scalar(curve: &str, scalar: &[u8], point: &[u8]) -> Option<Self> {
        let (algorithm, curve): (&EcdsaSigningAlgorithm, _) = match curve {
            "P-256" => (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            "P-384" => (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            _ => return None,
        };
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, point, &SystemRandom::new());
        Self::ecdsa(pair.ok()?, curve)
    }

    fn ecdsa(pair: EcdsaKeyPair, curve: &str) -> Option<Self> {
        let (x, y) = {
            let point = pair.public_key().as_ref().get(1..)?;
            point.split_at_checked(point.len() / 2).map(|(x, y)| (encode(x), encode(y)))?
        };
        let algorithms = vec![if curve == "P-256" { "ES256" } else { "ES384" }];
        Self::new(Pair::Ecdsa(pair.into()), &[("kty", "EC"), ("crv", curve), ("x", &x), ("y", &y)], algorithms)
    }

    fn rsa(pair: RsaKeyPair) -> Option<Self> {
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public());
        let (n, e) = (encode(&n), encode(&e));
        // FAPI 2.0 allows only PS256; some servers do not support it.
        Self::new(Pair::Rsa(pair.into()), &[("kty", "RSA"), ("n", &n), ("e", &e)], vec!["PS256", "RS256"])
    }

    fn ed25519(pair: Ed25519KeyPair) -> Option<Self> {
        let x = encode(pair.public_key().as_ref());
        // RFC 9864: both names mean the same algorithm.
        Self::new(Pair::Ed25519(pair), &[("kty", "OKP"), ("crv", "Ed25519"), ("x", &x)], vec!["EdDSA", "Ed25519"])
    }

    fn new(pair: Pair, members: &[(&str, &str)], algorithms: Vec<&'static str>) -> Option<Self> {
        let mut jwk = Json::empty();
        for (name, value) in members {
            jwk.set_text(name, Some(value));
        }
        let public = PublicKey::from_jwk(&jwk)?;
        let id = public.thumbprint().into();
        Some(Self { pair, public, id, algorithms })
    }

    /// The best of the key's algorithms that are in `supported`, an array of names; without such a list, the best one.
    pub(crate) fn algorithm(&self, supported: Option<&Json>) -> &'static str {
        let is_supported = |name: &&&str| {
            supported.is_some_and(|supported| supported.items().iter().any(|other| other.as_str() == Some(**name)))
        };
        self.algorithms.iter().find(is_supported).or(self.algorithms.first()).copied().unwrap_or_default()
    }

    /// Signs `token` with `algorithm`, one of the key's own. `None` if the machine has no source of randomness.
    pub(crate) fn sign(&self, token: UnsignedJws, algorithm: &str) -> Option<Secret> {
        let (random, input) = (SystemRandom::new(), token.signing_input());
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &dyn RsaEncoding = if algorithm == "RS256" { &RSA_PKCS1_SHA256 } else { &RSA_PSS_SHA256 };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, input, &mut signature).ok()?;
                signature
            }
            Pair::Ecdsa(pair) => pair.sign(&random, input).ok()?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(input).as_ref().to_vec(),
        };
        Some(token.signed(&signature))
    }

    /// The public half, with its name and its use (RFC 7517 §4).
    pub(crate) fn published(&self) -> Json {
        let mut jwk = self.public.jwk().clone();
        jwk.set_text("kid", Some(&self.id));
        jwk.set_text("use", Some("sig"));
        // If there are several keys, the server uses the one that the token names.
        if let [algorithm] = self.algorithms[..] {
            jwk.set_text("alg", Some(algorithm));
        }
        jwk
    }
}

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
