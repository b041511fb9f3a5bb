//! The authorization response: the checks and their order, and that no code is ever redeemed twice.

use std::rc::Rc;

use wicketgate::client::{Configuration, LoginOptions, Metadata, OnUnknownTransaction, Page, Status};
use wicketgate::host::Host;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, Behaviour, Event, Task, TestHost, block_on, join};
use crate::stage::*;

/// A login that began in a new tab: the tab and the state.
fn pending(configuration: Configuration) -> (TestHost, String) {
    let host = tab();
    let state = begun(&host, configuration);
    host.clear_log();
    (host, state)
}

/// The outcome of a response with this query; `STATE` in it stands for the state.
fn outcome(configuration: &Configuration, query: &str) -> (TestHost, Result<String, &'static str>) {
    let (host, state) = pending(configuration.clone());
    host.answer(Answer::json(200, TOKENS));
    let outcome = arrive(&host, configuration.clone(), &format!("{CALLBACK}?{}", query.replace("STATE", &state)));
    let outcome = outcome.map(|result| result.return_to.clone()).map_err(|error| error.code());
    (host, outcome)
}

fn is_pending(host: &TestHost) -> bool {
    host.store_content().iter().any(|(key, value)| key.starts_with("wicketgate.tx.") && !value.contains("used_at"))
}

/// The response came to the transaction's redirect URI, by the requested response mode.
///
/// Source: RFC 6749 §3.1.2; OAuth 2.0 Multiple Response Types §2.1
mod where_it_came {
    use super::*;

    #[test]
    fn the_response_must_come_to_the_redirect_uri() {
        for path in ["/other", "/callback/"] {
            let (host, state) = pending(public());
            let url = format!("https://app.example{path}?code=c&state={state}");
            let page = host.next_page(&url);
            let client = connect(&page, public());
            // An additional slash is a mistake in the registration, and the developer should see an error about it.
            assert_eq!(client.is_callback(None), path == "/callback/");
            let error = block_on(client.handle_callback(None)).unwrap_err();
            assert_eq!(error.code(), "callback_malformed", "{path}");
            assert_eq!((error.found(), error.expected()), (Some(path), Some("/callback")));
            assert_eq!(page.page_url() == url, path == "/other", "the code leaves the address bar if the response is ours");
            assert!(host.requests().is_empty(), "{path}");
            assert!(is_pending(&host), "{path}");
        }
        // No login can begin or complete at another origin.
        for place in ["http://app.example/callback", "https://b.example/callback"] {
            let (host, state) = pending(public());
            let page = host.next_page(&format!("{place}?code=c&state={state}"));
            assert_eq!(try_connect(&page, public()).err().unwrap().code(), "invalid_config", "{place}");
        }
    }

    #[test]
    fn the_redirect_uri_may_carry_a_query() {
        let configuration = public().redirect_uri("https://app.example/callback?app=1");
        assert!(outcome(&configuration, "app=1&code=c&state=STATE").1.is_ok());
    }

    #[test]
    fn the_transactions_redirect_uri_counts() {
        let (host, state) = pending(public());
        let configuration = public().redirect_uri("https://app.example/moved");
        let outcome = arrive(&host, configuration, &format!("https://app.example/moved?code=c&state={state}"));
        assert_eq!(code(outcome), "callback_malformed");
        assert!(host.requests().is_empty());
    }

    #[test]
    fn the_fragment_is_taken_only_when_it_was_asked_for() {
        let come_back = |asked: Option<&str>, separator: &str| {
            let host = tab();
            let mut options = LoginOptions::new();
            if let Some(asked) = asked {
                options = options.extra_param("response_mode", asked);
            }
            let state = begin_with(&connect(&host, public()), &options);
            host.clear_log();
            host.answer(Answer::json(200, TOKENS));
            let page = host.next_page(&format!("{CALLBACK}{separator}code=c&state={state}"));
            let outcome = block_on(connect(&page, public()).handle_callback(None));
            assert_eq!(page.page_url(), CALLBACK, "cleaned either way");
            assert_eq!(host.requests().len(), usize::from(outcome.is_ok()));
            outcome.map(|_| ()).map_err(|error| error.code())
        };
        assert_eq!(come_back(Some("fragment"), "#"), Ok(()));
        assert_eq!(come_back(Some("query"), "?"), Ok(()));
        assert_eq!(come_back(Some("fragment"), "?"), Err("callback_malformed"));
        assert_eq!(come_back(Some("query"), "#"), Err("callback_malformed"));
        assert_eq!(come_back(None, "#"), Err("callback_malformed"));
    }
}

/// Each parameter of the response occurs once, in form-encoded UTF-8. It has a `state`, and either a code or an error.
///
/// Source: RFC 6749 §3.1, §4.1.2
mod form {
    use super::*;

    #[test]
    fn a_malformed_response_is_refused() {
        for query in [
            // Twice (RFC 6749 §3.1), even if both are equal, or one is spelled in another way.
            "code=c&code=c&state=STATE",
            "code=c&c%6fde=d&state=STATE",
            "code=c&state=STATE&state=STATE",
            "code=c&state=STATE&state=",
            "code=c&state=STATE&iss=https://as.example&iss=https://as.example",
            "error=a&error=b&state=STATE",
            "error=a&error_description=b&error_description=c&state=STATE",
            "error=a&error_uri=b&error_uri=c&state=STATE",
            // Not form-encoded UTF-8.
            "code=%&state=STATE",
            "code=%4&state=STATE",
            "code=%zz&state=STATE",
            "code=%+1&state=STATE",
            "code=%ff&state=STATE",
            "code=%c0%af&state=STATE",
            "code=%ed%a0%80&state=STATE",
            "code=c&state=STATE&iss=%e0",
            "error=%8&error_description=a&state=STATE",
            // Neither, both, or empty.
            "state=STATE",
            "iss=https://as.example&state=STATE",
            "code=c&error=access_denied&state=STATE",
            "code=&state=STATE",
            "error=&state=STATE",
            "code&state=STATE",
            "code=&error=&state=STATE",
            // No state.
            "code=c",
            "code=c&state",
            "code=c&state=",
            "code=c&State=STATE",
            "",
        ] {
            let (host, outcome) = outcome(&public(), query);
            assert_eq!(outcome, Err("callback_malformed"), "{query}");
            assert!(host.requests().is_empty(), "{query}");
            assert!(is_pending(&host), "{query}: what cannot be read uses nothing up");
        }
    }

    #[test]
    fn other_parameters_are_ignored() {
        for query in [
            "code=c&state=STATE&session_state=1&session_state=2&scope=a&client_id=x",
            "code=c&state=STATE&%=1&x=%ff&=&&CODE=d&code[]=e",
            "session_state=%zz&state=STATE&code=c",
        ] {
            assert_eq!(outcome(&public(), query).1, Ok("/start?tab=1#top".into()), "{query}");
        }
    }

    #[test]
    fn a_long_code_is_redeemed_as_it_came() {
        let long = "a%2Bb+%C3%BC".repeat(75);
        let (host, outcome) = outcome(&public(), &format!("code={long}&state=STATE"));
        assert!(outcome.is_ok());
        let body = host.requests()[0].body.clone().unwrap();
        assert_eq!(parameter(&format!("https://x.example/?{body}"), "code"), Some("a+b ü".repeat(75)));
    }
}

/// The client removes exactly the response's parameters from the page's URL, before any request goes out, even if it refuses
/// the response.
///
/// Source: RFC 9700 §4.2, §4.3
mod cleaned_url {
    use super::*;

    #[test]
    fn exactly_our_parameters_leave_the_url() {
        for (query, left) in [
            ("?code=c&state=STATE", ""),
            ("?a=1&code=c&b=%20x+y&state=STATE&iss=https://as.example&session_state=z", "?a=1&b=%20x+y&session_state=z"),
            ("?&code=c&&state=STATE&x", "?&&x"),
            ("?a=1&code=c&state=STATE#part", "?a=1#part"),
            ("?error=e&error_description=d&error_uri=u&state=STATE#/route?code=1", "#/route?code=1"),
            // Refused, but cleaned nevertheless.
            ("?code=c&code=d&state=STATE&a=1", "?a=1"),
            ("?c%6Fde=%zz&state=STATE&a=1", "?a=1"),
            ("?code=c&state=NOBODYS&a=1", "?a=1"),
            // The response of another service.
            ("?code=pay_1&state=xyz&a=1", "?code=pay_1&state=xyz&a=1"),
            ("?code=pay_1&a=1", "?code=pay_1&a=1"),
        ] {
            let (host, state) = pending(public());
            host.answer(Answer::json(200, TOKENS));
            let query = query.replace("STATE", &state).replace("NOBODYS", NOBODYS);
            let page = host.next_page(&format!("{CALLBACK}{query}"));
            let _ = block_on(connect(&page, public()).handle_callback(None));
            assert_eq!(page.page_url(), format!("{CALLBACK}{left}"), "{query}");
        }
    }

    #[test]
    fn the_url_is_cleaned_before_any_request_goes_out() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, public(), &callback(&state)).unwrap();
        let cleaned = host.position(|event| *event == Event::PageUrl(CALLBACK.into())).expect("it is cleaned");
        let sent = host.position(|event| matches!(event, Event::Sent(_))).unwrap();
        assert!(cleaned < sent);

        // Also if the client first asks for the backend's session.
        let host = tab();
        host.answer(Answer::empty(401));
        let state = begun(&host, with_session_backend());
        use_up(&host, &state, "/");
        host.clear_log();
        host.answer(Answer::json(200, r#"{"session":{}}"#));
        arrive(&host, with_session_backend(), &callback(&state)).unwrap();
        assert_eq!(host.events(), [Event::PageUrl(CALLBACK.into()), Event::Sent("https://app.example/session".into())]);
    }

    #[test]
    fn another_url_than_the_pages_is_not_the_pages_to_clean() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        let page = host.next_page("https://app.example/home?code=mine&state=mine");
        block_on(connect(&page, public()).handle_callback(Some(&callback(&state)))).unwrap();
        assert_eq!(page.page_url(), "https://app.example/home?code=mine&state=mine");
    }

    #[test]
    fn the_url_is_cleaned_where_its_fragment_changed_in_the_meantime() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        // A router has run before the module.
        let page = host.next_page(&format!("{}#/", callback(&state)));
        let client = connect(&page, public());
        let result = block_on(client.handle_callback(Some(&callback(&state)))).unwrap();
        assert_eq!(page.page_url(), format!("{CALLBACK}#/"));
        let again = block_on(client.handle_callback(None)).unwrap();
        assert!(Rc::ptr_eq(&result, &again), "what is left of it is the same callback");
        assert_eq!(host.requests().len(), 1);
    }
}

/// The response's `state` names a transaction of this tab that is neither expired, nor used, nor another user's. Only a user
/// who may have used it learns that it was used.
///
/// Source: RFC 6749 §10.12; RFC 9700 §2.1
mod transaction {
    use super::*;

    #[test]
    fn an_unknown_state_is_refused() {
        let (host, outcome) = outcome(&public(), "code=c&state=of-somebody-else");
        assert_eq!(outcome, Err("transaction_not_found"));
        assert!(host.requests().is_empty());
        assert!(is_pending(&host), "a forged response does not use up the true one's transaction");
    }

    #[test]
    fn a_transaction_stored_under_another_state_is_not_found() {
        let (host, state) = pending(public());
        host.plant(&key("other"), &host.store_content()[&key(&state)]);
        assert_eq!(code(arrive(&host, public(), &callback("other"))), "transaction_not_found");
        assert!(host.requests().is_empty());
    }

    #[test]
    fn what_is_no_transaction_is_not_found() {
        let (host, state) = pending(public());
        let whole = host.store_content()[&key(&state)].clone();
        let mut entries: Vec<_> = ["", "null", "[]", "{}", "{"].into_iter().map(String::from).collect();
        for (name, other) in [
            (r#""v":1"#, r#""v":2"#),
            (r#""v":1"#, r#""v":"1""#),
            (r#""v":1"#, r#""w":1"#),
            ("created_at", "at"),
            (r#""server""#, r#""x""#),
            (r#""client_id":"#, r#""client_id":1,"x":"#),
            ("{", "[{"),
        ] {
            assert!(whole.contains(name));
            entries.push(whole.replacen(name, other, 1));
        }
        for entry in entries {
            host.plant(&key(&state), &entry);
            assert_eq!(code(arrive(&host, public(), &callback(&state))), "transaction_not_found", "{entry}");
            assert!(host.requests().is_empty());
        }
    }

    #[test]
    fn an_expired_transaction_is_refused_and_goes() {
        let (host, state) = pending(public());
        host.pass(LIFETIME + 1);
        assert_eq!(code(arrive(&host, public(), &callback(&state))), "transaction_expired");
        assert!(!is_pending(&host));
        assert!(host.requests().is_empty());
    }

    #[test]
    fn a_used_transaction_leaves_a_tombstone_without_secrets() {
        let configuration = openid().session_binding("user-1");
        let (host, state) = pending(configuration.clone());
        let secrets = host.store_content()[&key(&state)].clone();
        let transaction: serde_json::Value = serde_json::from_str(&secrets).unwrap();
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        arrive(&host, configuration.clone(), &callback(&state)).unwrap();
        let tombstone = host.store_content()[&key(&state)].clone();
        assert!(!tombstone.contains("user-1"));
        for name in ["state", "nonce", "code_verifier"] {
            assert!(!tombstone.contains(transaction[name].as_str().unwrap()), "{name}");
        }
        assert_eq!(code(arrive(&host, configuration, &callback(&state))), "transaction_used");
        assert_eq!(host.purposes(), [Purpose::Token, Purpose::Keys]);
    }

    #[test]
    fn a_used_response_resolves_with_the_session_that_goes_on() {
        let host = tab();
        host.answer(Answer::empty(401));
        let options = LoginOptions::new().return_to("/inbox");
        let state = begin_with(&connect(&host, with_session_backend()), &options);
        host.answer(Answer::json(200, "{}"));
        arrive(&host, with_session_backend(), &callback(&state)).unwrap();
        host.clear_log();

        // A reload: a new page, which has no session yet.
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
        let result = arrive(&host, with_session_backend(), &callback(&state)).unwrap();
        assert_eq!(result.return_to, "/inbox");
        assert_eq!(result.session.status, Status::SignedIn);
        assert_eq!(result.session.claims, Some(json(r#"{"sub":"ada"}"#)));
        assert_eq!(host.purposes(), [Purpose::BackendSession], "and nothing is handed off again");
    }

    #[test]
    fn a_used_response_without_a_session_is_transaction_used() {
        let host = tab();
        host.answer(Answer::empty(401));
        let state = begun(&host, with_session_backend());
        use_up(&host, &state, "/");
        host.clear_log();
        host.answer(Answer::empty(401));
        assert_eq!(code(arrive(&host, with_session_backend(), &callback(&state))), "transaction_used");
        assert_eq!(host.purposes(), [Purpose::BackendSession], "asked once");
    }

    #[test]
    fn another_binding_is_foreign_and_uses_nothing_up() {
        let bound = |binding: Option<&str>| binding.map_or_else(public, |binding| public().session_binding(binding));
        for (begun_as, handled_as) in
            [(Some("ada"), Some("bob")), (Some("ada"), None), (None, Some("bob")), (Some("ada"), Some("ad"))]
        {
            let (host, state) = pending(bound(begun_as));
            assert_eq!(code(arrive(&host, bound(handled_as), &callback(&state))), "transaction_foreign");
            assert!(host.requests().is_empty());
            host.answer(Answer::json(200, TOKENS));
            assert!(arrive(&host, bound(begun_as), &callback(&state)).is_ok(), "its own user can still complete it");
        }
    }

    #[test]
    fn a_used_response_is_told_only_to_its_own_client() {
        let own = || with_session_backend().session_binding("ada");
        let host = tab();
        host.answer(Answer::empty(401));
        let options = LoginOptions::new().return_to("/ada/secret-case");
        let state = begin_with(&connect(&host, own()), &options);
        host.answer(Answer::json(200, "{}"));
        arrive(&host, own(), &callback(&state)).unwrap();
        for (other, expected) in [
            (own().session_binding("bob"), "transaction_foreign"),
            (with_session_backend(), "transaction_foreign"),
            (with(own(), r#"{"clientId":"client-2"}"#), "issuer_mismatch"),
            (own().issuer("https://other.example"), "issuer_mismatch"),
        ] {
            host.clear_log();
            // Any user is signed in.
            host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"bob"}}}"#));
            let error = arrive(&host, other, &callback(&state)).expect_err("it should have failed");
            assert_eq!(error.code(), expected);
            assert!(!format!("{error} {error:?}").contains("secret-case"));
            assert_eq!(host.purposes(), [Purpose::BackendSession]);
        }
        let elsewhere = own().redirect_uri("https://app.example/moved");
        host.answer(Answer::json(200, r#"{"session":{}}"#));
        let moved = arrive(&host, elsewhere, &format!("https://app.example/moved?code=code-1&state={state}"));
        assert_eq!(code(moved), "callback_malformed");
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
        assert_eq!(arrive(&host, own(), &callback(&state)).unwrap().return_to, "/ada/secret-case", "nothing was used up");
    }

    #[test]
    fn a_used_response_is_told_as_that_however_long_ago() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, public(), &callback(&state)).unwrap();
        host.pass(LIFETIME + 1);
        assert_eq!(code(arrive(&host, public(), &callback(&state))), "transaction_used");
    }
}

/// The client deletes the transaction before it redeems the code: one attempt for each code.
///
/// Source: RFC 6749 §4.1.2, §10.5
mod one_attempt {
    use super::*;

    #[test]
    fn the_transaction_is_deleted_before_the_code_is_redeemed() {
        for configuration in [public(), with_backend()] {
            let (host, state) = pending(configuration.clone());
            let verifier: serde_json::Value = serde_json::from_str(&host.store_content()[&key(&state)]).unwrap();
            let verifier = verifier["code_verifier"].as_str().unwrap().to_owned();
            host.answer(Answer::json(200, TOKENS));
            arrive(&host, configuration, &callback(&state)).unwrap();
            let [sent] = &host.requests()[..] else { panic!("one request") };
            assert!(sent.body.as_ref().unwrap().contains(&verifier));
            assert!(sent.stored.values().all(|entry| !entry.contains(&verifier)), "when it was sent, the store had it still");
        }
    }

    #[test]
    fn a_failure_uses_the_code_up() {
        for answer in [Answer::Lost, Answer::Late, Answer::json(400, r#"{"error":"invalid_grant"}"#), Answer::html(200)] {
            let (host, state) = pending(public());
            host.answer(answer);
            assert!(arrive(&host, public(), &callback(&state)).is_err());
            assert_eq!(code(arrive(&host, public(), &callback(&state))), "transaction_used");
            assert_eq!(host.requests().len(), 1);
        }
    }

    #[test]
    fn a_store_without_room_for_the_tombstone_loses_the_transaction_all_the_same() {
        let (host, state) = pending(public());
        host.set_store(Behaviour::Full);
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, public(), &callback(&state)).unwrap();
        assert_eq!(code(arrive(&host, public(), &callback(&state))), "transaction_not_found");
        assert_eq!(host.requests().len(), 1);
    }

    #[test]
    fn a_response_that_fails_its_checks_after_the_state_is_used_up() {
        let (host, state) = pending(public());
        let wrong = arrive(&host, public(), &format!("{}&iss=https://evil.example", callback(&state)));
        assert_eq!(code(wrong), "issuer_mismatch");
        assert_eq!(code(arrive(&host, public(), &callback(&state))), "transaction_used");
        assert!(host.requests().is_empty());
    }
}

/// `iss` equals the issuer of the request as a string. It is present if the server advertises it. A client does not accept the
/// response of another server or client.
///
/// Source: RFC 9207 §2.4; RFC 9700 §4.4
///
/// Also: `mix_up`, `response_iss_*`
mod issuer {
    use super::*;

    #[test]
    fn iss_must_be_the_issuer_as_a_string() {
        let advertised = public_with(r#","authorization_response_iss_parameter_supported":true"#);
        let not_advertised = public_with(r#","authorization_response_iss_parameter_supported":false"#);
        for (configuration, iss, is_right) in [
            (&advertised, "&iss=https%3A%2F%2Fas.example", true),
            (&advertised, "", false),
            (&advertised, "&iss=", false),
            (&not_advertised, "", true),
            (&not_advertised, "&iss=https://as.example", true),
            (&public(), "", true),
            (&public(), "&iss=https://as.example", true),
            (&public(), "&iss=https://as.example/", false),
            (&public(), "&iss=https://AS.example", false),
            (&public(), "&iss=https://as.example:443", false),
            (&public(), "&iss=https://as.example.evil.example", false),
            (&public(), "&iss=", false),
            (&public(), "&iss", false),
        ] {
            let (host, outcome) = outcome(configuration, &format!("code=c&state=STATE{iss}"));
            assert_eq!(outcome.map(|_| ()), if is_right { Ok(()) } else { Err("issuer_mismatch") }, "{iss}");
            assert_eq!(host.requests().len(), usize::from(is_right), "{iss}");
        }
    }

    #[test]
    fn an_iss_that_cannot_be_compared_is_not_believed() {
        let configuration = Configuration::new("client-1").redirect_uri(CALLBACK).metadata(metadata(""));
        assert_eq!(outcome(&configuration, "code=c&state=STATE&iss=https://as.example").1, Err("issuer_mismatch"));
        assert!(outcome(&configuration, "code=c&state=STATE").1.is_ok());
    }

    #[test]
    fn a_response_is_answered_only_by_the_client_that_asked() {
        let other_server = || {
            let metadata = Metadata::new().authorization_endpoint("https://other.example/a");
            public().issuer("https://other.example").metadata(metadata.token_endpoint("https://other.example/t"))
        };
        let other_client = || with(public(), r#"{"clientId":"client-2"}"#);
        for other in [other_server(), other_client()] {
            let (host, state) = pending(public());
            assert_eq!(code(arrive(&host, other.clone(), &callback(&state))), "issuer_mismatch");
            assert!(host.requests().is_empty(), "the code does not go to the other server");
            host.answer(Answer::json(200, TOKENS));
            assert!(arrive(&host, public(), &callback(&state)).is_ok(), "the client that asked can still answer it");
        }
    }
}

/// Only then does the client believe its error, capped and cleaned.
///
/// Source: RFC 6749 §4.1.2.1
mod errors {
    use super::*;

    #[test]
    fn an_error_is_reported_as_the_server_said_it() {
        let (host, state) = pending(public());
        let url =
            format!("{CALLBACK}?error=access_denied&error_description=No+thanks&error_uri=https://as.example/e&state={state}");
        let error = arrive(&host, public(), &url).unwrap_err();
        assert_eq!(error.code(), "authorization_failed");
        let oauth = error.oauth().unwrap();
        assert_eq!(oauth.error, "access_denied");
        assert_eq!(oauth.error_description.as_deref(), Some("No thanks"));
        assert_eq!(oauth.error_uri.as_deref(), Some("https://as.example/e"));
        assert!(host.requests().is_empty());
        assert_eq!(code(arrive(&host, public(), &url)), "transaction_used");
    }

    #[test]
    fn an_error_says_where_its_login_was_to_lead() {
        let arrived = |configuration: Configuration, query: &str| {
            let host = tab();
            let options = LoginOptions::new().return_to("/orders?page=2");
            let state = begin_with(&connect(&host, public().session_binding("ada")), &options);
            host.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
            arrive(&host, configuration, &format!("{CALLBACK}?{}", query.replace("STATE", &state))).unwrap_err()
        };
        let ours = || public().session_binding("ada");
        for (query, code) in
            [("error=access_denied&state=STATE", "authorization_failed"), ("code=c&state=STATE", "token_request_failed")]
        {
            let error = arrived(ours(), query);
            assert_eq!((error.code(), error.return_to()), (code, Some("/orders?page=2")));
        }
        // Nobody may learn where another user of the app wanted to go, and the place of an unknown login is unknown.
        let foreign = arrived(public().session_binding("grace"), "code=c&state=STATE");
        assert_eq!((foreign.code(), foreign.return_to()), ("transaction_foreign", None));
        let unknown = arrived(ours(), &format!("code=c&state={}", "A".repeat(43)));
        assert_eq!((unknown.code(), unknown.return_to()), ("transaction_not_found", None));

        // Too late, and the same holds.
        let late = |binding: &str| {
            let host = tab();
            let state = begun(&host, public().session_binding("ada"));
            host.pass(LIFETIME + 1);
            let error = arrive(&host, public().session_binding(binding), &callback(&state)).unwrap_err();
            (error.code(), error.return_to().map(String::from))
        };
        assert_eq!(late("ada"), ("transaction_expired", Some("/start?tab=1#top".into())));
        assert_eq!(late("grace"), ("transaction_expired", None));
    }

    #[test]
    fn an_error_is_not_believed_before_state_and_iss() {
        let advertised = public_with(r#","authorization_response_iss_parameter_supported":true"#);
        for (configuration, query, expected) in [
            (public(), "error=access_denied&state=unknown", "transaction_not_found"),
            (public(), "error=access_denied&state=STATE&iss=https://evil.example", "issuer_mismatch"),
            (advertised.clone(), "error=access_denied&state=STATE&iss=", "issuer_mismatch"),
        ] {
            assert_eq!(outcome(&configuration, query).1, Err(expected), "{query}");
        }
        // Many servers forget iss when they refuse: the client shows the error, does not believe it, and uses nothing up.
        let (host, state) = pending(advertised.clone());
        let error = arrive(&host, advertised.clone(), &format!("{CALLBACK}?error=access_denied&state={state}")).unwrap_err();
        let said = serde_json::from_str::<serde_json::Value>(&error.to_json().to_text()).unwrap();
        assert_eq!((&said["code"], &said["verified"]), (&"authorization_failed".into(), &false.into()));
        assert_eq!(said["oauth"]["error"], "access_denied");
        assert!(is_pending(&host));
        assert_eq!(code(arrive(&host, advertised, &callback(&state))), "issuer_mismatch", "a code without iss stays refused");
        let (host, state) = pending(public().session_binding("ada"));
        let url = format!("{CALLBACK}?error=access_denied&state={state}");
        assert_eq!(code(arrive(&host, public(), &url)), "transaction_foreign");
        host.pass(LIFETIME + 1);
        assert_eq!(code(arrive(&host, public().session_binding("ada"), &url)), "transaction_expired");
    }

    #[test]
    fn what_the_server_said_is_capped_and_cleaned() {
        let (host, state) = pending(public());
        let long = "%1B%0A%C3%BC%E2%80%AE".repeat(3000);
        let url = format!("{CALLBACK}?error={long}&error_description={long}&error_uri={long}&state={state}");
        let error = arrive(&host, public(), &url).unwrap_err();
        let oauth = error.oauth().unwrap();
        assert_eq!(oauth.error, "ü".repeat(256));
        assert_eq!(oauth.error_description, Some("ü".repeat(1024)));
        assert_eq!(oauth.error_uri, Some("ü".repeat(2048)));
    }
}

/// An error without a `state` is shown while a login of this tab is pending. It is not verified, and changes nothing.
///
/// Source: RFC 6749 §4.1.2.1; RFC 9700 §4.2
mod error_without_state {
    use super::*;

    const REFUSED: &str = "?error=invalid_scope&error_description=No+such+scope";

    /// A tab in which a login to `/orders` is pending.
    fn pending_to_orders(configuration: Configuration) -> (TestHost, String) {
        let host = tab();
        let state = begin_with(&connect(&host, configuration), &LoginOptions::new().return_to("/orders"));
        host.clear_log();
        (host, state)
    }

    #[test]
    fn it_is_shown_unverified_with_the_servers_words() {
        for query in [
            REFUSED,
            "?error=invalid_scope&error_description=No+such+scope&state=",
            "?error=invalid_scope&error_description=No+such+scope&state",
            "#error=invalid_scope&error_description=No+such+scope",
            "?error=invalid_scope&error_description=No+such+scope&iss=https://evil.example",
        ] {
            let (host, _) = pending_to_orders(public());
            let page = host.next_page(&format!("{CALLBACK}{query}"));
            let client = connect(&page, public());
            assert!(client.is_callback(None), "{query}");
            let error = block_on(client.handle_callback(None)).unwrap_err();
            let said: serde_json::Value = serde_json::from_str(&error.to_json().to_text()).unwrap();
            assert_eq!((&said["code"], &said["verified"]), (&"authorization_failed".into(), &false.into()), "{query}");
            assert_eq!(said["oauth"]["error_description"], "No such scope", "{query}");
            assert_eq!(said["returnTo"], "/orders", "{query}");
            assert_eq!(page.page_url(), CALLBACK, "{query}");
            assert!(!client.is_callback(None), "{query}: it is over");
        }
    }

    #[test]
    fn it_changes_nothing() {
        let configuration = kept_in("session");
        let host = tab();
        signed_in(&host, &configuration);
        let state = begun(&host, configuration.clone());
        host.clear_log();
        let page = host.next_page(&format!("{CALLBACK}{REFUSED}"));
        let client = connect(&page, configuration.clone());
        assert_eq!(code(block_on(client.handle_callback(None))), "authorization_failed");
        assert_eq!(client.session().status, Status::SignedIn, "the session goes on");
        assert!(host.requests().is_empty());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        assert!(arrive(&host, configuration, &callback(&state)).is_ok(), "and so does the login that is pending");
    }

    #[test]
    fn without_a_pending_login_of_this_client_it_is_left_alone() {
        let bound = || public().session_binding("ada");
        let other_client = || with(public(), r#"{"clientId":"client-2"}"#);
        for (begun_by, arrived) in [
            (None, public()),
            (Some(bound()), public()),
            (Some(public()), bound()),
            (Some(other_client()), public()),
            (Some(public().issuer("https://other.example")), public()),
        ] {
            let host = tab();
            if let Some(configuration) = begun_by {
                begun(&host, configuration);
            }
            let url = format!("{CALLBACK}{REFUSED}");
            let page = host.next_page(&url);
            assert!(!connect(&page, arrived).is_callback(None));
            assert_eq!(page.page_url(), url);
        }
        // Used, or too late.
        let (host, state) = pending_to_orders(public());
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, public(), &callback(&state)).unwrap();
        let stray = || connect(&host.next_page(&format!("{CALLBACK}{REFUSED}")), public()).is_callback(None);
        assert!(!stray());
        begun(&host, public());
        assert!(stray());
        host.pass(LIFETIME + 1);
        assert!(!stray());
    }

    #[test]
    fn what_is_another_services_is_left_alone() {
        for url in [
            "https://app.example/callback?error=declined&state=pay_1",
            "https://app.example/callback?error=declined&code=1",
            "https://app.example/other?error=invalid_scope",
            "https://app.example/callback?error=",
            "https://app.example/callback#/shop?error=declined",
        ] {
            let (host, _) = pending_to_orders(public());
            let page = host.next_page(url);
            assert!(!connect(&page, public()).is_callback(None), "{url}");
            assert_eq!(page.page_url(), url);
        }
    }

    #[test]
    fn a_store_that_may_not_be_read_has_no_pending_login() {
        let (host, _) = pending_to_orders(public());
        host.set_store(Behaviour::Denied);
        let page = host.next_page(&format!("{CALLBACK}{REFUSED}"));
        assert!(!connect(&page, public()).is_callback(None));
    }
}

/// One exchange for each URL: for concurrent calls, later calls, another client of the page, and after a reload. A restart
/// happens once, and not if a user is signed in. Of several running logins and logouts, the one that began last decides.
///
/// Source: RFC 6749 §10.5
///
/// Also: `tokens_go_only_where_their_clients_settings_lead`
mod one_exchange {
    use super::*;

    #[test]
    fn two_calls_at_once_are_one_exchange() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        let client = connect(&host.next_page(&callback(&state)), public());
        let outcomes = join((0..3).map(|_| Task::new(client.handle_callback(None))).collect());
        assert_eq!(host.requests().len(), 1);
        let results: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
        assert!(results.iter().all(|result| Rc::ptr_eq(result, &results[0])));
    }

    #[test]
    fn a_call_while_another_is_under_way_gets_its_failure_too() {
        let (host, state) = pending(public());
        host.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
        let client = connect(&host.next_page(&callback(&state)), public());
        let mut first = Task::new(client.handle_callback(None));
        first.step();
        assert!(client.is_callback(None), "the URL is clean, but the callback is under way");
        let outcomes = join(vec![
            first,
            Task::new(client.handle_callback(None)),
            Task::new(client.handle_callback(Some(&callback(&state)))),
        ]);
        assert_eq!(outcomes.into_iter().map(code).collect::<Vec<_>>(), ["token_request_failed"; 3]);
        assert_eq!(host.requests().len(), 1);
        assert!(!client.is_callback(None), "and now it is over");
    }

    #[test]
    fn a_later_call_gets_the_same_outcome() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        let page = host.next_page(&callback(&state));
        let client = connect(&page, public());
        let first = block_on(client.handle_callback(None)).unwrap();
        assert_eq!(page.page_url(), CALLBACK);
        for url in
            [None, Some(callback(&state)), Some(CALLBACK.to_owned()), Some(callback(&state).replace("https://app.example", ""))]
        {
            let again = block_on(client.handle_callback(url.as_deref())).unwrap();
            assert!(Rc::ptr_eq(&first, &again), "{url:?}");
        }
        assert_eq!(host.requests().len(), 1);
    }

    #[test]
    fn the_clients_of_a_page_share_a_callback() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        let page = Page::new(host.next_page(&callback(&state)));
        let (one, other) = (connect_on(&page, public()), connect_on(&page, public()));
        let outcomes = join(vec![Task::new(one.handle_callback(None)), Task::new(other.handle_callback(None))]);
        assert_eq!(host.requests().len(), 1);
        assert!(Rc::ptr_eq(outcomes[0].as_ref().unwrap(), outcomes[1].as_ref().unwrap()));
        assert!(Rc::ptr_eq(&one.session(), &other.session()));
        assert_eq!(one.known_callback(None), other.known_callback(Some(&callback(&state))));
        assert!(one.known_callback(None).is_some());
    }

    #[test]
    fn a_call_that_is_dropped_leaves_nobody_waiting() {
        let (host, state) = pending(public());
        host.answer(Answer::json(200, TOKENS));
        let client = connect(&host.next_page(&callback(&state)), public());
        let mut first = Task::new(client.handle_callback(None));
        first.step();
        let mut second = Task::new(client.handle_callback(None));
        second.step();
        drop(first);
        assert_eq!(code(join(vec![second]).remove(0)), "aborted");
        assert_eq!(host.requests().len(), 1, "the code is gone, and is not tried again");
    }

    #[test]
    fn a_reload_at_any_moment_redeems_nothing_twice() {
        for steps in 0..8 {
            let (host, state) = pending(public());
            host.answer(Answer::json(200, TOKENS));
            let client = connect(&host.next_page(&callback(&state)), public());
            let mut first = Task::new(client.handle_callback(None));
            (0..steps).for_each(|_| {
                first.step();
            });
            drop(first);
            // The second client may ask for what the first did not; in all, the code is sent once.
            let _ = arrive(&host, public(), &callback(&state));
            let _ = arrive(&host, public(), &callback(&state));
            assert_eq!(host.purposes(), [Purpose::Token], "reloaded after {steps} steps");
        }
    }

    #[test]
    fn two_logins_in_one_tab_may_end_in_the_other_order() {
        let host = tab();
        let client = connect(&host, public());
        let first = begin_with(&client, &LoginOptions::new().return_to("/first"));
        let second = begin_with(&client, &LoginOptions::new().return_to("/second"));
        for (state, return_to) in [(second, "/second"), (first, "/first")] {
            host.answer(Answer::json(200, TOKENS));
            assert_eq!(arrive(&host, public(), &callback(&state)).unwrap().return_to, return_to);
        }
    }

    #[test]
    fn a_restart_is_made_once() {
        let restarting = || public().on_unknown_transaction(OnUnknownTransaction::Restart);
        let host = tab();
        let arrive_unknown = || code(arrive(&host, restarting(), &callback("unknown")));
        assert_eq!(arrive_unknown(), "navigation_cancelled");
        assert_eq!(host.navigations().len(), 1);
        assert_eq!(arrive_unknown(), "redirect_loop");
        assert_eq!(host.navigations().len(), 1, "nobody is sent away again");
        // The user presses the button, and encounters the same response some time later.
        assert_eq!(arrive_unknown(), "navigation_cancelled");
        host.pass(LIFETIME + 1);
        assert_eq!(arrive_unknown(), "navigation_cancelled", "that was another story");
        assert!(host.requests().is_empty());
    }

    #[test]
    fn a_login_that_went_on_ends_the_watch_for_loops() {
        let restarting = || public().on_unknown_transaction(OnUnknownTransaction::Restart);
        let host = tab();
        assert_eq!(code(arrive(&host, restarting(), &callback("unknown"))), "navigation_cancelled");
        let state = parameter(&host.navigations()[0], "state").unwrap();
        host.answer(Answer::json(200, TOKENS));
        assert_eq!(arrive(&host, restarting(), &callback(&state)).unwrap().return_to, "/");
        assert_eq!(code(arrive(&host, restarting(), &callback("unknown"))), "navigation_cancelled");
    }

    #[test]
    fn without_the_option_nothing_is_restarted() {
        let host = tab();
        for configuration in [public(), public().on_unknown_transaction(OnUnknownTransaction::Fail)] {
            assert_eq!(code(arrive(&host, configuration, &callback("unknown"))), "transaction_not_found");
        }
        assert!(host.navigations().is_empty());
    }

    #[test]
    fn a_used_response_is_not_restarted() {
        let restarting = || public().on_unknown_transaction(OnUnknownTransaction::Restart);
        let (host, state) = pending(restarting());
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, restarting(), &callback(&state)).unwrap();
        assert_eq!(code(arrive(&host, restarting(), &callback(&state))), "transaction_used");
        assert!(host.navigations().is_empty());
    }

    #[test]
    fn a_number_of_a_callback_is_not_used_again() {
        let host = tab();
        let client = connect(&host, public());
        let (first, second) = (callback(&begin(&client)), callback(&begin(&client)));
        assert_eq!(client.known_callback(Some(&first)), None);
        host.answer(Answer::json(200, TOKENS));
        block_on(client.handle_callback(Some(&first))).unwrap();
        let number = client.known_callback(Some(&first)).expect("it was begun");
        log_out(&client).unwrap();
        assert_eq!(client.known_callback(Some(&first)), None, "forgotten with its session");
        host.answer(Answer::json(200, TOKENS));
        block_on(client.handle_callback(Some(&second))).unwrap();
        let other = client.known_callback(Some(&second)).expect("it was begun");
        assert_ne!(number, other, "whoever kept the first one's outcome would give it out for the second");
    }

    #[test]
    fn what_is_under_way_is_not_forgotten_for_others() {
        let host = tab();
        let client = connect(&host, public());
        let urls: Vec<_> = (0..6).map(|_| callback(&begin(&client))).collect();
        let mut tasks = Vec::new();
        for url in &urls {
            host.answer(Answer::Lost);
            let mut task = Task::new(client.handle_callback(Some(url)));
            task.step();
            tasks.push(task);
        }
        tasks.push(Task::new(client.handle_callback(Some(&urls[0]))));
        assert!(join(tasks).into_iter().all(|outcome| code(outcome) == "network_failed"));
        assert_eq!(host.requests().len(), 6);
    }

    #[test]
    fn nobody_who_is_signed_in_is_sent_to_another_login() {
        let restarting = || with_session_backend().on_unknown_transaction(OnUnknownTransaction::Restart);
        let host = tab();
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
        let client = connect(&host.next_page(&callback(NOBODYS)), restarting());
        assert_eq!(code(block_on(client.handle_callback(None))), "transaction_not_found");
        assert!(host.navigations().is_empty());
        assert_eq!(client.session().claims, Some(json(r#"{"sub":"ada"}"#)), "and the session goes on");
        assert_eq!(host.purposes(), [Purpose::BackendSession]);

        // Nobody is signed in.
        host.answer(Answer::empty(401));
        host.answer(Answer::empty(401));
        assert_eq!(code(arrive(&host, restarting(), &callback(NOBODYS))), "navigation_cancelled");
        assert_eq!(host.navigations().len(), 1);
    }
}
