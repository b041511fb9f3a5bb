//! The configuration: an unusable member is refused by name, before the client sends anything.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use wicketgate::client::{
    AccessTokenOptions, BackendConfiguration, Configuration, IdTokenSignature, LoginOptions, LogoutOptions, Metadata,
    OnUnknownTransaction, Pkce, TokenStore, Usage,
};
use wicketgate::protocol::error::{Error, ErrorKind};

use crate::host::{Answer, TestHost};
use crate::stage::*;

/// The configuration of `public`, with `members` put into it.
fn refusal(members: &str) -> Error {
    let host = tab();
    let outcome = public().merge_json(members).and_then(|configuration| try_connect(&host, configuration));
    let error = outcome.err().unwrap_or_else(|| panic!("it was accepted: {members}"));
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
fn an_allowed_origin_is_an_origin_and_confidential() {
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
        // Also if all other entries are right.
        let error = refusal(&format!(r#"{{"allowedOrigins":["https://a.example",{}]}}"#, serde_json::json!(origin)));
        assert_eq!((error.code(), member(&error)), ("invalid_config", "allowedOrigins"), "{origin}");
    }
    for origin in
        ["https://api.example", "https://api.example/", "HTTPS://API.example:443", "http://127.0.0.1:8080", "http://[::1]"]
    {
        assert!(try_connect(&tab(), public().allowed_origin(origin)).is_ok(), "{origin}");
    }
}

#[test]
fn configuration_what_a_later_version_does_is_refused_now() {
    let error = refusal(r#"{"tokenStore":"worker"}"#);
    assert_eq!((error.code(), member(&error)), ("unsupported_environment", "tokenStore"));
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
    assert_eq!(client.metadata().unwrap().as_json().member("x"), Some(&json(r#"{"kept":true}"#)));
    for text in ["", "null", "[]", r#"{"clientId":"a","clientId":"b"}"#, r#"{"clientId":"a"} "#.repeat(2).as_str()] {
        assert_eq!(code(Configuration::from_json(text)), "invalid_config", "{text}");
    }
}

/// The names of the members of an interface of the npm package's declarations.
fn members_of(interface: &str) -> Vec<&'static str> {
    let declarations = include_str!("../../npm/types.ts");
    let (_, rest) = declarations.split_once(&format!("export interface {interface} {{\n")).unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let names = body.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(':'));
    let names = names.map(|(name, _)| name.trim_end_matches('?'));
    names.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).collect()
}

/// A configuration on which every setter has been called.
fn everything() -> Configuration {
    let backend =
        BackendConfiguration::new().exchange_url("/x").session_url("/y").logout_url("/z").begin_url("/b").header("x-a", "b");
    let backend = backend.login_url("/l");
    let metadata = Metadata::new()
        .issuer(ISSUER)
        .authorization_endpoint("https://as.example/authorize")
        .token_endpoint("https://as.example/token")
        .jwks_uri("https://as.example/keys")
        .userinfo_endpoint("https://as.example/me")
        .end_session_endpoint("https://as.example/bye")
        .revocation_endpoint("https://as.example/revoke")
        .pushed_authorization_request_endpoint("https://as.example/push")
        .require_pushed_authorization_requests(false)
        .authorization_response_iss_parameter_supported(true)
        .id_token_signing_alg_values_supported(["ES256"])
        .dpop_signing_alg_values_supported(["ES256"])
        .code_challenge_methods_supported(["S256"]);
    Configuration::new("c")
        .issuer(ISSUER)
        .metadata(metadata)
        .redirect_uri(CALLBACK)
        .scope("openid")
        .resource("https://a.example/")
        .backend(backend)
        .pkce(Pkce::S256)
        .par(Usage::Never)
        .dpop(Usage::Auto)
        .id_token_signature(IdTokenSignature::Verify)
        .token_store(TokenStore::Local)
        .allowed_origin("https://api.example")
        .transaction_lifetime(Duration::from_secs(60))
        .clock_tolerance(Duration::ZERO)
        .request_timeout(Duration::from_millis(1))
        .idle_limit(Duration::from_secs(900))
        .end_warning(Duration::from_secs(60))
        .environment(false)
        .on_unknown_transaction(OnUnknownTransaction::Restart)
        .session_binding("user-1")
        .trusted_audience("https://identity.example/")
        .extra_param("audience", "https://api.example/")
        .logout_param("logout_uri", "https://app.example/bye")
        .post_logout_redirect_uri("https://app.example/bye")
}

#[test]
fn configuration_each_member_of_the_javascript_api_has_a_setter() {
    let shown = format!("{:?}", everything());
    for interface in ["ClientConfig", "BackendConfig", "ServerMetadata"] {
        let members = members_of(interface);
        assert!(members.len() > 3, "{interface}: {members:?}");
        for member in members {
            let is_set = shown.contains(&format!("{member}: ")) || shown.contains(&format!("\"{member}\": "));
            assert!(is_set, "{interface}.{member} has no setter: {shown}");
        }
    }
    let host = tab();
    host.answer(Answer::empty(401));
    assert!(try_connect(&host, everything()).is_ok(), "what setters write is what the client accepts");
}

#[test]
fn options_each_member_of_the_javascript_api_has_a_setter() {
    let options = LoginOptions::new()
        .return_to("/")
        .app_state(true)
        .scope("openid")
        .resource("https://a.example/")
        .prompt("login")
        .login_hint("ada")
        .max_age(Duration::from_secs(60))
        .acr_values("high")
        .ui_locales("de")
        .extra_param("audience", "a");
    let shown = format!("{options:?}");
    for member in members_of("LoginOptions") {
        // This version does not support RFC 9396.
        assert!(shown.contains(&format!("{member}: ")) || member == "authorizationDetails", "{member}: {shown}");
    }
    assert!(connect(&tab(), public().scope("openid")).authorization_url(&options).is_ok());
}

#[test]
fn configuration_debug_shows_settings_and_hides_what_may_be_secret() {
    let backend = BackendConfiguration::new().exchange_url("/x").header("x-key", "MARKED");
    let configuration = Configuration::new("c").issuer(ISSUER).allowed_origin("https://api.example").backend(backend);
    assert_eq!(
        format!("{:?}", configuration.clock_tolerance(Duration::from_millis(1500)).session_binding("MARKED")),
        r#"Configuration { clientId: "c", issuer: "https://as.example", allowedOrigins: ["https://api.example"], "#.to_owned()
            + r#"backend: {"exchangeUrl": "/x", "headers": {"x-key": …}}, clockTolerance: 1.5, sessionBinding: … }"#
    );
    let options = LoginOptions::new().prompt("login").login_hint("MARKED").app_state("MARKED").return_to("/MARKED");
    assert_eq!(
        format!("{:?}", options.max_age(Duration::from_secs(60)).extra_param("audience", "MARKED")),
        r#"LoginOptions { prompt: "login", loginHint: …, appState: …, returnTo: …, maxAge: 60, extraParams: {"audience": …} }"#
    );
    let logout = LogoutOptions::new().redirect(false).state("MARKED");
    assert_eq!(format!("{logout:?}"), "LogoutOptions { redirect: false, state: … }");
}

#[test]
fn configuration_json_over_setters_wins_and_leaves_the_others() {
    let merged = public().token_store(TokenStore::Local).merge_json(r#"{"tokenStore":"memory","scope":"a"}"#).unwrap();
    assert_eq!(merged, public().scope("a").token_store(TokenStore::Memory));
    assert_ne!(merged, public().token_store(TokenStore::Memory));
    assert_ne!(merged, public().scope("b").token_store(TokenStore::Memory));
    assert_eq!(code(public().merge_json(r#"{"clientSecret":"s"}"#)), "invalid_config");
    assert_eq!(code(public().merge_json("")), "invalid_config");
}

#[test]
fn configuration_the_needed_endpoints_must_be_there() {
    let by_hand = |metadata: &str| Configuration::new("c").metadata(json(metadata));
    assert_eq!(code(try_connect(&tab(), Configuration::new("c"))), "invalid_config");
    assert_eq!(code(try_connect(&tab(), by_hand("{}"))), "invalid_config");
    let without_token_endpoint = by_hand(r#"{"authorization_endpoint":"https://as.example/a"}"#);
    assert_eq!(code(try_connect(&tab(), without_token_endpoint.clone())), "invalid_config");
    assert!(try_connect(&tab(), without_token_endpoint.backend(BackendConfiguration::new().exchange_url("/x"))).is_ok());
    assert_eq!(code(try_connect(&tab(), public_with(r#","userinfo_endpoint":1"#))), "invalid_metadata");
}

#[test]
fn configuration_the_page_must_have_a_web_url() {
    for page in ["about:blank", "file:///index.html", "data:text/html,x"] {
        assert_eq!(code(try_connect(&TestHost::new(1, page), public())), "unsupported_environment", "{page}");
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
        (r#"{"authorizationDetails":[]}"#, "invalid_option"),
    ] {
        let outcome = LoginOptions::from_json(text).and_then(|options| client.authorization_url(&options));
        assert_eq!(code(outcome), expected, "{text}");
    }
    // A Rust app sets members one by one. Invalid values that the types allow are refused when the login begins.
    for options in [
        LoginOptions::new().scope("a\\b"),
        LoginOptions::new().resource("x"),
        LoginOptions::new().max_age(Duration::from_millis(1500)),
        LoginOptions::new().extra_param("response_mode", "form_post"),
    ] {
        assert_eq!(code(client.authorization_url(&options)), "invalid_option", "{options:?}");
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
fn a_backend_is_asked_for_its_session_except_on_a_callback_page() {
    let host = tab();
    host.answer(Answer::json(200, r#"{"claims":{"sub":"ada"}}"#));
    assert_eq!(connect(&host, with_session_backend()).session().claims, Some(json(r#"{"sub":"ada"}"#)));
    let [sent] = &host.requests()[..] else { panic!("one request") };
    assert_eq!((sent.url.as_str(), &sent.body), ("https://app.example/session", &None));
    assert!(sent.headers.contains(&("x-requested-with".into(), "wicketgate".into())));
    host.clear_log();
    connect(&host.next_page(&callback(NOBODYS)), with_session_backend());
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
    for answer in [Answer::html(200), Answer::html(404), Answer::json(403, "{}")] {
        let host = tab();
        host.answer(answer);
        assert_eq!(code(try_connect(&host, with_session_backend())), "backend_failed");
    }
}

#[test]
fn a_backend_that_cannot_be_reached_is_asked_again() {
    for answer in [Answer::Lost, Answer::Late, Answer::json(500, "{}"), Answer::html(502), Answer::empty(429)] {
        let host = tab();
        host.answer(answer);
        let client = connect(&host, with_session_backend());
        assert_eq!(client.session().status.as_str(), "signed-out", "nobody knows yet");
        let told = Rc::new(Cell::new(0));
        let count = told.clone();
        client.subscribe(move |_| count.set(count.get() + 1)).forget();
        host.answer(Answer::Lost);
        host.pass(1000);
        assert_eq!(host.requests().len(), 2);
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
        host.pass(1999);
        assert_eq!(host.requests().len(), 2, "the pauses grow");
        host.pass(1);
        assert_eq!((client.session().status.as_str(), told.get()), ("signed-in", 1));
        host.pass(1_000_000);
        assert_eq!(host.requests().len(), 3, "it has answered");
    }
    // Nobody is kept waiting for it, and a client that is gone asks nothing.
    let host = tab();
    host.answer(Answer::Lost);
    drop(connect(&host, with_session_backend()));
    host.pass(1_000_000);
    assert_eq!(host.requests().len(), 1);
}

/// Refused before the page navigates, with the member that was probably meant.
fn meant(configuration: Configuration) -> (String, Option<String>, Option<String>) {
    let error = try_connect(&tab(), configuration).err().unwrap();
    assert_eq!(error.code(), "invalid_config");
    (error.summary(), error.found().map(Into::into), error.expected().map(Into::into))
}

#[test]
fn a_redirect_uri_of_another_origin_is_refused() {
    for (redirect_uri, origin) in [
        ("https://www.app.example/callback", "https://www.app.example"),
        ("https://app.example:8443/callback", "https://app.example:8443"),
        ("http://app.example/callback", "http://app.example"),
    ] {
        let (summary, found, expected) = meant(public().redirect_uri(redirect_uri));
        assert!(summary.contains("redirectUri is not of this page's origin"), "{summary}");
        assert_eq!((found.as_deref(), expected.as_deref()), (Some(origin), Some("https://app.example")));
    }
    assert!(try_connect(&tab(), public().redirect_uri("HTTPS://APP.example:443/callback")).is_ok());
}

#[test]
fn openid_is_a_word_of_its_own() {
    for scope in ["openid,profile", "profile,openid", "openid;profile", "openid+profile", "email openid%20profile"] {
        let (summary, found, _) = meant(public().scope(scope));
        assert!(summary.contains("scope does not have spaces between its words"), "{summary}");
        assert_eq!(found.as_deref(), Some(scope));
        let options = LoginOptions::new().scope(scope);
        let error = connect(&tab(), public()).authorization_url(&options).unwrap_err();
        assert_eq!(error.code(), "invalid_option", "{scope}");
    }
    // Scopes that some servers accept, and scopes that only look like `openid`.
    for scope in ["read,activity:read", "https://api.example/openid", "openid-connect", "openid2,x"] {
        assert!(try_connect(&tab(), public().scope(scope)).is_ok(), "{scope}");
    }
}

#[test]
fn an_unknown_member_says_what_was_meant() {
    let refused = |member: &str, value: &str| {
        let error = Configuration::from_json(&format!(r#"{{"clientId":"app","{member}":"{value}"}}"#)).unwrap_err();
        assert_eq!(error.code(), "invalid_config");
        error
    };
    for (member, ours) in
        [("authority", "issuer"), ("client_id", "clientId"), ("redirect_uri", "redirectUri"), ("isuer", "issuer")]
    {
        let error = refused(member, "x");
        let summary = error.summary();
        assert!(summary.ends_with(&format!("{member} is not a known member; did you mean `{ours}`?")), "{summary}");
        assert_eq!((error.found(), error.expected()), (Some(member), Some(ours)));
    }
    let summary = refused("colour", "x").summary();
    assert!(summary.ends_with("colour is not a known member."), "{summary}");
    let summary = refused("tokenStore", "cookie").summary();
    assert!(summary.ends_with("(found `cookie`, expected `memory, session, local`)."), "{summary}");
}
