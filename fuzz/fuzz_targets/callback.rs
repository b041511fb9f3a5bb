//! A callback URL. Whatever it is, its response is read or refused as another reader of forms would see it, and the rest of the
//! page's URL stays. No code is redeemed unless it came alone and for this login.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wicketgate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Transaction};
use wicketgate::protocol::callback::{AuthorizationResponse, is_response, without_response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::metadata::ServerMetadata;
use wicketgate::protocol::url::Url;

const OURS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];
const REDIRECT_URI: &str = "https://app.example/cb";
const NOW: u64 = 1_700_000_000_000;

fuzz_target!(|data: &[u8]| {
    let Some(url) = str::from_utf8(data).ok().and_then(Url::parse) else { return };

    let cleaned = without_response(&url);
    let once = Url::parse(&cleaned).expect("a URL");
    assert_eq!(once.href(), cleaned);
    assert_eq!(once.location(), url.location());
    assert_eq!(without_response(&once), cleaned);
    assert!(!is_response(&once, None));

    let response = match AuthorizationResponse::from_callback_url(&url) {
        Ok(response) => response,
        Err(error) => return assert_eq!(error.code(), "callback_malformed"),
    };
    // A page takes a response for its own only if the state has the form of this client's.
    assert!(response.state().len() == 43 || !is_response(&url, None));
    let found = [url.query(), url.fragment()].map(|part| pairs(part.unwrap_or_default()));
    let has = |part: &[(String, String)], name: &str| part.iter().any(|(other, value)| other == name && !value.is_empty());
    let is_whole = |part: &&Vec<(String, String)>| has(part, "state") && has(part, "code") != has(part, "error");
    let is_it = |part: &[(String, String)]| part.iter().any(|(name, value)| name == "state" && value == response.state());
    let used = found.iter().find(|part| is_whole(part) && is_it(part)).expect("a response");
    for name in OURS {
        assert!(used.iter().filter(|(other, _)| other == name).count() <= 1, "{name} twice");
    }

    let server = server();
    let transaction = transaction(&server);
    // The transaction has the right state, so that the other checks are reached: vectors test the check of the state.
    if response.check_transaction(&transaction, &server, "app", NOW, 1, None).is_ok() {
        assert_eq!(response.state(), transaction.state());
        assert_eq!(url.location(), REDIRECT_URI);
    }
    if let Ok(exchange) = response.complete(transaction, &server) {
        assert!(has(used, "code") && !has(used, "error"));
        assert_eq!(exchange.iss(), Some("https://as.example"));
    }
});

fn server() -> ServerMetadata {
    let metadata = br#"{
        "issuer": "https://as.example", "authorization_endpoint": "https://as.example/authorize",
        "authorization_response_iss_parameter_supported": true
    }"#;
    ServerMetadata::new(Json::parse(metadata).expect("JSON")).expect("metadata")
}

/// Its state is the letter `A`, 43 times.
fn transaction(server: &ServerMetadata) -> Transaction {
    let asked = AuthorizationParameters {
        client_id: "app",
        redirect_uri: Some(REDIRECT_URI),
        pkce: true,
        ..AuthorizationParameters::default()
    };
    let request = AuthorizationRequest::new(server, &asked, &[[0; 32], [1; 32], [2; 32]], NOW).expect("a request");
    Transaction::from_text(request.transaction().to_text().expose()).expect("a transaction")
}

fn pairs(form: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}
