//! The other servers: an authorization server with one fault at a time, and an API that records its requests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::setup::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};

/// Serves `router` on a free port of this machine for as long as the test runs; returns its origin.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

/// An origin without a listening server.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A request as it was received.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) type Requests = Arc<Mutex<Vec<Recorded>>>;

pub(crate) async fn record(requests: &Requests, request: Request) -> Recorded {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let recorded = Recorded {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    requests.lock().unwrap().push(recorded.clone());
    recorded
}

/// The fault of a server.
#[derive(Clone)]
pub(crate) enum Fault {
    /// No fault.
    None,
    /// Status, content type, body.
    Answers(u16, &'static str, String),
    /// It answers, after this long.
    Late(Duration),
    /// It answers once these requests contain one for this path.
    After(Requests, &'static str),
    /// It sends less than it promises.
    BreaksOff,
    /// A valid answer of this size.
    Huge(usize),
    /// A permanent redirect that keeps method and body, to another path of the same server.
    Redirects,
}

#[derive(Clone)]
pub(crate) struct AuthorizationServer {
    pub(crate) origin: String,
    pub(crate) requests: Requests,
    pub(crate) fault: Arc<Mutex<Fault>>,
    pub(crate) answer: Arc<Mutex<Value>>,
    /// The refresh token that is accepted: the one of the last answer.
    pub(crate) refresh_token: Arc<Mutex<String>>,
    codes_used: Arc<Mutex<Vec<String>>>,
}

impl AuthorizationServer {
    pub(crate) async fn start() -> Self {
        let mut server = Self {
            origin: String::new(),
            requests: Requests::default(),
            fault: Arc::new(Mutex::new(Fault::None)),
            answer: Arc::new(Mutex::new(json!({
                "access_token": ACCESS_TOKEN, "refresh_token": REFRESH_TOKEN,
                "token_type": "Bearer", "expires_in": 3600, "scope": "read write",
            }))),
            refresh_token: Arc::new(Mutex::new(REFRESH_TOKEN.into())),
            codes_used: Arc::default(),
        };
        server.origin = serve(Router::new().fallback(token).with_state(server.clone())).await;
        server
    }

    /// Rotates: each refresh token is accepted once.
    fn refresh(&self, refresh_token: &str) -> Response {
        let mut taken = self.refresh_token.lock().unwrap();
        if *taken != refresh_token {
            return json_answer(400, &json!({ "error": "invalid_grant" }));
        }
        let mut answer = self.answer.lock().unwrap().clone();
        let count = taken.rsplit_once('#').map_or(0, |(_, count)| count.parse().unwrap()) + 1;
        *taken = format!("{REFRESH_TOKEN}#{count}");
        answer["access_token"] = format!("{ACCESS_TOKEN}#{count}").into();
        answer["refresh_token"] = taken.as_str().into();
        json_answer(200, &answer)
    }

    pub(crate) fn token_endpoint(&self) -> String {
        format!("{}/token", self.origin)
    }

    pub(crate) fn fails_with(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    /// The received refresh tokens, in order.
    pub(crate) fn refreshes(&self) -> Vec<String> {
        let requests = self.requests();
        let refreshes = requests.iter().filter(|request| field(request, "grant_type").as_deref() == Some("refresh_token"));
        refreshes.map(|request| field(request, "refresh_token").unwrap()).collect()
    }

    /// The tokens that were to be revoked, with their hints.
    pub(crate) fn revoked(&self) -> Vec<(String, String)> {
        let requests = self.requests();
        let revoked = requests.iter().filter(|request| request.target == "/revoke");
        revoked.map(|request| (field(request, "token").unwrap(), field(request, "token_type_hint").unwrap())).collect()
    }
}

/// The parameter `name` of a form.
pub(crate) fn field(request: &Recorded, name: &str) -> Option<String> {
    let mut fields = url::form_urlencoded::parse(request.body.as_bytes());
    fields.find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

async fn token(State(server): State<AuthorizationServer>, request: Request) -> Response {
    let request = record(&server.requests, request).await;
    let fault = server.fault.lock().unwrap().clone();
    let answer = server.answer.lock().unwrap().clone();
    if let Some(answer) = faulty(fault, &request.target, &answer).await {
        return answer;
    }
    let field = |name: &str| field(&request, name);
    let basic = request.headers.contains_key(header::AUTHORIZATION);
    let known = field("client_id").as_deref() == Some(CLIENT_ID) && field("client_secret").as_deref() == Some(CLIENT_SECRET);
    if !basic && !known {
        return json_answer(401, &json!({ "error": "invalid_client" }));
    }
    if request.target == "/revoke" {
        return StatusCode::OK.into_response();
    }
    if let Some(refresh_token) = field("refresh_token") {
        return server.refresh(&refresh_token);
    }
    let code = field("code").unwrap();
    let mut used = server.codes_used.lock().unwrap();
    if used.contains(&code) {
        return json_answer(400, &json!({ "error": "invalid_grant", "error_description": "The code was used." }));
    }
    used.push(code);
    json_answer(200, &server.answer.lock().unwrap())
}

/// The answer of `fault` to the request for `target`; without a fault it would be `answer`. `None`: no answer any more.
pub(crate) async fn faulty(fault: Fault, target: &str, answer: &Value) -> Option<Response> {
    match fault {
        Fault::None => None,
        Fault::Answers(status, content_type, body) => {
            Some((StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, content_type)], body).into_response())
        }
        Fault::Late(time) => {
            tokio::time::sleep(time).await;
            None
        }
        Fault::After(others, other) => {
            while !others.lock().unwrap().iter().any(|request| request.target == other) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            None
        }
        Fault::BreaksOff => {
            let parts = [Ok(r#"{"access_token":"#), Err(std::io::Error::other("broken off"))];
            let body = Body::from_stream(futures_util::stream::iter(parts));
            Some(([(header::CONTENT_TYPE, "application/json")], body).into_response())
        }
        Fault::Huge(size) => {
            let mut answer = answer.clone();
            answer["filler"] = "x".repeat(size).into();
            Some(json_answer(200, &answer))
        }
        Fault::Redirects if target != "/elsewhere" => {
            Some((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response())
        }
        Fault::Redirects => None,
    }
}

pub(crate) fn json_answer(status: u16, body: &Value) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::from_u16(status).unwrap(), content_type, body.to_string()).into_response()
}

/// An API that answers everything with `answer`, followed by the bytes that it receives.
pub(crate) async fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
                let (mut reads, mut writes) = stream.split();
                let _ = tokio::io::copy(&mut reads, &mut writes).await;
            });
        }
    });
    origin
}

/// An API that answers every request with the result of `answer`.
pub(crate) struct Api {
    pub(crate) origin: String,
    requests: Requests,
}

impl Api {
    pub(crate) async fn start(answer: fn() -> Response) -> Self {
        let requests = Requests::default();
        let recording = requests.clone();
        let handler = move |request: Request| async move {
            record(&recording, request).await;
            answer()
        };
        Self { origin: serve(Router::new().fallback(handler)).await, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }
}
