//! OpenID Connect: the ID token between its answer and the session, keys, refresh, UserInfo, logout. The vectors and the lying
//! provider test the content of an ID token.

use core::time::Duration;
use std::rc::Rc;

use wicketgate::client::{
    AccessTokenOptions, BackendConfiguration, Client, Configuration, IdTokenSignature, LoginOptions, LogoutOptions, Page, Status,
};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;
use wicketgate::protocol::secret::Secret;

use crate::host::{Answer, Event, Task, TestHost, block_on, join};
use crate::stage::*;

const MORE: &str = r#","refresh_token":"rt-1""#;

/// A client that has logged in, with a refresh token and an empty log.
fn signed_in(host: &TestHost, configuration: &Configuration) -> Rc<Client<TestHost>> {
    signed_in_on(host, configuration).0
}

fn signed_in_on(host: &TestHost, configuration: &Configuration) -> (Rc<Client<TestHost>>, Rc<Page<TestHost>>) {
    let state = begun(host, configuration.clone());
    host.answer(Answer::json(200, &openid_tokens(host, &state, MORE)));
    let page = Page::new(host.next_page(&callback(&state)));
    let client = connect_on(&page, configuration.clone());
    block_on(client.handle_callback(None)).unwrap();
    host.clear_log();
    (client, page)
}

/// The outcome of a login whose ID token has these further claims, and its host.
fn login_with(configuration: &Configuration, options: &LoginOptions, more: &str) -> (TestHost, Result<Status, Error>) {
    let host = tab();
    let client = connect(&host, configuration.clone());
    let state = begin_with(&client, options);
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(&state)]).unwrap();
    let id_token = id_token(&host, &format!(r#","nonce":{}{more}"#, transaction["nonce"]));
    host.answer(Answer::json(200, &format!(r#"{{"access_token":"at-1","token_type":"Bearer","id_token":"{id_token}"}}"#)));
    let outcome = arrive(&host, configuration.clone(), &callback(&state)).map(|result| result.session.status);
    (host, outcome)
}

/// The ID token of a refresh.
fn refreshed(host: &TestHost, more: &str, id_more: &str) -> String {
    let id_token = id_token(host, id_more);
    format!(r#"{{"access_token":"at-2","token_type":"Bearer","expires_in":3600,"id_token":"{id_token}"{more}}}"#)
}

fn claim<T>(outcome: Result<T, Error>) -> (&'static str, Option<&'static str>) {
    let error = outcome.err().expect("it should have failed");
    (error.code(), error.claim())
}

/// The client fetches the server's keys while it redeems the code, and keeps them only in memory.
///
/// Source: OIDC Core §10.1
mod keys {
    use super::*;

    #[test]
    fn the_keys_are_fetched_while_the_code_is_redeemed() {
        let host = tab();
        let state = begun(&host, openid());
        host.answer_after(Answer::json(200, &openid_tokens(&host, &state, "")), |host| {
            assert_eq!(host.purposes(), [Purpose::Token, Purpose::Keys], "both are under way");
        });
        let client = connect(&host.next_page(&callback(&state)), openid());
        block_on(client.handle_callback(None)).unwrap();
        assert_eq!(host.purposes(), [Purpose::Token, Purpose::Keys], "and nothing else was asked");
        let claims = client.session().claims.clone().unwrap();
        assert_eq!(claims.text("sub"), Some("ada"));
    }

    #[test]
    fn keys_are_remembered_by_the_page_and_not_by_the_tab() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        assert!(host.store_content().values().all(|value| !value.contains("f83OJ3D2")), "no key is stored");
        host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
        renew(&client).unwrap();
        assert_eq!(host.purposes(), [Purpose::Refresh]);
    }
}

#[test]
fn an_unknown_key_is_looked_for_once_more() {
    let host = tab();
    host.publish_keys(&keys("old"));
    let state = begun(&host, openid());
    let tokens = openid_tokens(&host, &state, "");
    host.answer_after(Answer::json(200, &tokens), |host| host.publish_keys(&keys("key-1")));
    arrive(&host, openid(), &callback(&state)).unwrap();
    assert_eq!(host.purposes(), [Purpose::Token, Purpose::Keys, Purpose::Keys]);

    let host = tab();
    host.publish_keys(&keys("old"));
    let state = begun(&host, openid());
    host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
    assert_eq!(claim(arrive(&host, openid(), &callback(&state))), ("id_token_invalid", Some("kid")));
    assert_eq!(host.purposes(), [Purpose::Token, Purpose::Keys, Purpose::Keys], "and then it is enough");
}

#[test]
fn unknown_keys_are_looked_for_once_a_minute() {
    let host = tab();
    let (client, page) = signed_in_on(&host, &server(""));
    let ask = || {
        let token = signed(r#"{"alg":"ES256","kid":"unknown"}"#, r#"{"sub":"ada"}"#);
        host.answer(Answer::Is(200, Some("application/jwt"), token.into()));
        assert_eq!(claim(block_on(client.user_info())), ("userinfo_invalid", Some("kid")));
        let purposes = host.purposes();
        host.clear_log();
        purposes
    };
    assert_eq!(ask(), [Purpose::UserInfo, Purpose::Keys]);
    page.host().pass(60_000);
    assert_eq!(ask(), [Purpose::UserInfo]);
    page.host().pass(1);
    assert_eq!(ask(), [Purpose::UserInfo, Purpose::Keys]);
}

/// A refused login leaves neither a session nor a transaction.
///
/// Source: OIDC Core §3.1.3.7
mod refused_tokens {
    use super::*;

    #[test]
    fn what_is_refused_leaves_no_session_and_no_transaction() {
        for (more, expected) in
            [(r#","aud":"other""#, None), (r#","azp":"other""#, Some("azp")), (r#","nbf":"soon""#, Some("nbf"))]
        {
            let (host, outcome) = login_with(&openid(), &LoginOptions::new(), more);
            assert_eq!(claim(outcome), ("id_token_invalid", expected), "{more}");
            assert!(host.store_content().iter().all(|(key, value)| !key.contains(".tx.") || value.contains("used_at")));
            assert_eq!(connect(&host, openid()).session().status, Status::SignedOut);
        }
    }
}

/// `exp` and `iat` are present, `nbf` is honoured, and all of them are dates in JavaScript. The clocks may differ by
/// `clockTolerance`, and the error says by how much a clock is wrong.
///
/// Source: OIDC Core §3.1.3.7 (9, 10); RFC 7519 §2, §4.1
///
/// Also: `exp_*`, `iat_*`, `nbf_*`
mod times {
    use super::*;

    #[test]
    fn a_wrong_clock_is_told_by_how_many_seconds() {
        for (ahead, expected) in [(3_600_000, "iat is in the future, by 3600 seconds"), (61_000, "by 61 seconds")] {
            let host = tab();
            let state = begun(&host, openid());
            let tokens = openid_tokens(&host, &state, "");
            // The device's clock goes wrong while its user is at the server.
            host.jump_to(1_800_000_000_000 - ahead);
            host.answer(Answer::json(200, &tokens));
            let error = arrive(&host, openid(), &callback(&state)).unwrap_err();
            assert!(error.message().contains(expected), "{}", error.message());
            assert_eq!(error.claim(), Some("iat"));
            let tolerant = openid().clock_tolerance(Duration::from_millis(ahead));
            let host = tab();
            let state = begun(&host, tolerant.clone());
            let tokens = openid_tokens(&host, &state, "");
            host.jump_to(1_800_000_000_000 - ahead);
            host.answer(Answer::json(200, &tokens));
            assert!(arrive(&host, tolerant, &callback(&state)).is_ok());
        }
        let host = tab();
        let state = begun(&host, openid());
        let tokens = openid_tokens(&host, &state, "");
        host.pass(300_000 + 61_000);
        host.answer(Answer::json(200, &tokens));
        let error = arrive(&host, openid(), &callback(&state)).unwrap_err();
        assert!(error.message().contains("exp is past, by 61 seconds"), "{}", error.message());
    }
}

/// Without `crypto.subtle`, no login begins that must fail; `trust-tls` skips the signature, and nothing else.
///
/// Source: OIDC Core §3.1.3.7 (6)
mod without_crypto_subtle {
    use super::*;

    #[test]
    fn without_crypto_subtle_nobody_is_sent_away_to_fail() {
        let host = tab();
        host.lose_crypto_subtle();
        let error = try_connect(&host, openid()).err().unwrap();
        assert_eq!(error.code(), "unsupported_environment");
        assert!(error.hint().contains("trust-tls") && error.hint().contains("https"), "{}", error.hint());
        let client = connect(&host, public());
        assert_eq!(code(client.authorization_url(&LoginOptions::new().scope("openid"))), "unsupported_environment");
        assert!(client.authorization_url(&LoginOptions::new()).is_ok());
        assert!(try_connect(&host, openid().id_token_signature(IdTokenSignature::TrustTls)).is_ok());
        let at_backend = openid().backend(BackendConfiguration::new().exchange_url("/x"));
        assert!(try_connect(&host, at_backend).is_ok(), "it is the backend that checks");
    }

    #[test]
    fn trusting_tls_leaves_out_the_signature_and_nothing_else() {
        let configuration = openid().id_token_signature(IdTokenSignature::TrustTls);
        let host = tab();
        host.lose_crypto_subtle();
        let state = begun(&host, configuration.clone());
        let tokens = openid_tokens(&host, &state, "");
        let (before, _) = tokens.rsplit_once('.').unwrap();
        host.answer(Answer::json(200, &format!(r#"{before}.AAAA"}}"#)));
        arrive(&host, configuration.clone(), &callback(&state)).unwrap();
        assert_eq!(host.purposes(), [Purpose::Token], "no keys are needed");
        let (_, outcome) = login_with(&configuration, &LoginOptions::new(), r#","azp":"other""#);
        assert_eq!(claim(outcome), ("id_token_invalid", Some("azp")));
    }
}

/// A relying party has an issuer, metadata that name exactly this issuer, and its keys: a JSON Web Key Set.
///
/// Source: OIDC Discovery §3, §4.3; RFC 7517 §5
///
/// Also: `jwks_*`, `metadata_*`
mod relying_party {
    use super::*;

    #[test]
    fn a_relying_party_needs_an_issuer_and_its_keys() {
        let without_keys = json(r#"{"authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"}"#);
        let by_hand = Configuration::new("client-1").scope("openid").metadata(without_keys.clone());
        assert_eq!(code(try_connect(&tab(), by_hand)), "invalid_config");
        let host = tab();
        let mut discovered = without_keys;
        discovered.set("issuer", json(&format!(r#""{ISSUER}""#)));
        host.answer(Answer::json(200, &discovered.to_text()));
        assert_eq!(code(try_connect(&host, Configuration::new("client-1").issuer(ISSUER).scope("openid"))), "invalid_metadata");
        host.answer(Answer::json(200, &discovered.to_text()));
        let client = connect(&host, Configuration::new("client-1").issuer(ISSUER));
        assert_eq!(code(client.authorization_url(&LoginOptions::new().scope("openid"))), "invalid_metadata");
    }
}

#[test]
fn max_age_is_sent_and_kept() {
    let options = LoginOptions::new().max_age(Duration::from_secs(600)).acr_values("gold silver");
    let url = connect(&tab(), openid()).authorization_url(&options).unwrap();
    assert_eq!(parameter(&url, "max_age").as_deref(), Some("600"));
    assert_eq!(parameter(&url, "acr_values").as_deref(), Some("gold silver"));
    let at = |ago: u64| format!(r#","auth_time":{}"#, 1_800_000_000 - ago);
    for (more, is_accepted) in [(at(0), true), (at(660), true), (at(661), false), (String::new(), false)] {
        let (_, outcome) = login_with(&openid(), &options, &more);
        match outcome {
            Ok(_) => assert!(is_accepted, "{more}"),
            Err(error) => assert_eq!((error.claim(), is_accepted), (Some("auth_time"), false), "{more}"),
        }
    }
    assert!(login_with(&openid(), &LoginOptions::new(), &at(99_999)).1.is_ok(), "nobody asked how long ago");
    assert_eq!(
        code(connect(&tab(), openid()).authorization_url(&LoginOptions::new().max_age(Duration::from_millis(1500)))),
        "invalid_option"
    );
}

#[test]
fn an_essential_acr_is_kept() {
    let asking = |claims: &str| LoginOptions::new().extra_param("claims", claims);
    let essential = asking(r#"{"id_token":{"acr":{"essential":true,"values":["gold"]}}}"#);
    assert!(login_with(&openid(), &essential, r#","acr":"gold""#).1.is_ok());
    for more in ["", r#","acr":"silver""#, r#","acr":["gold"]"#] {
        assert_eq!(claim(login_with(&openid(), &essential, more).1), ("id_token_invalid", Some("acr")), "{more}");
    }
    let any = asking(r#"{"id_token":{"acr":{"essential":true}}}"#);
    assert!(login_with(&openid(), &any, r#","acr":"silver""#).1.is_ok());
    assert_eq!(claim(login_with(&openid(), &any, "").1), ("id_token_invalid", Some("acr")));
    assert!(login_with(&openid(), &asking(r#"{"id_token":{"acr":{"values":["gold"]}}}"#), "").1.is_ok(), "a wish");
    assert_eq!(code(connect(&tab(), openid()).authorization_url(&asking("{"))), "invalid_option");
}

/// A hand-off tells the backend the values to compare the ID token with.
///
/// Source: OIDC Core §3.1.3.7
mod hand_off_of_what_was_asked {
    use super::*;

    #[test]
    fn a_hand_off_tells_the_backend_what_the_id_token_must_say() {
        let configuration = openid().backend(BackendConfiguration::new().exchange_url("/x"));
        let host = tab();
        let client = connect(&host, configuration.clone());
        let claims = r#"{"id_token":{"acr":{"essential":true,"values":["gold"]}}}"#;
        let options = LoginOptions::new().max_age(Duration::from_secs(60)).extra_param("claims", claims);
        let state = begin_with(&client, &options);
        host.answer(Answer::json(200, "{}"));
        arrive(&host, configuration, &callback(&state)).unwrap();
        let body = json(host.requests()[0].body.as_ref().unwrap());
        assert_eq!(body.integer("max_age"), Some(60));
        assert_eq!(body.member("acr"), Some(&json(r#"{"essential":true,"values":["gold"]}"#)));
        assert!(body.text("nonce").is_some());
    }
}

/// A logout overtakes a login that waits for keys.
///
/// Source: this project
mod overtaken_by_a_logout {
    use super::*;

    #[test]
    fn a_login_that_waits_for_keys_is_overtaken_by_a_logout() {
        let host = tab();
        host.publish_keys(&keys("old"));
        let state = begun(&host, openid());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        let client = connect(&host.next_page(&callback(&state)), openid());
        let mut login = Task::new(client.handle_callback(None));
        login.step();
        host.publish_keys(&keys("key-1"));
        while host.purposes().len() < 3 {
            assert!(login.step(), "the keys were not asked for again");
        }
        log_out(&client).unwrap();
        assert_eq!(code(join(vec![login]).remove(0)), "aborted");
        assert_eq!(client.session().status, Status::SignedOut);
    }
}

// ── refresh ──

/// The client renews a token half a minute before it expires, or after half of a shorter lifetime, by one refresh for all
/// callers. It keeps a rotated refresh token whatever happens afterwards, and every value that the server does not send again.
/// Only the server's definite answer ends the session; every other failure makes it stale.
///
/// Source: RFC 6749 §6; RFC 8707 §2.2
///
/// Also: `short_lived_tokens_are_not_renewed_for_each_call`, `a_5xx_does_not_end_the_session`,
/// `what_is_still_good_is_handed_out_where_the_network_is_down`, `a_refresh_survives_its_caller`
mod renewal {
    use super::*;

    #[test]
    fn refresh_renews_what_has_less_than_half_a_minute_left() {
        let host = tab();
        let (client, page) = signed_in_on(&host, &server(""));
        let token =
            |client: &Client<TestHost>| block_on(client.access_token(&AccessTokenOptions::new())).map(Secret::into_exposed);
        page.host().pass(3_570_000 - 1);
        assert_eq!(token(&client).unwrap(), "at-1");
        assert!(host.requests().is_empty());
        page.host().pass(1);
        host.answer(Answer::json(200, &refreshed(&host, r#","refresh_token":"rt-2""#, "")));
        assert_eq!(token(&client).unwrap(), "at-2");
        let sent = host.requests().remove(0);
        assert_eq!(sent.url, "https://as.example/token");
        assert_eq!(sent.body.as_deref(), Some("grant_type=refresh_token&refresh_token=rt-1&client_id=client-1"));
        host.clear_log();
        host.answer(Answer::json(200, r#"{"access_token":"at-3","token_type":"Bearer"}"#));
        assert_eq!(renew(&client).unwrap(), "at-3");
        assert!(host.requests()[0].body.as_ref().unwrap().contains("refresh_token=rt-2"), "the one that replaced it");
        host.answer(Answer::json(200, r#"{"access_token":"at-4","token_type":"Bearer"}"#));
        renew(&client).unwrap();
        assert!(host.requests()[1].body.as_ref().unwrap().contains("refresh_token=rt-2"), "which stays where no other comes");
        assert_eq!(client.session().claims.as_ref().unwrap().text("sub"), Some("ada"), "and so do the claims");
    }

    #[test]
    fn refresh_asks_for_the_resources_of_the_login() {
        let host = tab();
        let configuration = server("").resource("https://a.example/").resource("https://b.example/");
        let client = signed_in(&host, &configuration);
        host.answer(Answer::json(200, &refreshed(&host, "", "")));
        renew(&client).unwrap();
        let body = host.requests()[0].body.clone().unwrap();
        assert!(body.ends_with("&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F"), "{body}");
    }

    #[test]
    fn refresh_is_one_for_all_who_ask() {
        let host = tab();
        let (client, page) = signed_in_on(&host, &server(""));
        let twin = connect_on(&page, server(""));
        host.answer(Answer::json(200, &refreshed(&host, "", "")));
        let options = AccessTokenOptions::new().force_refresh(true);
        let tasks = (0..50).map(|at| Task::new((if at % 2 == 0 { &client } else { &twin }).access_token(&options))).collect();
        for token in join(tasks) {
            assert_eq!(token.unwrap().expose(), "at-2");
        }
        assert_eq!(host.purposes(), [Purpose::Refresh]);
    }

    #[test]
    fn refresh_without_a_refresh_token_is_no_session() {
        let host = tab();
        let client = logged_in(&host, public(), TOKENS);
        assert_eq!(code(renew(&client)), "no_session");
        assert_eq!(access_token(&client, 0).unwrap(), "at-1", "and what there is stays");
        assert_eq!(code(renew(&connect(&tab(), public()))), "no_session");
    }

    #[test]
    fn refresh_is_ended_by_the_servers_word_alone() {
        for (answer, expected, status) in [
            (Answer::json(400, r#"{"error":"invalid_grant"}"#), "session_ended", Status::SignedOut),
            (Answer::json(400, r#"{"error":"invalid_client"}"#), "token_request_failed", Status::SignedIn),
            (Answer::json(503, "{}"), "token_request_failed", Status::Stale),
            (Answer::html(200), "token_response_malformed", Status::Stale),
            (Answer::Lost, "network_failed", Status::Stale),
            (Answer::Late, "timed_out", Status::Stale),
        ] {
            let host = tab();
            let client = signed_in(&host, &server(""));
            host.answer(answer);
            let error = renew(&client).unwrap_err();
            assert_eq!((error.code(), client.session().status), (expected, status));
            assert_eq!(error.oauth().is_some(), matches!(expected, "session_ended") || error.status() == Some(400));
            assert_eq!(access_token(&client, 0).is_ok(), status != Status::SignedOut);
            if status != Status::SignedOut {
                assert_eq!(client.session().claims.as_ref().unwrap().text("sub"), Some("ada"));
                host.answer(Answer::json(200, &refreshed(&host, "", "")));
                renew(&client).unwrap();
                assert_eq!(client.session().status, Status::SignedIn);
            }
        }
    }

    #[test]
    fn refresh_keeps_a_rotated_token_whatever_comes_after() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        // Its ID token needs keys that are not available now.
        host.publish_keys("{}");
        let token = signed(r#"{"alg":"ES256","kid":"new"}"#, r#"{"sub":"ada"}"#);
        let tokens = r#"{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","id_token":"ID"}"#;
        host.answer(Answer::json(200, &tokens.replace("ID", &token)));
        assert_eq!(code(renew(&client)), "invalid_metadata");
        assert_eq!(client.session().status, Status::Stale);
        host.publish_keys(&keys("key-1"));
        host.clear_log();
        host.answer(Answer::json(200, &refreshed(&host, "", "")));
        renew(&client).unwrap();
        assert!(host.requests()[0].body.as_ref().unwrap().contains("refresh_token=rt-2"));
    }

    #[test]
    fn refresh_is_overtaken_by_a_logout() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        host.answer(Answer::json(200, &refreshed(&host, "", "")));
        let options = AccessTokenOptions::new().force_refresh(true);
        let mut task = Task::new(client.access_token(&options));
        while host.requests().is_empty() {
            task.step();
            host.run_tasks_once();
        }
        log_out(&client).unwrap();
        assert_eq!(code(join(vec![task]).remove(0)), "aborted");
        assert_eq!(client.session().status, Status::SignedOut);
        assert_eq!(code(access_token(&client, 0)), "no_session");
    }
}

#[test]
fn a_refreshed_id_token_is_of_the_same_login() {
    let another = |name: &str, value: &str| {
        let host = tab();
        let client = signed_in(&host, &server(""));
        let mut claims = json(&format!(r#"{{"iss":"{ISSUER}","sub":"ada","aud":"client-1","iat":1,"exp":2}}"#));
        claims.set(name, json(value));
        let id_token = signed(r#"{"alg":"ES256","kid":"key-1"}"#, &claims.to_text());
        let tokens = r#"{"access_token":"at-2","token_type":"Bearer","id_token":"ID"}"#;
        host.answer(Answer::json(200, &tokens.replace("ID", &id_token)));
        (renew(&client).map_err(|error| (error.code(), error.claim())), client.session())
    };
    for (name, value) in [
        ("aud", r#""client-1""#),
        ("aud", r#"["client-1"]"#),
        ("aud", r#"["api","client-1"]"#),
        ("azp", r#""client-1""#),
        ("azp", r#""client-2""#),
        ("azp", "null"),
        ("nonce", r#""another""#),
        ("nonce", "null"),
        ("auth_time", "5"),
        ("auth_time", r#""today""#),
        ("exp", r#""soon""#),
        ("at_hash", r#""another""#),
    ] {
        let (outcome, session) = another(name, value);
        assert_eq!(outcome, Ok("at-2".into()), "{name} {value}: odd, and of the same user");
        assert_eq!((session.status, session.claims.as_ref().unwrap().text("sub")), (Status::SignedIn, Some("ada")));
    }
    for (name, value) in [("nickname", r#""new""#), ("aud", r#"["client-1"]"#), ("azp", r#""client-1""#), ("exp", "3")] {
        let (_, session) = another(name, value);
        assert_eq!(session.claims.as_ref().unwrap().member(name), Some(&json(value)), "{name}: the claims are the new ones");
    }
    for (name, value) in [
        ("iss", r#""https://evil.example""#),
        ("iss", "null"),
        ("sub", r#""bob""#),
        ("sub", r#""Ada""#),
        ("sub", "null"),
        ("aud", r#""client-2""#),
    ] {
        let (outcome, session) = another(name, value);
        assert_eq!(outcome, Err(("id_token_invalid", Some(name))), "{name} {value}");
        assert_eq!(session.status, Status::SignedOut);
    }
}

// ── UserInfo ──

/// The client sends the token to UserInfo in the header. The answer is JSON, or a token that is signed like an ID token. It is
/// about the subject of the ID token, and about the user who is still logged in when it comes. It never ends a session.
///
/// Source: OIDC Core §5.3; RFC 6750 §2.1
///
/// Also: `userinfo_is_overtaken_by_a_logout_or_login`, `userinfo`, `userinfo_*`
mod user_info {
    use super::*;

    #[test]
    fn userinfo_is_asked_with_the_token_in_the_header() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        host.answer(Answer::json(200, r#"{"sub":"ada","email":"ada@example.com"}"#));
        assert_eq!(block_on(client.user_info()).unwrap().text("email"), Some("ada@example.com"));
        let sent = host.requests().remove(0);
        assert_eq!((sent.purpose, sent.url.as_str(), sent.body), (Purpose::UserInfo, "https://as.example/me", None));
        assert!(sent.headers.contains(&("authorization".into(), "Bearer at-1".into())));
    }

    #[test]
    fn userinfo_is_about_the_same_subject() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        for body in [r#"{"sub":"bob"}"#, r#"{"email":"x"}"#, r#"{"sub":["ada"]}"#] {
            host.answer(Answer::json(200, body));
            assert_eq!(claim(block_on(client.user_info())), ("userinfo_invalid", Some("sub")), "{body}");
        }
        for answer in [Answer::html(200), Answer::json(200, "[]"), Answer::json(200, r#"{"sub":"ada","sub":"ada"}"#)] {
            host.answer(answer);
            assert_eq!(claim(block_on(client.user_info())), ("userinfo_invalid", None));
        }
        host.answer(Answer::json(401, r#"{"error":"invalid_token"}"#));
        let error = block_on(client.user_info()).unwrap_err();
        assert_eq!((error.code(), error.status()), ("userinfo_invalid", Some(401)));
        assert_eq!(client.session().status, Status::SignedIn, "none of it ends the session");
    }

    #[test]
    fn a_signed_userinfo_is_verified() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        let ask = |header: &str, payload: &str| {
            host.answer(Answer::Is(200, Some("application/jwt; charset=utf-8"), signed(header, payload).into()));
            block_on(client.user_info())
        };
        let header = r#"{"alg":"ES256","kid":"key-1"}"#;
        assert_eq!(
            ask(header, r#"{"sub":"ada","iss":"https://as.example","aud":["client-1"]}"#).unwrap().text("sub"),
            Some("ada")
        );
        assert!(ask(header, r#"{"sub":"ada"}"#).is_ok());
        for (payload, expected) in [
            (r#"{"sub":"ada","iss":"https://other.example"}"#, "iss"),
            (r#"{"sub":"ada","aud":"client-2"}"#, "aud"),
            (r#"{"sub":"bob"}"#, "sub"),
        ] {
            assert_eq!(claim(ask(header, payload)), ("userinfo_invalid", Some(expected)));
        }
        assert_eq!(claim(ask(r#"{"alg":"RS256","kid":"key-1"}"#, r#"{"sub":"ada"}"#)), ("userinfo_invalid", Some("alg")));
        let token = signed(header, r#"{"sub":"ada"}"#).replace(".ey", ".eyAg").into_bytes();
        host.answer(Answer::Is(200, Some("application/jwt"), token));
        assert_eq!(code(block_on(client.user_info())), "userinfo_invalid");
    }

    #[test]
    fn userinfo_needs_an_id_token_to_agree_with() {
        let host = tab();
        let configuration = public_with(r#","userinfo_endpoint":"https://as.example/me""#);
        let client = logged_in(&host, configuration.clone(), TOKENS);
        host.clear_log();
        assert_eq!(code(block_on(client.user_info())), "no_session");
        assert!(host.requests().is_empty());
        assert_eq!(code(block_on(connect(&tab(), configuration).user_info())), "no_session");
        assert_eq!(code(block_on(connect(&tab(), public()).user_info())), "invalid_metadata");
    }
}

// ── logout ──

fn log_out_with(client: &Client<TestHost>, options: &str) -> Result<(), Error> {
    block_on(client.logout(&LogoutOptions::from_json(options).unwrap()))
}

/// A logout ends the session in the page first, then at the backend, then at the server. The client recognizes the return by a
/// `state`, at the configured place, once, within an hour.
///
/// Source: OIDC RP-Initiated Logout §2, §3
///
/// Also: `logout_ends_the_session_here_whatever_the_backend_says`, `logout_without_a_backend_asks_nobody`,
/// `logout_state_is_there_for_a_page_that_mounts_twice`, `only_state_leaves_the_url_after_a_logout`,
/// `a_pending_logout_expires_and_is_its_clients_own`, `an_id_token_that_was_not_asked_for_is_not_kept`
mod logout {
    use super::*;

    #[test]
    fn logout_goes_to_the_server_and_comes_back() {
        let host = tab();
        let configuration = server("").post_logout_redirect_uri("https://app.example/bye");
        let client = signed_in(&host, &configuration);
        log_out(&client).unwrap();
        assert_eq!(client.session().status, Status::SignedOut);
        let url = host.navigations().remove(0);
        assert!(url.starts_with("https://as.example/bye?x=1&id_token_hint=ey"), "{url}");
        assert_eq!(parameter(&url, "client_id").as_deref(), Some("client-1"));
        assert_eq!(parameter(&url, "post_logout_redirect_uri").as_deref(), Some("https://app.example/bye"));
        let state = parameter(&url, "state").unwrap();
        assert_eq!(state.len(), 43, "256 bits");

        let forged = host.next_page("https://app.example/bye?state=forged&x=1");
        assert_eq!(connect(&forged, configuration.clone()).logout_state(), None);
        assert!(forged.events().iter().all(|event| !matches!(event, Event::PageUrl(_))), "what is not ours stays");
        let elsewhere = host.next_page(&format!("https://app.example/other?state={state}"));
        assert_eq!(connect(&elsewhere, configuration.clone()).logout_state(), None);

        let back = host.next_page(&format!("https://app.example/bye?state={state}&x=1"));
        assert_eq!(connect(&back, configuration.clone()).logout_state(), Some(state.as_str()));
        assert!(host.events().contains(&Event::PageUrl("https://app.example/bye?x=1".into())));
        let again = host.next_page(&format!("https://app.example/bye?state={state}"));
        assert_eq!(connect(&again, configuration).logout_state(), None, "it counts once");
    }

    #[test]
    fn logout_says_what_it_is_told_to_say() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        log_out_with(&client, r#"{"idTokenHint":false,"state":"mine","postLogoutRedirectUri":"https://app.example/x"}"#).unwrap();
        let url = host.navigations().remove(0);
        assert_eq!(parameter(&url, "id_token_hint"), None);
        assert_eq!(parameter(&url, "state").as_deref(), Some("mine"));
        assert_eq!(parameter(&url, "post_logout_redirect_uri").as_deref(), Some("https://app.example/x"));
        log_out(&client).unwrap();
        let url = host.navigations().remove(1);
        assert_eq!(parameter(&url, "state"), None, "nothing comes back without an address to come back to");
        assert_eq!(parameter(&url, "client_id").as_deref(), Some("client-1"));
    }

    #[test]
    fn logout_stays_where_it_is_told_to_or_has_nowhere_to_go() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        log_out_with(&client, r#"{"redirect":false}"#).unwrap();
        let client = signed_in(&host, &openid());
        log_out(&client).unwrap();
        assert!(host.navigations().is_empty());
        assert_eq!(client.session().status, Status::SignedOut);
    }

    #[test]
    fn logout_ends_the_local_session_first_whatever_comes_after() {
        let host = tab();
        let client = signed_in(&host, &server("").post_logout_redirect_uri("https://app.example/bye"));
        host.lose_csprng();
        log_out(&client).unwrap();
        assert_eq!(client.session().status, Status::SignedOut);
        assert_eq!(code(access_token(&client, 0)), "no_session");
        assert_eq!(
            parameter(&host.navigations()[0], "state"),
            None,
            "without randomness there is no state, and the logout goes on"
        );
    }
}

// ── revocation ──

/// Revocation ends the session in the page first, and then its tokens at the server, the refresh token before the access token.
/// If it fails, nobody is signed in.
///
/// Source: RFC 7009 §2
mod revocation {
    use super::*;

    #[test]
    fn revoke_ends_the_session_here_and_then_at_the_server() {
        let host = tab();
        let configuration = server(r#","revocation_endpoint":"https://as.example/revoke""#);
        let client = signed_in(&host, &configuration);
        let meanwhile = client.clone();
        host.answer_after(Answer::empty(200), move |_| assert_eq!(meanwhile.session().status, Status::SignedOut));
        host.answer(Answer::empty(200));
        block_on(client.revoke()).unwrap();
        let bodies: Vec<_> = host.requests().into_iter().map(|sent| (sent.purpose, sent.url, sent.body.unwrap())).collect();
        let sent = |body: &str| (Purpose::Revocation, String::from("https://as.example/revoke"), String::from(body));
        assert_eq!(
            bodies,
            [
                sent("token=rt-1&token_type_hint=refresh_token&client_id=client-1"),
                sent("token=at-1&token_type_hint=access_token&client_id=client-1")
            ]
        );
        block_on(client.revoke()).unwrap();
        assert_eq!(host.requests().len(), 2, "nothing is left to revoke");
    }

    #[test]
    fn what_failed_to_be_revoked_is_told_and_nobody_is_signed_in() {
        type Make = fn() -> Answer;
        const REVOKED: Make = || Answer::empty(200);
        const LOST: Make = || Answer::Lost;
        const LATE: Make = || Answer::Late;
        const BROKEN: Make = || Answer::json(503, "{}");
        const BUSY: Make = || Answer::json(400, r#"{"error":"temporarily_unavailable"}"#);
        const UNSUPPORTED: Make = || Answer::json(400, r#"{"error":"unsupported_token_type"}"#);
        const UNKNOWN_TOKEN: Make = || Answer::json(400, r#"{"error":"invalid_token"}"#);
        for (refresh_token, access_token_, expected) in [
            // The access token went with the refresh token.
            (REVOKED, UNKNOWN_TOKEN as Make, Ok(())),
            (REVOKED, (|| Answer::json(400, r#"{"error":"invalid_request"}"#)) as Make, Ok(())),
            (REVOKED, || Answer::empty(400), Ok(())),
            (REVOKED, || Answer::json(401, r#"{"error":"invalid_token"}"#), Ok(())),
            (REVOKED, UNSUPPORTED, Ok(())),
            // It did not, or nobody knows.
            (REVOKED, LOST, Err(("network_failed", None))),
            (REVOKED, LATE, Err(("timed_out", None))),
            (REVOKED, BROKEN, Err(("token_request_failed", Some(503)))),
            (REVOKED, BUSY, Err(("token_request_failed", Some(400)))),
            (REVOKED, || Answer::html(404), Err(("token_request_failed", Some(404)))),
            // The second is tried whatever became of the first, whose failure is told.
            (LOST, REVOKED, Err(("network_failed", None))),
            (BROKEN, REVOKED, Err(("token_request_failed", Some(503)))),
            (UNSUPPORTED, REVOKED, Err(("token_request_failed", Some(400)))),
            (LOST, BROKEN, Err(("network_failed", None))),
            (UNKNOWN_TOKEN, UNKNOWN_TOKEN, Err(("token_request_failed", Some(400)))),
        ] {
            let host = tab();
            let client = signed_in(&host, &server(r#","revocation_endpoint":"https://as.example/revoke""#));
            host.answer(refresh_token());
            host.answer(access_token_());
            let outcome = block_on(client.revoke());
            assert_eq!(
                outcome.as_ref().map_err(|error| (error.code(), error.status())),
                expected.as_ref().map_err(|error| *error)
            );
            assert_eq!(host.requests().len(), 2);
            assert_eq!(client.session().status, Status::SignedOut);
            assert_eq!(code(access_token(&client, 0)), "no_session");
        }
    }

    #[test]
    fn an_access_token_alone_must_be_revoked_itself() {
        let host = tab();
        let configuration = server(r#","revocation_endpoint":"https://as.example/revoke""#);
        let state = begun(&host, configuration.clone());
        host.answer(Answer::json(200, &openid_tokens(&host, &state, "")));
        let client = connect(&host.next_page(&callback(&state)), configuration);
        block_on(client.handle_callback(None)).unwrap();
        host.answer(Answer::json(400, r#"{"error":"unsupported_token_type"}"#));
        assert_eq!(code(block_on(client.revoke())), "token_request_failed");
        assert_eq!(client.session().status, Status::SignedOut);
    }

    #[test]
    fn a_server_without_an_endpoint_is_not_asked() {
        let host = tab();
        let client = signed_in(&host, &server(""));
        block_on(client.revoke()).unwrap();
        assert!(host.requests().is_empty());
        assert_eq!(client.session().status, Status::SignedOut);
    }
}
