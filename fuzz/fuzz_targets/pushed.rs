//! A server's answers to a pushed request and to a proof. The browser's URL names the client and one reference, a nonce
//! contains only characters that a proof may contain, and the public half of a key contains no private number.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest};
use wicketgate::protocol::authorization_details::check;
use wicketgate::protocol::dpop::{Nonces, asks_for_nonce, challenge_asks_for_nonce};
use wicketgate::protocol::http::Response;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::metadata::ServerMetadata;
use wicketgate::protocol::public_key::PublicKey;
use wicketgate::protocol::url::Url;

const METADATA: &[u8] = br#"{"authorization_endpoint":"https://as.example/authorize"}"#;

fuzz_target!(|data: &[u8]| {
    let server = ServerMetadata::new(Json::parse(METADATA).expect("JSON")).expect("metadata");
    let asked = AuthorizationParameters { client_id: "app", is_pushed: true, ..AuthorizationParameters::default() };
    let request = AuthorizationRequest::new(&server, &asked, &Default::default(), 0).expect("a request");
    let mut response = Response::new(201, Some("application/json".into()), data.into());
    if let Ok(pushed) = request.pushed(&server, &response) {
        let url = url::Url::parse(pushed.url()).expect("a URL");
        let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!((names, url.fragment()), (vec!["client_id".to_owned(), "request_uri".to_owned()], None));
        let body: serde_json::Value = serde_json::from_slice(data).expect("JSON");
        assert_eq!(url.query_pairs().nth(1).map(|(_, value)| value.into_owned()).as_deref(), body["request_uri"].as_str());
    }

    let text = String::from_utf8_lossy(data);
    challenge_asks_for_nonce(&text, &None, None);
    response.dpop_nonce = Some(text.into_owned());
    let endpoint = Url::parse("https://as.example/token").expect("a URL");
    let mut nonces = Nonces::default();
    nonces.remember(&endpoint, &response.dpop_nonce);
    assert!(nonces.of(&endpoint).is_none_or(|nonce| nonce.len() <= 1024 && nonce.bytes().all(|byte| byte.is_ascii_graphic())));
    assert!(nonces.of(&endpoint).is_some() || !asks_for_nonce(&response, None));
    assert!(!asks_for_nonce(&response, nonces.of(&endpoint)));

    let Some(json) = Json::parse(data) else { return };
    let _ = check(&json);
    if let Some(key) = PublicKey::from_jwk(&json) {
        assert_eq!(key.thumbprint().len(), 43);
        assert!(key.jwk().members().iter().all(|(name, _)| ["crv", "e", "kty", "n", "x", "y"].contains(&name.as_str())));
    }
});
