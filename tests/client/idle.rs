//! The end of a session that nobody uses, and the announcement of an end.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use wicketgate::client::{Client, Configuration, EndedBy, LoginOptions, Page, Status};
use wicketgate::host::Host;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, Behaviour, Task, TestHost, block_on, join, yield_now};
use crate::stage::*;

const LIMIT: u64 = 600_000;

/// A relying party with a limit of ten minutes, and a warning a minute before the end, at a server that revokes.
fn limited(store: &str) -> Configuration {
    let configuration =
        with(server(r#","revocation_endpoint":"https://as.example/revoke""#), &format!(r#"{{"tokenStore":"{store}"}}"#));
    configuration.idle_limit(Duration::from_millis(LIMIT)).end_warning(Duration::from_secs(60))
}

/// A page that has just logged in, and its host.
fn used(store: &str) -> (Rc<Client<TestHost>>, Rc<Page<TestHost>>, TestHost) {
    let (client, page) = signed_in(&tab(), &limited(store));
    let host = page.host().clone();
    for _ in 0..4 {
        host.answer(Answer::empty(200));
    }
    (client, page, host)
}

fn status(client: &Client<TestHost>) -> Status {
    client.session().status
}

/// A session that nobody uses for `idleLimit` ends as by a revocation: in the page, in the tabs that share it, at the backend,
/// and at the server. The time is that of the wall clock, so that a computer that sleeps is not in use.
///
/// Source: NIST SP 800-63B-4 §2.2.3; OWASP ASVS 5.0 §7.3.1
mod idle_limit {
    use super::*;

    #[test]
    fn a_session_that_nobody_uses_ends_and_its_tokens_are_revoked() {
        for store in ["memory", "session", "local"] {
            let (client, _page, host) = used(store);
            host.pass(LIMIT - 1);
            assert_eq!(status(&client), Status::SignedIn, "{store}");
            host.pass(1);
            let session = client.session();
            assert_eq!((session.status, session.ended_by, session.was_idle), (Status::SignedOut, Some(EndedBy::Logout), true));
            assert_eq!(host.purposes(), [Purpose::Revocation, Purpose::Revocation], "{store}");
            assert!(host.keys("wicketgate.session.").is_empty(), "{store}");
            // What stays says that the session ended idle, and nothing else.
            assert_eq!(host.origin_content().into_values().collect::<Vec<_>>(), ["0"], "{store}");
            assert!(host.navigations().is_empty(), "the page stays");
        }
    }

    #[test]
    fn whoever_does_something_stays_signed_in() {
        let (client, _page, host) = used("session");
        for _ in 0..5 {
            host.pass(LIMIT - 1);
            host.act();
            assert_eq!(status(&client), Status::SignedIn);
        }
        host.pass(LIMIT - 1);
        assert_eq!(status(&client), Status::SignedIn);
        host.pass(1);
        assert!(client.session().was_idle);
    }

    #[test]
    fn the_tabs_share_the_users_activity() {
        for store in ["session", "local"] {
            let (client, _page, host) = used(store);
            let other = host.another_tab(PAGE);
            let (other_client, _other_page) = if store == "local" {
                let page = Page::new(other.clone());
                (connect_on(&page, limited(store)), page)
            } else {
                signed_in(&other, &limited(store))
            };
            assert_eq!(status(&other_client), Status::SignedIn);
            let other = _other_page.host().clone();
            host.pass(LIMIT - 1000);
            other.act();
            host.pass(LIMIT - 1);
            assert_eq!((status(&client), status(&other_client)), (Status::SignedIn, Status::SignedIn), "{store}");
            for _ in 0..4 {
                other.answer(Answer::empty(200));
            }
            host.pass(1);
            assert_eq!((status(&client), status(&other_client)), (Status::SignedOut, Status::SignedOut), "{store}");
        }
    }

    #[test]
    fn a_computer_that_slept_was_not_in_use() {
        let (client, _page, host) = used("session");
        host.pass_unnoticed(LIMIT + 1);
        // The first sign of life after the sleep is too late.
        host.act();
        assert!(client.session().was_idle);
        let (client, _page, host) = used("session");
        host.pass_unnoticed(LIMIT + 1);
        host.wake_up();
        assert!(client.session().was_idle);
    }

    #[test]
    fn a_kept_session_whose_time_is_over_ends_before_anybody_hears_of_it() {
        let (_client, _page, host) = used("local");
        host.pass_unnoticed(LIMIT);
        let later = host.next_page(PAGE);
        let client = connect(&later, limited("local"));
        assert_eq!(status(&client), Status::SignedOut);
        assert!(client.session().was_idle);
    }

    #[test]
    fn a_new_login_counts_from_its_own_beginning() {
        let (client, _page, host) = used("local");
        host.pass(LIMIT - 1000);
        log_out(&client).unwrap();
        host.pass(LIMIT);
        let fresh = host.another_tab(PAGE);
        let (client, page) = signed_in(&fresh, &limited("local"));
        assert_eq!(status(&client), Status::SignedIn);
        page.host().pass(LIMIT - 1);
        assert_eq!(status(&client), Status::SignedIn);
    }

    #[test]
    fn after_it_the_next_login_asks_again_who_is_there() {
        for store in ["memory", "session", "local"] {
            let prompt = |host: &TestHost, options: LoginOptions| {
                let page = host.next_page(PAGE);
                let client = connect(&page, limited(store));
                Task::new(client.begin_login(&options)).step();
                parameter(page.navigations().last().unwrap(), "prompt")
            };
            let (_client, _page, host) = used(store);
            host.pass(LIMIT);
            // Also in the next page, and once more if the user came back without a login.
            for _ in 0..2 {
                assert_eq!(prompt(&host, LoginOptions::new()).as_deref(), Some("login"), "{store}");
            }
            assert_eq!(prompt(&host, LoginOptions::new().prompt("consent")).as_deref(), Some("consent"), "the app's own");
            let (_client, page) = signed_in(&host.another_tab(PAGE), &limited(store));
            assert_eq!(prompt(page.host(), LoginOptions::new()), None, "{store}");
        }
        // Nobody was idle before a logout.
        let (client, _page, host) = used("local");
        log_out(&client).unwrap();
        let client = connect(&host.next_page(PAGE), limited("local"));
        assert_eq!(parameter(&client.authorization_url(&LoginOptions::new()).unwrap(), "prompt"), None);
    }

    #[test]
    fn a_silent_login_is_no_use() {
        let (client, page) = signed_in(&tab(), &limited("local"));
        let host = page.host();
        host.pass(LIMIT - 1000);
        let login = block_on(client.begin_silently(&LoginOptions::new())).unwrap();
        host.answer(Answer::json(200, &openid_tokens(host, &login.state, "")));
        let waiting = Task::new(async { client.answer_elsewhere(&login.state).await.map(drop) });
        let channel = format!("wicketgate.{}", login.state);
        let answering = Task::new(async {
            while !host.send_on(&channel, &callback(&login.state)) {
                yield_now().await;
            }
            Ok(())
        });
        join(vec![waiting, answering]).into_iter().for_each(Result::unwrap);
        (0..2).for_each(|_| host.answer(Answer::empty(200)));
        host.pass(1000);
        assert!(client.session().was_idle);
        assert_eq!(code(block_on(client.begin_silently(&LoginOptions::new()))), "no_session", "nobody is there");
    }

    #[test]
    fn a_tab_that_was_away_does_not_outlive_it() {
        let (client, _page, host) = used("session");
        let other = host.another_tab(PAGE);
        signed_in(&other, &limited("session"));
        host.pass(LIMIT);
        assert!(client.session().was_idle);
        host.pass(2 * LIMIT);
        let later = other.next_page(PAGE);
        (0..2).for_each(|_| later.answer(Answer::empty(200)));
        let client = connect(&later, limited("session"));
        assert_eq!(status(&client), Status::SignedOut);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_nothing_and_makes_nobody_immortal() {
        let (client, _page, host) = used("session");
        host.jump_to(host.wall_clock() - 100_000);
        host.wake_up();
        assert_eq!(status(&client), Status::SignedIn);
        host.pass(LIMIT + 1);
        host.wake_up();
        assert!(client.session().was_idle);
    }

    #[test]
    fn without_the_origins_store_a_tab_counts_for_itself() {
        let (client, _page, host) = used("session");
        host.set_origin_store(Behaviour::Denied);
        host.pass(LIMIT - 1);
        host.act();
        host.pass(LIMIT - 1);
        assert_eq!(status(&client), Status::SignedIn);
        host.pass(1);
        assert!(client.session().was_idle);
    }

    #[test]
    fn a_server_that_cannot_be_reached_keeps_nobody_signed_in() {
        let (client, page) = signed_in(&tab(), &limited("local"));
        for _ in 0..2 {
            page.host().answer(Answer::Lost);
        }
        page.host().pass(LIMIT);
        assert!(client.session().was_idle);
    }

    #[test]
    fn a_backends_session_ends_there() {
        let configuration = with_session_backend().idle_limit(Duration::from_millis(LIMIT));
        let host = tab();
        host.answer(Answer::json(200, r#"{"claims":{"sub":"ada"}}"#));
        let client = connect(&host, configuration);
        assert_eq!(status(&client), Status::SignedIn);
        host.clear_log();
        host.answer(Answer::empty(200));
        host.pass(LIMIT);
        assert!(client.session().was_idle);
        assert_eq!(host.purposes(), [Purpose::BackendLogout]);
    }

    #[test]
    fn a_later_logout_is_not_told_as_idleness() {
        let (client, _page, host) = used("session");
        host.pass(LIMIT);
        assert!(client.session().was_idle);
        let (client, _page) = signed_in(&host.another_tab(PAGE), &limited("session"));
        log_out(&client).unwrap();
        assert_eq!((client.session().ended_by, client.session().was_idle), (Some(EndedBy::Logout), false));
    }

    #[test]
    fn without_a_limit_nobody_is_watched() {
        let (client, page) = signed_in(&tab(), &kept_in("session"));
        page.host().act();
        page.host().pass(LIMIT * 100);
        assert!(!client.session().was_idle);
        assert!(page.host().origin_content().is_empty());
    }

    #[test]
    fn a_limit_of_zero_is_refused() {
        assert_eq!(code(try_connect(&tab(), public().idle_limit(Duration::ZERO))), "invalid_config");
    }
}

/// Listeners hear that the end of a session is near, `endWarning` seconds before it, whether the server ends it or its idle
/// limit. If the user does something in any tab, the announcement is taken back.
///
/// Source: WCAG 2.2 §2.2.1
mod end_warning {
    use super::*;

    type Heard = Rc<RefCell<Vec<Option<u64>>>>;

    fn heard(client: &Client<TestHost>) -> Heard {
        let heard = Heard::default();
        let listener = heard.clone();
        client.subscribe(move |session| listener.borrow_mut().push(session.ending_at)).forget();
        heard
    }

    #[test]
    fn listeners_hear_of_the_end_in_time_and_that_it_is_off() {
        let (client, _page, host) = used("session");
        let heard = heard(&client);
        let end = (host.wall_clock() + LIMIT) / 1000;
        host.pass(LIMIT - 60_001);
        assert!(heard.borrow().is_empty());
        host.pass(1);
        assert_eq!(*heard.borrow(), [Some(end)]);
        host.act();
        assert_eq!(*heard.borrow(), [Some(end), None]);
        host.pass(LIMIT - 60_000);
        assert_eq!(heard.borrow().len(), 3, "and again");
        host.pass(60_000);
        assert_eq!(*heard.borrow().last().unwrap(), None, "the session has ended");
        assert!(client.session().was_idle);
    }

    #[test]
    fn another_tabs_activity_takes_the_announcement_back() {
        let (client, _page, host) = used("local");
        let page = Page::new(host.another_tab(PAGE));
        let other = connect_on(&page, limited("local"));
        let heard = heard(&client);
        host.pass(LIMIT - 1000);
        assert!(client.session().ending_at.is_some() && other.session().ending_at.is_some());
        page.host().act();
        assert_eq!(other.session().ending_at, None);
        // The browser tells other pages of a change of the store.
        host.wake_up();
        assert_eq!(client.session().ending_at, None);
        assert_eq!(heard.borrow().len(), 2);
    }

    #[test]
    fn the_servers_end_is_announced_too() {
        let host = tab();
        let configuration = with_session_backend().end_warning(Duration::from_secs(60));
        let end = host.wall_clock() / 1000 + 300;
        host.answer(Answer::json(200, &format!(r#"{{"claims":{{"sub":"ada"}},"endsAt":{end}}}"#)));
        let client = connect(&host, configuration);
        let heard = heard(&client);
        host.pass(239_999);
        assert_eq!(client.session().ending_at, None);
        host.pass(1);
        assert_eq!(*heard.borrow(), [Some(end)]);
        assert_eq!(client.session().ends_at, Some(end), "as the server said it");
        host.answer(Answer::empty(401));
        host.pass(60_000);
        assert_eq!((status(&client), client.session().was_idle), (Status::SignedOut, false));
    }

    #[test]
    fn without_the_setting_nothing_is_announced() {
        for configuration in [limited("session"), limited("session").end_warning(Duration::ZERO)] {
            let (client, page) = signed_in(&tab(), &configuration);
            assert_eq!(client.session().ending_at, None);
            for _ in 0..2 {
                page.host().answer(Answer::empty(200));
            }
            let heard = heard(&client);
            page.host().pass(LIMIT);
            assert_eq!(*heard.borrow(), [None]);
            assert!(block_on(client.load()).is_ok());
        }
    }
}
