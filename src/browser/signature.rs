//! Signatures and hashes, by WebCrypto. A browser has it on secure pages only.

use js_sys::{Array, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, SubtleCrypto, Window};

use super::promise::settled;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::json::Json;
use crate::protocol::jws::{Algorithm, Family, SignatureCheck};

/// `crypto.subtle`, where it is there.
pub(super) fn subtle(window: &Window) -> Option<SubtleCrypto> {
    window.crypto().ok()?.subtle().dyn_into().ok()
}

pub(super) async fn verify(window: &Window, check: SignatureCheck) -> Result<bool, Error> {
    let subtle = subtle(window).ok_or(ErrorKind::NoSignatureCheck)?;
    match attempt(&subtle, &check).await {
        Ok(is_right) => Ok(is_right == true),
        Err(reason) if Reflect::get(&reason, &"name".into()).is_ok_and(|name| name == "NotSupportedError") => {
            Err(Error::unsupported(name(check.algorithm)))
        }
        Err(_) => Ok(false),
    }
}

async fn attempt(subtle: &SubtleCrypto, check: &SignatureCheck) -> Result<JsValue, JsValue> {
    let (algorithm, key) = (object(&parameters(check.algorithm))?, object(&check.key)?);
    let key = subtle.import_key_with_object("jwk", &key, &algorithm, false, &Array::of1(&"verify".into()))?;
    let key: CryptoKey = settled(&key).await?.unchecked_into();
    let is_right = subtle.verify_with_object_and_u8_array_and_u8_array(&algorithm, &key, &check.signature, &check.signed)?;
    settled(&is_right).await
}

pub(super) async fn digest(window: &Window, bits: u16, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let subtle = subtle(window).ok_or(ErrorKind::NoSignatureCheck)?;
    let digest = subtle.digest_with_str_and_u8_array(hash(bits), bytes).map_err(|_| ErrorKind::NoSignatureCheck)?;
    let digest = settled(&digest).await.map_err(|_| ErrorKind::NoSignatureCheck)?;
    Ok(Uint8Array::new(&digest).to_vec())
}

fn object(json: &Json) -> Result<Object, JsValue> {
    JSON::parse(&json.to_text()).map(JsCast::unchecked_into)
}

/// What importing the key and verifying with it need to know; each algorithm takes its own members, and ignores the rest.
fn parameters(algorithm: Algorithm) -> Json {
    let mut parameters = Json::empty();
    parameters.set_text("name", Some(name(algorithm)));
    parameters.set_text("namedCurve", algorithm.curve());
    parameters.set_text("hash", Some(hash(algorithm.hash_bits)));
    parameters.set("saltLength", Json::from(u64::from(algorithm.hash_bits / 8)));
    parameters
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm.family {
        Family::Rs => "RSASSA-PKCS1-v1_5",
        Family::Ps => "RSA-PSS",
        Family::Es => "ECDSA",
        Family::Ed => "Ed25519",
    }
}

fn hash(bits: u16) -> &'static str {
    match bits {
        256 => "SHA-256",
        384 => "SHA-384",
        _ => "SHA-512",
    }
}
