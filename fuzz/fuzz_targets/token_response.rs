//! An answer of the token endpoint, to a code and to a refresh token. An accepted answer satisfies the rules of the token
//! response, and an error is not longer than its caps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Response;
use wicketgate::protocol::token::{CodeExchange, TokenSet, refreshed};

fuzz_target!(|data: &[u8]| {
    let plain = CodeExchange::from_hand_off(br#"{"code":"c","state":"s","client_id":"app"}"#).expect("a hand-off");
    let openid = CodeExchange::from_hand_off(br#"{"code":"c","state":"s","client_id":"app","nonce":"n"}"#).expect("a hand-off");
    for status in [200, 201, 400, 503] {
        let response = || Response::new(status, Some("application/json".into()), data.into());
        let answers = [
            plain.finish(&response()),
            openid.finish(&response()).inspect(|tokens| assert!(tokens.id_token.is_some())),
            refreshed(&response()).inspect_err(|error| {
                // A server that fails has not decided about the token.
                let is_over = status < 500 && error.oauth().is_some_and(|oauth| oauth.error == "invalid_grant");
                assert_eq!(error.code() == "session_ended", is_over);
            }),
        ];
        for answer in answers {
            match answer {
                Ok(tokens) => {
                    assert!((200..300).contains(&status));
                    check_tokens(&tokens);
                }
                Err(error) => check_error(&error, status),
            }
        }
    }
    // The backend reads a page's hand-off with the same parser.
    if let Ok(exchange) = CodeExchange::from_hand_off(data) {
        assert!(!exchange.client_id().is_empty());
        let passed_on = exchange.hand_off("https://app.example/exchange", None);
        let body = passed_on.body.as_ref().expect("a body").expose();
        assert!(CodeExchange::from_hand_off(body.as_bytes()).is_ok());
    }
});

fn check_tokens(tokens: &TokenSet) {
    let secrets = [Some(&tokens.access_token), tokens.refresh_token.as_ref(), tokens.id_token.as_ref()];
    assert!(secrets.into_iter().flatten().all(|secret| !secret.expose().is_empty()));
    assert_eq!(tokens.token_type.as_str(), "Bearer");
    // An empty type counts as absent.
    let is_bearer = |token_type: &str| token_type.is_empty() || token_type.eq_ignore_ascii_case("bearer");
    assert!(tokens.other.text("token_type").is_none_or(is_bearer));
    for name in ["access_token", "refresh_token", "id_token"] {
        assert!(tokens.other.text(name).is_none_or(str::is_empty), "{name} is among the rest");
    }
    // No computation with it may overflow.
    assert!(tokens.expires_in.is_none_or(|millis| millis < 1 << 60));
}

fn check_error(error: &Error, status: u16) {
    assert!(error.message().len() + error.hint().len() < 1024);
    match error.code() {
        // The client judges an answer by its content: an error is an error whatever the status.
        "token_request_failed" | "session_ended" => {}
        "token_response_malformed" | "id_token_invalid" => assert!((200..300).contains(&status)),
        code => panic!("{code}"),
    }
    let Some(oauth) = error.oauth() else { return };
    assert!(!oauth.error.chars().any(char::is_control));
    for (text, limit) in [(Some(&oauth.error), 256), (oauth.error_description.as_ref(), 1024), (oauth.error_uri.as_ref(), 2048)] {
        assert!(text.is_none_or(|text| text.chars().count() <= limit));
    }
}
