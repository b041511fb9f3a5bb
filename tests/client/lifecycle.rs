//! Sessions, keys and logouts at unlikely moments: races, keys that rotate, clocks that jump, odd answers.

use core::time::Duration;

use crate::host::{Answer, Task, TestHost, block_on, join};
use crate::stage::*;
use std::rc::Rc;
use wicketgate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, LogoutOptions, Page, Status};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::secret::Secret;

const MORE: &str = r#","refresh_token":"rt-1""#;

fn signed_in_with(
    host: &TestHost,
    configuration: &Configuration,
    options: &LoginOptions,
    more_claims: &str,
) -> (Rc<Client<TestHost>>, Rc<Page<TestHost>>) {
    let client = connect(host, configuration.clone());
    let state = begin_with(&client, options);
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(&state)]).unwrap();
    let id = id_token(host, &format!(r#","nonce":{}{more_claims}"#, transaction["nonce"]));
    host.answer(Answer::json(
        200,
        &format!(r#"{{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"id_token":"{id}"{MORE}}}"#),
    ));
    let page = Page::new(host.next_page(&callback(&state)));
    let client = connect_on(&page, configuration.clone());
    block_on(client.handle_callback(None)).unwrap();
    host.clear_log();
    (client, page)
}
fn signed_in_on(host: &TestHost, configuration: &Configuration) -> (Rc<Client<TestHost>>, Rc<Page<TestHost>>) {
    signed_in_with(host, configuration, &LoginOptions::new(), "")
}
fn refreshed(host: &TestHost, more: &str, id_more: &str) -> String {
    let id = id_token(host, id_more);
    format!(r#"{{"access_token":"at-2","token_type":"Bearer","expires_in":3600,"id_token":"{id}"{more}}}"#)
}
fn forced() -> AccessTokenOptions {
    AccessTokenOptions::new().force_refresh(true)
}
/// The refusal of ada's refresh token must not discard bob's running login.
#[test]
fn userinfo_is_overtaken_by_a_logout_or_login() {
    let host = tab();
    let (client, _page) = signed_in_on(&host, &server(""));
    host.answer(Answer::json(200, r#"{"sub":"ada","email":"ada@example.com"}"#));
    let mut ask = Task::new(client.user_info());
    ask.step();
    log_out(&client).unwrap();
    let outcome = join(vec![ask]).remove(0).map(|claims| claims.to_text());
    assert_eq!(outcome.map_err(|e| e.code()), Err("aborted"));
}

/// A refreshed ID token ends the session if it cannot be verified, if it is about another `iss` or `sub`, or if it is not for
/// this client. If it is odd in any other way, the claims stay as they were; a newer `auth_time` is adopted.
///
/// Source: OIDC Core §12.2
///
/// Also: `a_refreshed_id_token_is_of_the_same_login`, `refreshed`, `refreshed_*`
mod refreshed_id_token {
    use super::*;

    /// A newer `auth_time` is adopted, and an older one leaves the claims as they were; neither ends the session. Two refreshes
    /// do not lose it.
    #[test]
    fn auth_time_is_compared_with_the_login() {
        let host = tab();
        let (client, _) = signed_in_with(&host, &server(""), &LoginOptions::new(), r#","auth_time":1799999000"#);
        host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
        block_on(client.access_token(&forced())).map(Secret::into_exposed).unwrap();
        for (claim, kept) in
            [(r#","auth_time":1799998999"#, 1_799_999_000), ("", 1_799_999_000), (r#","auth_time":1800000000"#, 1_800_000_000)]
        {
            host.answer(Answer::json(200, &refreshed(&host, MORE, claim)));
            let token = block_on(client.access_token(&forced())).map(Secret::into_exposed);
            assert_eq!(token.map_err(|error| error.claim()), Ok("at-2".into()), "{claim}");
            assert_eq!(client.session().claims.as_ref().unwrap().integer("auth_time"), Some(kept), "{claim}");
        }
    }

    /// After a refresh without a nonce, the honest nonce is accepted, and another one leaves the claims as they were.
    #[test]
    fn the_nonce_of_the_login_may_come_back() {
        let host = tab();
        let (client, _) = signed_in_on(&host, &server(""));
        let nonce = client.session().claims.as_ref().unwrap().text("nonce").unwrap().to_owned();
        host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
        block_on(client.access_token(&forced())).map(Secret::into_exposed).unwrap();
        for (nonce, nickname) in [("another", None), (nonce.as_str(), Some("new"))] {
            let claims = format!(r#","nonce":"{nonce}","nickname":"new""#);
            host.answer(Answer::json(200, &refreshed(&host, MORE, &claims)));
            let outcome = block_on(client.access_token(&forced())).map(Secret::into_exposed);
            assert_eq!(outcome.map_err(|error| (error.code(), error.claim())), Ok("at-2".into()));
            assert_eq!(client.session().claims.as_ref().unwrap().text("nickname"), nickname, "{nonce}");
        }
    }
}

/// For a token with an unknown key, or with a signature that no known key verifies, the client fetches the keys once more, at
/// most once a minute. After an hour, it fetches them anew.
///
/// Source: OIDC Core §10.1.1
///
/// Also: `an_unknown_key_is_looked_for_once_more`, `unknown_keys_are_looked_for_once_a_minute`,
/// `kid_of_a_key_rotated_before_signing`, `kid_published_when_asked_again`, `refreshed_with_a_new_key`
mod rotated_keys {
    use super::*;

    /// Claims that the login demanded (an essential acr) survive a refresh with a weaker claim.
    #[test]
    fn a_rotated_key_without_kid_is_fetched() {
        let host = tab();
        // The server's old key: another point, and no kid.
        let old = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;
        let (client, _page) = signed_in_on(&host, &server(""));
        // The page has fetched the keys before the rotation.
        let _ = client;
        let host = tab();
        host.publish_keys(old);
        let page = Page::new(host.clone());
        let client = connect_on(&page, server(""));
        // The first login, in the same page, fetches the keys.
        let state = begin(&client);
        host.answer(Answer::json(200, &openid_tokens_without_kid(&host, &state)));
        let first = block_on(client.handle_callback(Some(&callback(&state))));
        assert!(first.is_err()); // of another key: right, so far
        // Now the server publishes the key that it signs with. Ten days later:
        host.publish_keys(&keys("key-1").replace(r#""kid":"key-1","#, ""));
        page.host().pass(10 * 86_400_000);
        let state = begin(&client);
        host.answer(Answer::json(200, &openid_tokens_without_kid(&host, &state)));
        let second = block_on(client.handle_callback(Some(&callback(&state)))).map(|r| r.session.status);
        assert_eq!(second.map_err(|e| e.message()), Ok(Status::SignedIn));
    }

    /// A key that the server has withdrawn must not be believed for the lifetime of the page.
    #[test]
    fn a_withdrawn_key_is_not_believed_for_ever() {
        let host = tab();
        let (client, page) = signed_in_on(&host, &server(""));
        host.publish_keys(r#"{"keys":[]}"#);
        page.host().pass(30 * 86_400_000);
        host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
        let outcome = block_on(client.access_token(&forced())).map(Secret::into_exposed);
        assert!(outcome.is_err(), "signed by a key withdrawn 30 days ago; requests: {:?}", host.purposes());
    }

    /// After an unanswered fetch of the keys, and then a jump of the clock, an honest refresh must not end the session.
    #[test]
    fn an_empty_key_set_does_not_replace_the_good_one() {
        let host = tab();
        let (client, _) = signed_in_on(&host, &server(""));
        host.publish_keys(r#"{"keys":[]}"#);
        let token = signed(r#"{"alg":"ES256","kid":"unknown"}"#, r#"{"sub":"ada"}"#);
        host.answer(Answer::Is(200, Some("application/jwt"), token.into()));
        let _ = block_on(client.user_info());
        host.publish_keys(&keys("key-1"));
        host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
        let outcome = block_on(client.access_token(&forced())).map(Secret::into_exposed).map_err(|e| e.message());
        assert_eq!((outcome, client.session().status), (Ok("at-2".into()), Status::SignedIn));
    }
}

fn openid_tokens_without_kid(host: &TestHost, state: &str) -> String {
    use wicketgate::host::Host;
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(state)]).unwrap();
    let now = host.wall_clock() / 1000;
    let payload = format!(
        r#"{{"iss":"{ISSUER}","sub":"ada","aud":"client-1","exp":{},"iat":{now},"nonce":{}}}"#,
        now + 300,
        transaction["nonce"]
    );
    let id = signed(r#"{"alg":"ES256"}"#, &payload);
    format!(r#"{{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"id_token":"{id}","refresh_token":"rt-1"}}"#)
}
/// A 5xx is never the server's definite answer.
#[test]
fn a_5xx_does_not_end_the_session() {
    let host = tab();
    let (client, _page) = signed_in_on(&host, &server(""));
    host.answer(Answer::json(503, r#"{"error":"invalid_grant"}"#));
    let error = block_on(client.access_token(&forced())).map(Secret::into_exposed).unwrap_err();
    assert_eq!((error.code(), client.session().status), ("token_request_failed", Status::Stale));
}

/// `invalid_grant` on a refresh token that is younger than the lifetime of its access token.
#[test]
fn what_is_still_good_is_handed_out_where_the_network_is_down() {
    let host = tab();
    let (client, page) = signed_in_on(&host, &server(""));
    page.host().pass(3_571_000);
    host.answer(Answer::Lost);
    assert_eq!(
        block_on(client.access_token(&AccessTokenOptions::new())).map(Secret::into_exposed).map_err(|e| e.code()),
        Ok("at-1".into())
    );
}

/// `auth_time` is not in the future. If `max_age` was requested, `auth_time` is present and recent enough. `acr` is the
/// requested one if it was essential. Neither can be requested without `openid`.
///
/// Source: OIDC Core §3.1.3.7 (12, 13), §5.5.1.1
///
/// Also: `max_age_is_sent_and_kept`, `an_essential_acr_is_kept`, `acr_*`, `auth_time_*`
mod authentication {
    use super::*;

    /// The client must not restore a session of the backend while a logout is running.
    #[test]
    fn an_essential_acr_fails_closed() {
        let mut open = Vec::new();
        for request in [
            r#"{"essential":true,"values":[]}"#,
            r#"{"essential":true,"values":null,"value":"gold"}"#,
            r#"{"essential":true,"value":["gold"],"values":{}}"#,
            r#"{"essential":true,"values":[],"value":"gold"}"#,
            r#"{"essential":true,"value":{"0":"gold"}}"#,
            r#"{"essential":true,"value":3}"#,
            r#"{"essential":"true","value":"gold"}"#,
        ] {
            let host = tab();
            let options = claims(&format!(r#"{{"id_token":{{"acr":{request}}}}}"#));
            if connect(&host, openid()).authorization_url(&options).is_ok()
                && login(&openid(), &options, r#","acr":"bronze""#).is_ok()
            {
                open.push(request);
            }
        }
        assert!(open.is_empty(), "bronze was accepted for {open:#?}");
    }

    /// Without openid in the scope, nobody would check maxAge and an essential acr.
    #[test]
    fn max_age_without_openid_is_refused() {
        let host = tab();
        let client = connect(&host, public());
        let a = client.authorization_url(&LoginOptions::new().max_age(Duration::from_secs(0))).map_err(|e| e.code());
        let b =
            client.authorization_url(&claims(r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#)).map_err(|e| e.code());
        assert!(a.is_err() && b.is_err(), "{a:?} {b:?}");
    }

    /// An auth_time of the year 9999 would be recent for ever.
    #[test]
    fn auth_time_in_the_future_is_refused() {
        let options = LoginOptions::new().max_age(Duration::from_secs(0));
        assert_eq!(login(&openid(), &options, r#","auth_time":253370764800"#).map_err(|e| e.claim()), Err(Some("auth_time")));
    }
}

#[test]
fn logout_state_is_there_for_a_page_that_mounts_twice() {
    let host = tab();
    let configuration = server("").post_logout_redirect_uri("https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out(&client).unwrap();
    let state = parameter(&host.navigations().remove(0), "state").unwrap();
    let page = Page::new(host.next_page(&format!("https://app.example/bye?state={state}")));
    let one = connect_on(&page, configuration.clone());
    let two = connect_on(&page, configuration);
    assert_eq!((one.logout_state(), two.logout_state()), (Some(state.as_str()), Some(state.as_str())));
}

/// The return of a logout must not remove parameters of the app's own.
#[test]
fn only_state_leaves_the_url_after_a_logout() {
    let host = tab();
    let configuration = server("").post_logout_redirect_uri("https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out_state(&client, "mine");
    let back = host.next_page("https://app.example/bye?code=promo&error=none&state=mine&iss=a");
    assert_eq!(connect(&back, configuration).logout_state(), Some("mine"));
    use wicketgate::host::Host;
    assert_eq!(back.page_url(), "https://app.example/bye?code=promo&error=none&iss=a");
}

fn log_out_state(client: &Client<TestHost>, state: &str) {
    block_on(client.logout(&LogoutOptions::from_json(&format!(r#"{{"state":"{state}"}}"#)).unwrap())).unwrap();
}
/// A pending logout expires, and no client of another server may take it.
#[test]
fn a_pending_logout_expires_and_is_its_clients_own() {
    let host = tab();
    let configuration = server("").post_logout_redirect_uri("https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out_state(&client, "1");
    host.pass(365 * 86_400_000);
    let page = host.next_page("https://app.example/bye?state=1");
    let other = Configuration::new("client-2")
        .metadata(json(r#"{"authorization_endpoint":"https://evil.example/a","token_endpoint":"https://evil.example/t"}"#));
    assert_eq!(connect(&page, other.redirect_uri("https://app.example/cb2")).logout_state(), None);
}

/// The nonce must not show in Debug output.
#[test]
fn short_lived_tokens_are_not_renewed_for_each_call() {
    let host = tab();
    let (client, _) = signed_in_on(&host, &server(""));
    for _ in 0..20 {
        host.answer(Answer::json(200, r#"{"access_token":"at-s","token_type":"Bearer","expires_in":30}"#));
    }
    block_on(client.access_token(&forced())).map(Secret::into_exposed).unwrap();
    host.clear_log();
    for _ in 0..10 {
        block_on(client.access_token(&AccessTokenOptions::new())).map(Secret::into_exposed).unwrap();
    }
    assert!(host.requests().len() <= 1, "{} refreshes for ten calls within the same millisecond", host.requests().len());
}

/// A full store must not prevent the logout at the server, or lose its hint.
#[test]
fn a_refresh_survives_its_caller() {
    let host = tab();
    let (client, _) = signed_in_on(&host, &server(""));
    host.answer(Answer::json(200, &refreshed(&host, r#","refresh_token":"rt-2""#, "")));
    let options = forced();
    let mut first = Task::new(client.access_token(&options));
    first.step();
    let mut second = Task::new(client.access_token(&options));
    second.step();
    drop(first);
    host.answer(Answer::json(200, &refreshed(&host, r#","refresh_token":"rt-3""#, "")));
    let outcome = join(vec![second]).remove(0).map_err(|e| e.code());
    assert_eq!(outcome, Ok(Secret::new("at-2".into())), "{:?}", host.purposes());
}

/// A client with other configured endpoints must not share the session, and send its tokens there.
#[test]
fn tokens_go_only_where_their_clients_settings_lead() {
    let host = tab();
    let (_client, page) = signed_in_on(&host, &server(""));
    let other = openid()
        .metadata(metadata(r#","userinfo_endpoint":"https://elsewhere.example/me""#))
        .clock_tolerance(Duration::from_secs(0));
    let twin = connect_on(&page, other);
    host.answer(Answer::json(200, r#"{"sub":"ada"}"#));
    let _ = block_on(twin.user_info());
    assert!(
        host.requests().iter().all(|sent| !sent.url.contains("elsewhere")),
        "{:?}",
        host.requests().iter().map(|s| s.url.clone()).collect::<Vec<_>>()
    );
}

/// The client must not restore the URL that the page had before discovery.
#[test]
fn a_page_that_went_on_while_discovering_keeps_its_url() {
    use wicketgate::host::Host;
    let host = tab();
    let configuration = server("").post_logout_redirect_uri("https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out_state(&client, "1");
    let back = host.next_page("https://app.example/bye?state=1");
    let discovering =
        Configuration::new("client-1").issuer(ISSUER).post_logout_redirect_uri("https://app.example/bye").redirect_uri(CALLBACK);
    let page = back.clone();
    host.answer_after(Answer::json(200, r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"}"#), move |_| page.replace_page_url("https://app.example/home?x=1"));
    let _ = connect(&back, discovering);
    assert_eq!(back.page_url(), "https://app.example/home?x=1");
}

/// The client must not keep an ID token that nobody validated, or send it as a hint.
#[test]
fn an_id_token_that_was_not_asked_for_is_not_kept() {
    let host = tab();
    let configuration = public_with(r#","end_session_endpoint":"https://as.example/bye""#);
    let client = logged_in(&host, configuration, r#"{"access_token":"at-1","token_type":"Bearer","id_token":"not.even.jwt"}"#);
    log_out(&client).unwrap();
    assert_eq!(parameter(&host.navigations().pop().unwrap(), "id_token_hint"), None);
}

fn claims(text: &str) -> LoginOptions {
    LoginOptions::new().extra_param("claims", text)
}

fn login(configuration: &Configuration, options: &LoginOptions, more: &str) -> Result<Status, Error> {
    let host = tab();
    let client = connect(&host, configuration.clone());
    let state = begin_with(&client, options);
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(&state)]).unwrap();
    let id_token = id_token(&host, &format!(r#","nonce":{}{more}"#, transaction["nonce"]));
    host.answer(Answer::json(200, &format!(r#"{{"access_token":"at-1","token_type":"Bearer","id_token":"{id_token}"}}"#)));
    arrive(&host, configuration.clone(), &callback(&state)).map(|result| result.session.status)
}
