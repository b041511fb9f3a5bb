//! Checks the signatures of tokens, and computes hashes, as a browser does for the page. The tests of the page's half use it,
//! too.

use base64ct::{Base64UrlUnpadded, Encoding};
use p521::ecdsa::signature::Verifier;
use ring::{digest, signature};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::{Family, SignatureCheck};

/// Whether the signature is valid. An invalid key verifies nothing.
pub(crate) fn verifies(check: &SignatureCheck) -> bool {
    match check.algorithm.family {
        Family::Rs | Family::Ps => rsa(check),
        Family::Es => ecdsa(check),
        Family::Ed => number(&check.key, "x").map(|x| verify(&signature::ED25519, &x, check)),
    }
    .unwrap_or_default()
}

fn rsa(check: &SignatureCheck) -> Option<bool> {
    let parameters = match (check.algorithm.family, check.algorithm.hash_bits) {
        (Family::Ps, 256) => &signature::RSA_PSS_2048_8192_SHA256,
        (Family::Ps, 384) => &signature::RSA_PSS_2048_8192_SHA384,
        (Family::Ps, _) => &signature::RSA_PSS_2048_8192_SHA512,
        (_, 256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (_, 384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (_, _) => &signature::RSA_PKCS1_2048_8192_SHA512,
    };
    let key = signature::RsaPublicKeyComponents { n: number(&check.key, "n")?, e: number(&check.key, "e")? };
    Some(key.verify(parameters, &check.signed, &check.signature).is_ok())
}

fn ecdsa(check: &SignatureCheck) -> Option<bool> {
    // An uncompressed point (SEC 1 §2.3.3).
    let point = [vec![4], number(&check.key, "x")?, number(&check.key, "y")?].concat();
    Some(match check.algorithm.hash_bits {
        256 => verify(&signature::ECDSA_P256_SHA256_FIXED, &point, check),
        384 => verify(&signature::ECDSA_P384_SHA384_FIXED, &point, check),
        // ring does not support this curve.
        _ => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
            let signature = p521::ecdsa::Signature::from_slice(&check.signature).ok()?;
            key.verify(&check.signed, &signature).is_ok()
        }
    })
}

fn verify(algorithm: &'static dyn signature::VerificationAlgorithm, key: &[u8], check: &SignatureCheck) -> bool {
    signature::UnparsedPublicKey::new(algorithm, key).verify(&check.signed, &check.signature).is_ok()
}

fn number(key: &Json, name: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(key.text(name)?).ok()
}

/// The SHA-2 hash of `bytes`.
pub(crate) fn hash(bits: u16, bytes: &[u8]) -> Vec<u8> {
    let algorithm = match bits {
        256 => &digest::SHA256,
        384 => &digest::SHA384,
        _ => &digest::SHA512,
    };
    digest::digest(algorithm, bytes).as_ref().to_vec()
}
