//! The provider's metadata and keys: where they are found, when they are fetched, and what happens if they are not available.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Answer;
use crate::id_token::assert_refused;
use crate::log::Log;
use crate::provider::{KEYS, METADATA, OpenId, SigningKey};
use crate::servers::{Fault, nobody};
use crate::setup::{NONCE, assert_no_secret, hand_off_with};

const JSON: &str = "application/json";

/// Advances the time by this much, at once.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn assert_signed_in(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn they_are_asked_for_once() {
    let openid = OpenId::start().await;
    let id_token = openid.key.signed(openid.claims());
    // Two concurrent logins, and one afterwards.
    let (first, second) = tokio::join!(openid.log_in(id_token.clone()), openid.log_in(id_token.clone()));
    for answer in [first, second, openid.log_in(id_token).await] {
        assert_signed_in(&answer);
    }
    assert_eq!((openid.provider.asked(METADATA), openid.provider.asked(KEYS)), (1, 1));
    let requests = openid.provider.requests.lock().unwrap();
    for request in requests.iter() {
        assert_eq!((request.method.as_str(), request.body.as_str()), ("GET", ""));
        assert_eq!(request.headers["accept"], JSON);
        for name in ["authorization", "cookie", "origin", "referer"] {
            assert!(!request.headers.contains_key(name), "{name}");
        }
    }
}

#[tokio::test]
async fn they_are_asked_for_beside_the_token_request() {
    let openid = OpenId::start().await;
    openid.setup.server.fails_with(Fault::After(openid.provider.requests.clone(), KEYS));
    assert_signed_in(&openid.log_in(openid.key.signed(openid.claims())).await);
}

#[tokio::test]
async fn an_hour_later_they_are_asked_for_anew() {
    let openid = OpenId::start().await;
    let id_token = openid.key.signed(openid.claims());
    assert_signed_in(&openid.log_in(id_token.clone()).await);
    pass(Duration::from_secs(3500)).await;
    assert_signed_in(&openid.log_in(id_token.clone()).await);
    assert_eq!((openid.provider.asked(METADATA), openid.provider.asked(KEYS)), (1, 1));
    pass(Duration::from_secs(101)).await;
    // Meanwhile, the provider has withdrawn the key.
    openid.provider.publishes_keys(&[]);
    assert_refused(&openid.log_in(id_token).await, "kid ");
    assert_eq!(openid.provider.asked(METADATA), 2);
}

#[tokio::test]
async fn a_key_that_is_not_known_makes_the_keys_be_asked_for_once_a_minute() {
    let openid = OpenId::start().await;
    assert_signed_in(&openid.log_in(openid.key.signed(openid.claims())).await);
    let rotated = SigningKey::ed25519("the next key");
    openid.provider.publishes_keys(&[&rotated]);
    assert_signed_in(&openid.log_in(rotated.signed(openid.claims())).await);
    assert_eq!((openid.provider.asked(METADATA), openid.provider.asked(KEYS)), (1, 2));

    // Within the minute, the keys are not fetched again: neither for a key that nobody has, nor for one that the provider has
    // published meanwhile.
    let third = SigningKey::es256("the third key");
    openid.provider.publishes_keys(&[&rotated, &third]);
    for _ in 0..2 {
        assert_refused(&openid.log_in(third.signed(openid.claims())).await, "kid ");
    }
    assert_signed_in(&openid.log_in(rotated.signed(openid.claims())).await);
    assert_eq!(openid.provider.asked(KEYS), 2);

    pass(Duration::from_secs(61)).await;
    assert_signed_in(&openid.log_in(third.signed(openid.claims())).await);
    assert_eq!((openid.provider.asked(METADATA), openid.provider.asked(KEYS)), (1, 3));
}

#[tokio::test]
async fn metadata_is_looked_for_at_every_place_of_the_standards() {
    for place in ["/.well-known/oauth-authorization-server/tenant", "/tenant/.well-known/oauth-authorization-server"] {
        let openid = OpenId::with(|configuration, provider| {
            let issuer = format!("{}/tenant", provider.origin);
            provider.publishes(place, provider.metadata_with("issuer", issuer.clone()));
            configuration.issuer = Some(issuer);
        })
        .await;
        // A server that answers nonsense at the place where it has no metadata.
        openid.provider.fails_at("/tenant/.well-known/openid-configuration", Fault::Answers(500, JSON, "{}".into()));
        let issuer = format!("{}/tenant", openid.provider.origin);
        assert_signed_in(&openid.log_in(openid.key.signed(openid.claims_with("iss", issuer))).await);
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_or_of_unsafe_endpoints_is_not_believed() {
    for (name, value, reason) in [
        ("issuer", json!("https://other.example"), "issuer "),
        ("issuer", Value::Null, "issuer "),
        ("jwks_uri", json!("http://server.example/jwks"), "jwks_uri "),
        ("jwks_uri", Value::Null, "jwks_uri "),
        ("id_token_signing_alg_values_supported", json!("ES256"), "id_token_signing_alg_values_supported "),
    ] {
        let openid = OpenId::start().await;
        openid.provider.publishes(METADATA, openid.provider.metadata_with(name, value));
        assert_refused(&openid.log_in(openid.key.signed(openid.claims())).await, reason);
        assert_eq!(openid.provider.asked(KEYS), 0);
    }
    // The issuer with a slash at the end is another issuer.
    let openid = OpenId::with(|configuration, provider| configuration.issuer = Some(format!("{}/", provider.origin))).await;
    assert_refused(&openid.log_in(openid.key.signed(openid.claims())).await, "issuer ");
}

#[tokio::test]
async fn what_is_configured_by_hand_wins() {
    let by_hand = |algorithms: &'static [&'static str]| {
        OpenId::with(|configuration, provider| {
            configuration.jwks_uri = Some(format!("{}{KEYS}", provider.origin));
            configuration.id_token_signing_algorithms = algorithms.iter().map(|name| (*name).into()).collect();
        })
    };
    // With the keys configured, nothing else is fetched.
    let openid = by_hand(&["EdDSA", "ES256"]).await;
    assert_signed_in(&openid.log_in(openid.key.signed(openid.claims())).await);
    assert_eq!((openid.provider.asked(METADATA), openid.provider.asked(KEYS)), (0, 1));
    // Without names, only RS256 is accepted.
    for names in [&["EdDSA"][..], &[]] {
        let openid = by_hand(names).await;
        assert_refused(&openid.log_in(openid.key.signed(openid.claims())).await, "alg ");
        assert_eq!(openid.provider.asked(METADATA), 0);
    }
    let openid = OpenId::with(|configuration, _| configuration.id_token_signing_algorithms = vec!["EdDSA".into()]).await;
    assert_refused(&openid.log_in(openid.key.signed(openid.claims())).await, "alg ");
    assert_eq!(openid.provider.asked(METADATA), 1);
}

#[tokio::test]
async fn a_provider_at_its_worst_signs_nobody_in() {
    let html = |status| Fault::Answers(status, "text/html", "<h1>Welcome</h1>".into());
    for (fault, status, error) in [
        (html(503), 502, "temporarily_unavailable"),
        (html(429), 502, "temporarily_unavailable"),
        (html(500), 502, "server_error"),
        (html(404), 502, "server_error"),
        (html(200), 502, "server_error"),
        (Fault::Answers(200, JSON, r#"{"Welcome":1}"#.into()), 502, "server_error"),
        (Fault::Redirects, 502, "server_error"),
        (Fault::Huge(1 << 20), 502, "server_error"),
        (Fault::BreaksOff, 502, "temporarily_unavailable"),
        (Fault::Late(Duration::from_secs(3600)), 504, "temporarily_unavailable"),
    ] {
        for path in [METADATA, KEYS] {
            let log = Log::capture();
            let openid = OpenId::with(|configuration, _| configuration.timeout = Duration::from_secs(1)).await;
            // The documents at the redirect's target.
            let followed = openid.provider.documents.lock().unwrap().iter().find(|(other, _)| other == path).unwrap().1.clone();
            openid.provider.publishes("/elsewhere", followed);
            openid.provider.fails_at(path, fault.clone());
            let id_token = openid.key.signed(openid.claims());
            let answer = openid.log_in(id_token.clone()).await;
            assert_eq!((answer.status, answer.error().as_str()), (status, error), "{path}: {}", answer.body);
            assert!(answer.all("set-cookie").is_empty() && !answer.body.contains("Welcome"), "{path}: {}", answer.body);
            assert_eq!(log.failures().len(), 1);
            assert_no_secret("the log", &log.text());
            assert!(!log.text().contains(&id_token));
            assert_eq!(openid.provider.asked("/elsewhere"), 0, "a redirect was followed");

            // A failure is not remembered.
            openid.provider.fails_at("", Fault::None);
            assert_signed_in(&openid.log_in(id_token).await);
        }
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_temporarily_unavailable() {
    let log = Log::capture();
    let nobody = nobody().await;
    let without_keys = OpenId::start().await;
    without_keys.provider.publishes(METADATA, without_keys.provider.metadata_with("jwks_uri", format!("{nobody}/jwks")));
    let without_metadata = OpenId::with(|configuration, _| configuration.issuer = Some(nobody.clone())).await;
    for openid in [without_keys, without_metadata] {
        let id_token = openid.key.signed(openid.claims());
        let answer = openid.log_in(id_token.clone()).await;
        assert_eq!((answer.status, answer.error().as_str()), (502, "temporarily_unavailable"), "{}", answer.body);
        assert!(answer.all("set-cookie").is_empty());
        assert!(!log.text().contains(&id_token));
    }
    let failures = log.failures();
    assert!(failures.len() == 2 && failures.iter().all(|line| line.contains("WICKETGATE_ISSUER")), "{failures:?}");
    assert_no_secret("the log", &log.text());
}

#[tokio::test]
async fn all_that_is_asked_for_one_login_has_the_time_of_one_request() {
    let openid = OpenId::with(|configuration, _| configuration.timeout = Duration::from_secs(1)).await;
    // Each answer comes in time, but both together do not.
    openid.provider.fails_at("/", Fault::Late(Duration::from_millis(700)));
    let answer = openid.log_in(openid.key.signed(openid.claims())).await;
    assert_eq!((answer.status, answer.error().as_str()), (504, "temporarily_unavailable"), "{}", answer.body);
}

#[tokio::test]
async fn where_the_code_is_refused_nobody_waits_for_the_keys() {
    // Longer than the page waits here.
    let openid = OpenId::with(|configuration, _| configuration.timeout = Duration::from_secs(3600)).await;
    openid.provider.fails_at(METADATA, Fault::Late(Duration::from_secs(3600)));
    let refusal = json!({ "error": "invalid_grant" }).to_string();
    openid.setup.server.fails_with(Fault::Answers(400, JSON, refusal));
    let answer = openid.setup.exchange(hand_off_with("nonce", NONCE)).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
}
