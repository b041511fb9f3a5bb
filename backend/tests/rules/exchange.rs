//! `POST /auth/exchange`: the hand-offs that are accepted, the request to the server, and the answer to the page.

use std::time::Duration;

use serde_json::json;
use wicketgate_backend::ClientAuthenticationMethod;

use crate::http::Answer;
use crate::servers::Fault;
use crate::setup::{CLIENT_SECRET, CODE_VERIFIER, Setup, hand_off, hand_off_with, now};

const WEEK: u64 = 7 * 24 * 60 * 60;

#[tokio::test]
async fn the_token_request_has_the_documented_parameters_and_no_other() {
    let setup = Setup::start().await;
    assert_eq!(setup.exchange(hand_off()).await.status, 200);
    let requests = setup.server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].method.as_str(), requests[0].target.as_str()), ("POST", "/token"));
    assert_eq!(requests[0].headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        requests[0].body,
        "client_id=app+one.example&client_secret=MARKED+client%2Bsecret%2F%25&grant_type=authorization_code&code=MARKED-code%2B1%2F2"
    );
    for name in ["authorization", "cookie", "origin", "referer", "x-requested-with"] {
        assert!(!requests[0].headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn with_basic_the_secret_is_in_the_header_and_not_in_the_form() {
    let setup = Setup::with(|configuration| configuration.client_authentication = ClientAuthenticationMethod::Basic).await;
    assert_eq!(setup.exchange(hand_off()).await.status, 200);
    let request = &setup.server.requests()[0];
    // RFC 6749 §2.3.1: both are form-encoded first.
    let expected = "app+one.example:MARKED+client%2Bsecret%2F%25";
    let expected = <base64ct::Base64 as base64ct::Encoding>::encode_string(expected.as_bytes());
    assert_eq!(request.headers["authorization"], format!("Basic {expected}"));
    assert_eq!(request.body, "grant_type=authorization_code&code=MARKED-code%2B1%2F2");
}

#[tokio::test]
async fn code_verifier_and_redirect_uri_go_on_to_the_server() {
    let setup = Setup::start().await;
    let mut hand_off = hand_off_with("code_verifier", CODE_VERIFIER);
    hand_off["redirect_uri"] = "https://app.example/callback".into();
    assert_eq!(setup.exchange(hand_off).await.status, 200);
    let body = setup.server.requests()[0].body.clone();
    assert!(body.contains(&format!("&code_verifier={CODE_VERIFIER}")));
    assert!(body.contains("&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&"));
}

#[tokio::test]
async fn the_page_gets_the_session_and_no_token() {
    let setup = Setup::start().await;
    let before = now();
    let answer = setup.exchange(hand_off()).await;
    let json = answer.json();
    let expires_at = json["session"]["expiresAt"].as_u64().unwrap();
    assert!((before + 3600..=now() + 3600).contains(&expires_at));
    // The whole answer is compared: it has no further member. Every test's client checks that no answer contains a token.
    let ends_at = json["session"]["endsAt"].as_u64().unwrap();
    assert!((before + WEEK..=now() + WEEK).contains(&ends_at));
    let session = json!({ "status": "signed-in", "expiresAt": expires_at, "endsAt": ends_at, "scope": "read write" });
    assert_eq!(json, json!({ "session": session }));
    assert_secured(&answer);
}

pub(crate) fn assert_secured(answer: &Answer) {
    assert_eq!(answer.all("cache-control"), ["no-store"]);
    assert_eq!(answer.all("x-content-type-options"), ["nosniff"]);
    assert_eq!(answer.all("content-security-policy"), ["default-src 'none'; frame-ancestors 'none'; sandbox"]);
}

#[tokio::test]
async fn what_the_server_does_not_say_is_absent_and_not_null() {
    let setup = Setup::start().await;
    // WorkSmart's form of the answer, without a lifetime.
    *setup.server.answer.lock().unwrap() = json!({ "access_token": "MARKED", "token_type": "bearer", "scope": null });
    let answer = setup.exchange(hand_off()).await;
    let ends_at = answer.json()["session"]["endsAt"].clone();
    assert_eq!(answer.json(), json!({ "session": { "status": "signed-in", "endsAt": ends_at } }));
    let again = setup.session(&answer.cookies().0).await;
    assert_eq!((again.status, again.json()), (200, answer.json()));
}

#[tokio::test]
async fn expiry_counts_from_when_the_request_was_sent() {
    let setup = Setup::start().await;
    setup.server.fails_with(Fault::Late(Duration::from_millis(2100)));
    let before = now();
    let answer = setup.exchange(hand_off()).await;
    let expires_at = answer.json()["session"]["expiresAt"].as_u64().unwrap();
    assert!(expires_at <= before + 1 + 3600, "{expires_at} counts from when the answer came");
}

#[tokio::test]
async fn a_malformed_hand_off_is_an_invalid_request_that_names_the_member() {
    let setup = Setup::start().await;
    let member = |name: &str, value: serde_json::Value| hand_off_with(name, value).to_string();
    let without = |name: &str| {
        let mut hand_off = hand_off();
        hand_off.as_object_mut().unwrap().remove(name);
        hand_off.to_string()
    };
    for (body, named) in [
        (String::new(), "body"),
        ("{".into(), "body"),
        ("[]".into(), "body"),
        (r#"{"code":"a","code":"b","state":"s","client_id":"c"}"#.into(), "body"),
        (without("code"), "code"),
        (without("state"), "state"),
        (without("client_id"), "client_id"),
        (member("code", "".into()), "code"),
        (member("code", 1.into()), "code"),
        (member("iss", json!([])), "iss"),
        (member("code_verifier", json!({})), "code_verifier"),
    ] {
        let answer = setup.post_exchange().body(body.clone()).send().await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{body}");
        assert!(answer.body.contains(&format!("{named} ")), "{}", answer.body);
        assert_secured(&answer);
    }
    assert!(setup.server.requests().is_empty());
}

#[tokio::test]
async fn a_hand_off_larger_than_64_kib_is_refused() {
    let setup = Setup::start().await;
    let answer = setup.exchange(hand_off_with("nonce", "x".repeat(64 << 10))).await;
    assert_eq!((answer.status, answer.error().as_str()), (413, "invalid_request"));
    assert!(setup.server.requests().is_empty());
    assert_eq!(setup.exchange(hand_off_with("iss", "x".repeat(60 << 10))).await.status, 200);
}

#[tokio::test]
async fn a_hand_off_that_does_not_arrive_in_time_is_refused() {
    let setup = Setup::with(|configuration| configuration.timeout = Duration::from_millis(100)).await;
    let answer = setup.post_exchange().header("content-length", "10").send().await;
    assert_eq!((answer.status, answer.error().as_str()), (408, "invalid_request"));
}

#[tokio::test]
async fn a_hand_off_of_another_content_type_is_refused() {
    let setup = Setup::start().await;
    let call = || crate::setup::from_page(&setup.origin, "POST", "/auth/exchange").body(hand_off().to_string());
    for call in [call(), call().header("content-type", "text/plain"), call().header("content-type", "application/jsonp")] {
        let answer = call.send().await;
        assert_eq!((answer.status, answer.error().as_str()), (415, "invalid_request"));
    }
    assert!(setup.server.requests().is_empty());
    assert_eq!(call().header("content-type", "Application/JSON; charset=utf-8").send().await.status, 200);
}

#[tokio::test]
async fn a_code_for_another_client_redirect_uri_or_issuer_is_not_redeemed() {
    let setup = Setup::with(|configuration| {
        configuration.redirect_uri = Some("https://app.example/callback".into());
        configuration.issuer = Some("https://server.example".into());
        configuration.requires_id_token = Some(false);
    })
    .await;
    for (name, value) in [
        ("client_id", "another"),
        ("redirect_uri", "https://app.example/callback/"),
        ("iss", "https://server.example/"),
        ("iss", ""),
    ] {
        let answer = setup.exchange(hand_off_with(name, value)).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_request"), "{name}");
        assert!(answer.body.contains(name), "{}", answer.body);
    }
    assert!(setup.server.requests().is_empty());

    let mut own = hand_off_with("redirect_uri", "https://app.example/callback");
    own["iss"] = "https://server.example".into();
    assert_eq!(setup.exchange(own).await.status, 200);
    // Servers without `iss`, and requests without a redirect URI.
    assert_eq!(setup.exchange(hand_off_with("code", "another")).await.status, 200);
}

#[tokio::test]
async fn a_code_that_was_used_is_an_invalid_grant() {
    let setup = Setup::start().await;
    setup.log_in().await;
    let answer = setup.exchange(hand_off()).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    assert_eq!(answer.json()["error_description"], "The code was used.");
    assert!(answer.all("set-cookie").is_empty());
}

#[tokio::test]
async fn the_wrong_secret_is_told_to_the_page_and_its_cure_to_the_operator() {
    let log = crate::log::Log::capture();
    let server = crate::servers::AuthorizationServer::start().await;
    let mut configuration = crate::setup::configuration(&server.token_endpoint());
    configuration.client_secret = wicketgate::protocol::secret::Secret::new(format!("{CLIENT_SECRET}, but wrong"));
    let origin = crate::servers::serve(wicketgate_backend::router(configuration).unwrap()).await;
    let answer = Setup { origin, server }.exchange(hand_off()).await;
    assert_eq!((answer.status, answer.error().as_str()), (502, "invalid_client"));
    let failures = log.failures();
    assert_eq!(failures.len(), 1);
    for part in ["WARN", "status=502", "invalid_client", "status 401", "WICKETGATE_CLIENT_SECRET"] {
        assert!(failures[0].contains(part), "{part}: {}", failures[0]);
    }
}
