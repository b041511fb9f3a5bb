//! The program's counters.

use crate::http::call;
use crate::program::{Program, command, sentence};
use crate::servers::{Api, AuthorizationServer, json_answer, nobody};
use crate::setup::{ACCESS_TOKEN, Setup, from_page, hand_off};

/// The value of a sample, by its name and labels.
fn sample(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn what_happened_is_counted_on_a_port_of_its_own() {
    let server = AuthorizationServer::start().await;
    let api = Api::start(|| json_answer(200, &serde_json::json!({}))).await;
    let metrics = nobody().await;
    let mut command = command(&server.token_endpoint());
    command
        .env("WICKETGATE_METRICS_LISTEN", metrics.trim_start_matches("http://"))
        .env("WICKETGATE_API", format!("/api/={}/v2/,/down={}", api.origin, nobody().await));
    let program = Program::start(command).await;
    let read = || async { call(&metrics, "GET", "/metrics").send().await };
    let begun = read().await;
    assert_eq!(begun.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for name in ["wicketgate_logins_total", "wicketgate_refreshes_total", "wicketgate_websockets"] {
        assert_eq!(sample(&begun.body, name), Some(0.0), "{name}: {}", begun.body);
    }

    let setup = Setup { origin: program.origin.clone(), server };
    let cookies = setup.log_in().await;
    assert_eq!(setup.exchange(hand_off()).await.error(), "invalid_grant");
    for path in ["/api/me", "/api/you", "/down"] {
        from_page(&setup.origin, "GET", path).cookies(&cookies).send().await;
    }
    assert_eq!(from_page(&setup.origin, "GET", "/api/me").send().await.status, 401);
    // An error that a server has invented is not counted by its name.
    setup.server.fails_with(crate::servers::Fault::Answers(400, "application/json", r#"{"error":"made_up"}"#.into()));
    setup.exchange(hand_off()).await;

    let metrics = read().await.body;
    for (name, value) in [
        ("wicketgate_logins_total", 1.0),
        (r#"wicketgate_failures_total{operation="exchange",status="4xx",error="invalid_grant"}"#, 1.0),
        (r#"wicketgate_failures_total{operation="exchange",status="5xx",error="other"}"#, 1.0),
        (r#"wicketgate_failures_total{operation="API request",status="4xx",error="no_session"}"#, 1.0),
        (r#"wicketgate_failures_total{operation="API request",status="5xx",error="temporarily_unavailable"}"#, 1.0),
        (r#"wicketgate_forwarded_requests_total{api="/api/",status="2xx"}"#, 2.0),
        (r#"wicketgate_forwarded_requests_total{api="/down",status="5xx"}"#, 1.0),
        (r#"wicketgate_forwarded_request_seconds_count{api="/api/"}"#, 2.0),
        (r#"wicketgate_forwarded_request_seconds_bucket{api="/api/",le="10"}"#, 2.0),
    ] {
        assert_eq!(sample(&metrics, name), Some(value), "{name}\n{metrics}");
    }
    assert!(!metrics.contains("made_up") && !metrics.contains(ACCESS_TOKEN), "{metrics}");
    // Users must not see them.
    assert_eq!(call(&setup.origin, "GET", "/metrics").send().await.status, 404);
}

#[tokio::test]
async fn without_a_port_of_their_own_there_are_none_and_health_is_told_all_the_same() {
    let server = AuthorizationServer::start().await;
    let program = Program::start(command(&server.token_endpoint())).await;
    for (path, status, body) in [("/healthz", 200, "ok"), ("/readyz", 200, "ready")] {
        let answer = call(&program.origin, "GET", path).send().await;
        assert_eq!((answer.status, answer.body.as_str()), (status, body));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(call(&program.origin, "GET", "/metrics").send().await.status, 404);
}

#[tokio::test]
async fn a_wrong_address_for_them_ends_it_with_a_sentence() {
    for address in ["somewhere MARKED", "192.0.2.1:1"] {
        let mut command = command("https://server.example/token");
        command.env("WICKETGATE_METRICS_LISTEN", address);
        let sentence = sentence(command).await;
        assert!(sentence.starts_with("WICKETGATE_METRICS_LISTEN "), "{sentence}");
    }
}
