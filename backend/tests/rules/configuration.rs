//! Configurations that are refused, and the `Debug` output of a configuration.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use wicketgate::protocol::secret::Secret;
use wicketgate_backend::{ApiRoute, Configuration, CookieKey, router};

use crate::setup::{CLIENT_SECRET, assert_no_secret, configuration, key_bytes};

const ENDPOINT: &str = "https://server.example/token";

fn refused(change: impl FnOnce(&mut Configuration)) -> &'static str {
    let mut configuration = configuration(ENDPOINT);
    change(&mut configuration);
    router(configuration).map(drop).expect_err("it is refused").member
}

#[tokio::test]
async fn secrets_go_over_tls_or_do_not_leave_the_machine() {
    for endpoint in [
        "http://server.example/token",
        "http://127.0.0.1.example/token",
        "http://localhost.example/token",
        "ftp://server.example/token",
        "server.example/token",
        "/token",
        "",
        "https://user:password@server.example/token",
        "https://server.example/token#fragment",
        "https://server.example/\ttoken",
        "https://server.example\\token",
    ] {
        assert_eq!(refused(|configuration| configuration.token_endpoint = endpoint.into()), "token_endpoint", "{endpoint}");
    }
    for endpoint in [ENDPOINT, "http://localhost:1/token", "http://127.0.0.1:1/token?tenant=1", "http://[::1]:1/token"] {
        assert!(router(configuration(endpoint)).is_ok(), "{endpoint}");
    }
}

#[tokio::test]
async fn an_origin_is_nothing_but_an_origin() {
    for origin in [
        "http://app.example",
        "https://app.example/path",
        "https://app.example?x",
        "https://app.example/#",
        "app.example",
        "null",
        "*",
        "",
    ] {
        assert_eq!(refused(|configuration| configuration.public_origin = origin.into()), "public_origin", "{origin}");
        assert_eq!(refused(|configuration| configuration.api_origin = Some(origin.into())), "api_origin", "{origin}");
    }
}

#[tokio::test]
async fn what_is_empty_is_refused() {
    assert_eq!(refused(|configuration| configuration.client_id = String::new()), "client_id");
    assert_eq!(refused(|configuration| configuration.client_secret = Secret::new(String::new())), "client_secret");
    assert_eq!(refused(|configuration| configuration.timeout = Duration::ZERO), "timeout");
}

#[tokio::test]
async fn a_header_that_steers_is_not_an_app_s_own() {
    for name in [
        "Authorization",
        "cookie",
        "Set-Cookie",
        "Host",
        "Connection",
        "Transfer-Encoding",
        "Content-Length",
        "Upgrade",
        "Origin",
        "Sec-Fetch-Site",
        "Sec-WebSocket-Key",
        "Proxy-Authorization",
        "Access-Control-Allow-Origin",
        "Content-Security-Policy",
        "Clear-Site-Data",
        "X-Accel-Redirect",
        "X-Sendfile",
        "X-Forwarded-User",
        "X_Own",
        "X.Own",
        "X-*",
        "",
    ] {
        assert_eq!(refused(|configuration| configuration.api_headers = vec![name.into()]), "api_headers", "{name}");
    }
}

#[tokio::test]
async fn a_path_that_is_forwarded_is_one_and_leads_to_one_confidential_url() {
    let route = |prefix: &str, url: &str| vec![ApiRoute::new(prefix, url)];
    const URL: &str = "https://api.example/v2/";
    for prefix in ["", "/", "api/", "//", "/api//", "/a//b", "/../x", "/a/./b", "/a%2fb/", "/a b/", "/{a}/", "/a?b", "/*", "/ä"]
    {
        assert_eq!(refused(|configuration| configuration.api = route(prefix, URL)), "api", "{prefix}");
    }
    for prefix in ["/auth", "/auth/", "/auth/api/", "/healthz", "/readyz/"] {
        assert_eq!(refused(|configuration| configuration.api = route(prefix, URL)), "api", "{prefix}");
    }
    for url in ["http://api.example/", "api.example", "", "https://user@api.example/", "https://api.example/?a", "https://a/#b"] {
        assert_eq!(refused(|configuration| configuration.api = route("/api/", url)), "api", "{url}");
    }
    let twice = |configuration: &mut Configuration| configuration.api = [route("/api/", URL), route("/api", URL)].concat();
    assert_eq!(refused(twice), "api");
    let short_form_twice = |configuration: &mut Configuration| {
        configuration.api = route("/api/", URL);
        configuration.api_origin = Some("https://api.example".into());
    };
    assert_eq!(refused(short_form_twice), "api_origin");
    let mut configuration = configuration(ENDPOINT);
    configuration.api = [route("/api/", URL), route("/api/v2/", URL), route("/graphql", URL), route("/authors/", URL)].concat();
    assert!(router(configuration).is_ok());
}

#[tokio::test]
async fn an_issuer_and_its_keys_are_to_be_trusted_on_the_way() {
    const ISSUER: &str = "https://server.example";
    for issuer in ["http://server.example", "server.example", "https://server.example?x", "https://server.example#", ""] {
        assert_eq!(refused(|configuration| configuration.issuer = Some(issuer.into())), "issuer", "{issuer}");
    }
    for keys in ["http://server.example/jwks", "/jwks", "https://user@server.example/jwks", "https://server.example/jwks#x", ""] {
        let change = |configuration: &mut Configuration| {
            configuration.issuer = Some(ISSUER.into());
            configuration.jwks_uri = Some(keys.into());
        };
        assert_eq!(refused(change), "jwks_uri", "{keys}");
    }
    for name in ["none", "HS256", "RS1", "ES256 RS256", ""] {
        let change = |configuration: &mut Configuration| {
            configuration.issuer = Some(ISSUER.into());
            configuration.id_token_signing_algorithms = vec!["ES256".into(), name.into()];
        };
        assert_eq!(refused(change), "id_token_signing_algorithms", "{name}");
    }
    // The backend must know whose keys these are.
    assert_eq!(refused(|configuration| configuration.jwks_uri = Some("https://server.example/jwks".into())), "issuer");
    assert_eq!(refused(|configuration| configuration.id_token_signing_algorithms = vec!["ES256".into()]), "issuer");

    let mut configuration = configuration(ENDPOINT);
    // With known keys, the issuer is only compared: nothing is fetched from it.
    configuration.issuer = Some("server.example".into());
    configuration.jwks_uri = Some("http://127.0.0.1:1/jwks?tenant=1".into());
    configuration.id_token_signing_algorithms = ["PS384", "EdDSA", "Ed25519"].map(Into::into).into();
    assert!(router(configuration).is_ok());
}

#[test]
fn a_key_has_at_least_32_bytes() {
    let encode = Base64UrlUnpadded::encode_string;
    for text in [encode(&key_bytes(1)[..31]), String::new(), "not base64url!".repeat(9), "++//".repeat(11)] {
        assert_eq!(CookieKey::from_base64url(&text).map(drop).unwrap_err().member, "cookie_key", "{text}");
    }
    assert!(CookieKey::from_base64url(&encode(&key_bytes(1))).is_ok());
    assert!(CookieKey::from_base64url(&format!("{}=", encode(&key_bytes(1)))).is_ok());
}

#[test]
fn a_configuration_shows_neither_secret_nor_key() {
    let shown = format!("{:?}", configuration(ENDPOINT));
    assert!(shown.contains(ENDPOINT));
    assert_no_secret("Debug", &shown);
    assert!(!shown.contains(CLIENT_SECRET));
    assert!(shown.contains("CookieKey(…)") && shown.contains("Secret(…)"));
}
