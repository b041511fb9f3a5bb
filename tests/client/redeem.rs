//! Redeeming the code, in the page or by the backend.

use core::time::Duration;

use wicketgate::client::{BackendConfiguration, Configuration, LoginOptions, Pkce, Status};
use wicketgate::host::Host;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::{Purpose, Response};
use wicketgate::protocol::token::{ClientAuthentication, CodeExchange};

use crate::host::{Answer, Sent, TestHost, block_on};
use crate::stage::*;

/// The outcome of a login with `configuration` and this answer to the code, and the request that was sent.
fn redeem(configuration: &Configuration, answer: Answer) -> (Result<TestHost, Error>, Sent) {
    let host = tab();
    let state = begun(&host, configuration.clone());
    host.answer(answer);
    let outcome = arrive(&host, configuration.clone(), &callback(&state));
    let mut requests = host.requests();
    requests.retain(|sent| sent.purpose != Purpose::Keys);
    assert_eq!(requests.len(), 1, "exactly one request, whatever comes back");
    (outcome.map(|_| host), requests.remove(0))
}

fn refused(configuration: &Configuration, answer: Answer) -> Error {
    redeem(configuration, answer).0.err().expect("it should have failed")
}

fn headers(sent: &Sent) -> Vec<(&str, &str)> {
    sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The value `name` of the stored transaction.
fn remembered(host: &TestHost, state: &str, name: &str) -> String {
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(state)]).unwrap();
    transaction[name].as_str().unwrap().into()
}

/// The token request has exactly its parameters and header fields, and no credentials of the browser.
///
/// Source: RFC 6749 §4.1.3; RFC 7636 §4.5; RFC 8707 §2.2
mod token_request {
    use super::*;

    #[test]
    fn the_token_request_is_exactly_this() {
        let host = tab();
        let configuration = with(public(), r#"{"clientId":"client 1"}"#)
            .resource("https://a.example/")
            .resource("https://b.example/")
            .request_timeout(Duration::from_millis(7500));
        let state = begun(&host, configuration.clone());
        let verifier = remembered(&host, &state, "code_verifier");
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, configuration, &format!("{CALLBACK}?code=a%2Bb+c&state={state}")).unwrap();
        let [sent] = &host.requests()[..] else { panic!("one request") };
        assert_eq!(sent.purpose, Purpose::Token);
        assert_eq!(sent.url, "https://as.example/token");
        assert_eq!(headers(sent), [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")]);
        assert_eq!(
            sent.body.as_deref().unwrap(),
            format!(
                "grant_type=authorization_code&code=a%2Bb+c&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&client_id=client+1\
             &code_verifier={verifier}&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F"
            )
        );
        assert_eq!(sent.timeout, 7_500);
        assert!(!sent.debug.contains(&verifier));
    }

    #[test]
    fn the_redirect_uri_is_repeated_only_if_it_was_sent() {
        let configuration = Configuration::new("client-1").metadata(metadata(""));
        let sent = redeem(&configuration, Answer::json(200, TOKENS)).1;
        assert!(!sent.body.unwrap().contains("redirect_uri"));
        assert_eq!(sent.timeout, 10_000, "the default");
    }

    #[test]
    fn a_login_keeps_its_own_resource() {
        let host = tab();
        let options = LoginOptions::new().resource("https://mine.example/");
        let configuration = public().resource("https://a.example/");
        let state = begin_with(&connect(&host, configuration.clone()), &options);
        host.answer(Answer::json(200, TOKENS));
        arrive(&host, configuration, &callback(&state)).unwrap();
        let body = format!("https://x.example/?{}", host.requests()[0].body.as_ref().unwrap());
        let resources: Vec<_> = parameters(&body).into_iter().filter(|(name, _)| name == "resource").collect();
        assert_eq!(resources, [("resource".to_owned(), "https://mine.example/".to_owned())]);
    }

    #[test]
    fn the_browsers_credentials_go_only_to_the_own_backend() {
        assert!(!Purpose::Token.is_own_backend());
        assert!(!Purpose::Metadata.is_own_backend());
        for purpose in [Purpose::Begin, Purpose::HandOff, Purpose::BackendSession, Purpose::BackendLogout] {
            assert!(purpose.is_own_backend());
        }
    }
}

/// The client sends the hand-off only to the page's own origin, with a header that no other origin can send. Its failure is
/// `backend_failed`. A backend reads no further members from it.
///
/// Source: RFC 10017
mod hand_off {
    use super::*;

    #[test]
    fn the_hand_off_is_exactly_this() {
        let host = tab();
        let backend = r#"{"exchangeUrl":"/session/exchange?x=1","headers":{"X-Tenant":"t 1"}}"#;
        let configuration = with(public().scope("openid"), &format!(r#"{{"backend":{backend}}}"#));
        let state = begun(&host, configuration.clone());
        let (verifier, nonce) = (remembered(&host, &state, "code_verifier"), remembered(&host, &state, "nonce"));
        host.answer(Answer::json(200, "{}"));
        arrive(&host, configuration, &format!("{}&iss={ISSUER}", callback(&state))).unwrap();
        let [sent] = &host.requests()[..] else { panic!("one request") };
        assert_eq!(sent.purpose, Purpose::HandOff);
        assert_eq!(sent.url, "https://app.example/session/exchange?x=1");
        assert_eq!(
            headers(sent),
            [
                ("accept", "application/json"),
                ("content-type", "application/json"),
                ("X-Tenant", "t 1"),
                ("x-requested-with", "wicketgate")
            ]
        );
        assert_eq!(
            sent.body.as_deref().unwrap(),
            format!(
                r#"{{"code":"code-1","state":"{state}","code_verifier":"{verifier}","redirect_uri":"{CALLBACK}","client_id":"client-1","iss":"{ISSUER}","nonce":"{nonce}"}}"#
            )
        );
    }

    #[test]
    fn what_is_absent_is_absent_in_the_hand_off() {
        let host = tab();
        // For WorkSmart: no PKCE, no scope, no issuer, no redirect URI.
        let configuration = Configuration::new("client-1")
            .pkce(Pkce::Off)
            .metadata(json(r#"{"authorization_endpoint":"https://my.worksmart.app/api/v1/oauth2/authorize"}"#))
            .backend(BackendConfiguration::new().exchange_url("/x"));
        let client = connect(&host, configuration.clone());
        let url = client.authorization_url(&LoginOptions::new()).unwrap();
        let state = parameter(&url, "state").unwrap();
        assert_eq!(
            url,
            format!("https://my.worksmart.app/api/v1/oauth2/authorize?client_id=client-1&response_type=code&state={state}"),
            "exactly what is documented"
        );
        host.answer(Answer::json(200, "{}"));
        arrive(&host, configuration, &callback(&state)).unwrap();
        assert_eq!(
            host.requests()[0].body.as_deref().unwrap(),
            format!(r#"{{"code":"code-1","state":"{state}","client_id":"client-1"}}"#)
        );
    }

    #[test]
    fn the_csrf_header_cannot_be_overridden() {
        let backend = r#"{"exchangeUrl":"/x","headers":{"X-REQUESTED-WITH":"evil","Content-Type":"text/plain"}}"#;
        let sent = redeem(&with(public(), &format!(r#"{{"backend":{backend}}}"#)), Answer::json(200, "{}")).1;
        let of = |wanted: &str| -> Vec<_> {
            headers(&sent).into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value).collect()
        };
        assert_eq!(of("x-requested-with"), ["wicketgate"]);
        assert_eq!(of("content-type"), ["application/json"]);
    }

    #[test]
    fn the_backend_is_of_the_pages_origin() {
        for url in [
            "https://evil.example/x",
            "//evil.example/x",
            "/\\evil.example/x",
            "http://app.example/x",
            "https://app.example:8443/x",
            "https://app.example.evil.example/x",
            "https://app.example@evil.example/x",
            "https://user@app.example/x",
            "javascript:alert(1)",
            "/x\ty",
            // A query behind the fragment would be lost.
            "/x#y",
        ] {
            for name in ["loginUrl", "exchangeUrl", "sessionUrl", "beginUrl", "logoutUrl"] {
                let mut backend = json(r#"{"exchangeUrl":"/x"}"#);
                backend.set(name, wicketgate::protocol::json::Json::String(url.into()));
                let host = tab();
                let outcome = try_connect(&host, with(public(), &format!(r#"{{"backend":{}}}"#, backend.to_text())));
                assert_eq!(code(outcome), "invalid_config", "{name} {url}");
                assert!(host.requests().is_empty());
            }
        }
    }

    #[test]
    fn a_backend_that_does_not_answer_2xx_has_failed() {
        let error = refused(&with_backend(), Answer::json(401, r#"{"error":"invalid_client","error_description":"no"}"#));
        assert_eq!((error.code(), error.status(), error.is_retryable()), ("backend_failed", Some(401), false));
        assert_eq!(error.oauth().map(|oauth| oauth.error.as_str()), Some("invalid_client"));
        for (answer, status) in [
            (Answer::json(500, r#"{"error":{"code":1}}"#), 500),
            (Answer::json(403, "[]"), 403),
            (Answer::html(502), 502),
            (Answer::empty(404), 404),
            (Answer::empty(304), 304),
            (Answer::empty(199), 199),
            // From a server that answers every path with its app's page.
            (Answer::html(200), 200),
            (Answer::json(200, "{"), 200),
            (Answer::json(200, "[]"), 200),
        ] {
            let error = refused(&with_backend(), answer);
            assert_eq!((error.code(), error.status()), ("backend_failed", Some(status)));
            assert!(error.oauth().is_none());
        }
    }

    #[test]
    fn the_backends_answer_comes_back_with_the_login() {
        let login = |answer: Answer| {
            let host = tab();
            let state = begun(&host, with_backend());
            host.answer(answer);
            arrive(&host, with_backend(), &callback(&state)).unwrap()
        };
        let body = r#"{"session":{"claims":{"sub":"ada"},"scope":"a b","expiresAt":1800000100,"endsAt":1800600000},"more":1}"#;
        let result = login(Answer::json(201, body));
        assert_eq!(result.backend, Some(json(body)));
        assert_eq!(result.session.claims, Some(json(r#"{"sub":"ada"}"#)));
        assert_eq!(result.session.scope.as_deref(), Some("a b"));
        assert_eq!(result.session.expires_at, Some(1_800_000_100));
        assert_eq!(result.session.ends_at, Some(1_800_600_000));
        assert_eq!(result.session.token_type, None);
        assert_eq!(login(Answer::empty(204)).backend, None);
    }

    #[test]
    fn a_backend_that_says_nobody_is_signed_in_has_failed() {
        let error = refused(&with_backend(), Answer::json(200, r#"{"session":null}"#));
        assert_eq!((error.code(), error.status()), ("backend_failed", Some(200)));
        for answer in [Answer::empty(204), Answer::json(200, "{}"), Answer::json(200, r#"{"session":{}}"#)] {
            let host = tab();
            let state = begun(&host, with_backend());
            host.answer(answer);
            let result = arrive(&host, with_backend(), &callback(&state)).unwrap();
            assert_eq!(result.session.status, Status::SignedIn);
        }
    }

    #[test]
    fn nothing_but_the_hand_off_reaches_the_token_request() {
        let hand_off = r#"{"code":"c","state":"s","client_id":"client-1","code_verifier":"v","redirect_uri":"https://app.example/callback",
        "resource":["https://evil.example/"],"scope":"openid admin","client_secret":"x","grant_type":"password","username":"y",
        "app_state":{"a":1}}"#;
        let exchange = CodeExchange::from_hand_off(hand_off.as_bytes()).unwrap();
        let request = exchange.request("https://as.example/token", &ClientAuthentication::None);
        assert_eq!(
            request.body.unwrap().expose(),
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&client_id=client-1&code_verifier=v"
        );
        assert_eq!(exchange.app_state(), None);
        // The page does not determine the scope, either.
        let body = r#"{"access_token":"at-1","token_type":"Bearer"}"#.into();
        let response = Response::new(200, Some("application/json".into()), body);
        assert_eq!(exchange.finish(&response).unwrap().scope, None);
    }
}

/// The answer is 200 and a JSON object with `access_token` and a known `token_type`. `null` counts as absent. With `openid`,
/// there is an ID token.
///
/// Source: RFC 6749 §5.1; OIDC Core §3.1.3.3
///
/// Also: `access_token_empty`, `access_token_missing`, `expires_in_*`, `id_token_*`, `refresh_token_missing`, `scope_*`,
/// `token_response_*`, `token_type_*`
mod token_response {
    use super::*;

    #[test]
    fn a_token_response_is_accepted() {
        for (body, expires_at, scope) in [
            (TOKENS, Some(1_800_003_600), Some("asked")),
            (r#"{"access_token":"at-1","token_type":"bEARER"}"#, None, Some("asked")),
            (r#"{"access_token":"at-1","token_type":"bearer","expires_in":null,"scope":null}"#, None, Some("asked")),
            (
                r#"{"access_token":"at-1","token_type":"Bearer","expires_in":"60","scope":"less"}"#,
                Some(1_800_000_060),
                Some("less"),
            ),
            (r#"{"access_token":"at-1","token_type":"Bearer","expires_in":60.5}"#, Some(1_800_000_060), Some("asked")),
            (r#"{"access_token":"at-1","token_type":"Bearer","refresh_token":null,"id_token":null}"#, None, Some("asked")),
            (r#"{"access_token":"at-1","token_type":"Bearer","iat":1,"created_at":2,"sub":"x","x":[{}]}"#, None, Some("asked")),
            // The answer in WorkSmart's documents.
            (
                r#"{"access_token":"at-1","expires_in":3600,"token_type":"Bearer","scope":null,"refresh_token":"r"}"#,
                Some(1_800_003_600),
                Some("asked"),
            ),
        ] {
            let client = logged_in(&tab(), public().scope("asked"), body);
            assert_eq!(access_token(&client, 0).unwrap(), "at-1", "{body}");
            assert_eq!(client.session().expires_at, expires_at, "{body}");
            assert_eq!(client.session().scope.as_deref(), scope, "{body}");
        }
    }

    #[test]
    fn a_malformed_token_response_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            "\"at\"",
            "{",
            "{}",
            r#"{"token_type":"Bearer"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":null,"token_type":"Bearer"}"#,
            r#"{"access_token":1,"token_type":"Bearer"}"#,
            r#"{"access_token":"at","token_type":1}"#,
            r#"{"access_token":"at","token_type":"mac"}"#,
            r#"{"access_token":"at","token_type":"N_A"}"#,
            r#"{"access_token":"at","token_type":["Bearer"]}"#,
            // The request contained no proof.
            r#"{"access_token":"at","token_type":"DPoP"}"#,
            r#"{"access_token":"at","access_token":"at","token_type":"Bearer"}"#,
        ] {
            assert_eq!(refused(&public(), Answer::json(200, body)).code(), "token_response_malformed", "{body}");
        }
        for content_type in
            [None, Some("text/html"), Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonx")]
        {
            let answer = Answer::Is(200, content_type, TOKENS.into());
            assert_eq!(refused(&public(), answer).code(), "token_response_malformed", "{content_type:?}");
        }
        let answer = Answer::Is(200, Some("application/json"), vec![0xff; 100]);
        assert_eq!(refused(&public(), answer).code(), "token_response_malformed");
    }

    #[test]
    fn an_answer_is_judged_by_its_content() {
        for body in [
            r#"{"access_token":"at"}"#,
            r#"{"access_token":"at","token_type":null}"#,
            r#"{"access_token":"at","token_type":""}"#,
            r#"{"access_token":"at","token_type":"Bearer","expires_in":"soon"}"#,
            r#"{"access_token":"at","token_type":"Bearer","expires_in":-1}"#,
            r#"{"access_token":"at","token_type":"Bearer","expires_in":true}"#,
            r#"{"access_token":"at","token_type":"Bearer","expires_in":9223372036854775}"#,
            r#"{"access_token":"at","token_type":"Bearer","scope":["a","b"]}"#,
            r#"{"access_token":"at","token_type":"Bearer","refresh_token":{}}"#,
            r#"{"access_token":"at","token_type":"Bearer","id_token":1}"#,
        ] {
            for status in [200, 201, 203] {
                assert!(redeem(&public(), Answer::json(status, body)).0.is_ok(), "{status} {body}");
            }
        }
        for status in [200, 201, 400, 500] {
            let error = refused(&public(), Answer::json(status, r#"{"error":"invalid_grant","access_token":"at"}"#));
            assert_eq!((error.code(), error.status()), ("token_request_failed", Some(status)));
            assert_eq!(error.oauth().unwrap().error, "invalid_grant");
        }
    }

    #[test]
    fn a_lifetime_that_cannot_be_read_is_unknown() {
        for (lifetime, expected) in [
            ("-1", None),
            (r#""soon""#, None),
            ("null", None),
            ("3600.0", Some(3600)),
            ("36e2", Some(3600)),
            (r#""3600""#, Some(3600)),
        ] {
            let host = tab();
            let state = begun(&host, public());
            host.answer(Answer::json(200, &TOKENS.replace("3600", lifetime)));
            let session = arrive(&host, public(), &callback(&state)).unwrap().session.clone();
            let now = host.wall_clock() / 1000;
            assert_eq!(session.expires_at, expected.map(|seconds| now + seconds), "{lifetime}");
        }
    }

    #[test]
    fn json_is_known_by_its_media_type() {
        for content_type in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;x", "application/vnd.x+json"]
        {
            assert!(redeem(&public(), Answer::Is(200, Some(content_type), TOKENS.into())).0.is_ok(), "{content_type}");
        }
    }

    #[test]
    fn openid_without_an_id_token_is_refused() {
        let openid = public().scope("openid profile");
        for id_token in ["", r#","id_token":null"#, r#","id_token":"""#] {
            let body = format!(r#"{{"access_token":"at","token_type":"Bearer","scope":"profile"{id_token}}}"#);
            assert_eq!(refused(&openid, Answer::json(200, &body)).code(), "id_token_invalid", "{id_token}");
            assert!(redeem(&public().scope("profile"), Answer::json(200, &body)).0.is_ok());
        }
        let host = tab();
        let state = begun(&host, openid.clone());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        assert!(arrive(&host, openid, &callback(&state)).is_ok());
    }

    #[test]
    fn a_response_that_is_refused_signs_nobody_in() {
        for answer in [
            Answer::json(200, r#"{"access_token":""}"#),
            Answer::json(200, r#"{"error":"x"}"#),
            Answer::json(400, r#"{"error":"x"}"#),
            Answer::Lost,
        ] {
            let host = tab();
            let state = begun(&host, public());
            host.answer(answer);
            let client = connect(&host.next_page(&callback(&state)), public());
            assert!(block_on(client.handle_callback(None)).is_err());
            assert_eq!(client.session().status.as_str(), "signed-out");
            assert_eq!(code(access_token(&client, 0)), "no_session");
        }
    }
}

/// The client reports an error answer with its status and its OAuth error. If no answer comes, it repeats nothing.
///
/// Source: RFC 6749 §5.2, §10.5
mod error_answers {
    use super::*;

    #[test]
    fn an_error_answer_is_reported_with_its_status() {
        for status in [400, 401, 403, 429, 500, 501] {
            let body = r#"{"error":"invalid_grant","error_description":"gone","error_uri":"u","status":1,"message":"m"}"#;
            let error = refused(&public(), Answer::json(status, body));
            assert_eq!((error.code(), error.status(), error.is_retryable()), ("token_request_failed", Some(status), false));
            let oauth = error.oauth().unwrap();
            assert_eq!(oauth.error, "invalid_grant");
            assert_eq!(oauth.error_description.as_deref(), Some("gone"));
            assert_eq!(oauth.error_uri.as_deref(), Some("u"));
        }
    }

    #[test]
    fn an_error_answer_that_is_no_oauth_has_no_oauth() {
        for (answer, status) in [
            (Answer::empty(400), 400),
            (Answer::html(503), 503),
            (Answer::json(400, "{"), 400),
            (Answer::json(400, r#"{"error":{"code":"invalid_grant"}}"#), 400),
            (Answer::json(400, r#"{"error":""}"#), 400),
            (Answer::Is(400, Some("application/problem+json"), r#"{"title":"Bad"}"#.into()), 400),
            (Answer::json(302, TOKENS), 302),
        ] {
            let error = refused(&public(), answer);
            assert_eq!((error.code(), error.status()), ("token_request_failed", Some(status)));
            assert!(error.oauth().is_none(), "{status}");
        }
    }

    #[test]
    fn a_request_without_an_answer_is_not_repeated() {
        for configuration in [public(), with_backend()] {
            for (answer, expected) in [(Answer::Lost, "network_failed"), (Answer::Late, "timed_out")] {
                let error = refused(&configuration, answer);
                assert_eq!(error.code(), expected);
                assert!(!error.is_retryable(), "the code is used up");
                assert_eq!((error.status(), error.oauth()), (None, None));
            }
            let hint = refused(&configuration, Answer::Lost).hint();
            assert!(hint.contains("CORS") && hint.contains("connect-src") && hint.contains("network"), "{hint}");
        }
    }
}

/// A client whose token, valid for 100 seconds, took 30 seconds to arrive.
fn slow_login() -> (TestHost, std::rc::Rc<wicketgate::client::Client<TestHost>>) {
    let host = tab();
    let state = begun(&host, public());
    let page = host.next_page(&callback(&state));
    let clock = page.clone();
    host.answer_after(Answer::json(200, r#"{"access_token":"at-1","token_type":"Bearer","expires_in":100}"#), move |_| {
        clock.pass(30_000);
    });
    let client = connect(&page, public());
    block_on(client.handle_callback(None)).unwrap();
    (page, client)
}

/// Expiry is counted from when the request was sent: on the monotonic clock within the page, and on the wall clock for other
/// pages.
///
/// Source: RFC 6749 §5.1
mod expiry {
    use super::*;

    #[test]
    fn expiry_is_counted_from_when_the_request_was_sent() {
        let (page, client) = slow_login();
        page.pass(69_999);
        assert_eq!(access_token(&client, 0).unwrap(), "at-1");
        page.pass(1);
        assert_eq!(code(access_token(&client, 0)), "no_session");
    }

    #[test]
    fn within_a_page_the_monotonic_clock_counts() {
        let (page, client) = slow_login();
        page.jump_to(page.wall_clock() + 1_000_000_000);
        assert!(access_token(&client, 0).is_ok(), "the clock was put forward");
        page.pass(70_000);
        page.jump_to(0);
        assert_eq!(code(access_token(&client, 0)), "no_session", "the clock was put back");
    }

    #[test]
    fn what_others_see_is_on_the_wall_clock() {
        let (_, client) = slow_login();
        assert_eq!(client.session().expires_at, Some(1_800_000_100));
    }
}
