//! Traces of the program, which is built with the feature `otlp`.

use crate::http::call;
use crate::program::{Program, command};
use crate::servers::{Api, AuthorizationServer, json_answer, nobody};
use crate::setup::{Setup, assert_no_secret, from_page};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// A collector that keeps everything it receives.
async fn collector() -> (String, std::sync::Arc<std::sync::Mutex<Vec<(String, Vec<u8>)>>>) {
    let received = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = received.clone();
    let router = axum::Router::new().fallback(move |request: axum::extract::Request| async move {
        let path = request.uri().path().to_owned();
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
        kept.lock().unwrap().push((path, body.to_vec()));
    });
    (crate::servers::serve(router).await, received)
}

#[tokio::test]
async fn a_request_is_a_span_of_the_page_s_trace_and_the_api_s_parent() {
    let (collector, received) = collector().await;
    let server = AuthorizationServer::start().await;
    let api = Api::start(|| json_answer(500, &serde_json::json!({}))).await;
    let mut command = command(&server.token_endpoint());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector).env("WICKETGATE_API_ORIGIN", &api.origin);
    let program = Program::start(command).await;
    let setup = Setup { origin: program.origin.clone(), server };
    let cookies = setup.log_in().await;
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let call = from_page(&setup.origin, "GET", "/api/v1/me?code=MARKED").cookies(&cookies).header("traceparent", &parent);
    assert_eq!(call.send().await.status, 500);
    let passed = api.requests()[0].headers["traceparent"].to_str().unwrap().to_owned();
    assert!(passed.starts_with(&format!("00-{TRACE}-")) && passed != parent, "{passed}");

    program.signal("TERM");
    assert!(program.end().await.0.success());
    let received = received.lock().unwrap().clone();
    assert!(received.iter().all(|(path, _)| path == "/v1/traces") && !received.is_empty());
    let sent: Vec<u8> = received.into_iter().flat_map(|(_, body)| body).collect();
    let has = |part: &[u8]| sent.windows(part.len()).any(|window| window == part);
    for part in ["wicketgate-backend", "http.request.method", "/api/v1/me", "/auth/exchange"] {
        assert!(has(part.as_bytes()), "{part}");
    }
    assert!(has(&bytes(TRACE)) && has(&bytes(SPAN)) && has(&bytes(&passed[36..52])));
    assert_no_secret("a trace", &String::from_utf8_lossy(&sent));
}

#[tokio::test]
async fn a_collector_that_is_down_is_no_harm() {
    let server = AuthorizationServer::start().await;
    let mut command = command(&server.token_endpoint());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", nobody().await);
    let program = Program::start(command).await;
    assert_eq!(call(&program.origin, "GET", "/healthz").send().await.status, 200);
    program.signal("TERM");
    assert!(program.end().await.0.success());
}
