//! Keys that sign tokens, like an authorization server's.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// A key and its name.
pub struct SigningKey {
    pub name: &'static str,
    pair: Pair,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    pub fn es256(name: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self { name, pair: Pair::Es256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()) }
    }

    /// The key of RFC 7515, appendix A.3.
    pub fn of_rfc_7515(name: &'static str) -> Self {
        let [d, x, y] = [
            "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ]
        .map(|number| Base64UrlUnpadded::decode_vec(number).unwrap());
        let (algorithm, point) = (&ECDSA_P256_SHA256_FIXED_SIGNING, [vec![4], x, y].concat());
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &d, &point, &SystemRandom::new());
        Self { name, pair: Pair::Es256(pair.unwrap()) }
    }

    pub fn ed25519(name: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { name, pair: Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()) }
    }

    /// The public part of the key (RFC 7517).
    pub fn public(&self) -> Value {
        let encode = Base64UrlUnpadded::encode_string;
        match &self.pair {
            Pair::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "kid": self.name, "use": "sig", "x": x, "y": y })
            }
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.name, "x": encode(pair.public_key().as_ref()) })
            }
        }
    }

    pub fn signature(&self, signed: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), signed).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(signed).as_ref().to_vec(),
        }
    }

    /// An ID token with `claims`.
    pub fn signed(&self, claims: impl ToString) -> String {
        let algorithm = match &self.pair {
            Pair::Es256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        };
        token(&json!({ "alg": algorithm, "kid": self.name }), claims, |signed| self.signature(signed))
    }
}

/// A token of three parts (RFC 7515 §3.1).
pub fn token(header: &(impl ToString + ?Sized), claims: impl ToString, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |text: String| Base64UrlUnpadded::encode_string(text.as_bytes());
    let signed = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
}
