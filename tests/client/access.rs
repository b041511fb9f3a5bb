//! Access tokens for APIs: the origins to which they may go, and the reaction to a refused token.

use std::rc::Rc;

use wicketgate::client::{Client, Configuration, Refusal, Status};
use wicketgate::host::Host;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;
use wicketgate::protocol::secret::Secret;

use crate::host::{Answer, Task, TestHost, block_on, join};
use crate::stage::*;

const API: &str = "https://api.example/me";
const STEP_UP: &str = r#"Bearer error="insufficient_user_authentication", acr_values="high""#;
const HOME: &str = "https://app.example/home";

fn allowing(origins: &str) -> Configuration {
    with(kept_in("local"), &format!(r#"{{"allowedOrigins":{origins}}}"#))
}

fn allowing_the_api() -> Configuration {
    allowing(r#"["https://api.example"]"#)
}

fn token_for(client: &Client<TestHost>, url: &str) -> Result<String, Error> {
    block_on(client.access_token_for(url)).map(Secret::into_exposed)
}

/// An API's refusal of `token`.
fn refused(token: &str) -> Refusal<'_> {
    Refusal { url: API, answered_by: API, token, www_authenticate: Some(r#"Bearer error="invalid_token""#) }
}

fn token_after(client: &Client<TestHost>, refusal: &Refusal<'_>) -> Result<Option<String>, Error> {
    block_on(client.access_token_after(refusal)).map(|token| token.map(Secret::into_exposed))
}

fn newer(token: &str) -> Result<Option<String>, Error> {
    Ok(Some(token.into()))
}

/// Two tabs that share a session. From now on, the first tab's messages do not reach the second.
fn signed_in_twice(host: &TestHost) -> (Rc<Client<TestHost>>, TestHost, Rc<Client<TestHost>>) {
    let (client, _) = signed_in(host, &allowing_the_api());
    let other_tab = host.another_tab(HOME);
    let other = connect(&other_tab, allowing_the_api());
    (client, other_tab, other)
}

/// Another user logs in, in the tab of `host`.
fn log_in_as_another(host: &TestHost) {
    let state = begun(host, allowing_the_api());
    host.answer(Answer::json(200, &openid_tokens(host, &state, r#","refresh_token":"rt-9""#).replace("at-1", "at-9")));
    arrive(host, allowing_the_api(), &callback(&state)).unwrap();
    host.run_tasks();
}

// ── allowed origins ──

/// The client gives out an access token only for a request to an origin in `allowedOrigins`. It compares whole, parsed origins.
/// Each of them is `https`, or `http` on loopback, and contains nothing more than an origin.
///
/// Source: RFC 6750 §5.3, RFC 9700 §4.9
///
/// Also: `an_allowed_origin_is_an_origin_and_confidential`
mod allowed_origins {
    use super::*;

    #[test]
    fn a_token_goes_to_an_origin_that_is_named() {
        let host = tab();
        let allowed = r#"["https://api.example","https://b.example:8443/","http://localhost:3000","http://[::1]:7","https://bücher.example",
        "HTTPS://C.example:443"]"#;
        let (client, _) = signed_in(&host, &allowing(allowed));
        for url in [
            API,
            "https://api.example",
            "https://api.example:443/me?x=https://evil.example#y",
            "HTTPS://API.EXAMPLE/me",
            "https://api.example//evil.example/",
            "https://b.example:8443/",
            "http://localhost:3000/x",
            "http://[0:0::1]:7/x",
            "https://xn--bcher-kva.example/",
            "https://BÜCHER.example/",
            "https://c.example/",
        ] {
            assert_eq!(token_for(&client, url).unwrap(), "at-1", "{url}");
        }
    }

    #[test]
    fn and_nowhere_else() {
        let host = tab();
        let (client, _) = signed_in(&host, &allowing_the_api());
        // The client would renew it first.
        host.pass(3_580_000);
        for url in [
            "https://api.example.evil.example/",
            "https://api.exampleevil.example/",
            "https://api.example@evil.example/",
            "https://api.example:443@evil.example/",
            "https://evil.example/https://api.example",
            "https://evil.example\\@api.example.evil.example/",
            "https://api.example./",
            "https://www.api.example/",
            "https://api.example:8443/",
            "http://api.example/",
            "http://api.example:443/",
            "https://user@api.example/",
            "https://:word@api.example/",
            // A relative URL is relative to the page, and not to the API.
            "/me",
            "me",
            "//evil.example/",
            "\\\\evil.example",
            "",
            "blob:https://api.example/0b8f",
            "data:text/plain,https://api.example/",
            "filesystem:https://api.example/x",
            "wss://api.example/",
            "ftp://api.example/",
            "about:blank",
            "https://api%2eexample.evil.example/",
            "https://api.examp1e/",
            "https://аpi.example/",
            "null",
            "https://",
            "https:///",
        ] {
            assert_eq!(code(token_for(&client, url)), "origin_not_allowed", "{url}");
            let refusal = Refusal { url, answered_by: url, ..refused("at-1") };
            assert_eq!(code(token_after(&client, &refusal)), "origin_not_allowed", "{url}");
        }
        assert!(host.requests().is_empty(), "nobody was asked for a token");
        assert_eq!(client.session().status, Status::SignedIn);
    }

    #[test]
    fn without_a_list_there_is_no_such_origin() {
        for configuration in [kept_in("local"), allowing("[]")] {
            let host = tab();
            let (client, _) = signed_in(&host, &configuration);
            for url in [API, HOME, "/me", "https://as.example/token"] {
                assert_eq!(code(token_for(&client, url)), "origin_not_allowed", "{url}");
            }
        }
        // The page's own origin must be listed, too; then a path of the page is enough.
        let host = tab();
        let (client, _) = signed_in(&host, &allowing(r#"["https://app.example"]"#));
        assert_eq!(token_for(&client, "/api/me").unwrap(), "at-1");
        assert_eq!(code(token_for(&client, API)), "origin_not_allowed");
    }

    #[test]
    fn two_clients_of_one_session_have_each_their_own_origins() {
        let host = tab();
        let (client, page) = signed_in(&host, &allowing_the_api());
        let other = connect_on(&page, allowing(r#"["https://b.example"]"#));
        assert_eq!(token_for(&other, "https://b.example/").unwrap(), "at-1", "the session is the same");
        assert_eq!(code(token_for(&other, API)), "origin_not_allowed");
        assert_eq!(code(token_for(&client, "https://b.example/")), "origin_not_allowed");
    }

    #[test]
    fn who_has_no_token_is_told_so() {
        let host = tab();
        let nobody = connect(&host, allowing_the_api());
        assert_eq!(code(token_for(&nobody, API)), "no_session");
        host.answer(Answer::json(200, r#"{"claims":{"sub":"ada"}}"#));
        let at_backend = connect(&host, with_session_backend().allowed_origin("https://api.example"));
        assert_eq!(at_backend.session().status, Status::SignedIn);
        assert_eq!(code(token_for(&at_backend, API)), "no_session");
        assert_eq!(code(token_for(&at_backend, "https://evil.example/")), "origin_not_allowed");
    }
}

// ── refused tokens ──

/// A 401 of the origin of the request leads to one refresh for all requests with that token. The client then repeats the
/// request with the renewed token: never with the token of another login, and not if there is nothing to renew it with.
///
/// Source: RFC 6750 §3.1
mod refused_access_token {
    use super::*;

    #[test]
    fn a_refused_token_is_renewed_once_for_many() {
        let host = tab();
        let (client, _) = signed_in(&host, &allowing_the_api());
        host.answer(new_tokens(2));
        let refusal = refused("at-1");
        let tasks = (0..50).map(|_| Task::new(client.access_token_after(&refusal))).collect();
        for token in join(tasks) {
            assert_eq!(token.map(|token| token.map(Secret::into_exposed)), newer("at-2"));
        }
        // Requests whose answer comes later get the same token.
        assert_eq!(token_after(&client, &refusal), newer("at-2"));
        assert_eq!(sent_refresh_tokens(&host), ["rt-1"]);
    }

    #[test]
    fn what_another_tab_has_renewed_is_used() {
        let host = tab();
        let (client, other_tab, other) = signed_in_twice(&host);
        other_tab.answer(new_tokens(2));
        renew(&other).unwrap();
        // Whether or not this tab has been notified.
        assert_eq!(token_after(&client, &refused("at-1")), newer("at-2"));
        host.run_tasks();
        assert_eq!(token_after(&client, &refused("at-1")), newer("at-2"));
        assert!(host.requests().is_empty());
    }

    #[test]
    fn a_token_of_another_login_is_for_no_request_of_before() {
        let host = tab();
        let (client, other_tab, _) = signed_in_twice(&host);
        let unheard = connect(&host.another_tab(HOME), allowing_the_api());
        log_in_as_another(&other_tab);
        assert_eq!(token_for(&client, API).unwrap(), "at-9");
        for client in [client, unheard] {
            assert_eq!(token_after(&client, &refused("at-1")), Ok(None), "it may be another user's");
        }
        assert!(sent_refresh_tokens(&host).is_empty());
        assert!(!other_tab.purposes().contains(&Purpose::Refresh));
    }

    #[test]
    fn a_login_while_it_is_renewed_is_none_of_the_requests() {
        let host = tab();
        let (client, other_tab, _) = signed_in_twice(&host);
        host.answer_after(new_tokens(2), move |_| log_in_as_another(&other_tab));
        let refusal = refused("at-1");
        let outcome = join(vec![Task::new(client.access_token_after(&refusal))]).remove(0);
        assert!(!matches!(&outcome, Ok(Some(_))), "{outcome:?}");
        host.run_tasks();
        assert_eq!(token_for(&client, API).unwrap(), "at-9");
    }

    #[test]
    fn nor_is_one_while_a_first_request_waits_for_its_token() {
        let host = tab();
        let (client, other_tab, _) = signed_in_twice(&host);
        host.pass(3_580_000);
        host.answer_after(new_tokens(2), move |_| log_in_as_grace(&other_tab));
        let outcome = join(vec![Task::new(client.access_token_for(API))]).remove(0);
        assert_eq!(code(outcome), "aborted");
        host.run_tasks();
        assert_eq!(token_for(&client, API).unwrap(), "at-9");
    }

    #[test]
    fn an_expired_token_is_renewed_as_well() {
        let host = tab();
        let (client, _) = signed_in(&host, &allowing_the_api());
        host.pass(3_600_000);
        host.answer(new_tokens(2));
        assert_eq!(token_after(&client, &refused("at-1")), newer("at-2"));
    }

    #[test]
    fn an_answer_of_another_origin_renews_nothing() {
        let host = tab();
        let (client, _) = signed_in(&host, &allowing(r#"["https://api.example","https://b.example"]"#));
        for answered_by in
            ["https://b.example/me", "https://evil.example/", "http://api.example/me", "", "https://api.example.evil/"]
        {
            let refusal = Refusal { answered_by, ..refused("at-1") };
            assert_eq!(token_after(&client, &refusal), Ok(None), "{answered_by}");
        }
        assert!(host.requests().is_empty());
        host.answer(new_tokens(2));
        let moved = Refusal { answered_by: "https://api.example/elsewhere", ..refused("at-1") };
        assert_eq!(token_after(&client, &moved), newer("at-2"));
    }

    #[test]
    fn without_a_refresh_token_there_is_no_second_try() {
        let host = tab();
        let state = begun(&host, allowing_the_api());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        let client = connect(&host.next_page(&callback(&state)), allowing_the_api());
        block_on(client.handle_callback(None)).unwrap();
        host.clear_log();
        assert_eq!(token_after(&client, &refused("at-1")), Ok(None));
        assert!(host.requests().is_empty());
    }

    #[test]
    fn the_servers_word_ends_the_session() {
        let host = tab();
        let (client, _) = signed_in(&host, &allowing_the_api());
        host.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
        assert_eq!(code(token_after(&client, &refused("at-1"))), "session_ended");
        assert_eq!(client.session().status, Status::SignedOut);
        assert_eq!(token_after(&client, &refused("at-1")), Ok(None));
        assert_eq!(host.requests().len(), 1);
    }

    #[test]
    fn a_server_that_cannot_be_asked_ends_nothing() {
        for (answer, expected) in [(Answer::Lost, "network_failed"), (Answer::json(500, ""), "token_request_failed")] {
            let host = tab();
            let (client, _) = signed_in(&host, &allowing_the_api());
            host.answer(answer);
            assert_eq!(code(token_after(&client, &refused("at-1"))), expected);
            assert_eq!(client.session().status, Status::Stale);
        }
        // A server that asked clients to wait is not asked, either.
        let host = tab();
        let (client, _) = signed_in(&host, &allowing_the_api());
        host.answer(Answer::Busy(429, 60));
        for _ in 0..2 {
            assert_eq!(code(token_after(&client, &refused("at-1"))), "token_request_failed");
        }
        assert_eq!(host.requests().len(), 1);
    }

    #[test]
    fn after_a_logout_there_is_no_token() {
        let host = tab();
        let (client, _) = signed_in(&host, &allowing_the_api());
        log_out(&client).unwrap();
        assert_eq!(token_after(&client, &refused("at-1")), Ok(None));
        assert!(host.requests().is_empty());
        // Nor if the login comes while the tokens are renewed.
        let (client, _) = signed_in(&host, &allowing_the_api());
        let leaving = client.clone();
        host.answer_after(new_tokens(2), move |_| log_out(&leaving).unwrap());
        assert_eq!(code(token_after(&client, &refused("at-1"))), "aborted");
        assert_eq!(client.session().status, Status::SignedOut);
    }
}

/// Another user, by the ID token, logs in in the tab of `host`.
fn log_in_as_grace(host: &TestHost) {
    let state = begun(host, allowing_the_api());
    let transaction = json(&host.store_content()[&key(&state)]);
    let (nonce, now) = (transaction.text("nonce").unwrap(), host.wall_clock() / 1000);
    let claims =
        format!(r#"{{"iss":"{ISSUER}","sub":"grace","aud":"client-1","exp":{},"iat":{now},"nonce":"{nonce}"}}"#, now + 300);
    let id_token = signed(r#"{"alg":"ES256","kid":"key-1"}"#, &claims);
    let tokens = r#"{"access_token":"at-9","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-9","id_token":"IT"}"#;
    host.answer(Answer::json(200, &tokens.replace("IT", &id_token)));
    arrive(host, allowing_the_api(), &callback(&state)).unwrap();
    host.run_tasks();
}

/// A challenge with `insufficient_user_authentication` renews nothing: the client reads it as the demands on the next login, if
/// it comes from an API that may have the token.
///
/// Source: RFC 9470 §3, §4; RFC 9110 §11.6.1
mod step_up {
    use super::*;

    #[test]
    fn only_an_allowed_origin_may_ask_for_another_login() {
        let client = connect(&tab(), allowing_the_api());
        let asked = |url: &str| client.step_up(url, STEP_UP).map(|asked| asked.to_text());
        assert_eq!(asked(API).as_deref(), Some(r#"{"acrValues":"high"}"#));
        for url in [
            "https://evil.example/",
            "https://api.example.evil.example/orders",
            "https://user@api.example/orders",
            "http://api.example/orders",
            // A response that the page has made itself.
            "",
        ] {
            assert_eq!(asked(url), None, "{url}");
        }
        assert!(connect(&tab(), public()).step_up(API, STEP_UP).is_none());
    }

    #[test]
    fn an_api_that_wants_another_login_gets_no_renewed_token() {
        let host = tab();
        let (client, _) = signed_in(&host, &allowing_the_api());
        for challenge in [
            STEP_UP,
            r#"DPoP algs="ES256", Bearer error="insufficient_user_authentication", max_age=0"#,
            r#"Bearer realm=a\, error="insufficient_user_authentication""#,
        ] {
            let refusal = Refusal { www_authenticate: Some(challenge), ..refused("at-1") };
            assert_eq!(token_after(&client, &refusal), Ok(None), "{challenge}");
        }
        assert!(host.requests().is_empty());
        // The token may be the reason for every other 401: many APIs send no challenge, or the page may not read it.
        for (number, challenge) in
            [(2, None), (3, Some("Bearer")), (4, Some(r#"Bearer error="invalid_token", acr_values="high""#))]
        {
            host.answer(new_tokens(number));
            let token = format!("at-{}", number - 1);
            let refusal = Refusal { www_authenticate: challenge, ..refused(&token) };
            assert_eq!(token_after(&client, &refusal), newer(&format!("at-{number}")), "{challenge:?}");
        }
    }
}
