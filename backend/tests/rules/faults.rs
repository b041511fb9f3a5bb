//! The faults of an authorization server. Each leads to a clear answer and one line in the log, and reveals nothing.

use std::time::Duration;

use serde_json::json;

use crate::exchange::assert_secured;
use crate::log::Log;
use crate::servers::{Fault, nobody, serve};
use crate::setup::{
    ACCESS_TOKEN, CLIENT_SECRET, CODE, CODE_VERIFIER, Setup, assert_no_secret, configuration, hand_off, hand_off_with,
};

const JSON: &str = "application/json";
const HTML: &str = "text/html";

/// Lets `fault` happen in one exchange, and checks everything that is the same for all faults.
async fn assert_fault(fault: Fault, status: u16, error: &str) -> String {
    let log = Log::capture();
    let setup = Setup::with(|configuration| configuration.timeout = Duration::from_secs(2)).await;
    setup.server.fails_with(fault);
    let answer = setup.exchange(hand_off_with("code_verifier", CODE_VERIFIER)).await;
    assert_eq!((answer.status, answer.error().as_str()), (status, error), "{}", answer.body);
    assert!(answer.all("set-cookie").is_empty());
    assert_secured(&answer);
    assert_eq!(setup.server.requests().len(), 1, "a code is sent once");
    let failures = log.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    for part in [&format!("status={status}"), error, "hint="] {
        assert!(failures[0].contains(part), "{part}: {}", failures[0]);
    }
    assert_no_secret("the log", &log.text());
    answer.body
}

#[tokio::test]
async fn a_server_that_is_down_is_temporarily_unavailable() {
    let log = Log::capture();
    let mut setup = Setup::start().await;
    setup.origin = serve(wicketgate_backend::router(configuration(&nobody().await)).unwrap()).await;
    let answer = setup.exchange(hand_off()).await;
    assert_eq!((answer.status, answer.error().as_str()), (502, "temporarily_unavailable"));
    let failures = log.failures();
    assert_eq!(failures.len(), 1);
    assert!(failures[0].contains("WICKETGATE_TOKEN_ENDPOINT") && failures[0].contains("refused"), "{}", failures[0]);
    assert_no_secret("the log", &log.text());
}

#[tokio::test]
async fn a_server_that_is_slow_is_a_gateway_timeout() {
    assert_fault(Fault::Late(Duration::from_secs(3600)), 504, "temporarily_unavailable").await;
}

#[tokio::test]
async fn a_server_that_fails_is_a_server_error() {
    let oauth = json!({ "error": "invalid_grant" }).to_string();
    for body in [String::new(), "<h1>Oops</h1>".into(), oauth] {
        assert_fault(Fault::Answers(500, JSON, body), 502, "server_error").await;
    }
}

#[tokio::test]
async fn a_server_that_is_overloaded_is_temporarily_unavailable() {
    for status in [503, 429] {
        assert_fault(Fault::Answers(status, HTML, "later".into()), 502, "temporarily_unavailable").await;
    }
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_a_server_error_and_is_not_repeated() {
    for (status, content_type, body) in [
        (200, HTML, "<h1>Welcome</h1>"),
        (200, JSON, "<h1>Welcome</h1>"),
        (200, JSON, "[\"Welcome\"]"),
        (200, JSON, r#"{"token_type":"Bearer","Welcome":1}"#),
        (400, HTML, "<h1>Welcome</h1>"),
        (400, JSON, r#"{"error":{"Welcome":1}}"#),
        (403, JSON, ""),
        (204, JSON, ""),
    ] {
        let body = assert_fault(Fault::Answers(status, content_type, body.into()), 502, "server_error").await;
        assert!(!body.contains("Welcome"), "{body}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_temporarily_unavailable() {
    assert_fault(Fault::BreaksOff, 502, "temporarily_unavailable").await;
}

#[tokio::test]
async fn an_answer_of_more_than_a_mebibyte_is_not_read() {
    assert_fault(Fault::Huge(1 << 20), 502, "server_error").await;
    let setup = Setup::start().await;
    setup.server.fails_with(Fault::Huge(1_000_000));
    assert_eq!(setup.exchange(hand_off()).await.status, 200);
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    assert_fault(Fault::Redirects, 502, "server_error").await;
}

#[tokio::test]
async fn a_refusal_is_passed_on_capped_and_cleaned() {
    let description = format!("first\nsecond\u{202e}third{}", "x".repeat(5000));
    let refusal = json!({ "error": "invalid_scope", "error_description": description, "more": "kept back" });
    let body = assert_fault(Fault::Answers(400, JSON, refusal.to_string()), 502, "invalid_scope").await;
    assert!(body.contains("firstsecondthirdxxx") && body.len() < 1200 && !body.contains("kept back"), "{body}");
}

#[tokio::test]
async fn of_a_refusal_what_repeats_a_secret_is_not_passed_on() {
    for repeated in [
        format!("The secret {CLIENT_SECRET} is wrong."),
        "The secret MARKED+client%2Bsecret%2F%25 is wrong.".into(),
        format!("The code {CODE} is not known."),
        "The code MARKED-code%2B1%2F2 is not known.".into(),
        format!("{CODE_VERIFIER} is not the verifier."),
    ] {
        let refusal = json!({ "error": "invalid_grant", "error_description": repeated });
        assert_fault(Fault::Answers(400, JSON, refusal.to_string()), 400, "invalid_grant").await;
        let refusal = json!({ "error": repeated });
        assert_fault(Fault::Answers(400, JSON, refusal.to_string()), 502, "server_error").await;
    }
}

#[tokio::test]
async fn a_server_that_must_speak_tls_gets_nothing_in_the_clear() {
    let mut setup = Setup::start().await;
    let endpoint = setup.server.token_endpoint().replace("http://", "https://");
    setup.origin = serve(wicketgate_backend::router(configuration(&endpoint)).unwrap()).await;
    let answer = setup.exchange(hand_off()).await;
    assert_eq!((answer.status, answer.error().as_str()), (502, "temporarily_unavailable"));
    assert!(setup.server.requests().is_empty());
}

#[tokio::test]
async fn nothing_that_was_logged_holds_a_secret() {
    let log = Log::capture();
    let setup = Setup::start().await;
    let cookies = setup.log_in().await;
    setup.session(&cookies).await;
    assert_eq!(setup.exchange(hand_off()).await.status, 400);
    assert_eq!(setup.exchange(hand_off_with("code", 1)).await.status, 400);
    let text = log.text();
    assert!(text.contains("TRACE") && text.contains("exchange succeeded"), "the log was not caught: {text}");
    assert_no_secret("the log", &text);
    assert!(!text.contains(ACCESS_TOKEN));
    for (_, value) in &cookies {
        assert!(!text.contains(value.as_str()), "the log holds a cookie");
    }
}
