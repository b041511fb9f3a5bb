//! An ID token. Whatever it is, it is parsed or refused. If it is believed, it satisfies the rules of the ID token, as another
//! reader of JSON sees them.
//!
//! Hardly any change to base64url decodes to JSON again. So the input is also taken as the three parts of a token before their
//! encoding, one on each line.
#![no_main]

use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use wicketgate::protocol::id_token::{Expected, Refreshed, at_hash_bits, check_at_hash, refreshed, validate};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::jws::Jws;

const ALGORITHMS: [&str; 11] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const NOW: u64 = 1_700_000_000_000;
const TOLERANCE: u64 = 30_000;
const MAX_AGE: u64 = 300_000;

fuzz_target!(|data: &[u8]| {
    if let Ok(token) = str::from_utf8(data) {
        check(token);
    }
    let parts: Vec<String> = data.splitn(3, |byte| *byte == b'\n').map(Base64UrlUnpadded::encode_string).collect();
    check(&parts.join("."));
});

fn check(token: &str) {
    let Ok(jws) = Jws::parse(token) else { return };
    assert!(token.len() <= 64 << 10);
    let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let [header, payload, _] = [header, payload, signature].map(|part| Base64UrlUnpadded::decode_vec(part).expect("base64url"));
    let (Some(header), Some(payload)) = (object(&header), object(&payload)) else { return };
    assert!(ALGORITHMS.contains(&header["alg"].as_str().expect("alg")));
    assert!(header.get("crit").is_none());
    assert_eq!(header.get("kid").map(|key_id| key_id.as_str().expect("kid is text")), jws.key_id());
    let bits = jws.algorithm().hash_bits;

    let acr = Json::parse(br#"{"essential":true,"values":["silver","gold"]}"#).expect("JSON");
    let expected = Expected {
        issuer: "https://as.example",
        client_id: "app",
        trusted_audiences: &[],
        nonce: Some("n-1"),
        max_age: Some(MAX_AGE),
        acr: Some(&acr),
        now: NOW,
        tolerance: TOLERANCE,
    };
    let Ok(claims) = validate(jws.trusted_by_tls(), &expected) else { return };

    assert_eq!(payload["iss"], "https://as.example");
    match &payload["aud"] {
        Value::Array(audiences) => {
            assert!(audiences.iter().all(Value::is_string) && audiences.iter().any(|audience| audience == "app"));
            assert!(audiences.iter().all(|audience| audience == "app") || payload["azp"] == "app");
        }
        audience => assert_eq!(audience, "app"),
    }
    // `null` counts as absent.
    let present = |name: &str| payload.get(name).filter(|value| !value.is_null());
    assert!(present("azp").is_none_or(|party| party == "app"));
    assert_eq!(payload["nonce"], "n-1");
    assert!(["silver", "gold"].contains(&payload["acr"].as_str().expect("acr")));
    let seconds = |name: &str| payload[name].as_f64().expect("a number");
    let [now, tolerance, max_age] = [NOW, TOLERANCE, MAX_AGE].map(|millis| millis as f64 / 1000.0);
    // A fraction counts to the millisecond.
    assert!(seconds("exp") + tolerance + 0.001 >= now);
    assert!(seconds("iat") <= now + tolerance + 0.001);
    assert!(present("nbf").is_none() || seconds("nbf") <= now + tolerance + 0.001);
    assert!(seconds("auth_time") + max_age + tolerance + 0.001 >= now);
    let subject = payload["sub"].as_str().expect("sub");
    assert!(!subject.is_empty() && subject.chars().count() <= 255);

    // It is about the same login as itself, and does not belong to an access token with another hash.
    let again = Jws::parse(token).expect("it was read before");
    assert!(matches!(refreshed(again.trusted_by_tls(), &claims, &expected), Refreshed::Claims(_)));
    assert_eq!(
        at_hash_bits(&claims, wicketgate::protocol::jws::Algorithm::from_name("RS256").expect("ours")).is_some(),
        present("at_hash").is_some()
    );
    let hash = vec![0x5a; usize::from(bits / 8)];
    let half = Base64UrlUnpadded::encode_string(&hash[..hash.len() / 2]);
    assert_eq!(check_at_hash(&claims, &hash).is_ok(), payload["at_hash"] == half.as_str());
}

/// `None` if a number is beyond a float: this reader refuses it.
fn object(part: &[u8]) -> Option<Value> {
    match serde_json::from_slice(part) {
        Ok(value @ Value::Object(_)) => Some(value),
        Err(error) if error.to_string().contains("out of range") => None,
        _ => panic!("no JSON object, and accepted"),
    }
}
