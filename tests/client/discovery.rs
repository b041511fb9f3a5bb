//! Discovery: where the client looks for metadata, in which order, and which issuer it believes.

use std::rc::Rc;

use wicketgate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, Page, Status, TokenStore};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, TestHost, block_on};
use crate::stage::*;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

fn document(issuer: &str) -> String {
    format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t","x":1}}"#
    )
}

/// The result of discovery with these answers, one after the other, and the URLs of its requests.
fn discover(issuer: &str, answers: Vec<Answer>) -> (Result<Rc<Client<TestHost>>, Error>, Vec<String>) {
    let host = tab();
    answers.into_iter().for_each(|answer| host.answer(answer));
    let outcome = try_connect(&host, Configuration::new("client-1").issuer(issuer));
    assert!(host.purposes().iter().all(|purpose| *purpose == Purpose::Metadata));
    (outcome, host.requests().into_iter().map(|sent| sent.url).collect())
}

#[test]
fn discovery_asks_for_openid_then_inserted_then_appended() {
    for (issuer, places) in [
        ("https://as.example", vec![format!("https://as.example{OPENID}"), format!("https://as.example{OAUTH}")]),
        ("https://as.example/", vec![format!("https://as.example{OPENID}"), format!("https://as.example{OAUTH}")]),
        (
            "https://as.example/tenant/1",
            vec![
                format!("https://as.example/tenant/1{OPENID}"),
                format!("https://as.example{OAUTH}/tenant/1"),
                format!("https://as.example/tenant/1{OAUTH}"),
            ],
        ),
        (
            "http://localhost:4000/realm/",
            vec![
                format!("http://localhost:4000/realm{OPENID}"),
                format!("http://localhost:4000{OAUTH}/realm"),
                format!("http://localhost:4000/realm{OAUTH}"),
            ],
        ),
    ] {
        for found_at in 0..places.len() {
            let mut answers: Vec<_> = (0..found_at).map(|_| Answer::empty(404)).collect();
            answers.push(Answer::json(200, &document(issuer)));
            let (outcome, asked) = discover(issuer, answers);
            assert_eq!(outcome.unwrap().metadata().unwrap().issuer(), Some(issuer));
            assert_eq!(asked, places[..=found_at], "{issuer}");
        }
        let (outcome, asked) = discover(issuer, places.iter().map(|_| Answer::empty(404)).collect());
        assert_eq!(code(outcome), "invalid_metadata");
        assert_eq!(asked, places);
    }
}

#[test]
fn discovery_goes_on_where_there_is_no_metadata() {
    for answer in [
        Answer::html(200),
        Answer::empty(404),
        Answer::html(500),
        Answer::json(403, "{}"),
        Answer::json(200, "[]"),
        Answer::json(200, "{"),
        Answer::Is(200, Some("text/html"), document(ISSUER).into()),
        // To a page, a 404 without CORS headers looks the same.
        Answer::Lost,
    ] {
        let (outcome, asked) = discover(ISSUER, vec![answer, Answer::json(200, &document(ISSUER))]);
        assert!(outcome.is_ok());
        assert_eq!(asked.len(), 2);
    }
}

#[test]
fn discovery_says_how_it_failed() {
    for (answers, expected, asked) in [
        (vec![Answer::Lost, Answer::Lost], "network_failed", 2),
        (vec![Answer::empty(404), Answer::Lost], "network_failed", 2),
        (vec![Answer::html(200), Answer::html(200)], "invalid_metadata", 2),
        // A slow server is not asked twice.
        (vec![Answer::Late], "timed_out", 1),
    ] {
        let (outcome, urls) = discover(ISSUER, answers);
        let error = outcome.err().unwrap();
        assert_eq!((error.code(), urls.len()), (expected, asked));
        assert_eq!(error.is_retryable(), expected != "invalid_metadata");
    }
}

#[test]
fn discovery_believes_only_the_exact_issuer() {
    for (configured, named) in [
        ("https://as.example", "https://as.example/"),
        ("https://as.example/", "https://as.example"),
        ("https://as.example", "https://AS.example"),
        ("https://as.example", "https://as.example:443"),
        ("https://as.example", "https://evil.example"),
        ("https://as.example/a", "https://as.example/A"),
        ("https://as.example", ""),
    ] {
        let (outcome, asked) = discover(configured, vec![Answer::json(200, &document(named))]);
        assert_eq!(code(outcome), "invalid_metadata", "{named}");
        assert_eq!(asked.len(), 1, "another place is not asked for a better answer");
    }
    let (outcome, _) =
        discover(ISSUER, vec![Answer::json(200, &document(ISSUER).replace(r#""issuer":"https://as.example","#, ""))]);
    assert_eq!(code(outcome), "invalid_metadata", "no issuer at all");
}

#[test]
fn discovery_refuses_metadata_that_cannot_be_used() {
    for (good, bad) in [
        ("https://as.example/t", "http://as.example/t"),
        ("https://as.example/a", "https://as.example/a#x"),
        ("https://as.example/a", "javascript:alert(1)"),
        (r#""x":1"#, r#""code_challenge_methods_supported":"S256""#),
        (r#""x":1"#, r#""require_pushed_authorization_requests":"false""#),
        (r#""token_endpoint":"https://as.example/t","#, ""),
        (r#""authorization_endpoint":"https://as.example/a","#, ""),
    ] {
        let (outcome, _) = discover(ISSUER, vec![Answer::json(200, &document(ISSUER).replace(good, bad))]);
        assert_eq!(code(outcome), "invalid_metadata", "{bad}");
    }
}

#[test]
fn discovery_needs_an_issuer_that_is_one() {
    for issuer in [
        "",
        "as.example",
        "http://as.example",
        "https://as.example?x",
        "https://as.example/?",
        "https://as.example#x",
        "https://user@as.example",
        "https://as.example/a b",
        "https://as.example\\a",
        "ftp://as.example",
    ] {
        let (outcome, asked) = discover(issuer, vec![]);
        assert_eq!(code(outcome), "invalid_config", "{issuer}");
        assert!(asked.is_empty());
    }
}

#[test]
fn metadata_by_hand_wins() {
    let host = tab();
    host.answer(Answer::json(200, &document(ISSUER)));
    let by_hand = json(r#"{"token_endpoint":"https://other.example/t","y":2}"#);
    let client = connect(&host, Configuration::new("c").issuer(ISSUER).metadata(by_hand));
    assert_eq!(client.metadata().unwrap().text("token_endpoint"), Some("https://other.example/t"));
    assert_eq!(client.metadata().unwrap().text("authorization_endpoint"), Some("https://as.example/a"));
    assert_eq!(client.metadata().unwrap().as_json().member("x"), Some(&json("1")));
    assert_eq!(client.metadata().unwrap().as_json().member("y"), Some(&json("2")));
}

#[test]
fn metadata_by_hand_that_suffices_asks_nobody() {
    let host = tab();
    assert_eq!(connect(&host, public()).metadata().unwrap().issuer(), Some(ISSUER));
    assert!(host.requests().is_empty());
    assert_eq!(code(try_connect(&host, public_with(r#","issuer":"https://other.example""#))), "invalid_config");
}

#[test]
fn nobody_is_asked_before_a_call_needs_the_metadata() {
    let host = tab();
    let configuration = Configuration::new("client-1").issuer(ISSUER);
    let client = block_on(Client::connect(&Page::new(host.clone()), configuration)).unwrap();
    assert!(client.metadata().is_none());
    assert_eq!(client.authorization_url(&LoginOptions::new()).unwrap_err().code(), "not_ready");
    assert!(host.requests().is_empty());

    host.answer(Answer::json(200, &document(ISSUER)));
    assert_eq!(code(block_on(client.begin_login(&LoginOptions::new()))), "navigation_cancelled");
    assert_eq!(host.navigations().len(), 1);
    assert_eq!(client.metadata().unwrap().issuer(), Some(ISSUER));
    block_on(client.load()).unwrap();
    assert_eq!(host.requests().len(), 1, "they are asked for once");
}

#[test]
fn an_outage_is_told_from_a_server_without_metadata_and_the_next_call_asks_again() {
    for (status, is_outage) in [(408, true), (425, true), (429, true), (500, true), (503, true), (404, false), (403, false)] {
        let host = tab();
        let configuration = Configuration::new("client-1").issuer(ISSUER);
        let client = block_on(Client::connect(&Page::new(host.clone()), configuration)).unwrap();
        host.answer(Answer::html(status));
        host.answer(Answer::html(404));
        let Err(error) = block_on(client.begin_login(&LoginOptions::new()));
        assert_eq!((error.code(), error.is_retryable()), ("invalid_metadata", is_outage), "{status}");
        assert_eq!(error.status(), is_outage.then_some(status));

        host.answer(Answer::json(200, &document(ISSUER)));
        block_on(client.load()).unwrap();
        assert!(client.metadata().is_some(), "{status}");
    }
}

#[test]
fn what_lies_beside_a_kept_session_serves_while_the_server_cannot_be_asked() {
    for (store, place) in [("session", TokenStore::Session), ("local", TokenStore::Local)] {
        let host = tab();
        host.answer(Answer::json(200, &document(ISSUER)));
        let configuration = Configuration::new("client-1").issuer(ISSUER).redirect_uri(CALLBACK).token_store(place);
        let state = begin(&connect(&host, configuration.clone()));
        host.answer(Answer::json(200, TOKENS));
        let page = Page::new(host.next_page(&callback(&state)));
        block_on(connect_on(&page, configuration.clone()).handle_callback(None)).unwrap();
        // Another tab has the session of the origin, and the metadata beside it.
        let later = if store == "local" { host.another_tab(PAGE) } else { host.next_page(PAGE) };
        later.pass(LIFETIME + 1);
        later.clear_log();

        let client = block_on(Client::connect(&Page::new(later.clone()), configuration)).unwrap();
        assert_eq!(client.session().status, Status::SignedIn, "{store}");
        block_on(client.access_token(&AccessTokenOptions::new())).unwrap();
        assert!(later.requests().is_empty(), "a session that is kept needs nobody");
        // Metadata that are older than a login's lifetime are fetched again, and are used if no server answers.
        later.answer(Answer::Lost);
        later.answer(Answer::Lost);
        block_on(client.load()).unwrap();
        assert_eq!(later.purposes(), [Purpose::Metadata, Purpose::Metadata]);
        assert_eq!(client.metadata().unwrap().text("token_endpoint"), Some("https://as.example/t"));
    }
}

#[test]
fn a_refresh_without_metadata_leaves_the_session_stale() {
    let host = tab();
    host.answer(Answer::json(200, &document(ISSUER)));
    let configuration = Configuration::new("client-1").issuer(ISSUER).redirect_uri(CALLBACK);
    let state = begin(&connect(&host, configuration.clone()));
    host.answer(Answer::json(200, &TOKENS.replace('}', r#","refresh_token":"rt-1"}"#)));
    let page = Page::new(host.next_page(&callback(&state)));
    block_on(connect_on(&page, configuration.clone()).handle_callback(None)).unwrap();

    let next = host.next_page(PAGE);
    next.store_content().keys().filter(|key| key.starts_with("wicketgate.metadata.")).for_each(|key| next.plant(key, "{"));
    let client = block_on(Client::connect(&Page::new(next.clone()), configuration)).unwrap();
    next.clear_log();
    next.answer(Answer::html(503));
    next.answer(Answer::html(503));
    let error = renew(&client).unwrap_err();
    assert_eq!((error.code(), error.status()), ("invalid_metadata", Some(503)));
    assert_eq!(client.session().status, Status::Stale);
    assert_eq!(block_on(client.access_token(&AccessTokenOptions::new())).unwrap().expose(), "at-1");
}
