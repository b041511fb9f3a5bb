//! How a session ends: by time, by the server's answer, or by the user; what does not end it; and how the app is notified.

use std::cell::RefCell;
use std::rc::Rc;

use wicketgate::client::{AccessTokenOptions, Client, EndedBy, Session, Status};
use wicketgate::host::Host;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;
use wicketgate::protocol::pkce::code_challenge;
use wicketgate::protocol::secret::Secret;

use crate::host::{Answer, TestHost, block_on};
use crate::stage::*;

const HOUR: u64 = 3_600_000;
const ADA: &str = r#"{"session":{"claims":{"sub":"ada"},"expiresAt":1800000600,"endsAt":1800003600}}"#;

type Heard = Rc<RefCell<Vec<Rc<Session>>>>;

fn listen(client: &Client<TestHost>) -> Heard {
    let heard = Heard::default();
    let listener = heard.clone();
    client.subscribe(move |session| listener.borrow_mut().push(session.clone())).forget();
    heard
}

fn statuses(heard: &Heard) -> Vec<Status> {
    heard.borrow().iter().map(|session| session.status).collect()
}

fn token(client: &Client<TestHost>) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new())).map(Secret::into_exposed)
}

fn ended_by(client: &Client<TestHost>) -> (Status, Option<EndedBy>) {
    let session = client.session();
    (session.status, session.ended_by)
}

/// The number of refreshes; requests for the server's keys do not count.
fn refreshes(host: &TestHost) -> usize {
    sent_refresh_tokens(host).len()
}

fn lasting(client: &Client<TestHost>) -> Option<u64> {
    client.session().ends_at
}

/// If the access token has expired and nothing can renew it, the session has expired. Listeners are notified at that moment,
/// also after the machine slept, and the claims stay. Nobody is signed in then.
///
/// Source: RFC 6749 §5.1
mod expired_session {
    use super::*;

    #[test]
    fn listeners_are_told_when_the_access_token_is_over() {
        for store in ["memory", "session", "local"] {
            let host = tab();
            let state = begun(&host, kept_in(store));
            host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
            let page = host.next_page(&callback(&state));
            let client = connect(&page, kept_in(store));
            block_on(client.handle_callback(None)).unwrap();
            let heard = listen(&client);
            page.pass(HOUR - 1);
            assert!(heard.borrow().is_empty(), "{store}");
            page.pass(1);
            assert_eq!(statuses(&heard), [Status::Expired], "{store}");
            let session = client.session();
            assert_eq!(session.claims.as_ref().and_then(|claims| claims.text("sub")), Some("ada"), "for a greeting");
            assert_eq!(session.to_json().text("status"), Some("expired"));
            assert_eq!((code(token(&client)), code(renew(&client))), ("no_session", "no_session"));
            page.pass(24 * HOUR);
            page.wake_up();
            assert_eq!(heard.borrow().len(), 1, "once");
        }
    }

    #[test]
    fn a_restored_session_expires_likewise() {
        let host = tab();
        let state = begun(&host, kept_in("session"));
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        arrive(&host, kept_in("session"), &callback(&state)).unwrap();
        host.pass(HOUR / 2);
        let page = host.next_page(CALLBACK);
        let client = connect(&page, kept_in("session"));
        page.pass(HOUR / 2 - 1);
        assert_eq!(client.session().status, Status::SignedIn);
        page.pass(1);
        assert_eq!(client.session().status, Status::Expired);
    }

    #[test]
    fn it_shows_after_a_sleep_in_which_the_monotonic_clock_stood_still() {
        let host = tab();
        let (page, client) = logged_in_for_good(&host, TOKENS);
        let heard = listen(&client);
        page.jump_to(page.wall_clock() + 8 * HOUR);
        page.wake_up();
        assert_eq!(statuses(&heard), [Status::Expired]);
        assert_eq!(code(token(&client)), "no_session");
    }

    #[test]
    fn it_shows_to_who_asks_before_the_timer_does() {
        let host = tab();
        let (page, client) = logged_in_for_good(&host, TOKENS);
        let heard = listen(&client);
        page.pass_unnoticed(HOUR);
        assert!(heard.borrow().is_empty());
        assert_eq!(code(token(&client)), "no_session");
        assert_eq!(statuses(&heard), [Status::Expired]);
    }

    #[test]
    fn a_token_that_can_be_renewed_or_has_no_known_end_does_not_expire() {
        for tokens in [
            r#"{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-1"}"#,
            r#"{"access_token":"at-1","token_type":"Bearer"}"#,
        ] {
            let host = tab();
            let (page, client) = logged_in_for_good(&host, tokens);
            page.pass(100 * HOUR);
            page.wake_up();
            assert_eq!(client.session().status, Status::SignedIn);
            assert!(host.requests().is_empty(), "nobody asks as long as nobody needs a token");
        }
    }

    #[test]
    fn a_login_and_a_logout_follow_as_ever() {
        let host = tab();
        let (page, client) = logged_in_for_good(&host, TOKENS);
        page.pass(HOUR);
        let state = begin(&client);
        host.answer(Answer::json(200, &TOKENS.replace("at-1", "at-2")));
        block_on(client.handle_callback(Some(&callback(&state)))).unwrap();
        assert_eq!((client.session().status, token(&client).unwrap().as_str()), (Status::SignedIn, "at-2"));
        page.pass(HOUR);
        assert_eq!(client.session().status, Status::Expired);
        log_out(&client).unwrap();
        assert_eq!(ended_by(&client), (Status::SignedOut, Some(EndedBy::Logout)));
    }

    fn logged_in_for_good(host: &TestHost, tokens: &str) -> (TestHost, Rc<Client<TestHost>>) {
        let state = begun(host, public());
        host.answer(Answer::json(200, tokens));
        let page = host.next_page(&callback(&state));
        let client = connect(&page, public());
        block_on(client.handle_callback(None)).unwrap();
        host.clear_log();
        (page, client)
    }
}

/// The client asks the backend again when the access token or the session has ended by the backend's own answer, and once a
/// minute while the backend cannot be reached. That makes the session stale, and never ends it.
///
/// Source: this project
mod backend_asked_again {
    use super::*;

    fn at_backend(host: &TestHost) -> Rc<Client<TestHost>> {
        host.answer(Answer::json(200, ADA));
        let client = connect(host, with_session_backend());
        assert_eq!(client.session().status, Status::SignedIn);
        host.clear_log();
        client
    }

    #[test]
    fn it_is_asked_when_the_access_token_is_over() {
        let host = tab();
        let client = at_backend(&host);
        let heard = listen(&client);
        host.pass(599_999);
        assert!(host.requests().is_empty());
        host.answer(Answer::json(200, &ADA.replace("1800000600", "1800001200")));
        host.pass(1);
        assert_eq!(host.purposes(), [Purpose::BackendSession]);
        assert_eq!((client.session().status, client.session().expires_at), (Status::SignedIn, Some(1_800_001_200)));
        host.answer(Answer::empty(401));
        host.pass(600_000);
        assert_eq!(ended_by(&client), (Status::SignedOut, Some(EndedBy::Server)));
        assert_eq!(statuses(&heard), [Status::SignedIn, Status::SignedOut]);
    }

    #[test]
    fn it_is_asked_when_the_session_is_over() {
        let host = tab();
        let client = at_backend(&host);
        // The same answer: the access token in it has expired, and the backend does not mind.
        host.answer(Answer::json(200, ADA));
        host.pass(HOUR - 1);
        assert_eq!((client.session().status, host.requests().len()), (Status::SignedIn, 1), "asked once");
        host.answer(Answer::empty(401));
        host.pass(1);
        assert_eq!((client.session().status, host.requests().len()), (Status::SignedOut, 2));
    }

    #[test]
    fn one_that_cannot_be_reached_makes_the_session_stale_and_is_asked_once_a_minute() {
        for answer in [|| Answer::Lost, || Answer::Late, || Answer::empty(503)] {
            let host = tab();
            let client = at_backend(&host);
            (0..11).for_each(|_| host.answer(answer()));
            host.pass(600_000);
            assert_eq!(client.session().status, Status::Stale);
            (0..10).for_each(|_| host.pass(60_000));
            assert_eq!((client.session().status, host.requests().len()), (Status::Stale, 11));
            host.answer(Answer::json(200, &ADA.replace("1800000600", "1800003000")));
            host.wake_up();
            assert_eq!((client.session().status, host.requests().len()), (Status::SignedIn, 12));
            host.pass(60_000);
            assert_eq!(host.requests().len(), 12);
        }
    }

    #[test]
    fn one_that_cannot_be_asked_is_not() {
        let host = tab();
        let state = begun(&host, with_backend());
        host.answer(Answer::json(200, ADA));
        let page = host.next_page(&callback(&state));
        let client = connect(&page, with_backend());
        block_on(client.handle_callback(None)).unwrap();
        host.clear_log();
        page.pass(2 * HOUR);
        page.wake_up();
        assert_eq!((client.session().status, host.requests().len()), (Status::SignedIn, 0));
    }
}

/// A refusal of a refresh that a repetition cannot change ends the session once the access token has expired, and the client
/// does not repeat that refresh in the background. A failure that may pass makes the session stale.
///
/// Source: RFC 6749 §5.2
///
/// Also: `invalid_grant_is_not_the_end_where_another_tab_has_newer_tokens`
mod refused_refresh {
    use super::*;

    const HTML: &[u8] = b"<!doctype html><p>Bad request";

    /// Answers with which real servers refuse a refresh for good.
    fn definite() -> Vec<(u16, Option<&'static str>, &'static [u8])> {
        let json = Some("application/json");
        vec![
            (400, json, br#"{"error":"invalid_grant"}"#),
            (400, None, b""),
            (401, None, b""),
            (403, Some("text/html"), HTML),
            (400, Some("text/html"), HTML),
            (400, json, br#"{"error":"invalid_request","error_description":"Token has been revoked"}"#),
            (400, json, br#"{"error":"interaction_required"}"#),
            (400, json, br#"{"error":"login_required"}"#),
            (401, json, br#"{"error":"invalid_client"}"#),
            (400, json, br#"{"error":"unauthorized_client"}"#),
            (403, json, br#"{"error":"access_denied"}"#),
            (400, json, br#"{"error":"a_word_of_its_own"}"#),
            (400, json, br#"{"error":{"code":"SESSION_GONE"}}"#),
            (400, Some("application/problem+json"), br#"{"title":"Bad Request","status":400}"#),
            (200, json, br#"{"error":"invalid_grant"}"#),
            (404, json, br#"{"error":"invalid_grant"}"#),
        ]
    }

    #[test]
    fn a_definite_refusal_ends_a_session_whose_access_token_is_over() {
        for (status, media_type, body) in definite() {
            let shown = format!("{status} {}", String::from_utf8_lossy(body));
            let host = tab();
            let (client, page) = signed_in(&host, &kept_in("local"));
            let sibling = connect(&host.another_tab(CALLBACK), kept_in("local"));
            let heard = listen(&client);
            page.host().pass(HOUR);
            host.answer(Answer::Is(status, media_type, body.into()));
            assert_eq!(code(token(&client)), "session_ended", "{shown}");
            assert_eq!(ended_by(&client), (Status::SignedOut, Some(EndedBy::Server)), "{shown}");
            assert_eq!(statuses(&heard), [Status::SignedOut], "{shown}");
            (0..60).for_each(|_| page.host().pass(60_000));
            page.host().wake_up();
            assert_eq!(code(token(&client)), "no_session", "{shown}");
            assert_eq!(refreshes(&host), 1, "one request in an hour: {shown}");
            assert_eq!(ended_by(&sibling), (Status::SignedOut, Some(EndedBy::AnotherTab)), "{shown}");
            assert!(host.origin_content().is_empty(), "{shown}");
        }
    }

    #[test]
    fn the_error_has_the_words_of_the_server() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        page.host().pass(HOUR);
        host.answer(Answer::json(400, r#"{"error":"invalid_request","error_description":"Token has been revoked"}"#));
        let error = token(&client).unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), ("session_ended", false));
        assert_eq!(error.oauth().and_then(|oauth| oauth.error_description.as_deref()), Some("Token has been revoked"));
    }

    #[test]
    fn while_the_access_token_is_valid_the_session_lasts_and_the_server_is_asked_once_more_at_its_end() {
        for (status, media_type, body) in definite() {
            let shown = format!("{status} {}", String::from_utf8_lossy(body));
            let host = tab();
            let (client, page) = signed_in(&host, &kept_in("session"));
            let heard = listen(&client);
            page.host().pass(HOUR - 20_000);
            host.answer(Answer::Is(status, media_type, body.into()));
            assert_eq!(token(&client).unwrap(), "at-1", "{shown}");
            assert_eq!(token(&client).unwrap(), "at-1", "{shown}");
            assert_eq!((ended_by(&client), refreshes(&host)), ((Status::SignedIn, None), 1), "{shown}");
            assert!(heard.borrow().is_empty(), "{shown}");
            host.answer(Answer::Is(status, media_type, body.into()));
            page.host().pass(20_000);
            assert_eq!(ended_by(&client), (Status::SignedOut, Some(EndedBy::Server)), "{shown}");
            (0..60).for_each(|_| page.host().pass(60_000));
            assert_eq!(refreshes(&host), 2, "{shown}");
        }
    }

    #[test]
    fn a_server_that_refuses_a_refresh_token_in_its_first_minutes_renews_it_later() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        page.host().pass(HOUR - 20_000);
        host.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
        assert_eq!(token(&client).unwrap(), "at-1");
        host.answer(new_tokens(2));
        page.host().pass(20_000);
        assert_eq!((client.session().status, token(&client).unwrap().as_str()), (Status::SignedIn, "at-2"));
        page.host().pass(HOUR);
        assert_eq!((client.session().status, refreshes(&host)), (Status::SignedIn, 2), "and nobody asks by itself");
    }

    #[test]
    fn a_refusal_ends_being_stale() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        host.answer(Answer::Lost);
        host.answer(Answer::empty(400));
        renew(&client).unwrap_err();
        assert_eq!(client.session().status, Status::Stale);
        (0..600).for_each(|_| page.host().pass(1_000));
        assert_eq!((client.session().status, refreshes(&host)), (Status::SignedIn, 2));
    }

    #[test]
    fn what_may_pass_ends_nothing() {
        let passing = [
            Answer::Lost,
            Answer::Late,
            Answer::empty(408),
            Answer::empty(425),
            Answer::empty(429),
            Answer::empty(500),
            Answer::json(503, r#"{"error":"invalid_grant"}"#),
            Answer::json(400, r#"{"error":"temporarily_unavailable"}"#),
            Answer::json(400, r#"{"error":"slow_down"}"#),
            Answer::json(400, r#"{"error":"server_error"}"#),
        ];
        for answer in passing {
            let host = tab();
            let (client, page) = signed_in(&host, &kept_in("session"));
            page.host().pass(HOUR);
            host.answer(answer);
            host.answer(new_tokens(2));
            assert!(token(&client).is_err());
            assert_eq!(ended_by(&client), (Status::Stale, None));
            page.host().pass(1_500);
            assert_eq!((client.session().status, refreshes(&host)), (Status::SignedIn, 2), "and is tried again");
        }
    }

    #[test]
    fn what_is_neither_is_not_tried_again_by_itself_and_ends_nothing() {
        for answer in [Answer::html(404), Answer::html(200), Answer::json(200, "{}")] {
            let host = tab();
            let (client, page) = signed_in(&host, &kept_in("session"));
            page.host().pass(HOUR);
            host.answer(answer);
            assert!(token(&client).is_err());
            (0..60).for_each(|_| page.host().pass(60_000));
            assert_eq!((client.session().status, refreshes(&host)), (Status::Stale, 1));
            host.answer(new_tokens(2));
            page.host().wake_up();
            assert_eq!(client.session().status, Status::SignedIn, "but when the page wakes");
        }
    }
}

/// An ended session says why it ended.
///
/// Source: this project
mod why_it_ended {
    use super::*;

    #[test]
    fn a_logout_and_a_revocation_say_so() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("local"));
        let sibling = connect(&host.another_tab(CALLBACK), kept_in("local"));
        assert_eq!(client.session().ended_by, None);
        log_out(&client).unwrap();
        host.run_tasks();
        assert_eq!(client.session().to_json(), json(r#"{"status":"signed-out","endedBy":"logout"}"#));
        assert_eq!(sibling.session().to_json(), json(r#"{"status":"signed-out","endedBy":"another-tab"}"#));
        let (client, _) = signed_in(&tab(), &kept_in("session"));
        block_on(client.revoke()).unwrap();
        assert_eq!(client.session().ended_by, Some(EndedBy::Logout));
    }

    #[test]
    fn where_nobody_was_signed_in_nothing_has_ended() {
        let client = connect(&tab(), kept_in("local"));
        log_out(&client).unwrap();
        assert_eq!(client.session().to_json(), json(r#"{"status":"signed-out"}"#));
    }

    #[test]
    fn another_tab_s_logout_at_the_backend_says_so() {
        let host = tab();
        let other_tab = host.another_tab(PAGE);
        let [client, other] = [&host, &other_tab].map(|tab| {
            tab.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
            connect(tab, with_session_backend())
        });
        // The backend's answer while the logout is on its way, and its answer afterwards.
        other_tab.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
        other_tab.answer(Answer::empty(401));
        host.answer(Answer::empty(204));
        log_out(&client).unwrap();
        host.run_tasks();
        assert_eq!((client.session().ended_by, other.session().ended_by), (Some(EndedBy::Logout), Some(EndedBy::AnotherTab)));
    }

    #[test]
    fn a_login_takes_it_back() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("local"));
        log_out(&client).unwrap();
        let state = begin(&client);
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        block_on(client.handle_callback(Some(&callback(&state)))).unwrap();
        assert_eq!(ended_by(&client), (Status::SignedIn, None));
    }
}

/// If the server publishes the end of its refresh token, the session says when it ends even if it is renewed. When that time
/// has come and the access token has expired, the client asks the server once more.
///
/// Source: this project
///
/// Also: `it_is_asked_when_the_session_is_over`
mod published_end {
    use super::*;

    fn with_end(host: &TestHost, member: &str) -> (Rc<Client<TestHost>>, TestHost) {
        let state = begun(host, kept_in("session"));
        host.answer(Answer::json(200, &openid_tokens(host, &state, &format!(r#","refresh_token":"rt-1",{member}"#))));
        let page = host.next_page(&callback(&state));
        let client = connect(&page, kept_in("session"));
        block_on(client.handle_callback(None)).unwrap();
        host.clear_log();
        (client, page)
    }

    #[test]
    fn the_end_of_the_refresh_token_is_the_end_of_the_session() {
        for member in [r#""refresh_expires_in":7200"#, r#""refresh_token_expires_in":"7200""#] {
            let host = tab();
            let (client, _) = with_end(&host, member);
            assert_eq!(lasting(&client), Some(1_800_007_200), "{member}");
            assert_eq!(lasting(&connect(&host.next_page(PAGE), kept_in("session"))), Some(1_800_007_200), "and after a reload");
        }
        for member in [r#""refresh_expires_in":0"#, r#""refresh_expires_in":null"#, r#""refresh_expires_in":"soon""#] {
            assert_eq!(lasting(&with_end(&tab(), member).0), None, "{member}");
        }
    }

    #[test]
    fn it_is_the_refresh_token_s_own() {
        let host = tab();
        let (client, page) = with_end(&host, r#""refresh_expires_in":7200"#);
        page.pass(HOUR / 2);
        host.answer(Answer::json(200, r#"{"access_token":"at-2","token_type":"Bearer","expires_in":3600}"#));
        renew(&client).unwrap();
        assert_eq!(lasting(&client), Some(1_800_007_200), "the same refresh token");
        host.answer(Answer::json(
            200,
            r#"{"access_token":"at-3","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-3","refresh_expires_in":7200}"#,
        ));
        renew(&client).unwrap();
        assert_eq!(lasting(&client), Some(1_800_009_000));
        host.answer(new_tokens(4));
        renew(&client).unwrap();
        assert_eq!(lasting(&client), None, "another one, whose end is not known");
    }

    #[test]
    fn the_server_has_the_last_word_at_that_end() {
        let host = tab();
        let (client, page) = with_end(&host, r#""refresh_expires_in":7200"#);
        page.pass(2 * HOUR - 1);
        assert_eq!((client.session().status, refreshes(&host)), (Status::SignedIn, 0));
        host.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
        page.pass(1);
        assert_eq!(ended_by(&client), (Status::SignedOut, Some(EndedBy::Server)));
        assert_eq!(refreshes(&host), 1);
    }

    #[test]
    fn a_server_that_goes_on_is_not_asked_for_ever() {
        let host = tab();
        let (client, page) = with_end(&host, r#""refresh_expires_in":7200"#);
        host.answer(Answer::json(200, r#"{"access_token":"at-2","token_type":"Bearer","expires_in":3600}"#));
        page.pass(2 * HOUR);
        assert_eq!((client.session().status, lasting(&client)), (Status::SignedIn, None));
        (0..24).for_each(|_| page.pass(HOUR));
        assert_eq!(refreshes(&host), 1);
    }
}

/// A session at the backend belongs to the `sessionBinding` with which its login began, if the backend says which one.
///
/// Source: draft-ietf-oauth-security-topics-update (session fixation)
mod binding_at_the_backend {
    use super::*;

    fn bound_to(binding: &str) -> String {
        let digest = code_challenge(&Secret::new(binding.into()));
        format!(r#"{{"session":{{"claims":{{"sub":"ada"}},"bindingDigest":"{digest}"}}}}"#)
    }

    #[test]
    fn the_session_of_another_binding_is_none() {
        let host = tab();
        host.answer(Answer::json(200, &bound_to("user-1")));
        let configuration = with_session_backend().session_binding("user-1");
        let client = connect(&host, configuration.clone());
        assert_eq!(client.session().status, Status::SignedIn);
        host.answer(Answer::json(200, &bound_to("user-2")));
        host.come_back();
        assert_eq!(ended_by(&client), (Status::SignedOut, Some(EndedBy::AnotherLogin)));
        for (configuration, answer, status) in [
            (with_session_backend(), bound_to("user-1"), Status::SignedOut),
            (configuration.clone(), bound_to("user-2"), Status::SignedOut),
            (configuration.clone(), r#"{"session":{"bindingDigest":17}}"#.into(), Status::SignedOut),
            // Some backends do not know bindings.
            (configuration, r#"{"session":{"bindingDigest":null}}"#.into(), Status::SignedIn),
        ] {
            let host = tab();
            host.answer(Answer::json(200, &answer));
            assert_eq!(connect(&host, configuration).session().status, status, "{answer}");
        }
    }

    #[test]
    fn nor_does_a_hand_off_begin_one() {
        let configuration = with_session_backend().session_binding("user-1");
        let host = tab();
        host.answer(Answer::empty(401));
        let state = begun(&host, configuration.clone());
        host.answer(Answer::json(200, &bound_to("user-2")));
        assert_eq!(code(arrive(&host, configuration, &callback(&state))), "backend_failed");
    }
}
