//! A login with a nonce: the signed-in user is the one in the ID token, if the provider signed it.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{digest, hmac};
use serde_json::{Value, json};

use crate::exchange::assert_secured;
use crate::http::Answer;
use crate::log::Log;
use crate::provider::{METADATA, OpenId, SigningKey, token};
use crate::setup::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, NONCE, Setup, assert_no_secret, hand_off, hand_off_with, now};

/// The half of a hash that an ID token contains.
fn at_hash(algorithm: &'static digest::Algorithm) -> String {
    let hash = digest::digest(algorithm, ACCESS_TOKEN.as_bytes());
    Base64UrlUnpadded::encode_string(&hash.as_ref()[..hash.as_ref().len() / 2])
}

/// Checks that nobody is signed in, for this reason.
pub(crate) fn assert_refused(answer: &Answer, reason: &str) {
    assert_eq!((answer.status, answer.error().as_str()), (502, "server_error"), "{reason}: {}", answer.body);
    assert!(answer.body.contains(reason), "{reason}: {}", answer.body);
    assert!(answer.all("set-cookie").is_empty(), "{reason}");
    assert_secured(answer);
}

#[tokio::test]
async fn the_page_gets_the_claims_of_an_id_token_that_was_checked() {
    let openid = OpenId::start().await;
    let other = SigningKey::ed25519("another key");
    openid.provider.publishes_keys(&[&openid.key, &other]);
    for (key, hash) in [(&openid.key, &digest::SHA256), (&other, &digest::SHA512)] {
        let mut claims = openid.claims_with("at_hash", at_hash(hash));
        claims["c_hash"] = "MARKED-c-hash".into();
        claims["address"] = json!({ "country": "\u{c5}land", "lines": [1, null] });
        let answer = openid.log_in(key.signed(&claims)).await;
        assert_eq!(answer.status, 200, "{}: {}", key.name, answer.body);
        // Members that served only for checks are not kept; the whole answer is compared.
        for name in ["nonce", "at_hash", "c_hash"] {
            claims.as_object_mut().unwrap().remove(name);
        }
        let (expires_at, ends_at) = (&answer.json()["session"]["expiresAt"], &answer.json()["session"]["endsAt"]);
        let session = json!({
            "status": "signed-in", "claims": claims, "expiresAt": expires_at, "endsAt": ends_at, "scope": "read write",
        });
        assert_eq!(answer.json(), json!({ "session": session }));
        let again = openid.setup.session(&answer.cookies().0).await;
        assert_eq!((again.status, again.body), (200, answer.body));
    }
}

#[tokio::test]
async fn claims_pass_through_as_the_provider_spelled_them() {
    let openid = OpenId::start().await;
    let spelled = r#"{"updated_at":1.50,"id":12345678901234567890123,"endless":1e400,"#;
    let answer = openid.log_in(openid.key.signed(openid.claims().to_string().replacen('{', spelled, 1))).await;
    for body in [openid.setup.session(&answer.cookies().0).await.body, answer.body] {
        assert!(body.contains(&format!(r#""claims":{spelled}"#)), "{body}");
    }
}

#[tokio::test]
async fn what_is_not_the_providers_word_signs_nobody_in() {
    let log = Log::capture();
    let openid = OpenId::start().await;
    let (key, now) = (&openid.key, now());
    let with = |name: &str, value: Value| Value::from(key.signed(openid.claims_with(name, value)));
    let header = |algorithm: &str| json!({ "alg": algorithm, "kid": key.name });
    let secret = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
    let right = key.signed(openid.claims());
    let (signed, signature) = right.rsplit_once('.').unwrap();
    let changed = key.signed(openid.claims_with("sub", "eve"));

    let cases = [
        // The signature.
        ("its signature", SigningKey::es256(key.name).signed(openid.claims()).into()),
        ("its signature", format!("{}.{signature}", changed.rsplit_once('.').unwrap().0).into()),
        ("its signature", format!("{signed}.").into()),
        ("kid names no key", SigningKey::es256("unknown").signed(openid.claims()).into()),
        ("kid names no key", SigningKey::ed25519(key.name).signed(openid.claims()).into()),
        // The algorithm, even if the provider lists it.
        ("alg ", token(&header("none"), openid.claims(), |_| vec![]).into()),
        ("alg ", token(&header("HS256"), openid.claims(), |signed| hmac::sign(&secret, signed).as_ref().to_vec()).into()),
        // The claims.
        ("iss ", with("iss", "https://other.example".into())),
        ("iss ", with("iss", format!("{}/", openid.provider.origin).into())),
        ("aud ", with("aud", "another".into())),
        ("azp ", with("aud", json!([CLIENT_ID, "another"]))),
        ("azp ", with("azp", "another".into())),
        ("exp ", with("exp", (now - 120).into())),
        ("exp ", with("exp", Value::Null)),
        ("iat ", with("iat", (now + 120).into())),
        ("nonce ", with("nonce", "another".into())),
        ("nonce ", with("nonce", Value::Null)),
        ("sub ", with("sub", "".into())),
        ("at_hash ", with("at_hash", at_hash(&digest::SHA512).into())),
        // There is no ID token, or something else.
        ("has none", Value::Null),
        ("three parts", "MARKED".into()),
        ("three parts", format!("{right}.x.y").into()),
    ];
    for (count, (reason, id_token)) in cases.into_iter().enumerate() {
        let answer = openid.log_in(id_token.clone()).await;
        assert_refused(&answer, reason);
        let failures = log.failures();
        assert_eq!(failures.len(), count + 1, "{failures:?}");
        for part in ["WARN", "status=502", "server_error", "ID token", reason, "hint="] {
            assert!(failures[count].contains(part), "{part}: {}", failures[count]);
        }
        if let Some((signed, _)) = id_token.as_str().and_then(|token| token.rsplit_once('.')) {
            assert!(!log.text().contains(signed), "the log holds an ID token: {reason}");
        }
    }
    assert_no_secret("the log", &log.text());
    assert_eq!(openid.log_in(right).await.status, 200, "and else it would be accepted");
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let openid = OpenId::start().await;
    for (name, value) in [("exp", now() - 40), ("iat", now() + 40)] {
        let answer = openid.log_in(openid.key.signed(openid.claims_with(name, value))).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_the_page_asked_for_must_be_so() {
    let openid = OpenId::start().await;
    let asked = |name: &str, value: Value| {
        let mut hand_off = hand_off_with("nonce", NONCE);
        hand_off[name] = value;
        hand_off
    };
    let essential = json!({ "essential": true, "values": ["gold", "silver"] });
    for (hand_off, claim, right, wrong) in [
        (asked("max_age", 600.into()), "auth_time", json!(now() - 500), json!(now() - 700)),
        (asked("acr", essential), "acr", json!("silver"), json!("bronze")),
    ] {
        for value in [wrong, Value::Null] {
            let id_token = openid.key.signed(openid.claims_with(claim, value));
            assert_refused(&openid.hand_over(hand_off.clone(), id_token).await, claim);
        }
        let answer = openid.hand_over(hand_off, openid.key.signed(openid.claims_with(claim, right))).await;
        assert_eq!(answer.status, 200, "{claim}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_algorithm_that_the_provider_does_not_list_is_not_accepted() {
    // Without a list, only RS256 is accepted.
    for (list, status) in [(json!(["ES256"]), 200), (json!(["EdDSA", "es256"]), 502), (json!([]), 502), (Value::Null, 502)] {
        let openid = OpenId::start().await;
        openid.provider.publishes(METADATA, openid.provider.metadata_with("id_token_signing_alg_values_supported", list));
        let answer = openid.log_in(openid.key.signed(openid.claims())).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        if status != 200 {
            assert_refused(&answer, "alg ");
        }
    }
}

#[tokio::test]
async fn without_a_nonce_an_id_token_is_ignored() {
    let openid = OpenId::with(|configuration, _| configuration.requires_id_token = Some(false)).await;
    for id_token in [openid.key.signed(openid.claims()), "MARKED".into()] {
        let answer = openid.hand_over(hand_off(), id_token).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["session"].get("claims"), None);
    }
    assert!(openid.provider.requests.lock().unwrap().is_empty(), "and nobody is asked about it");
}

#[tokio::test]
async fn where_every_login_has_an_id_token_a_hand_off_cannot_do_without() {
    // With an issuer, this is the default.
    let openid = OpenId::start().await;
    let answer = openid.hand_over(hand_off(), openid.key.signed(openid.claims())).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"));
    assert!(answer.all("set-cookie").is_empty());
    assert!(openid.setup.server.requests().is_empty(), "the code is not spent");
    assert_eq!(openid.log_in(openid.key.signed(openid.claims())).await.status, 200);
}

#[tokio::test]
async fn without_an_issuer_a_login_with_a_nonce_does_not_spend_the_code() {
    let log = Log::capture();
    let setup = Setup::start().await;
    let answer = setup.exchange(hand_off_with("nonce", NONCE)).await;
    assert_eq!((answer.status, answer.error().as_str()), (500, "server_error"));
    assert!(answer.all("set-cookie").is_empty());
    assert!(setup.server.requests().is_empty());
    let failures = log.failures();
    assert!(failures.len() == 1 && failures[0].contains("WARN") && failures[0].contains("WICKETGATE_ISSUER"), "{failures:?}");
    assert_no_secret("the log", &log.text());
    // The same code, without the nonce: nothing is required.
    assert_eq!(setup.exchange(hand_off()).await.status, 200);
}
