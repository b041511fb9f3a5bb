//! Paths that another reader could take for other paths.

use std::time::Duration;

use tokio::time::Instant;

use crate::servers::{Api, json_answer};
use crate::setup::{Setup, from_page};

async fn with_api() -> (Setup, Api, Vec<(String, String)>) {
    let api = Api::start(|| json_answer(200, &serde_json::json!({}))).await;
    let setup = Setup::with(|configuration| configuration.api_origin = Some(api.origin.clone())).await;
    let cookies = setup.log_in().await;
    (setup, api, cookies)
}

#[tokio::test]
async fn a_path_that_could_escape_is_not_forwarded() {
    let (setup, api, cookies) = with_api().await;
    for path in [
        "/api/../admin",
        "/api/v1/../../admin",
        "/api/v1/..",
        "/api/./v1",
        "/api/.",
        "/api/%2e%2e/admin",
        "/api/%2E%2E/admin",
        "/api/.%2e/admin",
        "/api/%252e%252e/admin",
        "/api/%25252e./admin",
        "/api/v1/me%2ejson",
        "/api/..%2fadmin",
        "/api/v1%2Fme",
        "/api/v1%252Fme",
        "/api/v1%5cme",
        "/api/v1\\..\\..\\admin",
        "/api/\\evil.example/x",
        "/api//evil.example/x",
        "/api///evil.example",
        "/api/v1//me",
        "/api/..;/admin",
        "/api/v1/.;x=1/me",
        "/api/v1/me%00",
        "/api/@evil.example/../x",
        // Escapes whose digits are escaped.
        "/api/%%32%65./admin",
        "/api/%25%32%65%252%2565/admin",
        "/api/%2%35%32f",
        "/api/..%3bx/admin",
        // Escapes and encodings that some servers accept.
        "/api/%u002e%u002e/admin",
        "/api/%U002E./admin",
        "/api/%25u002e./admin",
        "/api/%c0%ae%c0%ae/admin",
        "/api/%25c0%25ae./admin",
        "/api/%25e0%2580%25ae./admin",
        "/api/%25f0%2580%2580%25ae./admin",
        "/api/%e0%80%ae./admin",
        "/api/%f0%80%80%af",
        "/api/%ff",
        "/api/v1/%252e",
        "/api/%25252e%252e%253b/admin",
        // Control characters, which some readers drop.
        "/api/.%09./admin",
        "/api/v1/me%0d%0a",
        "/api/v1/me%2509",
        "/api/v1/me%7f",
        "/api/v1/me%c2%85",
    ] {
        let answer = from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
        // 404 is axum's answer: it does not take the path for one of `/api/`.
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
    }
    assert!(api.requests().is_empty(), "{}", api.requests()[0].target);
}

#[tokio::test]
async fn whatever_stands_in_the_path_the_request_goes_to_the_configured_origin() {
    let (setup, api, cookies) = with_api().await;
    let evil = Api::start(|| json_answer(200, &serde_json::json!({}))).await;
    let host = evil.origin.trim_start_matches("http://");
    let harmless = [
        format!("/api/@{host}/x"),
        format!("/api/{host}"),
        format!("/api/http:{host}"),
        format!("/api/x?http://{host}/"),
        format!("/api/:80@{host}"),
        "/api/...".into(),
        "/api/..a/a..".into(),
        "/api/100%25".into(),
        // An escaped per cent sign is a character like any other.
        "/api/100%25added".into(),
        "/api/100%25users/50%25ff".into(),
        "/api/a%25bc%25c0".into(),
        "/api/1%252e5".into(),
        "/api/me%252ejson".into(),
        "/api/100%2525".into(),
        "/api/%25".into(),
        "/api/%25/%25%25".into(),
        "/api/%F0%9F%98%80?%00".into(),
        "/api/%E4%BD%A0%20%26%23%3F;a=%3B".into(),
        "/api/100%".into(),
        "/api/%zz%2".into(),
        "/api/{a}|\"b\"^".into(),
        "/api/".into(),
        "/api/v1/me/".into(),
    ];
    for path in &harmless {
        let answer = from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
        assert_eq!(answer.status, 200, "{path}");
    }
    // The absolute form of a request's target names a host; the request must not go there.
    let answer = from_page(&setup.origin, "GET", &format!("{}/api/x", evil.origin)).cookies(&cookies).send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(api.requests().len(), harmless.len() + 1);
    assert!(evil.requests().is_empty());
}

#[tokio::test]
async fn however_often_a_path_is_encoded_it_is_decoded_in_one_pass() {
    let (setup, _api, cookies) = with_api().await;
    for (end, status) in [("", 200), ("2e", 400), ("%32%65", 400)] {
        let path = format!("/api/%{}{end}", "25".repeat(32_000));
        let begun = Instant::now();
        let answer = from_page(&setup.origin, "GET", &path).cookies(&cookies).send().await;
        assert_eq!(answer.status, status, "{end}");
        // One pass for each level would take several seconds.
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}
