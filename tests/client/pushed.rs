//! Requests that the server has before the browser goes there: pushed by the page or by its backend; and requests for more than a
//! scope can name.

use serde_json::Value;
use wicketgate::client::{BackendConfiguration, Client, Configuration, LoginOptions, Page};
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, TestHost, block_on};
use crate::stage::*;

const ENDPOINT: &str = r#","pushed_authorization_request_endpoint":"https://as.example/par""#;
const REQUIRED: &str =
    r#","pushed_authorization_request_endpoint":"https://as.example/par","require_pushed_authorization_requests":true"#;
const REFERENCE: &str = r#"{"request_uri":"urn:example:1","expires_in":60}"#;
const URL: &str = "https://as.example/authorize?client_id=client-1&request_uri=urn%3Aexample%3A1";

fn required() -> Configuration {
    openid().metadata(metadata(REQUIRED))
}

fn begun_at_backend(configuration: Configuration) -> Configuration {
    configuration.backend(BackendConfiguration::new().exchange_url("/x").begin_url("/auth/begin"))
}

/// The last request: its purpose and its form or JSON.
fn last(host: &TestHost) -> (Purpose, String) {
    let sent = host.requests().pop().unwrap();
    (sent.purpose, sent.body.unwrap())
}

fn form(body: &str, name: &str) -> Option<String> {
    parameter(&format!("https://x.example/?{body}"), name)
}

/// A request is pushed if the server requires it, or if the configuration demands it. The browser then carries only the client
/// identifier and the reference. The transaction is stored as for any other request, and only once the server has the request. A
/// call that answers at once cannot push.
///
/// Source: RFC 9126 §2.1, §4, §5; RFC 9101 §6.3
///
/// Also: `the_browser_carries_the_reference_alone`
mod by_the_page {
    use super::*;

    #[test]
    fn a_request_is_pushed_where_the_server_requires_it_or_the_app_does() {
        let always = with(openid().metadata(metadata(ENDPOINT)), r#"{"par":"always"}"#);
        for configuration in [required(), always] {
            let host = tab();
            let client = connect(&host, configuration.clone());
            assert_eq!(code(client.authorization_url(&LoginOptions::new())), "pushed_request_required");
            assert!(host.store_content().is_empty() && host.requests().is_empty());
            host.answer(Answer::json(201, REFERENCE));
            assert_eq!(block_on(client.pushed(&LoginOptions::new().prompt("login"))).unwrap(), URL);
            let (purpose, body) = last(&host);
            assert_eq!(purpose, Purpose::Push);
            for (name, value) in [("client_id", "client-1"), ("response_type", "code"), ("prompt", "login"), ("scope", "openid")]
            {
                assert_eq!(form(&body, name).as_deref(), Some(value), "{name}");
            }
            let state = form(&body, "state").unwrap();
            assert!(form(&body, "code_challenge").is_some());
            host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
            arrive(&host, configuration, &callback(&state)).unwrap();
        }
    }

    #[test]
    fn a_login_is_pushed_too() {
        let host = tab();
        let client = connect(&host, required());
        host.answer(Answer::json(201, REFERENCE));
        assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "navigation_cancelled");
        assert_eq!(host.navigations(), [URL]);
    }

    #[test]
    fn no_other_request_is_pushed() {
        for configuration in [openid().metadata(metadata(ENDPOINT)), openid()] {
            let host = tab();
            let url = block_on(connect(&host, configuration).pushed(&LoginOptions::new())).unwrap();
            assert!(parameter(&url, "state").is_some() && host.requests().is_empty());
        }
        let never = with(required(), r#"{"par":"never"}"#);
        let client = connect(&tab(), never);
        assert_eq!(code(block_on(client.pushed(&LoginOptions::new()))), "pushed_request_required");
    }

    #[test]
    fn a_push_that_fails_begins_no_login() {
        for (answer, expected) in [
            (Answer::json(400, r#"{"error":"invalid_scope"}"#), "token_request_failed"),
            (Answer::json(201, "{}"), "invalid_metadata"),
            (Answer::html(200), "invalid_metadata"),
            (Answer::Lost, "network_failed"),
            (Answer::Late, "timed_out"),
        ] {
            let host = tab();
            host.answer(answer);
            let client = connect(&host, required());
            assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), expected);
            assert!(host.navigations().is_empty() && host.store_content().is_empty());
        }
        let without_endpoint = with(openid(), r#"{"par":"always"}"#);
        assert_eq!(code(block_on(connect(&tab(), without_endpoint).pushed(&LoginOptions::new()))), "invalid_metadata");
    }

    #[test]
    fn a_push_of_a_bound_login_has_a_proof_and_is_repeated_for_a_nonce_once() {
        let host = tab();
        let more = format!(r#"{REQUIRED},"dpop_signing_alg_values_supported":["ES256"]"#);
        let client = connect(&host, openid().metadata(metadata(&more)));
        host.answer(Answer::WithNonce(400, "n-1".into(), r#"{"error":"use_dpop_nonce"}"#.into()));
        host.answer(Answer::json(201, REFERENCE));
        assert_eq!(block_on(client.pushed(&LoginOptions::new())).unwrap(), URL);
        let requests = host.requests();
        assert_eq!(requests.len(), 2);
        assert!(requests.iter().all(|sent| sent.headers.iter().any(|(name, _)| name == "dpop")));
        assert!(form(requests[1].body.as_ref().unwrap(), "dpop_jkt").is_some());
    }
}

/// If the backend begins logins, it pushes the request, because it can authenticate the client. The page tells it the whole
/// request, and takes over the reference. A backend that has not pushed a request that must be pushed ends the login.
///
/// Source: RFC 9126 §2, §4; RFC 10017 §6.1
mod by_the_backend {
    use super::*;

    fn configuration() -> Configuration {
        begun_at_backend(required())
    }

    #[test]
    fn the_backend_gets_the_request_and_answers_the_reference() {
        let host = tab();
        let client = connect(&host, configuration());
        assert_eq!(code(client.authorization_url(&LoginOptions::new())), "pushed_request_required");
        host.answer(Answer::json(200, r#"{"request_uri":"urn:example:1"}"#));
        assert_eq!(block_on(client.pushed(&LoginOptions::new().login_hint("ada"))).unwrap(), URL);
        let (purpose, body) = last(&host);
        assert_eq!(purpose, Purpose::Begin);
        let body: Value = serde_json::from_str(&body).unwrap();
        let request = body["request"].as_str().unwrap();
        assert!(request.starts_with("client_id=client-1&response_type=code&state="), "{request}");
        assert_eq!(form(request, "login_hint").as_deref(), Some("ada"));
        for name in ["nonce", "code_challenge", "code_verifier"] {
            assert_eq!(form(request, name), None, "{name} is the backend's");
        }
        let state = form(request, "state").unwrap();
        assert!(host.store_content().contains_key(&key(&state)));
    }

    #[test]
    fn a_backend_that_has_not_pushed_it_ends_the_login() {
        let host = tab();
        let client = connect(&host, configuration());
        host.answer(Answer::json(200, r#"{"code_challenge":"c","code_challenge_method":"S256"}"#));
        assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "pushed_request_required");
        assert!(host.navigations().is_empty() && host.store_content().is_empty());
    }
}

/// `authorizationDetails` is an array of objects, each with a type. It goes into the request, whether that is pushed or not; if
/// the backend does the whole login, to the backend.
///
/// Source: RFC 9396 §2, §2.2
mod details {
    use super::*;

    const DETAILS: &str = r#"[{"type":"payment","amount":{"value":"12.50"}}]"#;

    fn asking() -> LoginOptions {
        LoginOptions::from_json(&format!(r#"{{"authorizationDetails":{DETAILS}}}"#)).unwrap()
    }

    #[test]
    fn details_go_into_the_request() {
        let host = tab();
        let url = connect(&host, public()).authorization_url(&asking()).unwrap();
        assert_eq!(parameter(&url, "authorization_details").as_deref(), Some(DETAILS));
        host.answer(Answer::json(201, REFERENCE));
        block_on(connect(&host, required()).pushed(&asking())).unwrap();
        assert_eq!(form(&last(&host).1, "authorization_details").as_deref(), Some(DETAILS));
        host.answer(Answer::json(200, r#"{"request_uri":"urn:example:1"}"#));
        block_on(connect(&host, begun_at_backend(required())).pushed(&asking())).unwrap();
        let body: Value = serde_json::from_str(&last(&host).1).unwrap();
        assert_eq!(form(body["request"].as_str().unwrap(), "authorization_details").as_deref(), Some(DETAILS));
    }

    #[test]
    fn details_go_to_a_backend_that_does_the_login() {
        let configuration = public().backend(BackendConfiguration::new().login_url("/auth/login"));
        let client = block_on(Client::connect(&Page::new(tab()), configuration)).unwrap();
        let url = client.authorization_url(&asking()).unwrap();
        assert_eq!(parameter(&url, "authorization_details").as_deref(), Some(DETAILS));
    }

    #[test]
    fn what_are_no_details_is_refused() {
        for wrong in ["{}", "[]", "[1]", r#"[{"actions":["read"]}]"#, r#"[{"type":1}]"#, r#"[{"type":"a","actions":"read"}]"#] {
            let options = LoginOptions::from_json(&format!(r#"{{"authorizationDetails":{wrong}}}"#));
            let outcome = options.and_then(|options| connect(&tab(), public()).authorization_url(&options));
            assert_eq!(code(outcome), "invalid_option", "{wrong}");
        }
    }
}
