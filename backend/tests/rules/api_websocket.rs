//! WebSocket connections, with a page and an API that use other projects' libraries.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

use crate::http::{Call, call};
use crate::servers::{Api, answering, json_answer};
use crate::setup::{ACCESS_TOKEN, Hands, PAGE, Setup};

/// An API that sends back every message, and records the handshakes that reached it.
struct Echo {
    origin: String,
    handshakes: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let handshakes = Arc::new(Mutex::new(Vec::new()));
        let noted = handshakes.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let noted = noted.clone();
                tokio::spawn(async move {
                    #[expect(clippy::result_large_err, reason = "the library's own type")]
                    let note = |request: &Request, mut response: Response| {
                        noted.lock().unwrap().push((request.uri().to_string(), request.headers().clone()));
                        response.headers_mut().insert("set-cookie", HeaderValue::from_static("a=b"));
                        if request.headers().contains_key("sec-websocket-protocol") {
                            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("chat"));
                        }
                        Ok(response)
                    };
                    let Ok(mut socket) = accept_hdr_async(stream, note).await else { return };
                    while let Some(Ok(message)) = socket.next().await {
                        if message.is_text() || message.is_binary() {
                            socket.send(message).await.unwrap();
                        }
                    }
                });
            }
        });
        Self { origin, handshakes }
    }

    fn handshakes(&self) -> Vec<(String, HeaderMap)> {
        self.handshakes.lock().unwrap().clone()
    }
}

/// The page's own `new WebSocket(…)`, with further fields.
async fn connect(
    origin: &str,
    cookies: &[(String, String)],
    fields: &[(&'static str, &str)],
) -> Result<(WebSocketStream<TcpStream>, HeaderMap), Error> {
    let host = origin.trim_start_matches("http://");
    let mut request = format!("ws://{host}/api/live?room=1").into_client_request().unwrap();
    let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
    for (name, value) in fields {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let (socket, response) = client_async(request, TcpStream::connect(host).await.unwrap()).await?;
    Ok((socket, response.headers().clone()))
}

async fn with_echo() -> (Setup, Echo, Vec<(String, String)>) {
    let api = Echo::start().await;
    let setup = Setup::with(|configuration| configuration.api_origin = Some(api.origin.clone())).await;
    let cookies = setup.log_in().await;
    (setup, api, cookies)
}

/// Waits for a few seconds at most.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("in time")
}

#[tokio::test]
async fn messages_pass_in_both_directions_with_the_token_attached_to_the_handshake() {
    let (setup, api, cookies) = with_echo().await;
    let fields = [("origin", PAGE), ("sec-websocket-protocol", "chat, other"), ("x-forwarded-user", "admin")];
    let (mut socket, answer) = connect(&setup.origin, &cookies, &fields).await.unwrap();
    assert_eq!(answer["sec-websocket-protocol"], "chat");
    assert!(!answer.contains_key("set-cookie"));
    for message in [Message::text("short"), Message::text("ä".repeat(100_000)), Message::binary(vec![7; 3])] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(soon(socket.next()).await.unwrap().unwrap(), message);
    }
    soon(socket.close(None)).await.unwrap();
    while let Some(Ok(_)) = soon(socket.next()).await {}

    let (target, headers) = api.handshakes().remove(0);
    assert_eq!(target, "/api/live?room=1");
    assert_eq!(headers["authorization"], format!("Bearer {ACCESS_TOKEN}"));
    assert_eq!(headers["host"], api.origin.trim_start_matches("http://"));
    assert_eq!(headers["origin"], api.origin.as_str());
    assert_eq!(headers["sec-websocket-protocol"], "chat, other");
    for name in ["cookie", "x-forwarded-user"] {
        assert!(!headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn a_handshake_without_exactly_the_page_s_origin_is_refused() {
    let (setup, api, cookies) = with_echo().await;
    for fields in [
        &[][..],
        &[("x-requested-with", "wicketgate")],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "https://other.app.example")],
        &[("origin", "https://app.example/")],
        &[("origin", "wss://app.example")],
        &[("sec-fetch-site", "same-origin")],
        &[("origin", PAGE), ("sec-fetch-site", "cross-site")],
        &[("origin", PAGE), ("sec-fetch-dest", "script")],
    ] {
        let Err(Error::Http(refusal)) = connect(&setup.origin, &cookies, fields).await else { panic!("{fields:?}") };
        assert_eq!(refusal.status(), 403, "{fields:?}");
    }
    assert!(api.handshakes().is_empty());
    for destination in ["empty", "websocket"] {
        let fields = [("origin", PAGE), ("sec-fetch-site", "same-origin"), ("sec-fetch-dest", destination)];
        assert!(connect(&setup.origin, &cookies, &fields).await.is_ok(), "{destination}");
    }
}

#[tokio::test]
async fn a_handshake_without_a_session_is_refused() {
    let (setup, api, _) = with_echo().await;
    let Err(Error::Http(refusal)) = connect(&setup.origin, &[], &[("origin", PAGE)]).await else { panic!("it is connected") };
    assert_eq!(refusal.status(), 401);
    assert!(api.handshakes().is_empty());
}

#[tokio::test]
async fn a_connection_is_closed_when_its_session_ends() {
    for ends_by in ["its lifetime", "a logout", "an access token that nothing renews"] {
        let (api, hands) = (Echo::start().await, Hands::default());
        let setup = Setup::with(|configuration| {
            configuration.api_origin = Some(api.origin.clone());
            configuration.clock = hands.clock();
        })
        .await;
        if ends_by == "an access token that nothing renews" {
            setup.server.answer.lock().unwrap()["refresh_token"] = serde_json::Value::Null;
        }
        let cookies = setup.log_in().await;
        let (mut socket, _) = connect(&setup.origin, &cookies, &[("origin", PAGE)]).await.unwrap();
        socket.send(Message::text("before")).await.unwrap();
        assert_eq!(soon(socket.next()).await.unwrap().unwrap(), Message::text("before"));
        match ends_by {
            "a logout" => assert_eq!(setup.log_out(&cookies).await.status, 204),
            "its lifetime" => hands.pass(7 * 24 * 60 * 60),
            _ => hands.pass(3601),
        }
        let Message::Close(Some(frame)) = soon(socket.next()).await.unwrap().unwrap() else { panic!("no reason to close") };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1008, "session ended"), "{ends_by}");
        assert!(!matches!(soon(socket.next()).await, Some(Ok(_))));
    }
}

fn handshake(origin: &str, cookies: &[(String, String)]) -> Call {
    call(origin, "GET", "/api/live").cookies(cookies).headers(&[
        ("origin", PAGE),
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ])
}

#[tokio::test]
async fn a_101_that_the_page_did_not_ask_for_is_not_passed_on() {
    const ACCEPTS: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                           Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    const H2C: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\
                       Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    const FALSE: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    for (answer, is_asked, status) in [
        (ACCEPTS, true, 101),
        (H2C, true, 502),
        (FALSE, true, 502),
        (ACCEPTS, false, 502),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno", true, 200),
        ("HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno", true, 401),
    ] {
        let origin = answering(answer).await;
        let setup = Setup::with(|configuration| configuration.api_origin = Some(origin)).await;
        let cookies = setup.log_in().await;
        let plain = || call(&setup.origin, "GET", "/api/live").header("origin", PAGE).cookies(&cookies);
        let asked = if is_asked { handshake(&setup.origin, &cookies) } else { plain() };
        let mut stream = asked.open().await;
        let mut line = [0; 12];
        soon(stream.read_exact(&mut line)).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&line), format!("HTTP/1.1 {status}"), "{is_asked} {answer}");
    }
}

#[tokio::test]
async fn a_handshake_that_two_servers_could_read_differently_is_not_forwarded() {
    let (setup, api, cookies) = with_echo().await;
    let fit = || vec![("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")];
    let fields: [Vec<(&str, &str)>; 5] = [
        vec![("sec-websocket-version", "13")],
        vec![("sec-websocket-version", "13"), ("sec-websocket-key", "short")],
        vec![("sec-websocket-version", "777"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")],
        [fit(), vec![("sec-websocket-version", "8")]].concat(),
        [fit(), vec![("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]].concat(),
    ];
    for fields in fields {
        let call = call(&setup.origin, "GET", "/api/live").cookies(&cookies).header("origin", PAGE);
        let call = call.headers(&[("connection", "Upgrade"), ("upgrade", "websocket")]).headers(&fields);
        assert_eq!(call.send().await.status, 400, "{fields:?}");
    }
    assert!(api.handshakes().is_empty());
}

#[tokio::test]
async fn another_protocol_is_not_asked_for() {
    let api = Api::start(|| json_answer(200, &serde_json::json!({}))).await;
    let setup = Setup::with(|configuration| configuration.api_origin = Some(api.origin.clone())).await;
    let cookies = setup.log_in().await;
    let call = call(&setup.origin, "GET", "/api/live").cookies(&cookies).header("origin", PAGE);
    let call = call.headers(&[("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("http2-settings", "AAMAAABk")]);
    assert_eq!(call.send().await.status, 200);
    let headers = &api.requests()[0].headers;
    assert!(!headers.contains_key("upgrade") && !headers.contains_key("http2-settings"));
}
