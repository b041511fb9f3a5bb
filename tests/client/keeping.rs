//! The stores of a session: across reloads, between tabs, through failures of stores, locks and networks. The simulation tests
//! what tabs may do to each other in any order.

use std::rc::Rc;

use wicketgate::client::{AccessTokenOptions, Client, Configuration, Status};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;
use wicketgate::protocol::secret::Secret;

use crate::host::{Answer, Behaviour, Event, Task, TestHost, block_on, join};
use crate::stage::*;

const HOME: &str = "https://app.example/home";

fn reloaded(host: &TestHost, configuration: &Configuration) -> Rc<Client<TestHost>> {
    connect(&host.next_page(HOME), configuration.clone())
}

fn token(client: &Client<TestHost>) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new())).map(Secret::into_exposed)
}

/// The session is kept in the configured store, and sealed: in the tab if none is configured; for its own configuration, and no
/// longer than it lasts.
///
/// Source: this project
mod kept_and_sealed {
    use super::*;

    #[test]
    fn a_session_survives_a_reload() {
        for store in ["session", "local"] {
            let host = tab();
            signed_in(&host, &kept_in(store));
            let client = reloaded(&host, &kept_in(store));
            assert_eq!(client.session().status, Status::SignedIn, "{store}");
            assert_eq!(client.session().claims.as_ref().unwrap().text("sub"), Some("ada"));
            assert_eq!(token(&client).unwrap(), "at-1");
            assert!(host.requests().is_empty(), "and nobody is asked");
            host.answer(new_tokens(2));
            assert_eq!(renew(&client).unwrap(), "at-2");
            assert_eq!(token(&reloaded(&host, &kept_in(store))).unwrap(), "at-2");
        }
        let host = tab();
        signed_in(&host, &kept_in("memory"));
        assert_eq!(reloaded(&host, &kept_in("memory")).session().status, Status::SignedOut);
    }

    #[test]
    fn the_tab_keeps_it_unless_it_is_told_otherwise() {
        let by_default =
            Configuration::new("client-1").issuer(ISSUER).redirect_uri(CALLBACK).scope("openid").metadata(metadata(""));
        let host = tab();
        signed_in(&host, &by_default);
        assert_eq!(reloaded(&host, &by_default).session().status, Status::SignedIn);
        assert!(host.origin_content().is_empty());
        assert_eq!(connect(&host.another_tab(HOME), by_default.clone()).session().status, Status::SignedOut);
        let host = tab();
        host.lose_sealing();
        signed_in(&host, &by_default);
        assert!(host.keys("wicketgate.session.").is_empty(), "what cannot be sealed is not kept");
        for store in ["session", "local"] {
            assert_eq!(code(try_connect(&host, kept_in(store))), "unsupported_environment");
        }
    }

    #[test]
    fn what_is_kept_shows_nothing_and_what_is_none_is_dropped() {
        let host = tab();
        signed_in(&host, &kept_in("local"));
        let (key, sealed) = host.origin_content().pop_first().unwrap();
        assert!(key.starts_with("wicketgate.session."));
        for secret in ["at-1", "rt-1", "access_token"] {
            assert!(!sealed.contains(secret) && !key.contains(secret));
        }
        let another_version = sealed.replace("sealed.", "sealed2.");
        for garbage in ["", "{}", "sealed.zz", "sealed.0000", sealed.trim_end_matches(char::is_alphanumeric), &another_version] {
            host.plant_in_origin(&key, garbage);
            let client = reloaded(&host, &kept_in("local"));
            assert_eq!(client.session().status, Status::SignedOut, "{garbage}");
        }
        signed_in(&host, &kept_in("local"));
        assert_eq!(reloaded(&host, &kept_in("local")).session().status, Status::SignedIn, "and is no obstacle");
    }

    #[test]
    fn what_was_moved_to_the_place_of_another_session_is_none() {
        let host = tab();
        signed_in(&host, &kept_in("local"));
        let (own, sealed) = host.origin_content().pop_first().unwrap();
        for other in [kept_in("local").scope("openid x"), kept_in("local").session_binding("u")] {
            let other_host = host.another_tab(HOME);
            signed_in(&other_host, &other);
            let places: Vec<String> = host.origin_content().into_keys().filter(|key| *key != own).collect();
            let [place] = &places[..] else { panic!("{places:?}") };
            host.plant_in_origin(place, &sealed);
            assert_eq!(reloaded(&host, &other).session().status, Status::SignedOut);
            log_out(&reloaded(&host, &other)).unwrap();
            host.run_tasks();
        }
        assert_eq!(reloaded(&host, &kept_in("local")).session().status, Status::SignedIn, "where it belongs");
    }

    #[test]
    fn another_configuration_has_another_session() {
        let host = tab();
        signed_in(&host, &kept_in("local"));
        for other in [kept_in("local").scope("openid x"), kept_in("local").session_binding("u"), kept_in("session")] {
            assert_eq!(reloaded(&host, &other).session().status, Status::SignedOut);
        }
    }

    #[test]
    fn what_has_expired_is_not_kept_for_ever() {
        let host = tab();
        let state = begun(&host, kept_in("local"));
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        arrive(&host, kept_in("local"), &callback(&state)).unwrap();
        host.pass(3_599_000);
        assert_eq!(reloaded(&host, &kept_in("local")).session().status, Status::SignedIn);
        host.pass(1_000);
        assert_eq!(reloaded(&host, &kept_in("local")).session().status, Status::SignedOut, "it cannot be renewed");
    }
}

/// A logout in a tab also ends the session in the pages that the user had left and comes back to, even if the browser restores
/// the tab's old store with them. A page that comes back checks its store again, or asks its backend. It loses neither a
/// session that continues nor a running refresh.
///
/// Source: this project
mod pages_that_come_back {
    use super::*;

    #[test]
    fn a_session_that_a_browser_brings_back_with_an_old_page_stays_ended() {
        for is_renewed in [false, true] {
            let host = tab();
            let (left, page) = signed_in(&host, &kept_in("session"));
            let old = host.store_content();
            let next = reloaded(&host, &kept_in("session"));
            let other = host.another_tab(HOME);
            let (of_other_tab, other_page) = signed_in(&other, &kept_in("session"));
            if is_renewed {
                host.answer(new_tokens(2));
                assert_eq!(renew(&next).unwrap(), "at-2");
            }
            log_out(&next).unwrap();
            assert_eq!(next.session().status, Status::SignedOut);

            // The tab's store again has its former content.
            old.iter().for_each(|(key, value)| host.plant(key, value));
            page.host().come_back();
            assert_eq!(left.session().status, Status::SignedOut);
            assert!(host.keys("wicketgate.session.").is_empty());
            // This also holds for a page that loads then.
            old.iter().for_each(|(key, value)| host.plant(key, value));
            assert_eq!(reloaded(&host, &kept_in("session")).session().status, Status::SignedOut);
            assert!(host.keys("wicketgate.session.").is_empty());

            other_page.host().come_back();
            assert_eq!(of_other_tab.session().status, Status::SignedIn, "another login is not meant");
        }
    }

    #[test]
    fn nor_does_a_page_go_on_with_what_it_held() {
        for store in ["session", "local"] {
            let host = tab();
            let (left, page) = signed_in(&host, &kept_in(store));
            log_out(&reloaded(&host, &kept_in(store))).unwrap();
            page.host().come_back();
            assert_eq!(left.session().status, Status::SignedOut, "{store}");
        }
    }

    #[test]
    fn a_session_that_goes_on_is_there_when_the_user_comes_back() {
        for store in ["session", "local", "memory"] {
            let host = tab();
            let (left, page) = signed_in(&host, &kept_in(store));
            page.host().come_back();
            assert_eq!(token(&left).unwrap(), "at-1", "{store}");
        }
        let host = tab();
        host.set_store_for("wicketgate.session.", Behaviour::Full);
        let (left, page) = signed_in(&host, &kept_in("session"));
        page.host().come_back();
        assert_eq!(token(&left).unwrap(), "at-1", "where the store was full");
    }

    #[test]
    fn a_refresh_that_is_under_way_then_is_not_lost() {
        for store in ["session", "local"] {
            let host = tab();
            let (client, page) = signed_in(&host, &kept_in(store));
            host.answer_after(new_tokens(2), move |_| page.host().come_back());
            assert_eq!(renew(&client).unwrap(), "at-2", "{store}");
            host.answer(new_tokens(3));
            assert_eq!(renew(&client).unwrap(), "at-3", "{store}");
            assert_eq!(sent_refresh_tokens(&host), ["rt-1", "rt-2"], "{store}");
        }
    }

    #[test]
    fn what_the_server_refuses_to_one_tab_ends_no_session_of_its_twin() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        let twin = host.another_tab(HOME);
        host.store_content().iter().for_each(|(key, value)| twin.plant(key, value));
        let other = connect(&twin, kept_in("session"));
        twin.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
        renew(&other).unwrap_err();
        assert_eq!(other.session().status, Status::SignedOut);
        page.host().come_back();
        assert_eq!(token(&client).unwrap(), "at-1");
        assert_eq!(token(&reloaded(&host, &kept_in("session"))).unwrap(), "at-1");
    }

    #[test]
    fn a_page_that_comes_back_asks_the_backend() {
        let host = tab();
        host.answer(Answer::json(200, r#"{"session":{"claims":{"sub":"ada"}}}"#));
        let page = wicketgate::client::Page::new(host.clone());
        let client = connect_on(&page, with_session_backend());
        assert_eq!(client.session().status, Status::SignedIn);
        host.answer(Answer::empty(401));
        page.host().come_back();
        assert_eq!(client.session().status, Status::SignedOut);
    }
}

/// Tabs that share a store make one refresh: they queue for the Web Lock. Without a Web Lock, a lease in the store decides.
///
/// Source: RFC 9700 §4.14.2
mod one_refresh_across_tabs {
    use super::*;

    #[test]
    fn tabs_share_one_refresh() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("local"));
        let tabs: Vec<_> = (0..5).map(|_| connect(&host.another_tab(HOME), kept_in("local"))).collect();
        // Each tab has its own network here; the first request gets the answer.
        host.pass(3_580_000);
        host.answer(new_tokens(2));
        let options = AccessTokenOptions::new();
        let all = tabs.iter().chain([&client]);
        let tasks = std::iter::once(&client).chain(all).map(|client| Task::new(client.access_token(&options))).collect();
        for token in join(tasks) {
            assert_eq!(token.unwrap().expose(), "at-2");
        }
        assert_eq!(sent_refresh_tokens(&host), ["rt-1"]);
    }

    #[test]
    fn without_locks_a_lease_in_the_store_does_it() {
        let host = tab();
        host.lose_locks();
        let (client, _) = signed_in(&host, &kept_in("local"));
        let other_tab = host.another_tab(HOME);
        let other = connect(&other_tab, kept_in("local"));
        host.pass(3_580_000);
        // Each tab has its own network; either request may be the first.
        host.answer(new_tokens(2));
        other_tab.answer(new_tokens(2));
        let options = AccessTokenOptions::new();
        let mut tasks = vec![Task::new(client.access_token(&options)), Task::new(other.access_token(&options))];
        for _ in 0..100 {
            while tasks.iter_mut().map(Task::step).fold(false, |any, one| any | one) {}
            host.pass(50);
        }
        let sent = [sent_refresh_tokens(&host), sent_refresh_tokens(&other_tab)].concat();
        for token in join(tasks) {
            assert_eq!(token.unwrap().expose(), "at-2");
        }
        assert_eq!(sent, ["rt-1"]);
        assert!(host.origin_content().keys().all(|key| !key.ends_with(".lease")), "and it is given back");
    }

    #[test]
    fn a_server_that_renews_a_token_to_the_same_text_is_asked_once() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("local"));
        let other_tab = host.another_tab(PAGE);
        let other = connect(&other_tab, kept_in("local"));
        host.pass(3_590_000);
        for (number, tab) in (2..).zip([&host, &other_tab]) {
            tab.clear_log();
            let same = r#"{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-N"}"#;
            tab.answer(Answer::json(200, &same.replace('N', &format!("{number}"))));
        }
        let options = AccessTokenOptions::new();
        for token in join([&client, &other].map(|client| Task::new(client.access_token(&options))).into()) {
            assert_eq!(token.unwrap().expose(), "at-1");
        }
        assert_eq!([sent_refresh_tokens(&host), sent_refresh_tokens(&other_tab)].concat().len(), 1);
    }

    #[test]
    fn a_lease_that_nobody_gives_back_runs_out() {
        let host = tab();
        host.lose_locks();
        let (client, _) = signed_in(&host, &kept_in("local"));
        let (key, _) = host.origin_content().pop_first().unwrap();
        host.plant_in_origin(&format!("{key}.lease"), "1800000015000 of-a-tab-that-died");
        host.answer(new_tokens(2));
        let options = AccessTokenOptions::new().force_refresh(true);
        let mut task = Task::new(client.access_token(&options));
        task.step();
        host.pass(14_900);
        assert!(host.requests().is_empty(), "not yet");
        for _ in 0..20 {
            task.step();
            host.pass(50);
        }
        assert_eq!(task.output().unwrap().expose(), "at-2");
    }

    #[test]
    fn a_lease_that_is_over_is_not_given_back() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("local"));
        let leases = |host: &TestHost| host.origin_content().into_keys().filter(|key| key.ends_with(".lease")).count();
        host.answer_after(new_tokens(2), |host| host.pass(19_999));
        renew(&client).unwrap();
        assert_eq!(leases(&host), 0);
        // The page slept in between: by now, another tab may have the lease, and this page's copy of the store may be outdated.
        host.answer_after(new_tokens(3), |host| host.pass(20_000));
        renew(&client).unwrap();
        assert_eq!(leases(&host), 1);
        host.answer(new_tokens(4));
        assert_eq!(renew(&client).unwrap(), "at-4", "and it is in nobody's way");
        assert_eq!(leases(page.host()), 0);
    }
}

/// A login and a logout show in the tabs that share the store, and in a tab that slept once it wakes.
///
/// Source: this project
mod seen_in_other_tabs {
    use super::*;

    #[test]
    fn login_and_logout_show_in_the_tabs_that_share_the_store() {
        let host = tab();
        let other = connect(&host.another_tab(HOME), kept_in("local"));
        let apart = connect(&host.another_tab(HOME), kept_in("session"));
        let heard = Rc::new(std::cell::Cell::new(0));
        let counter = heard.clone();
        let _subscription = other.subscribe(move |_| counter.set(counter.get() + 1));
        let (client, _) = signed_in(&host, &kept_in("local"));
        assert_eq!((other.session().status, heard.get()), (Status::SignedIn, 1));
        assert_eq!(token(&other).unwrap(), "at-1");
        log_out(&other).unwrap();
        host.run_tasks();
        assert_eq!((client.session().status, heard.get()), (Status::SignedOut, 2));
        assert_eq!(code(token(&client)), "no_session");
        assert!(host.origin_content().is_empty());
        assert_eq!(apart.session().status, Status::SignedOut);
    }

    #[test]
    fn tabs_ask_the_backend_again_when_it_has_ended_the_session() {
        const SIGNED_IN: &str = r#"{"session":{"claims":{"sub":"ada"}}}"#;
        let host = tab();
        let other_tab = host.another_tab(HOME);
        let [client, other] = [&host, &other_tab].map(|tab| {
            tab.answer(Answer::json(200, SIGNED_IN));
            connect(tab, with_session_backend())
        });
        // The backend's answer while the logout is on its way, and its answer afterwards.
        other_tab.answer(Answer::json(200, SIGNED_IN));
        other_tab.answer(Answer::empty(401));
        host.answer(Answer::empty(204));
        log_out(&client).unwrap();
        host.run_tasks();
        assert_eq!(other.session().status, Status::SignedOut);
    }

    #[test]
    fn a_page_that_slept_finds_out_when_it_wakes() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("local"));
        // Without the page's knowledge, and without a message.
        let (key, _) = host.origin_content().pop_first().unwrap();
        host.plant_in_origin(&key, "");
        page.host().wake_up();
        assert_eq!(client.session().status, Status::SignedOut);
    }
}

/// `invalid_grant` ends the session for all tabs, unless another tab has newer tokens.
///
/// Source: RFC 6749 §5.2
mod invalid_grant {
    use super::*;

    #[test]
    fn invalid_grant_is_not_the_end_where_another_tab_has_newer_tokens() {
        let host = tab();
        signed_in(&host, &kept_in("local"));
        let (key, known) = host.origin_content().pop_first().unwrap();
        let newer = {
            let other = host.another_tab(HOME);
            let client = connect(&other, kept_in("local"));
            other.answer(new_tokens(2));
            renew(&client).unwrap();
            host.run_tasks();
            host.origin_content()[&key].clone()
        };
        // A tab without any notification: while its answer comes, the other tab stores its tokens.
        host.plant_in_origin(&key, &known);
        let sibling = connect(&host.another_tab(HOME), kept_in("local"));
        let client = reloaded(&host, &kept_in("local"));
        let newer_key = key.clone();
        host.answer_after(Answer::json(400, r#"{"error":"invalid_grant"}"#), move |host| {
            host.plant_in_origin(&newer_key, &newer)
        });
        assert_eq!(renew(&client).unwrap(), "at-2");
        assert_eq!(client.session().status, Status::SignedIn);
        // If there is nothing newer, the session ends: for all tabs.
        host.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
        assert_eq!(code(renew(&client)), "session_ended");
        host.run_tasks();
        assert_eq!(sibling.session().status, Status::SignedOut);
        assert!(host.origin_content().is_empty());
    }
}

/// The refresh of another tab does not undo a logout.
///
/// Source: this project
mod logout_across_tabs {
    use super::*;

    #[test]
    fn a_logout_is_not_undone_by_a_refresh_of_another_tab() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("local"));
        let other = connect(&host.another_tab(HOME), kept_in("local"));
        host.answer(new_tokens(2));
        let options = AccessTokenOptions::new().force_refresh(true);
        let mut refresh = Task::new(client.access_token(&options));
        while host.requests().is_empty() {
            refresh.step();
            host.run_tasks_once();
        }
        log_out(&other).unwrap();
        let outcome = join(vec![refresh]).remove(0);
        host.run_tasks();
        assert!(outcome.is_err(), "{outcome:?}");
        assert_eq!(client.session().status, Status::SignedOut);
        assert!(host.origin_content().is_empty(), "nothing was put back");
    }
}

/// A rotated refresh token is stored before the client hands out the access token that came with it.
///
/// Source: RFC 6749 §6
mod rotated_refresh_token {
    use super::*;

    #[test]
    fn a_rotated_token_is_in_the_store_before_anybody_has_the_new_one() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("session"));
        host.answer(new_tokens(2));
        let options = AccessTokenOptions::new().force_refresh(true);
        let mut refresh = Task::new(client.access_token(&options));
        let stored =
            || host.events().iter().any(|event| matches!(event, Event::Stored(key) if key.starts_with("wicketgate.session.")));
        while refresh.step() | host.run_tasks_once() {
            assert!(stored() || access_token(&client, 0).unwrap() == "at-1", "handed out before it is kept");
        }
        assert!(stored());
        assert_eq!(refresh.output().unwrap().expose(), "at-2");
    }
}

/// A full store does not end the session, and does not keep a used refresh token.
///
/// Source: this project
mod full_store {
    use super::*;

    #[test]
    fn a_store_that_is_full_costs_no_session() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("local"));
        host.set_origin_store(Behaviour::Full);
        host.answer(new_tokens(2));
        assert_eq!(renew(&client).unwrap(), "at-2", "it serves from memory");
        assert!(host.origin_content().is_empty(), "and the used refresh token is nowhere");
        host.answer(new_tokens(3));
        assert_eq!(renew(&client).unwrap(), "at-3");
        host.set_origin_store(Behaviour::Works);
        host.answer(new_tokens(4));
        assert_eq!(renew(&client).unwrap(), "at-4");
        assert_eq!(token(&reloaded(&host, &kept_in("local"))).unwrap(), "at-4");
    }
}

/// The client itself retries the refresh of a stale session, after growing pauses and when the page wakes, until it succeeds.
///
/// Source: this project
mod stale_session {
    use super::*;

    #[test]
    fn a_stale_session_is_tried_again_by_itself() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        for answer in [Answer::Lost, Answer::Late, Answer::json(503, "")] {
            host.answer(answer);
        }
        host.answer(new_tokens(2));
        assert_eq!(code(renew(&client)), "network_failed");
        assert_eq!(client.session().status, Status::Stale);
        page.host().pass(499);
        assert_eq!(host.requests().len(), 1, "not at once");
        page.host().pass(1_001);
        assert_eq!(host.requests().len(), 2, "but after a second or so");
        page.host().pass(3_000);
        assert_eq!(host.requests().len(), 3, "and after two or so");
        assert_eq!(client.session().status, Status::Stale);
        // The network is back.
        page.host().wake_up();
        assert_eq!((client.session().status, host.requests().len()), (Status::SignedIn, 4));
        assert_eq!(token(&client).unwrap(), "at-2");
        page.host().pass(600_000);
        assert_eq!(host.requests().len(), 4, "and then it is over");
    }
}

/// If a token endpoint answers 429 or 5xx with `Retry-After`, this page sends no refresh before that time, at most for five
/// minutes. A login does not wait.
///
/// Source: RFC 9110 §10.2.3
mod retry_after {
    use super::*;

    #[test]
    fn a_server_that_asks_to_be_left_alone_is() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        for status in [429, 503] {
            host.clear_log();
            host.answer(Answer::Busy(status, 120));
            let refused = renew(&client).unwrap_err();
            assert_eq!((refused.code(), refused.status(), refused.is_retryable()), ("token_request_failed", Some(status), true));
            assert_eq!(client.session().status, Status::Stale);
            // Second by second: an attempt before that time would make the next pause longer.
            (0..119).for_each(|_| page.host().pass(1_000));
            page.host().wake_up();
            assert_eq!(renew(&client).unwrap_err(), refused, "whoever asks");
            assert_eq!(host.requests().len(), 1, "{status}");
            // And then at most after the pause of the first attempt.
            host.answer(new_tokens(2));
            page.host().pass(2_500);
            assert_eq!((client.session().status, host.requests().len()), (Status::SignedIn, 2), "{status}");
        }
    }

    #[test]
    fn but_not_for_ever() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        host.answer(Answer::Busy(503, 86_400));
        renew(&client).unwrap_err();
        host.answer(new_tokens(2));
        page.host().pass(301_500);
        assert_eq!(client.session().status, Status::SignedIn);
    }

    #[test]
    fn what_is_still_good_serves_meanwhile() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("session"));
        host.answer(Answer::Busy(503, 120));
        renew(&client).unwrap_err();
        assert_eq!(token(&client).unwrap(), "at-1");
        host.pass(3_599_000 - 120_000);
        assert_eq!(token(&client).unwrap(), "at-1");
    }

    #[test]
    fn who_refuses_is_not_busy() {
        // A page whose next request is valid does not have to wait.
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("session"));
        for (status, is_retryable) in [(400, false), (401, false), (404, false), (500, true)] {
            host.answer(Answer::Busy(status, if is_retryable { 0 } else { 120 }));
            assert_eq!(renew(&client).unwrap_err().is_retryable(), is_retryable, "{status}");
        }
        host.answer(new_tokens(2));
        assert_eq!(renew(&client).unwrap(), "at-2");
    }

    #[test]
    fn a_new_login_is_not_kept_waiting() {
        let host = tab();
        let (client, page) = signed_in(&host, &kept_in("session"));
        host.answer(Answer::Busy(429, 120));
        renew(&client).unwrap_err();
        let state = begin(&client);
        host.answer(Answer::json(200, &openid_tokens(&host, &state, r#","refresh_token":"rt-5""#)));
        block_on(client.handle_callback(Some(&callback(&state)))).unwrap();
        host.answer(new_tokens(6));
        assert_eq!(renew(&client).unwrap(), "at-6");
        assert_eq!(page.host().purposes().last(), Some(&Purpose::Refresh));
    }

    #[test]
    fn also_where_its_word_came_too_late() {
        let host = tab();
        let (client, _) = signed_in(&host, &kept_in("local"));
        let other_tab = host.another_tab(HOME);
        host.answer_after(Answer::Busy(503, 120), move |host| {
            let state = begun(&other_tab, kept_in("local"));
            other_tab.answer(Answer::json(200, &openid_tokens(&other_tab, &state, r#","refresh_token":"rt-5""#)));
            arrive(&other_tab, kept_in("local"), &callback(&state)).unwrap();
            host.run_tasks();
        });
        assert_eq!(code(renew(&client)), "aborted", "another tab has logged in");
        assert_eq!(code(renew(&client)), "token_request_failed");
        assert_eq!(sent_refresh_tokens(&host), ["rt-1"]);
    }
}

/// A browser whose `IndexedDB` does not answer delays a login, a restored session and a logout by seconds, but all of them
/// succeed: the session is then in the page's memory.
///
/// Source: this project
mod silent_database {
    use super::*;

    /// Runs `work` to its end. Returns how long it took, in milliseconds.
    fn timed<T>(page: &TestHost, work: impl Future<Output = T>) -> (T, u64) {
        let mut task = Task::new(work);
        let mut passed = 0;
        loop {
            while task.step() | page.run_tasks_once() {}
            if task.is_done() {
                return (task.output(), passed);
            }
            assert!(passed < 60_000, "it does not settle");
            page.pass(100);
            passed += 100;
        }
    }

    #[test]
    fn a_login_is_completed_in_memory() {
        for store in ["session", "local"] {
            let host = tab();
            let state = begun(&host, kept_in(store));
            host.answer(Answer::json(200, &openid_tokens(&host, &state, r#","refresh_token":"rt-1""#)));
            host.lose_database();
            let page = host.next_page(&callback(&state));
            let owner = wicketgate::client::Page::new(page.clone());
            let client = timed(&page, Client::connect(&owner, kept_in(store))).0.unwrap();
            let (login, took) = timed(&page, client.handle_callback(None));
            assert_eq!(login.unwrap().session.status, Status::SignedIn, "{store}");
            assert!(took <= 5_000, "{took} ms: {store}");
            assert_eq!(token(&client).unwrap(), "at-1");
            host.answer(new_tokens(2));
            let options = AccessTokenOptions::new().force_refresh(true);
            let (renewed, took) = timed(&page, client.access_token(&options));
            assert_eq!(renewed.unwrap().expose(), "at-2", "{store}");
            assert!(took <= 10_000, "{took} ms: {store}");
            let options = wicketgate::client::LogoutOptions::new();
            let (ended, took) = timed(&page, client.logout(&options));
            ended.unwrap();
            assert!(took <= 5_000 && client.session().status == Status::SignedOut, "{took} ms: {store}");
        }
    }

    #[test]
    fn a_client_is_there_without_the_session_that_cannot_be_opened() {
        for store in ["session", "local"] {
            let host = tab();
            signed_in(&host, &kept_in(store));
            host.lose_database();
            let page = host.next_page(HOME);
            let owner = wicketgate::client::Page::new(page.clone());
            let (client, took) = timed(&page, Client::connect(&owner, kept_in(store)));
            assert_eq!(client.unwrap().session().status, Status::SignedOut, "{store}");
            assert!(took <= 5_000, "{took} ms: {store}");
        }
    }
}
