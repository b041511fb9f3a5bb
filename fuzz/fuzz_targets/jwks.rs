//! A key set. Whatever it is, only a key that suits the token is chosen, and only the public numbers of a key are given out.
#![no_main]

use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use wicketgate::protocol::http::Response;
use wicketgate::protocol::jwk::JwkSet;
use wicketgate::protocol::jws::Jws;

/// The algorithms, and the members of their keys.
const ALGORITHMS: [(&str, &str, Option<&str>, &[&str]); 11] = [
    ("RS256", "RSA", None, &["e", "kty", "n"]),
    ("RS384", "RSA", None, &["e", "kty", "n"]),
    ("RS512", "RSA", None, &["e", "kty", "n"]),
    ("PS256", "RSA", None, &["e", "kty", "n"]),
    ("PS384", "RSA", None, &["e", "kty", "n"]),
    ("PS512", "RSA", None, &["e", "kty", "n"]),
    ("ES256", "EC", Some("P-256"), &["crv", "kty", "x", "y"]),
    ("ES384", "EC", Some("P-384"), &["crv", "kty", "x", "y"]),
    ("ES512", "EC", Some("P-521"), &["crv", "kty", "x", "y"]),
    ("EdDSA", "OKP", Some("Ed25519"), &["crv", "kty", "x"]),
    ("Ed25519", "OKP", Some("Ed25519"), &["crv", "kty", "x"]),
];

fuzz_target!(|data: &[u8]| {
    let response = Response::new(200, Some("application/jwk-set+json".into()), data.into());
    let Ok(set) = JwkSet::from_response(&response) else { return };
    // The other reader refuses a number beyond a float.
    let Ok(keys) = serde_json::from_slice::<Value>(data) else { return };
    let keys = keys["keys"].as_array().expect("an array of keys");
    for (name, key_type, curve, numbers) in ALGORITHMS {
        for key_id in [None, Some("1")] {
            let mut last = 0;
            let candidates = set.candidates(&token(name, key_id));
            assert!(candidates.len() <= 16);
            for candidate in candidates {
                let candidate: Value = serde_json::from_str(&candidate.to_text()).expect("JSON");
                let members: Vec<&String> = candidate.as_object().expect("an object").keys().collect();
                assert_eq!(members, numbers);
                assert_eq!(candidate["kty"], key_type);
                assert_eq!(candidate.get("crv").map(|curve| curve.as_str()), curve.map(Some));
                assert!(candidate.get("n").is_none_or(|modulus| modulus.as_str().is_some_and(|n| n.len() >= 342)));
                // It is one of the suitable keys of the set, and the keys keep their order.
                let is_it = |key: &Value| {
                    numbers.iter().all(|number| key[number] == candidate[number])
                        && key_id.is_none_or(|key_id| key["kid"] == key_id)
                        && key.get("use").is_none_or(|purpose| purpose == "sig")
                        && (key_type == "OKP" || key.get("alg").is_none_or(|algorithm| algorithm == name))
                };
                let at = keys[last..].iter().position(is_it).expect("a key of the set");
                last += at + 1;
            }
        }
    }
});

fn token(algorithm: &str, key_id: Option<&str>) -> Jws {
    let mut header = json!({"alg": algorithm});
    if let Some(key_id) = key_id {
        header["kid"] = key_id.into();
    }
    Jws::parse(&format!("{}.e30.AA", Base64UrlUnpadded::encode_string(header.to_string().as_bytes()))).expect("a token")
}
