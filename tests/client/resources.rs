//! A token for each API: one login, one refresh token, and access tokens that are renewed by themselves.

use std::rc::Rc;

use wicketgate::Host;
use wicketgate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, Page, Status};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;
use wicketgate::protocol::secret::Secret;

use crate::host::{Answer, Sent, Task, TestHost, block_on, join, yield_now};
use crate::stage::*;

const HOME: &str = "https://app.example/home";
const NOTES: &str = "https://notes.example/api";
const MAIL: &str = "urn:example:mail";

/// Two APIs with tokens of their own, and one that takes the login's.
fn configuration() -> Configuration {
    in_store("local")
}

fn in_store(store: &str) -> Configuration {
    with(
        kept_in(store),
        r#"{"scope":"openid offline_access","allowedOrigins":["https://api.example",
            {"origin":"https://notes.example:443/","resource":"https://notes.example/api","scope":"notes:read notes:write"},
            {"origin":"https://mail.example","resource":"urn:example:mail"}]}"#,
    )
}

/// The answer with the token `name`, and the refresh token `number`.
fn token(name: &str, number: u32) -> Answer {
    let tokens = format!(r#"{{"access_token":"{name}","token_type":"Bearer","expires_in":600,"refresh_token":"rt-{number}"}}"#);
    Answer::json(200, &tokens)
}

fn sent(host: &TestHost) -> Vec<Sent> {
    host.requests().into_iter().filter(|sent| sent.purpose == Purpose::Refresh).collect()
}

fn said(sent: &Sent, name: &str) -> Option<String> {
    parameter(&format!("https://x.example/?{}", sent.body.as_ref().unwrap()), name)
}

fn of(client: &Client<TestHost>, resource: &str) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new().resource(resource))).map(Secret::into_exposed)
}

fn for_url(client: &Client<TestHost>, url: &str) -> Result<String, Error> {
    block_on(client.access_token_for(url)).map(Secret::into_exposed)
}

/// A login names all APIs and asks for all their scopes. The token for which its code is redeemed is for UserInfo if it is a login
/// of OpenID Connect, and otherwise for the first API, because a server issues a token for one of them at a time.
///
/// Source: RFC 8707 §2.1, §2.2
mod the_login {
    use super::*;

    fn resources(url: &str) -> Vec<String> {
        parameters(url).into_iter().filter(|(name, _)| name == "resource").map(|(_, value)| value).collect()
    }

    #[test]
    fn a_login_names_all_apis_and_their_scopes() {
        let host = tab();
        let client = connect(&host, configuration());
        let url = client.authorization_url(&LoginOptions::new()).unwrap();
        assert_eq!(resources(&url), [NOTES, MAIL]);
        assert_eq!(parameter(&url, "scope").as_deref(), Some("openid offline_access notes:read notes:write"));
        let state = parameter(&url, "state").unwrap();
        host.answer(Answer::json(200, &openid_tokens(&host, &state, r#","refresh_token":"rt-1""#)));
        arrive(&host, configuration(), &callback(&state)).unwrap();
        let requests = host.requests();
        let redeemed = requests.iter().find(|sent| sent.purpose == Purpose::Token).unwrap();
        assert_eq!(said(redeemed, "resource"), None, "its token is for UserInfo");
        let url = client.authorization_url(&LoginOptions::new().resource("urn:x").scope("openid")).unwrap();
        assert_eq!(resources(&url), ["urn:x", NOTES, MAIL], "each once");
    }

    #[test]
    fn a_login_without_openid_redeems_its_code_for_the_first_api() {
        let host = tab();
        let configuration = with(configuration(), r#"{"scope":"offline_access"}"#);
        let url = connect(&host, configuration.clone()).authorization_url(&LoginOptions::new()).unwrap();
        assert_eq!(resources(&url), [NOTES, MAIL]);
        let state = parameter(&url, "state").unwrap();
        host.answer(token("notes-1", 1));
        let client = connect(&host.next_page(&callback(&state)), configuration);
        block_on(client.handle_callback(None)).unwrap();
        assert_eq!(said(host.requests().last().unwrap(), "resource").as_deref(), Some(NOTES));
        assert_eq!(of(&client, NOTES).unwrap(), "notes-1", "that is its own token");
        assert_eq!(for_url(&client, "https://notes.example/1").unwrap(), "notes-1");
        assert!(sent(&host).is_empty());
    }

    #[test]
    fn what_is_no_api_is_refused_by_name() {
        for (wrong, member) in [
            (r#"{"origin":"https://a.example"}"#, "allowedOrigins.resource"),
            (r#"{"resource":"urn:a"}"#, "allowedOrigins.origin"),
            (r#"{"origin":"https://a.example","resource":"a"}"#, "allowedOrigins.resource"),
            (r#"{"origin":"https://a.example","resource":"urn:a","scope":"\\"}"#, "allowedOrigins.scope"),
            (r#"{"origin":"https://a.example","resource":"urn:a","audience":"b"}"#, "allowedOrigins.audience"),
            (r#"{"origin":"https://a.example/path","resource":"urn:a"}"#, "allowedOrigins"),
            (r#"{"origin":"http://a.example","resource":"urn:a"}"#, "allowedOrigins"),
            ("7", "allowedOrigins"),
        ] {
            let configuration = public().merge_json(&format!(r#"{{"allowedOrigins":[{wrong}]}}"#)).unwrap();
            let error = try_connect(&tab(), configuration).err().unwrap_or_else(|| panic!("it was accepted: {wrong}"));
            assert_eq!(error.code(), "invalid_config", "{wrong}");
            assert!(error.summary().contains(member), "{member}: {}", error.summary());
        }
    }
}

/// Each API has an access token of its own, which goes to its origin and nowhere else. The refresh token brings it when it is first
/// needed, and renews it by itself. One refresh at a time: the next one sends the refresh token that the one before has brought.
/// Tabs that share the store share all tokens.
///
/// Source: RFC 8707 §2.2; RFC 9700 §2.3
///
/// Also: `a_token_goes_to_an_origin_that_is_named`, `five_tabs_need_one_refresh_for_each_api`
mod each_api {
    use super::*;

    #[test]
    fn each_origin_gets_its_own_token() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.answer(token("notes-1", 2));
        host.answer(token("mail-1", 3));
        assert_eq!(for_url(&client, "https://notes.example/1").unwrap(), "notes-1");
        assert_eq!(for_url(&client, "https://mail.example/").unwrap(), "mail-1");
        assert_eq!(for_url(&client, "https://api.example/").unwrap(), "at-1");
        assert_eq!(of(&client, NOTES).unwrap(), "notes-1");
        assert_eq!(of(&client, MAIL).unwrap(), "mail-1");
        let sent = sent(&host);
        let all = |name| sent.iter().map(|sent| said(sent, name)).collect::<Vec<_>>();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(all("resource"), [some(NOTES), some(MAIL)]);
        assert_eq!(all("scope"), [some("notes:read notes:write"), None]);
        assert_eq!(all("refresh_token"), [some("rt-1"), some("rt-2")]);
        assert_eq!(client.session().status, Status::SignedIn);
    }

    #[test]
    fn each_is_renewed_by_itself() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.answer(token("notes-1", 2));
        of(&client, NOTES).unwrap();
        host.pass(590_000);
        host.answer(token("notes-2", 3));
        assert_eq!(of(&client, NOTES).unwrap(), "notes-2");
        assert_eq!(access_token(&client, 0).unwrap(), "at-1", "which lasts an hour");
        host.answer(new_tokens(4));
        assert_eq!(renew(&client).unwrap(), "at-4");
        assert_eq!(of(&client, NOTES).unwrap(), "notes-2", "it stays");
        assert_eq!(sent(&host).len(), 3);
    }

    #[test]
    fn a_token_that_an_api_refuses_is_renewed_alone() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.answer(token("notes-1", 2));
        let url = "https://notes.example/1";
        for_url(&client, url).unwrap();
        host.answer(token("notes-2", 3));
        let refusal = wicketgate::client::Refusal { url, answered_by: url, token: "notes-1", www_authenticate: None };
        let newer = block_on(client.access_token_after(&refusal)).unwrap().unwrap();
        assert_eq!(newer.expose(), "notes-2");
        assert_eq!(sent(&host).iter().map(|sent| said(sent, "resource").unwrap()).collect::<Vec<_>>(), [NOTES, NOTES]);
        // The login's own token is not one that this API has refused.
        let refusal = wicketgate::client::Refusal { token: "at-1", ..refusal };
        assert!(block_on(client.access_token_after(&refusal)).unwrap().is_none());
    }

    #[test]
    fn fifty_calls_need_one_refresh_for_each_api_one_after_the_other() {
        // Only a store that tabs share has a lease.
        ["local", "session", "memory"].into_iter().for_each(fifty_calls);
    }

    fn fifty_calls(store: &str) {
        let host = tab();
        let (client, _) = signed_in(&host, &in_store(store));
        for (number, name) in (2..).zip(["at-2", "notes-1", "mail-1"]) {
            host.answer(token(name, number));
        }
        let asking = |number: usize| {
            let options = match number % 3 {
                0 => AccessTokenOptions::new().force_refresh(number < 3),
                1 => AccessTokenOptions::new().resource(NOTES),
                _ => AccessTokenOptions::new().resource(MAIL),
            };
            let client = client.clone();
            Task::new(async move { client.access_token(&options).await.map(Secret::into_exposed) })
        };
        let answers = join((0..50).map(asking).collect());
        for (number, answer) in answers.into_iter().enumerate().skip(1) {
            let expected: &[&str] = [&["at-1", "at-2"][..], &["notes-1"], &["mail-1"]][number % 3];
            assert!(expected.contains(&answer.as_deref().unwrap()), "{number}: {answer:?}");
        }
        let refresh_tokens: Vec<_> = sent(&host).iter().map(|sent| said(sent, "refresh_token").unwrap()).collect();
        assert_eq!(refresh_tokens, ["rt-1", "rt-2", "rt-3"]);
    }

    #[test]
    fn five_tabs_need_one_refresh_for_each_api() {
        let host = tab();
        signed_in(&host, &configuration());
        let tabs: Vec<_> = (0..5).map(|_| host.another_tab(HOME)).collect();
        let clients: Vec<Rc<Client<TestHost>>> = tabs.iter().map(|tab| connect(tab, configuration())).collect();
        // Each tab has a network of its own: whichever asks first gets the answer.
        for tab in &tabs {
            tab.connect_to_network(|request| {
                let Some(body) = &request.body else { return Answer::json(200, &keys("key-1")) };
                let body = body.expose();
                let name = if body.contains("notes") { "notes-1" } else { "mail-1" };
                let generation = body.split("refresh_token=rt-").nth(1).unwrap().split('&').next().unwrap();
                token(name, generation.parse::<u32>().unwrap() + 1)
            });
        }
        let asking = |number: usize| {
            let (client, resource) = (clients[number % 5].clone(), [NOTES, MAIL][number / 5]);
            let options = AccessTokenOptions::new().resource(resource);
            Task::new(async move { client.access_token(&options).await.map(Secret::into_exposed) })
        };
        for answer in join((0..10).map(asking).collect()) {
            answer.unwrap();
        }
        let all: Vec<_> = tabs.iter().flat_map(sent).collect();
        let mut refresh_tokens: Vec<_> = all.iter().map(|sent| said(sent, "refresh_token").unwrap()).collect();
        refresh_tokens.sort();
        assert_eq!(refresh_tokens, ["rt-1", "rt-2"], "once for all tabs");
    }

    #[test]
    fn what_other_tabs_have_got_while_it_waited_is_not_asked_for() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        let others = [(NOTES, "notes-1"), (MAIL, "mail-1")].map(|(resource, name)| {
            let tab = host.another_tab(HOME);
            tab.answer(token(name, 2));
            (resource, connect(&tab, configuration()))
        });
        // The other tabs are first in the queue for the lock. This one's second refresh waits for its first.
        let all = others.into_iter().chain([(NOTES, client.clone()), (MAIL, client)]);
        let asking = all.map(|(resource, client)| {
            let options = AccessTokenOptions::new().resource(resource);
            Task::new(async move { client.access_token(&options).await.map(Secret::into_exposed) })
        });
        let answers: Vec<_> = join(asking.collect()).into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, ["notes-1", "mail-1", "notes-1", "mail-1"]);
        assert!(sent(&host).is_empty());
    }

    #[test]
    fn the_token_of_an_api_goes_to_no_origin_that_is_to_get_the_logins_own() {
        let host = tab();
        let configuration = with(configuration(), r#"{"scope":"offline_access"}"#);
        let url = connect(&host, configuration.clone()).authorization_url(&LoginOptions::new()).unwrap();
        let state = parameter(&url, "state").unwrap();
        host.answer(token("notes-1", 1));
        let client = connect(&host.next_page(&callback(&state)), configuration);
        block_on(client.handle_callback(None)).unwrap();
        assert_eq!(for_url(&client, "https://notes.example/1").unwrap(), "notes-1");
        assert_eq!(code(for_url(&client, "https://api.example/1")), "origin_not_allowed");
    }

    #[test]
    fn the_own_token_of_a_login_in_another_tab_goes_to_no_api() {
        for turns in 0..8 {
            let host = tab();
            let only_notes = LoginOptions::new().resource(NOTES);
            let url = connect(&host, configuration()).authorization_url(&only_notes).unwrap();
            let state = parameter(&url, "state").unwrap();
            let tokens = |host: &TestHost, state: &str, name: &str| {
                let all = openid_tokens(host, state, r#","refresh_token":"rt-1""#).replace("at-1", name);
                Answer::json(200, &all.replace("3600", "10"))
            };
            host.answer(tokens(&host, &state, "notes-0"));
            let page = Page::new(host.next_page(&callback(&state)));
            let client = connect_on(&page, configuration());
            block_on(client.handle_callback(None)).unwrap();
            host.pass(9_000);
            let other = host.another_tab(HOME);
            let state = begun(&other, configuration());
            other.answer(tokens(&other, &state, "own-of-another-login"));
            let other = Page::new(other.next_page(&callback(&state)));
            let theirs = connect_on(&other, configuration());
            for number in 2..5 {
                host.answer(token("notes-1", number));
            }
            let asking = Task::new(async move {
                for _ in 0..turns {
                    yield_now().await;
                }
                client.access_token_for("https://notes.example/1").await.map(Secret::into_exposed)
            });
            let login = Task::new(async move { theirs.handle_callback(None).await.map(|_| String::new()) });
            let mut tasks = [login, asking];
            for _ in 0..1_000 {
                while tasks.iter_mut().map(Task::step).fold(false, |any, one| any | one) | host.run_tasks_once() {}
                host.pass(100);
            }
            let [_, asked] = tasks;
            assert_ne!(asked.output().ok().as_deref(), Some("own-of-another-login"), "after {turns} turns");
        }
    }

    #[test]
    fn a_revocation_names_the_tokens_of_all_apis() {
        let configuration = with(
            server(r#","revocation_endpoint":"https://as.example/revoke""#),
            r#"{"scope":"openid offline_access","allowedOrigins":[{"origin":"https://notes.example","resource":"https://notes.example/api"}]}"#,
        );
        let (client, page) = signed_in(&tab(), &configuration);
        let host = page.host();
        host.answer(token("notes-1", 2));
        of(&client, NOTES).unwrap();
        for _ in 0..3 {
            host.answer(Answer::empty(200));
        }
        block_on(client.revoke()).unwrap();
        let revoked = host.requests().into_iter().filter(|sent| sent.purpose == Purpose::Revocation);
        let tokens: Vec<_> = revoked.map(|sent| said(&sent, "token").unwrap()).collect();
        assert_eq!(tokens, ["rt-2", "at-1", "notes-1"]);
    }

    #[test]
    fn a_reload_keeps_all_tokens() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.answer(token("notes-1", 2));
        of(&client, NOTES).unwrap();
        let client = connect(&host.next_page(HOME), configuration());
        assert_eq!(of(&client, NOTES).unwrap(), "notes-1");
        assert_eq!(access_token(&client, 0).unwrap(), "at-1");
        assert!(host.origin_content().values().all(|kept| !kept.contains("notes-1")), "sealed");
        assert_eq!(sent(&host).len(), 1);
    }

    #[test]
    fn a_token_of_an_api_ends_with_the_machines_sleep() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.answer(token("notes-1", 2));
        of(&client, NOTES).unwrap();
        // The monotonic clock stands still meanwhile.
        host.jump_to(host.wall_clock() + 700_000);
        host.answer(token("notes-2", 3));
        assert_eq!(of(&client, NOTES).unwrap(), "notes-2");
    }
}

/// A refusal that concerns one API ends no session and leaves the other tokens as they are. A refresh token that the server does
/// not accept any more ends the session of all.
///
/// Source: RFC 8707 §2; RFC 6749 §5.2
mod refusals {
    use super::*;

    #[test]
    fn an_api_that_the_server_refuses_ends_nothing() {
        for answer in [
            Answer::json(400, r#"{"error":"invalid_target"}"#),
            Answer::json(400, r#"{"error":"invalid_scope"}"#),
            Answer::json(503, "{}"),
            Answer::Lost,
        ] {
            let host = tab();
            let (client, _) = signed_in(&host, &configuration());
            host.answer(answer);
            assert!(of(&client, NOTES).is_err());
            assert_eq!(client.session().status, Status::SignedIn);
            assert_eq!(access_token(&client, 0).unwrap(), "at-1");
            host.answer(token("mail-1", 2));
            assert_eq!(of(&client, MAIL).unwrap(), "mail-1");
        }
    }

    #[test]
    fn an_api_that_is_refused_after_the_own_token_is_over_ends_nothing() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.pass(3_700_000);
        host.answer(Answer::json(400, r#"{"error":"invalid_target"}"#));
        assert_eq!(code(of(&client, NOTES)), "token_request_failed");
        assert_eq!(client.session().status, Status::SignedIn);
        host.answer(new_tokens(2));
        assert_eq!(access_token(&client, 0).unwrap(), "at-2");
    }

    #[test]
    fn a_refresh_token_that_is_over_ends_the_session() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.pass(3_700_000);
        host.answer(Answer::json(400, r#"{"error":"invalid_grant"}"#));
        assert_eq!(code(of(&client, NOTES)), "session_ended");
        assert_eq!(client.session().status, Status::SignedOut);
    }

    #[test]
    fn without_a_refresh_token_there_is_only_the_own_token() {
        let host = tab();
        let state = begun(&host, configuration());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        let page = Page::new(host.next_page(&callback(&state)));
        let client = connect_on(&page, configuration());
        block_on(client.handle_callback(None)).unwrap();
        assert_eq!(code(of(&client, NOTES)), "no_session");
        assert_eq!(access_token(&client, 0).unwrap(), "at-1");
        assert_eq!(client.session().status, Status::SignedIn);
        for wrong in ["notes", "urn:a#b", ""] {
            assert_eq!(code(of(&client, wrong)), "invalid_option", "{wrong}");
        }
    }

    #[test]
    fn a_logout_ends_all_tokens() {
        let host = tab();
        let (client, _) = signed_in(&host, &configuration());
        host.answer(token("notes-1", 2));
        of(&client, NOTES).unwrap();
        log_out(&client).unwrap();
        assert_eq!(code(of(&client, NOTES)), "no_session");
        let client = connect(&host.next_page(HOME), configuration());
        assert_eq!(code(of(&client, NOTES)), "no_session");
    }
}
