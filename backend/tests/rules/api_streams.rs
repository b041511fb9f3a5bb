//! Bodies pass through `/api/…` as streams, in both directions.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use crate::http::read_answer;
use crate::servers::{json_answer, serve};
use crate::setup::{Setup, from_page};

async fn with_api(api: Router, timeout: Duration) -> (Setup, Vec<(String, String)>) {
    let origin = serve(api).await;
    let setup = Setup::with(|configuration| {
        configuration.api_origin = Some(origin);
        configuration.timeout = timeout;
    })
    .await;
    let cookies = setup.log_in().await;
    (setup, cookies)
}

#[tokio::test]
async fn an_answer_arrives_while_the_api_is_still_writing_it() {
    let read = Arc::new(Notify::new());
    let has_read = read.clone();
    let api = Router::new().fallback(move || async move {
        let rest = futures_util::stream::once(async move {
            has_read.notified().await;
            Ok::<_, std::convert::Infallible>("second")
        });
        let first = futures_util::stream::iter([Ok("first")]);
        Body::from_stream(first.chain(rest))
    });
    let (setup, cookies) = with_api(api, Duration::from_secs(10)).await;
    let mut stream = from_page(&setup.origin, "GET", "/api/events").cookies(&cookies).open().await;
    let mut seen = String::new();
    while !seen.contains("first") {
        let byte = stream.read_u8().await.expect("the first part, before the second is written");
        seen.push(byte.into());
    }
    read.notify_one();
    stream.read_to_string(&mut seen).await.unwrap();
    assert!(seen.contains("second"));
}

#[tokio::test]
async fn a_body_arrives_while_the_page_is_still_sending_it() {
    let arrived = Arc::new(Notify::new());
    let has_arrived = arrived.clone();
    let api = Router::new().fallback(move |request: Request| async move {
        let mut parts = request.into_body().into_data_stream();
        let mut body = parts.next().await.unwrap().unwrap().to_vec();
        has_arrived.notify_one();
        while let Some(part) = parts.next().await {
            body.extend_from_slice(&part.unwrap());
        }
        Bytes::from(body)
    });
    let (setup, cookies) = with_api(api, Duration::from_secs(10)).await;
    let call = from_page(&setup.origin, "POST", "/api/upload").header("content-length", "11");
    let mut stream = call.cookies(&cookies).open().await;
    stream.write_all(b"first").await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_secs(10), arrived.notified());
    waiting.await.expect("the first part, before the second is sent");
    stream.write_all(b"second").await.unwrap();
    assert_eq!(read_answer(stream).await.body, "firstsecond");
}

#[tokio::test]
async fn an_upload_may_take_longer_than_the_api_may_stay_silent() {
    let api = Router::new().fallback(|body: Bytes| async move { body.len().to_string() });
    let (setup, cookies) = with_api(api, Duration::from_millis(600)).await;
    let call = from_page(&setup.origin, "POST", "/api/upload").header("transfer-encoding", "chunked");
    let mut stream = call.cookies(&cookies).open().await;
    for _ in 0..5 {
        stream.write_all(b"5\r\nslow \r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(read_answer(stream).await.body, "25");
}

#[tokio::test]
async fn an_api_that_stays_silent_is_a_gateway_timeout() {
    let api = Router::new().fallback(|| async {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        json_answer(200, &serde_json::json!({}))
    });
    let (setup, cookies) = with_api(api, Duration::from_millis(200)).await;
    for call in [from_page(&setup.origin, "GET", "/api/x"), from_page(&setup.origin, "POST", "/api/x").body("body")] {
        let answer = call.cookies(&cookies).send().await;
        assert_eq!((answer.status, answer.error().as_str()), (504, "temporarily_unavailable"));
    }
}

#[tokio::test]
async fn a_body_that_says_its_length_twice_is_one_message_to_both_ends() {
    let api = Router::new().fallback(|request: Request| async move {
        let framing = ["content-length", "transfer-encoding"].map(|name| request.headers().contains_key(name));
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
        json_answer(200, &serde_json::json!([framing, String::from_utf8(body.to_vec()).unwrap()]))
    });
    let (setup, cookies) = with_api(api, Duration::from_secs(10)).await;
    for framing in [["content-length", "transfer-encoding"], ["transfer-encoding", "content-length"]] {
        let value = |name: &str| if name == "content-length" { "4" } else { "chunked" };
        let call = framing.iter().fold(from_page(&setup.origin, "POST", "/api/x"), |call, name| call.header(name, value(name)));
        let mut stream = call.cookies(&cookies).open().await;
        stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.unwrap();
        assert_eq!(read_answer(stream).await.json(), serde_json::json!([[false, true], "second"]));
    }
}

#[tokio::test]
async fn an_answer_that_says_its_length_twice_is_one_message_to_the_page() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
                  6\r\nsecond\r\n0\r\n\r\n";
    let origin = crate::servers::answering(answer).await;
    let setup = Setup::with(|configuration| configuration.api_origin = Some(origin)).await;
    let cookies = setup.log_in().await;
    let answer = from_page(&setup.origin, "GET", "/api/x").cookies(&cookies).send().await;
    // Either refused, or both readers use the encoding.
    let is_whole = answer.status == 200 && answer.body == "second" && answer.header("content-length").is_none();
    assert!(is_whole || answer.status == 502, "{} {}", answer.status, answer.body);
}

/// The part of the answer that the page has read when the API sends the second part, two minutes after the first.
async fn after_two_silent_minutes(headers: &'static [(&'static str, &'static str)]) -> String {
    let ready = Arc::new(Notify::new());
    let is_ready = ready.clone();
    let api = Router::new().fallback(move || async move {
        let rest = futures_util::stream::once(async move {
            is_ready.notified().await;
            Ok::<_, std::convert::Infallible>("data: second\n\n")
        });
        let first = futures_util::stream::iter([Ok("data: first\n\n")]);
        let mut response = axum::response::Response::new(Body::from_stream(first.chain(rest)));
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        response
    });
    let (setup, cookies) = with_api(api, Duration::from_secs(10)).await;
    let mut stream = from_page(&setup.origin, "GET", "/api/events").cookies(&cookies).open().await;
    let mut seen = String::new();
    while !seen.contains("first") {
        seen.push(stream.read_u8().await.unwrap().into());
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(120)).await;
    tokio::time::resume();
    ready.notify_one();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    seen + &String::from_utf8(rest).unwrap()
}

#[tokio::test]
async fn a_stream_of_events_may_be_silent_for_minutes() {
    let events = after_two_silent_minutes(&[("content-type", "text/event-stream")]).await;
    assert!(events.contains("second"), "{events}");
    // The control: an answer with a known length that stops in the middle is aborted.
    let broken_off = after_two_silent_minutes(&[("content-length", "27")]).await;
    assert!(!broken_off.contains("second"), "{broken_off}");
}
