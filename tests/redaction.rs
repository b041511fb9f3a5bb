//! Marked secrets go through every flow. None may show up in a debug output, in an error, or in any request, URL or store
//! entry, except in those that are meant to carry it.
//!
//! Source: RFC 9700 §4.2, §4.3
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and so do its helpers"
)]

use support::{host, stage};

use std::fmt::Debug;
use std::rc::Rc;

use wicketgate::client::{Client, Configuration, LoginOptions, LoginResult, LogoutOptions, OnUnknownTransaction, Refusal};
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Transaction};
use wicketgate::protocol::callback::AuthorizationResponse;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::{Purpose, Response};
use wicketgate::protocol::metadata::ServerMetadata;
use wicketgate::protocol::secret::Secret;
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange};
use wicketgate::protocol::url::Url;

use host::{Answer, Behaviour, Event, Task, TestHost, block_on};
use stage::{CALLBACK, LIFETIME, access_token, begin_with, code, connect, json, key, log_out, metadata, parameter, tab};

const CODE: &str = "MARKED-code";
const ACCESS: &str = "MARKED-access-token";
const REFRESH: &str = "MARKED-refresh-token";
const ID: &str = "MARKED-id-token";
const CLIENT_SECRET: &str = "MARKED-client-secret";
/// Form encoding does not change it. This is `client-1:MARKED-client-secret` in base64.
const BASIC: &str = "Y2xpZW50LTE6TUFSS0VELWNsaWVudC1zZWNyZXQ=";
const APP_STATE: &str = "MARKED-app-state";
const BINDING: &str = "MARKED-binding";
const HEADER: &str = "MARKED-header";

/// A token response whose ID token no flow reaches.
const TOKENS: &str = r#"{"access_token":"MARKED-access-token","token_type":"Bearer","refresh_token":"MARKED-refresh-token",
    "id_token":"MARKED-id-token","device_secret":"MARKED-other"}"#;

/// The same with an ID token that is accepted. From now on, it is a secret of the login.
fn good_tokens(host: &TestHost, secrets: &mut Secrets) -> String {
    let nonce = secrets.0.iter().find(|(name, _)| *name == "nonce").map(|(_, nonce)| nonce.clone()).unwrap();
    let id_token = stage::id_token(host, &format!(r#","nonce":"{nonce}""#));
    secrets.0.push(("id-token", id_token.clone()));
    TOKENS.replace(ID, &id_token)
}

/// The secrets of one login.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    /// The fixed secrets, and those that the client generated for the login with this state.
    fn of(host: &TestHost, state: &str) -> Self {
        let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(state)]).unwrap();
        let made = ["state", "nonce", "code_verifier"].map(|name| (name, transaction[name].as_str().unwrap().to_owned()));
        Self(made.into_iter().chain([("marked", "MARKED-".to_owned()), ("basic", BASIC.to_owned())]).collect())
    }

    /// Fails if a secret shows in `text`, except those that `meant` names. The name of a `MARKED-` secret is the text after the
    /// mark.
    fn check(&self, place: &str, text: &str, meant: &[&str]) {
        let mut text = text.to_owned();
        for name in meant {
            text = text.replace(&format!("MARKED-{name}"), "");
        }
        for (name, secret) in &self.0 {
            assert!(meant.contains(name) || !text.contains(secret), "{place} shows a secret ({name}): {text}");
        }
    }

    fn check_debug(&self, place: &str, value: &impl Debug) {
        self.check(place, &format!("{value:?}"), &[]);
        self.check(place, &format!("{value:#?}"), &[]);
    }

    fn check_error(&self, error: &Error) {
        let place = format!("the error {}", error.code());
        self.check_debug(&place, error);
        self.check_debug(&place, error.kind());
        self.check(&place, &error.to_string(), &[]);
        self.check(&place, &error.message(), &[]);
        self.check(&place, &error.summary(), &[]);
        self.check(&place, error.hint(), &[]);
        self.check(&place, &error.to_json().to_text(), &[]);
    }

    /// Checks everything that is visible of a client and its tab.
    fn check_client(&self, client: &Client<TestHost>, page: &TestHost) {
        self.check_debug("the session", &client.session());
        // The claims of the ID token contain the nonce, which is used up by then.
        self.check("the session", &client.session().to_json().to_text(), &["nonce"]);
        self.check_debug("the metadata", client.metadata().unwrap());
        self.check("the metadata", &client.metadata().unwrap().as_json().to_text(), &[]);
        if let Err(error) = access_token(client, u64::MAX) {
            self.check_error(&error);
        }
        for sent in page.requests() {
            self.check_debug("a request", &sent.url);
            self.check("a request's debug output", &sent.debug, &[]);
            let headers = format!("{:?}", sent.headers);
            let body = sent.body.unwrap_or_default();
            match sent.purpose {
                Purpose::Metadata | Purpose::Keys => self.check("a request for metadata", &(headers + &body), &[]),
                Purpose::Revocation => {
                    self.check("the revocation request", &(headers + &body), &["refresh-token", "access-token"]);
                }
                Purpose::Refresh => self.check("the refresh request", &(headers + &body), &["refresh-token"]),
                Purpose::UserInfo => self.check("the UserInfo request", &(headers + &body), &["access-token"]),
                Purpose::Token => self.check("the token request", &(headers + &body), &["code", "code_verifier"]),
                Purpose::Push => self.check("the pushed request", &(headers + &body), &["state", "nonce"]),
                Purpose::HandOff => {
                    self.check("the hand-off", &body, &["code", "state", "code_verifier", "nonce"]);
                    self.check("the hand-off's headers", &headers, &["header"]);
                }
                // The digests of state and binding go there, and neither of the two.
                Purpose::Begin | Purpose::BackendSession | Purpose::BackendLogout => {
                    self.check("a request to the backend", &body, &[]);
                    self.check("a request to the backend", &headers, &["header"]);
                }
            }
        }
        for event in page.events() {
            match event {
                Event::Navigated(url) => self.check("a navigation", &url, &["state", "nonce"]),
                Event::PageUrl(url) | Event::Sent(url) => self.check("a URL", &url, &[]),
                Event::Stored(key) | Event::Forgot(key) => self.check("a key", &key, &["state"]),
                Event::Closed => {}
            }
        }
    }

    /// The entry in the store after a code was used: the tombstone's key.
    fn check_store(&self, host: &TestHost) {
        for (key, value) in host.store_content() {
            self.check("a store key", &key, &["state"]);
            self.check("a store entry", &value, &[]);
        }
    }
}

fn configuration() -> Configuration {
    stage::public().scope("openid").session_binding(BINDING)
}

fn backend(more: &str) -> Configuration {
    stage::with(configuration(), &format!(r#"{{"backend":{{"exchangeUrl":"/x","headers":{{"x-app":"{HEADER}"}}{more}}}}}"#))
}

fn options() -> LoginOptions {
    LoginOptions::new().app_state(APP_STATE)
}

/// A login that has begun, and its secrets.
fn begun(configuration: &Configuration) -> (TestHost, String, Secrets) {
    let host = tab();
    let client = connect(&host, configuration.clone());
    let state = begin_with(&client, &options());
    let secrets = Secrets::of(&host, &state);
    secrets.check_client(&client, &host);
    secrets.check_debug("the configuration", configuration);
    secrets.check_debug("the options", &options());
    let entry = Transaction::from_text(&host.store_content()[&key(&state)]).unwrap();
    secrets.check_debug("the transaction", &entry);
    secrets.check_debug("the transaction's text", &entry.to_text());
    for (other, value) in host.store_content() {
        let is_transaction = other == key(&state);
        assert!(is_transaction || !value.contains("MARKED-"), "{other}");
        secrets.check(&other, &if is_transaction { String::new() } else { value }, &[]);
    }
    host.clear_log();
    (host, state, secrets)
}

/// The page at `url` handles a callback; everything visible is checked.
fn arrive(secrets: &Secrets, host: &TestHost, configuration: &Configuration, url: &str) -> Result<Rc<LoginResult>, Error> {
    let page = host.next_page(url);
    let client = connect(&page, configuration.clone());
    let outcome = block_on(client.handle_callback(None));
    match &outcome {
        Ok(result) => {
            secrets.check_debug("the result", result);
            secrets.check("the result", &result.to_json().to_text(), &["app-state"]);
        }
        Err(error) => secrets.check_error(error),
    }
    secrets.check_client(&client, &page);
    outcome
}

fn callback(state: &str) -> String {
    format!("{CALLBACK}?code={CODE}&state={state}&session_state=1")
}

#[test]
fn a_login_that_succeeds_shows_no_secret() {
    for (configuration, requests) in [(configuration(), 2), (backend(""), 1)] {
        let (host, state, mut secrets) = begun(&configuration);
        let answer = match requests {
            2 => good_tokens(&host, &mut secrets),
            _ => r#"{"session":{"claims":{"sub":"ada"}}}"#.into(),
        };
        host.answer(Answer::json(200, &answer));
        let result = arrive(&secrets, &host, &configuration, &callback(&state)).unwrap();
        assert_eq!(result.app_state, Some(json(&format!(r#""{APP_STATE}""#))));
        assert_eq!(host.requests().len(), requests, "the code, and the keys where they are needed");
        assert!(host.requests()[0].body.as_ref().unwrap().contains(CODE), "the code went where it was meant to go");
        secrets.check_store(&host);
    }
}

#[test]
fn tokens_are_nowhere_but_in_the_hands_of_who_asks() {
    let (host, state, mut secrets) = begun(&configuration());
    host.answer(Answer::json(200, &good_tokens(&host, &mut secrets)));
    let client = connect(&host.next_page(&callback(&state)), configuration());
    block_on(client.handle_callback(None)).unwrap();
    assert_eq!(access_token(&client, 0).unwrap(), ACCESS);
    log_out(&client).unwrap();
    secrets.check_error(&access_token(&client, 0).unwrap_err());
    secrets.check_client(&client, &host);
    secrets.check_store(&host);
}

#[test]
fn a_request_to_an_api_shows_no_secret() {
    let configuration = configuration().allowed_origin("https://api.example");
    let (host, state, mut secrets) = begun(&configuration);
    host.answer(Answer::json(200, &good_tokens(&host, &mut secrets)));
    let page = host.next_page(&callback(&state));
    let client = connect(&page, configuration.clone());
    block_on(client.handle_callback(None)).unwrap();
    const MARKED: &str = "https://api.example/?x=MARKED-query";
    assert_eq!(block_on(client.access_token_for(MARKED)).map(Secret::into_exposed).unwrap(), ACCESS);

    let refusal = |url| Refusal {
        url,
        answered_by: url,
        token: ACCESS,
        www_authenticate: Some(r#"Bearer realm="MARKED-realm", error="MARKED-error""#),
    };
    secrets.check_debug("the refusal", &refusal(MARKED));
    for url in ["https://MARKED-host/", "https://MARKED-user@api.example/", "MARKED-path", "blob:MARKED-x"] {
        for outcome in [
            block_on(client.access_token_for(url)).map(Secret::into_exposed).map(Some),
            block_on(client.access_token_after(&refusal(url))).map(|token| token.map(Secret::into_exposed)),
        ] {
            let error = outcome.unwrap_err();
            assert_eq!(error.code(), "origin_not_allowed");
            secrets.check_error(&error);
        }
    }
    // The refresh is refused, lost, delayed, and at last answered.
    let echo = r#"{"error":"temporarily_unavailable","refresh_token":"MARKED-refresh-token"}"#;
    for answer in [Answer::json(400, echo), Answer::Lost, Answer::json(200, "{}"), Answer::Busy(503, 60)] {
        host.answer(answer);
        secrets.check_error(
            &block_on(client.access_token_after(&refusal(MARKED))).map(|token| token.map(Secret::into_exposed)).unwrap_err(),
        );
    }
    secrets.check_error(
        &block_on(client.access_token_after(&refusal(MARKED))).map(|token| token.map(Secret::into_exposed)).unwrap_err(),
    );
    host.answer(Answer::json(200, &TOKENS.replace(ID, &stage::id_token(&host, "")).replace(ACCESS, "MARKED-access-token-2")));
    page.pass(62_000);
    assert_eq!(
        block_on(client.access_token_after(&refusal(MARKED))).map(|token| token.map(Secret::into_exposed)).unwrap().unwrap(),
        "MARKED-access-token-2"
    );
    secrets.check_client(&client, &host);
    secrets.check_store(&host);
}

#[test]
fn a_response_that_is_refused_shows_no_secret() {
    for (query, expected) in [
        ("code=MARKED-code&code=MARKED-code&state=STATE", "callback_malformed"),
        ("code=MARKED-code%&state=STATE", "callback_malformed"),
        ("code=MARKED-code&error=MARKED-x&state=STATE", "callback_malformed"),
        ("code=MARKED-code", "callback_malformed"),
        ("code=MARKED-code&state=MARKED-x", "transaction_not_found"),
        ("code=MARKED-code&state=STATE&iss=https://evil.example", "issuer_mismatch"),
        ("error=access_denied&state=STATE", "authorization_failed"),
    ] {
        for configuration in [configuration(), backend("")] {
            let (host, state, secrets) = begun(&configuration);
            let url = format!("{CALLBACK}?{}", query.replace("STATE", &state));
            assert_eq!(code(arrive(&secrets, &host, &configuration, &url)), expected, "{query}");
            assert!(host.requests().is_empty());
        }
    }
    let (host, state, secrets) = begun(&configuration());
    let foreign = configuration().session_binding("MARKED-other-user");
    assert_eq!(code(arrive(&secrets, &host, &foreign, &callback(&state))), "transaction_foreign");
    let other = configuration().issuer("https://other.example");
    assert_eq!(code(arrive(&secrets, &host, &other, &callback(&state))), "issuer_mismatch");
    host.pass(LIFETIME + 1);
    assert_eq!(code(arrive(&secrets, &host, &configuration(), &callback(&state))), "transaction_expired");
    secrets.check_store(&host);
}

#[test]
fn a_restart_shows_no_secret_of_the_response() {
    let host = tab();
    let secrets = Secrets(vec![("marked", "MARKED-".into())]);
    let configuration = configuration().on_unknown_transaction(OnUnknownTransaction::Restart);
    for expected in ["navigation_cancelled", "redirect_loop"] {
        assert_eq!(code(arrive(&secrets, &host, &configuration, &callback("MARKED-state"))), expected);
    }
}

#[test]
fn an_exchange_that_fails_shows_no_secret() {
    let echo = |status, text: &str| Answer::Is(status, Some("application/json"), text.into());
    for (answer, expected) in [
        (Answer::Lost, "network_failed"),
        (Answer::Late, "timed_out"),
        // A server whose answer repeats the request.
        (echo(400, r#"{"error":{"code":"MARKED-code"}}"#), "token_request_failed"),
        (echo(400, r#"{"error":"invalid_grant","code":"MARKED-code"}"#), "token_request_failed"),
        (echo(500, "MARKED-code"), "token_request_failed"),
        (Answer::Is(400, Some("text/html"), "<p>MARKED-code".into()), "token_request_failed"),
        (Answer::Is(200, Some("text/html"), TOKENS.into()), "token_response_malformed"),
        (echo(200, &TOKENS.replace("Bearer", "MARKED-type")), "token_response_malformed"),
        (echo(200, &TOKENS.replace("MARKED-access-token", "")), "token_response_malformed"),
        (echo(200, &TOKENS.replace(r#""Bearer""#, r#"["MARKED-type"]"#)), "token_response_malformed"),
        (echo(200, &TOKENS.replace('}', "")), "token_response_malformed"),
        (echo(200, &TOKENS.replace("id_token", "no_id_token")), "id_token_invalid"),
    ] {
        let (host, state, secrets) = begun(&configuration());
        host.answer(answer);
        assert_eq!(code(arrive(&secrets, &host, &configuration(), &callback(&state))), expected);
        assert_eq!(code(arrive(&secrets, &host, &configuration(), &callback(&state))), "transaction_used");
        secrets.check_store(&host);
    }
}

#[test]
fn a_hand_off_that_fails_shows_no_secret() {
    for (answer, expected) in [
        (Answer::Lost, "network_failed"),
        (Answer::Late, "timed_out"),
        (Answer::json(400, r#"{"error":"invalid_grant","code":"MARKED-code"}"#), "backend_failed"),
        (Answer::Is(500, Some("text/html"), "MARKED-code".into()), "backend_failed"),
        (Answer::Is(200, Some("text/html"), "MARKED-code".into()), "backend_failed"),
    ] {
        let (host, state, secrets) = begun(&backend(""));
        host.answer(answer);
        assert_eq!(code(arrive(&secrets, &host, &backend(""), &callback(&state))), expected);
        secrets.check_store(&host);
    }
}

#[test]
fn a_login_that_the_backend_begins_shows_no_secret() {
    let host = tab();
    let client = connect(&host, backend(r#","beginUrl":"/begin""#));
    host.answer(Answer::json(200, r#"{"code_challenge":"c","code_challenge_method":"S256","nonce":"n"}"#));
    let url = block_on(client.pushed(&options())).unwrap();
    let state = stage::parameter(&url, "state").unwrap();
    let secrets = Secrets(vec![("marked", "MARKED-".into()), ("state", state.clone())]);
    secrets.check_client(&client, &host);
    for answer in [Answer::Lost, Answer::json(400, r#"{"error":{"x":"MARKED-x"}}"#), Answer::Is(200, None, "MARKED-x".into())] {
        host.answer(answer);
        secrets.check_error(&block_on(client.pushed(&options())).unwrap_err());
    }
}

#[test]
fn the_backends_session_and_logout_show_no_secret() {
    let secrets = Secrets(vec![("marked", "MARKED-".into())]);
    let configuration = || backend(r#","sessionUrl":"/session","logoutUrl":"/logout""#);
    for answer in [Answer::json(403, r#"{"error":{"x":"MARKED-x"}}"#), Answer::Is(200, None, "MARKED-x".into())] {
        let host = tab();
        host.answer(answer);
        secrets.check_error(&stage::try_connect(&host, configuration()).err().unwrap());
    }
    // A backend that cannot be reached is no failure of the client.
    for answer in [Answer::Lost, Answer::json(500, r#"{"error":{"x":"MARKED-x"}}"#)] {
        let host = tab();
        host.answer(answer);
        secrets.check_client(&connect(&host, configuration()), &host);
    }
    for answer in [Answer::Lost, Answer::Is(200, None, "MARKED-x".into()), Answer::empty(204)] {
        let host = tab();
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"},"access_token":"MARKED-access-token"}}"#));
        let client = connect(&host, configuration());
        host.answer(answer);
        if let Err(error) = log_out(&client) {
            secrets.check_error(&error);
        }
        secrets.check_client(&client, &host);
        secrets.check_store(&host);
    }
}

#[test]
fn a_login_that_cannot_begin_shows_no_secret() {
    let host = tab();
    let client = connect(&host, configuration());
    let secrets = Secrets(vec![("marked", "MARKED-".into())]);
    let refused = |options: LoginOptions, expected: &str| {
        let error = client.authorization_url(&options).unwrap_err();
        assert_eq!(error.code(), expected);
        secrets.check_error(&error);
        secrets.check_debug("the options", &options);
    };
    refused(options().return_to("https://MARKED-host/"), "invalid_option");
    refused(options().extra_param("client_secret", "MARKED-client-secret"), "invalid_option");
    host.set_store(Behaviour::Drops);
    refused(options(), "storage_unavailable");
    host.lose_csprng();
    refused(options(), "unsupported_environment");
    let with_secret = configuration().merge_json(&format!(r#"{{"clientSecret":"{CLIENT_SECRET}"}}"#));
    secrets.check_error(&with_secret.unwrap_err());
    secrets.check_debug("the login hint", &options().login_hint("MARKED-ada@example.com"));
    secrets.check_debug("the logout options", &LogoutOptions::new().state("MARKED-logout-state"));
}

#[test]
fn a_call_that_is_dropped_shows_no_secret() {
    let (host, state, mut secrets) = begun(&configuration());
    host.answer(Answer::json(200, &good_tokens(&host, &mut secrets)));
    let client = connect(&host.next_page(&callback(&state)), configuration());
    let mut first = Task::new(client.handle_callback(None));
    first.step();
    drop(first);
    let error = block_on(client.handle_callback(None)).unwrap_err();
    assert_eq!(error.code(), "aborted");
    secrets.check_error(&error);
    secrets.check_store(&host);
}

#[test]
fn the_values_of_the_protocol_show_no_secret() {
    let server = ServerMetadata::new(metadata("")).unwrap();
    let asked = AuthorizationParameters {
        client_id: "client-1",
        redirect_uri: Some(CALLBACK),
        scope: Some("openid"),
        pkce: true,
        app_state: Some(&json(r#""MARKED-app-state""#)),
        return_to: "/",
        ..AuthorizationParameters::default()
    };
    let request = AuthorizationRequest::new(&server, &asked, &[[1; 32], [2; 32], [3; 32]], 0).unwrap();
    let transaction: serde_json::Value = serde_json::from_str(request.transaction().to_text().expose()).unwrap();
    let made = ["state", "nonce", "code_verifier"].map(|name| (name, transaction[name].as_str().unwrap().to_owned()));
    let secrets = Secrets(made.into_iter().chain([("marked", "MARKED-".into()), ("basic", BASIC.into())]).collect());
    secrets.check_debug("the request's parameters", &asked);
    secrets.check_debug("the authorization request", &request);
    let transaction = Transaction::from_text(request.transaction().to_text().expose()).unwrap();
    let state = parameter(request.url(), "state").unwrap();
    let url = Url::parse(&callback(&state)).unwrap();
    secrets.check_debug("the callback's URL", &url);
    let response = AuthorizationResponse::from_callback_url(&url).unwrap();
    secrets.check_debug("the response", &response);
    let exchange = response.complete(transaction, &server).unwrap();
    secrets.check_debug("the exchange", &exchange);

    let secret = Secret::new(CLIENT_SECRET.into());
    for authentication in
        [ClientAuthentication::None, ClientAuthentication::SecretPost(&secret), ClientAuthentication::SecretBasic(&secret)]
    {
        secrets.check_debug("the client authentication", &authentication);
        let request = exchange.request("https://as.example/token", &authentication);
        let sends_it = match &authentication {
            ClientAuthentication::None => true,
            ClientAuthentication::SecretPost(_) => request.body.as_ref().unwrap().expose().contains(CLIENT_SECRET),
            ClientAuthentication::SecretBasic(_) => request.headers.iter().any(|(_, value)| value.contains(BASIC)),
        };
        assert!(sends_it);
        secrets.check_debug("the token request", &request);
        secrets.check("the token request's URL", &request.url, &[]);
    }
    let hand_off = exchange.hand_off("https://app.example/x", Some(&json(r#"{"x-app":"MARKED-header"}"#)));
    secrets.check_debug("the hand-off", &hand_off);
    secrets.check_debug(
        "the hand-off's exchange",
        &CodeExchange::from_hand_off(hand_off.body.unwrap().expose().as_bytes()).unwrap(),
    );
    for body in ["MARKED-x", r#"{"code":"MARKED-code"}"#, r#"{"code":["MARKED-code"]}"#] {
        secrets.check_error(&CodeExchange::from_hand_off(body.as_bytes()).unwrap_err());
    }

    let answer = Response::new(200, Some("application/json".into()), TOKENS.into());
    let tokens = exchange.finish(&answer).unwrap();
    assert_eq!(tokens.access_token.expose(), ACCESS);
    assert_eq!(tokens.refresh_token.as_ref().map(Secret::expose), Some(REFRESH));
    assert_eq!(tokens.id_token.as_ref().map(Secret::expose), Some(ID));
    assert_eq!(tokens.other.text("device_secret"), Some("MARKED-other"));
    secrets.check_debug("the tokens", &tokens);
}
