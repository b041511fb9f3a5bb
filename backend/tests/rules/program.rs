//! The program: its variables, its output line, its end.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::http::read_answer;
use crate::provider::{KEYS, OpenId};
use crate::servers::{AuthorizationServer, Fault, nobody};
use crate::setup::{
    CLIENT_ID, CLIENT_SECRET, NONCE, PAGE, Setup, assert_no_secret, content, hand_off, hand_off_with, key_bytes, now, sealed_by,
};

pub(crate) fn command(token_endpoint: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wicketgate-backend"));
    command
        .env_clear()
        .env("WICKETGATE_LISTEN", "127.0.0.1:0")
        .env("WICKETGATE_PUBLIC_ORIGIN", PAGE)
        .env("WICKETGATE_CLIENT_ID", CLIENT_ID)
        .env("WICKETGATE_CLIENT_SECRET", CLIENT_SECRET)
        .env("WICKETGATE_TOKEN_ENDPOINT", token_endpoint)
        .env("WICKETGATE_COOKIE_KEY", Base64UrlUnpadded::encode_string(&key_bytes(1)))
        .env("WICKETGATE_ALLOW_UNBOUND", "yes")
        .env("RUST_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub(crate) struct Program {
    child: Child,
    pub(crate) origin: String,
    stdout: BufReader<tokio::process::ChildStdout>,
    log: tokio::task::JoinHandle<String>,
}

impl Program {
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            stderr.read_to_string(&mut log).await.unwrap();
            log
        });
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        let origin = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
        Self { child, origin, stdout, log }
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// The exit status, the standard output after the first line, and the log.
    pub(crate) async fn end(mut self) -> (ExitStatus, String, String) {
        let mut rest = String::new();
        // Earlier than its time limit for endless streams.
        let reading = tokio::time::timeout(Duration::from_secs(10), self.stdout.read_to_string(&mut rest));
        reading.await.expect("it ends in time").unwrap();
        (self.child.wait().await.unwrap(), rest, self.log.await.unwrap())
    }
}

/// The only sentence that the program prints before it ends.
pub(crate) async fn sentence(mut command: Command) -> String {
    let ended = tokio::time::timeout(Duration::from_secs(10), command.output()).await;
    let output = ended.expect("it ends, and does not serve").unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    assert_no_secret("the sentence", &sentence);
    sentence
}

#[tokio::test]
async fn a_missing_variable_ends_it_with_a_sentence_that_names_it() {
    for name in ["PUBLIC_ORIGIN", "CLIENT_ID", "CLIENT_SECRET", "TOKEN_ENDPOINT", "COOKIE_KEY"] {
        let name = format!("WICKETGATE_{name}");
        let mut absent = command("https://server.example/token");
        absent.env_remove(&name);
        let mut empty = command("https://server.example/token");
        empty.env(&name, "");
        for command in [absent, empty] {
            let sentence = sentence(command).await;
            assert!(sentence.starts_with(&format!("{name} is not set: set it to ")), "{sentence}");
        }
    }
}

#[tokio::test]
async fn a_wrong_variable_ends_it_with_a_sentence_that_names_it_and_not_its_value() {
    for (name, value) in [
        ("LISTEN", "somewhere MARKED"),
        ("LISTEN", "192.0.2.1:1"),
        ("PUBLIC_ORIGIN", "http://MARKED.example"),
        ("TOKEN_ENDPOINT", "http://MARKED.example/token"),
        ("CLIENT_AUTHENTICATION", "MARKED"),
        ("CLIENT_KEY", "/nowhere/MARKED"),
        ("DPOP", "yes MARKED"),
        ("PAR", "required MARKED"),
        ("PUSHED_AUTHORIZATION_REQUEST_ENDPOINT", "http://MARKED.example/par"),
        ("COOKIE_KEY", "MARKED"),
        ("COOKIE_KEYS_OLD", "MARKED"),
        ("API_ORIGIN", "https://MARKED.example/v1"),
        ("API", "MARKED"),
        ("API", "/api/=http://MARKED.example"),
        ("API", "/api/=https://api.example,MARKED=https://api.example"),
        ("API_HEADERS", "X-Own,MARKED_x"),
        ("ISSUER", "http://MARKED.example"),
        ("JWKS_URI", "http://MARKED.example/jwks"),
        ("ID_TOKEN_SIGNING_ALGORITHMS", "ES256 MARKED"),
        ("TIMEOUT", "MARKED"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "1e9"),
        ("REQUIRES_ID_TOKEN", "MARKED"),
        ("PKCE", "on MARKED"),
        ("ALLOW_UNBOUND", "true MARKED"),
        ("SESSION_LIFETIME", "0"),
        ("SESSION_IDLE", "MARKED"),
        ("LOGIN_LIFETIME", "1.5"),
        ("REVOCATION_ENDPOINT", "http://MARKED.example/revoke"),
        ("END_SESSION_ENDPOINT", "http://MARKED.example/logout"),
        ("POST_LOGOUT_REDIRECT_URI", "MARKED"),
    ] {
        let name = format!("WICKETGATE_{name}");
        let mut command = command("https://server.example/token");
        // The issuer of the keys; the variable under test comes after it and wins.
        command.env("WICKETGATE_ISSUER", "https://server.example").env(&name, value);
        let sentence = sentence(command).await;
        assert!(sentence.starts_with(&format!("{name} ")) && sentence.contains(": "), "{sentence}");
    }
}

#[tokio::test]
async fn it_serves_as_configured_and_logs_no_secret() {
    let OpenId { setup: Setup { server, .. }, provider, key, .. } = &OpenId::start().await;
    let (server, api) = (server.clone(), nobody().await);
    let mut command = command(&server.token_endpoint());
    let old = Base64UrlUnpadded::encode_string(&key_bytes(2));
    command
        .env("WICKETGATE_CLIENT_AUTHENTICATION", "basic")
        .env("WICKETGATE_COOKIE_KEYS_OLD", format!("{old}, {old}="))
        .env("WICKETGATE_API_ORIGIN", &api)
        .env("WICKETGATE_REDIRECT_URI", "https://app.example/callback")
        .env("WICKETGATE_ISSUER", "https://server.example")
        .env("WICKETGATE_JWKS_URI", format!("{}{KEYS}", provider.origin))
        .env("WICKETGATE_ID_TOKEN_SIGNING_ALGORITHMS", " EdDSA  ES256 ")
        .env("WICKETGATE_REQUIRES_ID_TOKEN", "no")
        .env("WICKETGATE_PKCE", "off")
        .env("WICKETGATE_SESSION_LIFETIME", "1000")
        .env("WICKETGATE_SESSION_IDLE", "500")
        .env("WICKETGATE_LOGIN_LIFETIME", "60")
        .env("WICKETGATE_END_SESSION_ENDPOINT", "https://server.example/logout")
        .env("WICKETGATE_POST_LOGOUT_REDIRECT_URI", "https://app.example/bye")
        .env("WICKETGATE_TIMEOUT", "5");
    let program = Program::start(command).await;
    let setup = Setup { origin: program.origin.clone(), server };
    let cookies = setup.log_in().await;
    assert!(setup.server.requests()[0].headers.contains_key("authorization"));
    assert_eq!(setup.session(&cookies).await.status, 200);

    let claims = json!({
        "iss": "https://server.example", "aud": CLIENT_ID, "sub": "ada", "exp": now() + 300, "iat": now(), "nonce": NONCE,
    });
    setup.server.answer.lock().unwrap()["id_token"] = key.signed(claims).into();
    let mut with_nonce = hand_off_with("nonce", NONCE);
    with_nonce["code"] = "MARKED-another-code".into();
    assert_eq!(setup.exchange(with_nonce).await.json()["session"]["claims"]["sub"], "ada");

    assert_eq!(setup.exchange(hand_off()).await.error(), "invalid_grant");
    assert_eq!(setup.exchange(hand_off_with("redirect_uri", "https://app.example/other")).await.status, 400);
    assert_eq!(setup.exchange(hand_off_with("iss", "https://other.example")).await.status, 400);
    let forwarded = crate::setup::from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!((forwarded.status, forwarded.error().as_str()), (502, "temporarily_unavailable"));
    let unknown = crate::http::call(&setup.origin, "GET", "/other").send().await;
    assert_eq!((unknown.status, unknown.error().as_str()), (404, "not_found"));

    // The old key still opens sessions.
    let sealed = sealed_by(2, &api, "session", &content(""));
    assert_eq!(setup.session(&sealed).await.status, 200);

    let ends_at = setup.session(&cookies).await.json()["session"]["endsAt"].as_u64().unwrap();
    assert!((now() + 900..=now() + 1000).contains(&ends_at));
    let begun = setup.begin("state", json!({ "scope": "read" })).await;
    assert_eq!(begun.json(), json!({}), "neither PKCE nor a nonce");
    assert!(begun.all("set-cookie")[0].contains("Max-Age=60"));
    let redirect = setup.log_out(&cookies).await.json()["redirect"].clone();
    assert_eq!(
        redirect,
        "https://server.example/logout?client_id=app+one.example&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye"
    );

    program.signal("TERM");
    let (status, rest, log) = program.end().await;
    assert!(status.success());
    assert_eq!(rest, "", "one line on standard output");
    assert!(log.contains("exchange refused") && log.contains("TRACE"), "{log}");
    assert_no_secret("the log", &log);
    assert!(!log.contains('\u{1b}'), "no colours where nobody looks");
}

#[tokio::test]
async fn a_signal_ends_it_after_the_requests_in_flight() {
    for signal in ["TERM", "INT"] {
        let server = AuthorizationServer::start().await;
        server.fails_with(Fault::Late(Duration::from_millis(500)));
        let program = Program::start(command(&server.token_endpoint())).await;
        let setup = Setup { origin: program.origin.clone(), server };
        let in_flight = setup.post_exchange().body(hand_off().to_string()).open().await;
        while setup.server.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        program.signal(signal);
        assert_eq!(read_answer(in_flight).await.status, 200);
        assert!(program.end().await.0.success());
    }
}

#[tokio::test]
async fn an_encrypted_api_is_reached_through_the_proxy_of_the_environment() {
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = AuthorizationServer::start().await;
    let mut command = command(&server.token_endpoint());
    command
        .env("WICKETGATE_API", "/api/=https://api.example/v2/")
        .env("HTTPS_PROXY", format!("http://user:word@{}", proxy.local_addr().unwrap()));
    let program = Program::start(command).await;
    let setup = Setup { origin: program.origin.clone(), server };
    let cookies = setup.log_in().await;
    let seen = tokio::spawn(async move {
        let (mut stream, _) = proxy.accept().await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap().into());
        }
        head
    });
    let answer = crate::setup::from_page(&setup.origin, "GET", "/api/v1/me").cookies(&cookies).send().await;
    assert_eq!(answer.status, 502);
    let head = tokio::time::timeout(Duration::from_secs(10), seen).await.expect("the proxy is asked").unwrap();
    assert!(head.starts_with("CONNECT api.example:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic dxnlcjp3b3jk\r\n"), "{head}");
    assert_no_secret("what the proxy reads", &head);
}
