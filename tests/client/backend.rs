//! Logins that begin at the page's own backend.

use core::time::Duration;

use serde_json::Value;
use wicketgate::client::{BackendConfiguration, Configuration, LoginOptions, LogoutOptions, Pkce, Status};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, Event, TestHost, block_on};
use crate::stage::*;

const DIGEST_OF_ADA: &str = "_e5DDUC9V97qwYbNl5ADPQ8G-QmogG585ucXq3x9UCk";

/// A client whose logins are the backend's. Its page needs no metadata.
fn with_login() -> Configuration {
    Configuration::new("client-1")
        .backend(BackendConfiguration::new().login_url("/auth/login").session_url("/auth/session").logout_url("/auth/logout"))
}

/// A client that hands over codes of logins that the backend has begun.
fn with_begin() -> Configuration {
    public().backend(BackendConfiguration::new().exchange_url("/auth/exchange").begin_url("/auth/begin"))
}

/// Nobody is signed in at the backend.
fn signed_out() -> TestHost {
    let host = tab();
    host.answer(Answer::empty(401));
    host
}

/// The whole login at the backend: the page is left for it, with what the app asks for and nothing else, and no code comes to
/// the page. Of a login that failed the page's URL says why, which anybody could have written there: it is shown, it ends no
/// session, and it leaves the URL.
///
/// Source: RFC 10017 §6.1
mod whole_login {
    use super::*;

    #[test]
    fn the_page_is_left_for_the_backend_with_what_the_app_asks_for() {
        let host = signed_out();
        let client = connect(&host, with_login().session_binding("ada").scope("openid profile"));
        assert!(host.events().iter().all(|event| !matches!(event, Event::Stored(_))), "no transaction, and no metadata");
        assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "navigation_cancelled");
        let asked = [("return_to", "/start?tab=1#top"), ("scope", "openid profile"), ("binding_digest", DIGEST_OF_ADA)];
        let url = host.navigations().remove(0);
        assert!(url.starts_with("https://app.example/auth/login?"), "{url}");
        assert_eq!(parameters(&url), asked.map(|(name, value)| (name.to_owned(), value.to_owned())));

        let options = LoginOptions::new().return_to("/a?b=c&d#e").prompt("login").login_hint("ada@x.example").scope("openid");
        let options = options.max_age(Duration::from_secs(60)).acr_values("high low").ui_locales("de en");
        let url = client.authorization_url(&options).unwrap();
        let asked = [
            ("return_to", "/a?b=c&d#e"),
            ("scope", "openid"),
            ("max_age", "60"),
            ("binding_digest", DIGEST_OF_ADA),
            ("prompt", "login"),
            ("login_hint", "ada@x.example"),
            ("ui_locales", "de en"),
            ("acr_values", "high low"),
        ];
        assert_eq!(parameters(&url), asked.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(block_on(client.pushed(&options)).unwrap(), url);
        assert_eq!(host.purposes(), [Purpose::BackendSession], "nothing but the session was asked for");
        assert!(host.store_content().is_empty());
    }

    #[test]
    fn neither_exchange_nor_begin_is_used_beside_the_login_at_the_backend() {
        let backend = r#"{"backend":{"loginUrl":"/l?x=1","exchangeUrl":"/x","beginUrl":"/b"}}"#;
        let host = tab();
        let client = connect(&host, with(public().scope("openid"), backend));
        let url = client.authorization_url(&LoginOptions::new().return_to("/")).unwrap();
        assert_eq!(url, "https://app.example/l?x=1&return_to=%2F&scope=openid", "the endpoint's own query stays");
        let response = callback(NOBODYS);
        let client = connect(&host.next_page(&response), with(public().scope("openid"), backend));
        assert!(!client.is_callback(None));
        assert_eq!(code(block_on(client.handle_callback(None))), "callback_malformed");
        assert!(host.requests().is_empty());
        assert!(host.events().iter().all(|event| !matches!(event, Event::PageUrl(_))), "it is another's, and stays");
    }

    #[test]
    fn an_option_that_cannot_go_through_the_backend_is_refused_by_name() {
        let client = connect(&signed_out(), with_login());
        for (options, name) in [
            (LoginOptions::new().app_state(1), "appState"),
            (LoginOptions::new().app_state(json("null")), "appState"),
            (LoginOptions::new().resource("https://a.example/"), "resource"),
            (LoginOptions::new().extra_param("audience", "a"), "extraParams"),
        ] {
            let error = client.authorization_url(&options).unwrap_err();
            assert_eq!(error.code(), "invalid_option");
            assert!(error.summary().contains(name), "{error}");
        }
        assert_eq!(code(client.authorization_url(&LoginOptions::new().return_to("https://evil.example/"))), "invalid_option");
    }

    /// The page comes back at `url`, whose session the backend answers with `status`.
    fn back_at(url: &str, session: Answer) -> (TestHost, Error, Status) {
        let host = tab().next_page(url);
        let client = connect(&host, with_login());
        assert!(client.is_callback(None));
        assert!(host.requests().is_empty(), "the session is asked for once the error is known");
        host.answer(session);
        let error = block_on(client.handle_callback(None)).unwrap_err();
        assert_eq!(block_on(client.handle_callback(Some(url))).unwrap_err(), error, "the outcome of the first call");
        (host, error, client.session().status)
    }

    #[test]
    fn what_the_server_said_comes_back_as_an_unverified_authorization_failed() {
        let url = "https://app.example/orders?a=1&wicketgate_error=access_denied&wicketgate_error_description=no+%26+no#top";
        let (host, error, status) = back_at(url, Answer::empty(401));
        assert_eq!((error.code(), error.return_to()), ("authorization_failed", Some("/orders?a=1#top")));
        assert_eq!(error.to_json().member("oauth"), Some(&json(r#"{"error":"access_denied","error_description":"no & no"}"#)));
        assert_eq!(error.to_json().member("verified"), Some(&json("false")));
        assert_eq!(status, Status::SignedOut);
        assert!(host.events().contains(&Event::PageUrl("https://app.example/orders?a=1#top".into())));
    }

    #[test]
    fn what_the_backend_said_comes_back_with_its_code() {
        for own in [
            "invalid_option",
            "callback_malformed",
            "transaction_not_found",
            "issuer_mismatch",
            "token_request_failed",
            "invalid_metadata",
            "pushed_request_required",
            "backend_failed",
        ] {
            // `wicketgate-backend` appends an empty fragment.
            for end in ["", "#"] {
                let url = format!("https://app.example/?wicketgate_error={own}{end}");
                let (host, error, _) = back_at(&url, Answer::empty(401));
                assert_eq!((error.code(), error.return_to(), error.oauth()), (own, Some("/"), None));
                assert!(host.events().contains(&Event::PageUrl("https://app.example/".into())), "{url}");
            }
            let (_, error, _) = back_at(&format!("https://app.example/?wicketgate_error={own}"), Answer::empty(401));
            assert_eq!(error.to_json().member("verified"), Some(&json("false")));
            assert!(error.hint().contains("log"), "{error}");
        }
    }

    #[test]
    fn an_error_in_a_link_ends_no_session() {
        let session = Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#);
        let (_, error, status) = back_at("https://app.example/?wicketgate_error=login_required", session);
        assert_eq!((error.code(), status), ("authorization_failed", Status::SignedIn));
    }

    #[test]
    fn a_login_that_begins_on_such_a_page_does_not_lead_back_to_the_error() {
        let host = tab().next_page("https://app.example/orders?wicketgate_error=access_denied&code=7&state=ny");
        let url = connect(&host, with_login()).authorization_url(&LoginOptions::new()).unwrap();
        assert_eq!(parameter(&url, "return_to").as_deref(), Some("/orders?code=7&state=ny"), "what is the app's own stays");
    }

    #[test]
    fn without_a_login_at_the_backend_such_an_error_is_the_apps_own() {
        let host = tab().next_page("https://app.example/?wicketgate_error=access_denied");
        assert!(!connect(&host, with_backend()).is_callback(None));
    }

    #[test]
    fn a_page_comes_back_signed_in() {
        let host = tab();
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"},"expiresAt":1800000100}}"#));
        let client = connect(&host, with_login());
        assert_eq!((client.session().status, client.session().expires_at), (Status::SignedIn, Some(1_800_000_100)));
        assert!(!client.is_callback(None));
    }

    #[test]
    fn two_backends_in_one_page_are_two_sessions() {
        let page = wicketgate::Page::new(tab());
        let login = |url: &str| with(Configuration::new("client-1"), &format!(r#"{{"backend":{{"loginUrl":"{url}"}}}}"#));
        let (one, other) = (connect_on(&page, login("/a/login")), connect_on(&page, login("/b/login")));
        assert!(!std::rc::Rc::ptr_eq(&one.session(), &other.session()));
    }
}

/// The begin of a hand-off: the backend makes verifier and nonce, and the page learns of them what the request needs. `state`
/// stays the page's own. A code is worth nothing without the backend's cookie.
///
/// Source: RFC 10017 §6.1, RFC 9700 §2.1.1
mod begin {
    use super::*;

    const BEGUN: &str = r#"{"code_challenge":"challenge-1","code_challenge_method":"S256","nonce":"nonce-1"}"#;

    fn sent(host: &TestHost) -> Value {
        let [.., sent] = &host.requests()[..] else { panic!("a request") };
        assert_eq!((sent.purpose, sent.url.as_str()), (Purpose::Begin, "https://app.example/auth/begin"));
        assert!(sent.headers.contains(&("x-requested-with".into(), "wicketgate".into())));
        serde_json::from_str(sent.body.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn the_backend_is_told_what_binds_the_login_and_no_secret() {
        let host = tab();
        let claims = r#"{"id_token":{"acr":{"essential":true,"value":"high"}}}"#;
        let options = LoginOptions::new().max_age(Duration::from_secs(60)).extra_param("claims", claims);
        let client = connect(&host, with_begin().scope("openid").session_binding("ada"));
        host.answer(Answer::json(200, BEGUN));
        let url = block_on(client.pushed(&options)).unwrap();
        let state = parameter(&url, "state").unwrap();
        let said = sent(&host);
        let expected = serde_json::json!({
            "client_id": "client-1", "redirect_uri": CALLBACK, "scope": "openid", "max_age": 60,
            "acr": {"essential": true, "value": "high"}, "binding_digest": DIGEST_OF_ADA,
            "state_digest": wicketgate::protocol::pkce::code_challenge(&wicketgate::Secret::new(state.clone())),
        });
        assert_eq!(said, expected);
        assert_eq!(host.requests()[0].stored.len(), 0, "a login that does not begin leaves nothing");
        let transaction = host.store_content()[&key(&state)].clone();
        assert!(!transaction.contains("verifier") && !transaction.contains("nonce"), "{transaction}");
    }

    #[test]
    fn the_request_has_the_backends_challenge_and_nonce_and_none_of_the_pages() {
        let host = tab();
        let client = connect(&host, with_begin().scope("openid"));
        host.answer(Answer::json(200, BEGUN));
        let url = block_on(client.pushed(&LoginOptions::new())).unwrap();
        for (name, value) in [("code_challenge", "challenge-1"), ("code_challenge_method", "S256"), ("nonce", "nonce-1")] {
            let sent: Vec<_> = parameters(&url).into_iter().filter(|(other, _)| other == name).collect();
            assert_eq!(sent, [(name.to_owned(), value.to_owned())], "once");
        }
        host.answer(Answer::json(200, BEGUN));
        assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "navigation_cancelled");
        let left_for = host.navigations().remove(0);
        assert_eq!(parameter(&left_for, "nonce").as_deref(), Some("nonce-1"));
        assert_ne!(parameter(&left_for, "state"), parameter(&url, "state"));
    }

    #[test]
    fn a_server_without_pkce_gets_exactly_what_is_documented() {
        let host = tab();
        let worksmart = Configuration::new("client-1")
            .pkce(Pkce::Off)
            .metadata(json(r#"{"authorization_endpoint":"https://my.worksmart.app/api/v1/oauth2/authorize"}"#))
            .backend(BackendConfiguration::new().exchange_url("/x").begin_url("/auth/begin"));
        let client = connect(&host, worksmart);
        host.answer(Answer::json(200, "{}"));
        let url = block_on(client.pushed(&LoginOptions::new())).unwrap();
        let state = parameter(&url, "state").unwrap();
        let documented = "https://my.worksmart.app/api/v1/oauth2/authorize?client_id=client-1&response_type=code&state=";
        assert_eq!(url, format!("{documented}{state}"));
        assert_eq!(sent(&host).as_object().unwrap().len(), 2, "client_id and state_digest");
    }

    #[test]
    fn a_url_that_the_backend_did_not_begin_is_not_to_be_had() {
        let host = tab();
        let client = connect(&host, with_begin());
        assert_eq!(code(client.authorization_url(&LoginOptions::new())), "pushed_request_required");
        for (answer, expected) in [
            (Answer::json(400, r#"{"error":"invalid_request"}"#), "backend_failed"),
            (Answer::html(200), "backend_failed"),
            (Answer::Lost, "network_failed"),
            (Answer::Late, "timed_out"),
        ] {
            host.answer(answer);
            assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), expected);
        }
        assert!(host.navigations().is_empty() && host.store_content().is_empty());
        let options = LoginOptions::new().return_to("//evil.example/");
        let asked = host.requests().len();
        assert_eq!(code(block_on(client.pushed(&options))), "invalid_option");
        assert_eq!(host.requests().len(), asked, "refused before the backend is asked");
    }

    #[test]
    fn the_hand_off_of_a_login_that_the_backend_began_has_no_verifier_and_no_nonce() {
        let host = tab();
        let client = connect(&host, with_begin().scope("openid"));
        host.answer(Answer::json(200, BEGUN));
        let state = parameter(&block_on(client.pushed(&LoginOptions::new().app_state("kept"))).unwrap(), "state").unwrap();
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
        let result = arrive(&host, with_begin().scope("openid"), &callback(&state)).unwrap();
        assert_eq!(result.app_state, Some(json(r#""kept""#)));
        let [.., sent] = &host.requests()[..] else { panic!("a request") };
        let body = format!(r#"{{"code":"code-1","state":"{state}","redirect_uri":"{CALLBACK}","client_id":"client-1"}}"#);
        assert_eq!(sent.body.as_deref(), Some(body.as_str()));
    }

    #[test]
    fn without_a_begin_at_the_backend_pushed_is_the_authorization_url() {
        let host = tab();
        let url = block_on(connect(&host, public()).pushed(&LoginOptions::new())).unwrap();
        let state = parameter(&url, "state").unwrap();
        assert!(parameter(&url, "code_challenge").is_some() && host.store_content().contains_key(&key(&state)));
        assert!(host.requests().is_empty());
    }
}

/// A logout goes on where the backend says, if a page may go there: `https`, or `http` on a loopback host.
///
/// Source: OIDC RP-Initiated Logout §2; RFC 9700 §4.11
mod logout {
    use super::*;

    fn log_out_to(configuration: Configuration, redirect: &str, options: &LogoutOptions) -> (Result<(), Error>, TestHost) {
        let host = tab();
        host.answer(Answer::json(200, r#"{"session":{}}"#));
        let configuration = with(configuration, r#"{"backend":{"exchangeUrl":"/x","sessionUrl":"/s","logoutUrl":"/l"}}"#);
        let client = connect(&host, configuration);
        host.answer(Answer::json(200, &serde_json::json!({ "redirect": redirect }).to_string()));
        let outcome = block_on(client.logout(options));
        assert_eq!(client.session().status, Status::SignedOut, "whatever comes after");
        (outcome, host)
    }

    #[test]
    fn a_logout_goes_on_where_the_backend_says() {
        for url in ["https://as.example/bye?id_token_hint=x&client_id=y", "http://localhost:4000/bye", "https://app.example/bye"]
        {
            // The server has an end-session endpoint, too, which the backend knows better how to ask.
            let (outcome, host) = log_out_to(server(""), url, &LogoutOptions::new());
            assert_eq!((outcome, host.navigations()), (Ok(()), vec![url.to_owned()]));
        }
        let (_, host) = log_out_to(public(), "/bye?x", &LogoutOptions::new());
        assert_eq!(host.navigations(), ["https://app.example/bye?x"], "resolved against the page");
    }

    #[test]
    fn a_logout_goes_nowhere_that_is_not_safe() {
        for url in [
            "javascript:alert(1)",
            "data:text/html,x",
            "http://as.example/bye",
            "https://as.example/ bye",
            "ftp://as.example/bye",
        ] {
            let (outcome, host) = log_out_to(public(), url, &LogoutOptions::new());
            assert!(
                outcome.as_ref().is_err_and(|error| error.code() == "backend_failed") && host.navigations().is_empty(),
                "{url}"
            );
        }
    }

    #[test]
    fn a_logout_that_is_to_stay_here_stays() {
        let (outcome, host) = log_out_to(public(), "https://as.example/bye", &LogoutOptions::new().redirect(false));
        assert_eq!((outcome, host.navigations().len()), (Ok(()), 0));
    }
}

/// A session of another `sessionBinding` is none. A backend that was told of the binding, at the login or at its begin, says it
/// again; of another backend the page does not expect that.
///
/// Source: RFC 9700 §4.5
mod binding {
    use super::*;

    #[test]
    fn a_backends_session_of_another_binding_is_none() {
        let ada = format!(r#"{{"session":{{"bindingDigest":"{DIGEST_OF_ADA}"}}}}"#);
        let bound = |configuration: &Configuration| configuration.clone().session_binding("ada");
        for (configuration, is_told) in [(with_login(), true), (with_session_backend(), false)] {
            for (configuration, answer, is_signed_in) in [
                (bound(&configuration), ada.as_str(), true),
                (bound(&configuration).session_binding("bob"), &ada, false),
                (configuration.clone(), &ada, false),
                (configuration.clone(), r#"{"session":{}}"#, true),
                (bound(&configuration), r#"{"session":{}}"#, !is_told),
            ] {
                let host = tab();
                host.answer(Answer::json(200, answer));
                let status = connect(&host, configuration.clone()).session().status;
                assert_eq!(status == Status::SignedIn, is_signed_in, "{configuration:?} {answer}");
            }
        }
    }
}
