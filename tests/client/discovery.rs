//! Discovery: where metadata is looked for, in which order, and whose is believed.

use std::rc::Rc;

use wicketgate::client::{Client, Configuration};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;

use crate::host::{Answer, Host};
use crate::stage::*;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

fn document(issuer: &str) -> String {
    format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t","x":1}}"#
    )
}

/// What discovery comes to where these answers come one after the other, and the URLs that were asked.
fn discover(issuer: &str, answers: Vec<Answer>) -> (Result<Rc<Client<Host>>, Error>, Vec<String>) {
    let host = tab();
    answers.into_iter().for_each(|answer| host.answer(answer));
    let outcome = try_connect(&host, Configuration::new("client-1").with("issuer", issuer));
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
            assert_eq!(outcome.unwrap().metadata().issuer(), Some(issuer));
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
        // A 404 without CORS headers looks like this.
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
        // A server that is slow is not asked twice.
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
    let client = connect(&host, Configuration::new("c").with("issuer", ISSUER).with_json("metadata", by_hand));
    assert_eq!(client.metadata().text("token_endpoint"), Some("https://other.example/t"));
    assert_eq!(client.metadata().text("authorization_endpoint"), Some("https://as.example/a"));
    assert_eq!(client.metadata().as_json().member("x"), Some(&json("1")));
    assert_eq!(client.metadata().as_json().member("y"), Some(&json("2")));
}

#[test]
fn metadata_by_hand_that_suffices_asks_nobody() {
    let host = tab();
    assert_eq!(connect(&host, public()).metadata().issuer(), Some(ISSUER));
    assert!(host.requests().is_empty());
    assert_eq!(code(try_connect(&host, public_with(r#","issuer":"https://other.example""#))), "invalid_config");
}
