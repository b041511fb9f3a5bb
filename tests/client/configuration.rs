//! The configuration: what cannot be meant is refused by name, before anything is sent.

use wicketgate::client::{AccessTokenOptions, Configuration, LoginOptions, LogoutOptions};
use wicketgate::protocol::error::{Error, ErrorKind};

use crate::host::{Answer, Host, block_on};
use crate::stage::*;

/// The configuration of `public`, with `members` put into it.
fn refusal(members: &str) -> Error {
    let host = tab();
    let mut configuration = public();
    for (name, value) in json(members).members() {
        configuration = configuration.with_json(name, value.clone());
    }
    let error = try_connect(&host, configuration).err().unwrap_or_else(|| panic!("it was accepted: {members}"));
    assert!(host.events().is_empty(), "{members}");
    error
}

fn member(error: &Error) -> &str {
    if let ErrorKind::InvalidConfig { member, .. }
    | ErrorKind::InvalidOption { member, .. }
    | ErrorKind::UnsupportedEnvironment { missing: member } = error.kind()
    {
        member
    } else {
        panic!("it names no member: {error}")
    }
}

#[test]
fn configuration_a_wrong_member_is_named() {
    for (members, expected) in [
        (r#"{"clientId":""}"#, "clientId"),
        (r#"{"clientId":1}"#, "clientId"),
        (r#"{"clientid":"x"}"#, "clientid"),
        (r#"{"issuer":1}"#, "issuer"),
        (r#"{"redirectUri":null}"#, "redirectUri"),
        (r#"{"scope":["a"]}"#, "scope"),
        (r#"{"scope":"a\"b"}"#, "scope"),
        (r#"{"scope":"ü"}"#, "scope"),
        (r#"{"resource":[1]}"#, "resource"),
        (r#"{"resource":"relative"}"#, "resource"),
        (r#"{"resource":"https://a.example/#x"}"#, "resource"),
        (r#"{"metadata":"x"}"#, "metadata"),
        (r#"{"backend":[]}"#, "backend"),
        (r#"{"backend":{}}"#, "backend.exchangeUrl"),
        (r#"{"backend":{"exchangeUrl":"/x","sessionURL":"/y"}}"#, "backend.sessionURL"),
        (r#"{"backend":{"exchangeUrl":"/x","headers":{"a":1}}}"#, "backend.headers"),
        (r#"{"backend":{"exchangeUrl":"/x","headers":{"a b":"1"}}}"#, "backend.headers"),
        (r#"{"backend":{"exchangeUrl":"/x","headers":{"a":"1\r\nb: 2"}}}"#, "backend.headers"),
        (r#"{"backend":{"exchangeUrl":"/x","headers":{"":"1"}}}"#, "backend.headers"),
        (r#"{"pkce":"plain"}"#, "pkce"),
        (r#"{"pkce":"off"}"#, "pkce"),
        (r#"{"par":"sometimes"}"#, "par"),
        (r#"{"dpop":true}"#, "dpop"),
        (r#"{"tokenStore":"cookie"}"#, "tokenStore"),
        (r#"{"onUnknownTransaction":"ignore"}"#, "onUnknownTransaction"),
        (r#"{"transactionLifetime":0}"#, "transactionLifetime"),
        (r#"{"transactionLifetime":-1}"#, "transactionLifetime"),
        (r#"{"transactionLifetime":"600"}"#, "transactionLifetime"),
        (r#"{"requestTimeout":0}"#, "requestTimeout"),
        (r#"{"sessionBinding":7}"#, "sessionBinding"),
        (r#"{"clientSecret":"s"}"#, "clientSecret"),
        (r#"{"allowedOrigins":"https://a.example"}"#, "allowedOrigins"),
        (r#"{"allowedOrigins":["https://a.example",1]}"#, "allowedOrigins"),
        (r#"{"allowedOrigins":{"0":"https://a.example"}}"#, "allowedOrigins"),
        (r#"{"allowedOrigins":null}"#, "allowedOrigins"),
    ] {
        let error = refusal(members);
        assert_eq!((error.code(), member(&error)), ("invalid_config", expected), "{members}");
        assert!(error.message().contains(expected), "{error}");
    }
}

#[test]
fn rule_5_13_an_allowed_origin_is_an_origin_and_confidential() {
    for origin in [
        "",
        "*",
        "null",
        "api.example",
        "//api.example",
        "/",
        "https://",
        "https://*.example",
        "https://api.example/v1",
        "https://api.example//",
        "https://api.example/?",
        "https://api.example?",
        "https://api.example#",
        "https://api.example/#",
        "https://api.example/?x",
        "https://user@api.example",
        "https://user:word@api.example",
        "https://api.example\\",
        " https://api.example",
        "https://api.example ",
        "https://api.exam\tple",
        "https://api.example:99999",
        "https://[::1",
        "http://api.example",
        "http://localhost.evil.example",
        "http://127.evil.example",
        "http://10.0.0.1",
        "ws://localhost",
        "wss://api.example",
        "ftp://api.example",
        "file:///",
        "blob:https://api.example/x",
        "data:,x",
        "javascript:0",
    ] {
        // Also where all others are right.
        let error = refusal(&format!(r#"{{"allowedOrigins":["https://a.example",{}]}}"#, serde_json::json!(origin)));
        assert_eq!((error.code(), member(&error)), ("invalid_config", "allowedOrigins"), "{origin}");
    }
    for origin in
        ["https://api.example", "https://api.example/", "HTTPS://API.example:443", "http://127.0.0.1:8080", "http://[::1]"]
    {
        let configuration = public().with_json("allowedOrigins", json(&format!(r#"["{origin}"]"#)));
        assert!(try_connect(&tab(), configuration).is_ok(), "{origin}");
    }
}

#[test]
fn configuration_what_a_later_version_does_is_refused_now() {
    for (members, expected) in
        [(r#"{"par":"always"}"#, "par"), (r#"{"dpop":"always"}"#, "dpop"), (r#"{"tokenStore":"worker"}"#, "tokenStore")]
    {
        let error = refusal(members);
        assert_eq!((error.code(), member(&error)), ("unsupported_environment", expected), "{members}");
    }
}

#[test]
fn configuration_everything_else_of_the_contract_is_accepted() {
    let text = r#"{"clientId":"c","issuer":"https://as.example","redirectUri":"https://app.example/callback","scope":"a b",
        "resource":["https://a.example/"],"backend":{"exchangeUrl":"/x","logoutUrl":"https://app.example/y","headers":{"x-a":"b"}},
        "pkce":"S256","par":"auto","dpop":"never","tokenStore":"memory","transactionLifetime":1.5,"requestTimeout":3,
        "onUnknownTransaction":"fail","sessionBinding":"u","idTokenSignature":"trust-tls","clockTolerance":5,
        "postLogoutRedirectUri":"https://app.example/bye","allowedOrigins":["https://api.example"],
        "metadata":{"authorization_endpoint":"https://as.example/authorize","x":{"kept":true}}}"#;
    let client = connect(&tab(), Configuration::from_json(text).unwrap());
    assert_eq!(client.metadata().as_json().member("x"), Some(&json(r#"{"kept":true}"#)));
    for text in ["", "null", "[]", r#"{"clientId":"a","clientId":"b"}"#, r#"{"clientId":"a"} "#.repeat(2).as_str()] {
        assert_eq!(code(Configuration::from_json(text)), "invalid_config", "{text}");
    }
}

#[test]
fn configuration_the_needed_endpoints_must_be_there() {
    let by_hand = |metadata: &str| Configuration::new("c").with_json("metadata", json(metadata));
    assert_eq!(code(try_connect(&tab(), Configuration::new("c"))), "invalid_config");
    assert_eq!(code(try_connect(&tab(), by_hand("{}"))), "invalid_config");
    let without_token_endpoint = by_hand(r#"{"authorization_endpoint":"https://as.example/a"}"#);
    assert_eq!(code(try_connect(&tab(), without_token_endpoint.clone())), "invalid_config");
    assert!(try_connect(&tab(), without_token_endpoint.with_json("backend", json(r#"{"exchangeUrl":"/x"}"#))).is_ok());
    assert_eq!(code(try_connect(&tab(), public_with(r#","userinfo_endpoint":1"#))), "invalid_metadata");
}

#[test]
fn configuration_the_page_must_have_a_web_url() {
    for page in ["about:blank", "file:///index.html", "data:text/html,x"] {
        assert_eq!(code(try_connect(&Host::new(1, page), public())), "unsupported_environment", "{page}");
    }
}

#[test]
fn options_of_a_login_are_checked() {
    let host = tab();
    let client = connect(&host, public());
    for (text, expected) in [
        (r#"{"returnTo":1}"#, "invalid_option"),
        (r#"{"scope":"a\\b"}"#, "invalid_option"),
        (r#"{"resource":"x"}"#, "invalid_option"),
        (r#"{"prompt":["login"]}"#, "invalid_option"),
        (r#"{"unknown":1}"#, "invalid_option"),
        (r#"{"extraParams":{"a":1}}"#, "invalid_option"),
        (r#"{"extraParams":{"response_mode":"form_post"}}"#, "invalid_option"),
        (r#"{"maxAge":1.5}"#, "invalid_option"),
        (r#"{"acrValues":1}"#, "invalid_option"),
        (r#"{"authorizationDetails":[]}"#, "unsupported_environment"),
    ] {
        // A Rust app sets members one by one, and is told when it begins the login.
        let mut options = LoginOptions::none();
        for (name, value) in json(text).members() {
            options = options.with_json(name, value.clone());
        }
        assert_eq!(code(client.authorization_url(&options)), expected, "{text}");
    }
    assert!(LoginOptions::from_json(r#"{"appState":[null]}"#).is_ok());
    assert_eq!(code(LoginOptions::from_json("7")), "invalid_option");
    assert!(host.events().is_empty());
}

#[test]
fn options_of_the_other_calls_are_checked() {
    for text in ["{}", r#"{"minValidity":1.5,"forceRefresh":false}"#] {
        assert!(AccessTokenOptions::from_json(text).is_ok(), "{text}");
    }
    for text in [r#"{"minValidity":"1"}"#, r#"{"forceRefresh":"yes"}"#, r#"{"force":true}"#] {
        assert_eq!(code(AccessTokenOptions::from_json(text)), "invalid_option", "{text}");
    }
    for text in ["{}", r#"{"redirect":false,"idTokenHint":true,"state":"x","postLogoutRedirectUri":"https://app.example/bye"}"#] {
        assert!(LogoutOptions::from_json(text).is_ok(), "{text}");
    }
    for text in
        [r#"{"redirect":1}"#, r#"{"postLogoutRedirectUri":"/bye"}"#, r#"{"postLogoutRedirectUri":"https://app.example/#x"}"#]
    {
        assert_eq!(code(LogoutOptions::from_json(text)), "invalid_option", "{text}");
    }
}

#[test]
fn a_server_that_wants_pushed_requests_is_refused() {
    let host = tab();
    let client = connect(&host, public_with(r#","require_pushed_authorization_requests":true"#));
    assert_eq!(code(client.authorization_url(&LoginOptions::none())), "pushed_request_required");
    assert_eq!(block_on(client.begin_login(&LoginOptions::none())).code(), "pushed_request_required");
    assert!(host.events().is_empty());
}

#[test]
fn a_backend_is_asked_for_its_session_except_on_a_callback_page() {
    let host = tab();
    host.answer(Answer::json(200, r#"{"claims":{"sub":"ada"}}"#));
    assert_eq!(connect(&host, with_session_backend()).session().claims, Some(json(r#"{"sub":"ada"}"#)));
    let [sent] = &host.requests()[..] else { panic!("one request") };
    assert_eq!((sent.url.as_str(), &sent.body), ("https://app.example/session", &None));
    assert!(sent.headers.contains(&("x-requested-with".into(), "wicketgate".into())));
    host.clear_log();
    connect(&host.next_page(&callback("x")), with_session_backend());
    assert!(host.requests().is_empty());
}

#[test]
fn what_a_backend_answers_about_its_session() {
    for (answer, status) in [
        (Answer::empty(401), "signed-out"),
        (Answer::html(401), "signed-out"),
        (Answer::json(200, r#"{"session":null}"#), "signed-out"),
        (Answer::empty(204), "signed-out"),
        (Answer::json(200, r#"{"session":{}}"#), "signed-in"),
        (Answer::json(200, r#"{"session":{"claims":1,"scope":2,"expiresAt":"x"}}"#), "signed-in"),
        (Answer::json(200, "{}"), "signed-in"),
    ] {
        let host = tab();
        host.answer(answer);
        assert_eq!(connect(&host, with_session_backend()).session().status.as_str(), status);
    }
    for (answer, expected) in [
        (Answer::html(200), "backend_failed"),
        (Answer::json(500, "{}"), "backend_failed"),
        (Answer::Lost, "network_failed"),
        (Answer::Late, "timed_out"),
    ] {
        let host = tab();
        host.answer(answer);
        assert_eq!(code(try_connect(&host, with_session_backend())), expected);
    }
}
