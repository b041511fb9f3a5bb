//! Sessions, keys and logouts at unlikely moments: races, keys that rotate, clocks that jump, answers that are odd.

use crate::host::{Answer, Host, Task, block_on, join};
use crate::stage::*;
use std::rc::Rc;
use wicketgate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, LogoutOptions, Page, Status};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::json::Json;

const MORE: &str = r#","refresh_token":"rt-1""#;

fn signed_in_with(
    host: &Host,
    configuration: &Configuration,
    options: &LoginOptions,
    more_claims: &str,
) -> (Rc<Client<Host>>, Rc<Page<Host>>) {
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
fn signed_in_on(host: &Host, configuration: &Configuration) -> (Rc<Client<Host>>, Rc<Page<Host>>) {
    signed_in_with(host, configuration, &LoginOptions::none(), "")
}
fn refreshed(host: &Host, more: &str, id_more: &str) -> String {
    let id = id_token(host, id_more);
    format!(r#"{{"access_token":"at-2","token_type":"Bearer","expires_in":3600,"id_token":"{id}"{more}}}"#)
}
fn forced() -> AccessTokenOptions {
    AccessTokenOptions::none().with_json("forceRefresh", Json::Bool(true))
}
/// F: the refusal of ada's refresh token must not throw away bob's login that is under way.
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

/// F: two refreshes wash `auth_time` out (rule 4: "auth_time unchanged").
#[test]
fn auth_time_is_compared_with_the_login() {
    let host = tab();
    let (client, _) = signed_in_with(&host, &server(""), &LoginOptions::none(), r#","auth_time":1799999000"#);
    host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
    block_on(client.access_token(&forced())).unwrap();
    host.answer(Answer::json(200, &refreshed(&host, MORE, r#","auth_time":1800000000"#)));
    assert_eq!(block_on(client.access_token(&forced())).map_err(|e| e.claim()), Err(Some("auth_time")));
}
/// F: and the honest nonce is refused after a refresh without one.
#[test]
fn the_nonce_of_the_login_may_come_back() {
    let host = tab();
    let (client, _) = signed_in_on(&host, &server(""));
    let nonce = client.session().claims.as_ref().unwrap().text("nonce").unwrap().to_owned();
    host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
    block_on(client.access_token(&forced())).unwrap();
    host.answer(Answer::json(200, &refreshed(&host, MORE, &format!(r#","nonce":"{nonce}""#))));
    assert_eq!(block_on(client.access_token(&forced())).map_err(|e| (e.code(), e.claim())), Ok("at-2".into()));
}
/// F: claims that the login needed (essential acr) survive a refresh that lowers them?
#[test]
fn a_rotated_key_without_kid_is_fetched() {
    let host = tab();
    // the server's old key: another point, no kid.
    let old = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;
    let (client, _page) = signed_in_on(&host, &server(""));
    // as if the page had fetched the keys before the rotation
    let _ = client;
    let host = tab();
    host.publish_keys(old);
    let page = Page::new(host.clone());
    let client = connect_on(&page, server(""));
    // the first login (popup; same page) fetches the keys
    let state = begin(&client);
    host.answer(Answer::json(200, &openid_tokens_without_kid(&host, &state)));
    let first = block_on(client.handle_callback(Some(&callback(&state))));
    assert!(first.is_err()); // of another key: right, so far
    // Now the server publishes the key that it signs with. Ten days later:
    host.publish_keys(&keys("key-1").replace(r#""kid":"key-1","#, ""));
    page.platform().pass(10 * 86_400_000);
    let state = begin(&client);
    host.answer(Answer::json(200, &openid_tokens_without_kid(&host, &state)));
    let second = block_on(client.handle_callback(Some(&callback(&state)))).map(|r| r.session.status);
    assert_eq!(second.map_err(|e| e.message()), Ok(Status::SignedIn));
}
fn openid_tokens_without_kid(host: &Host, state: &str) -> String {
    use wicketgate::platform::Platform;
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
/// F: a key that the server has withdrawn is believed for as long as the page lives.
#[test]
fn a_withdrawn_key_is_not_believed_for_ever() {
    let host = tab();
    let (client, page) = signed_in_on(&host, &server(""));
    host.publish_keys(r#"{"keys":[]}"#);
    page.platform().pass(30 * 86_400_000);
    host.answer(Answer::json(200, &refreshed(&host, MORE, "")));
    let outcome = block_on(client.access_token(&forced()));
    assert!(outcome.is_err(), "signed by a key withdrawn 30 days ago; requests: {:?}", host.purposes());
}

/// F: rule 5: 5xx is never the definite word.
#[test]
fn a_5xx_does_not_end_the_session() {
    let host = tab();
    let (client, _page) = signed_in_on(&host, &server(""));
    host.answer(Answer::json(503, r#"{"error":"invalid_grant"}"#));
    let error = block_on(client.access_token(&forced())).unwrap_err();
    assert_eq!((error.code(), client.session().status), ("token_request_failed", Status::Stale));
}
/// F: rule 8: invalid_grant while the access token is younger than its life.
#[test]
fn what_is_still_good_is_handed_out_where_the_network_is_down() {
    let host = tab();
    let (client, page) = signed_in_on(&host, &server(""));
    page.platform().pass(3_571_000);
    host.answer(Answer::Lost);
    assert_eq!(block_on(client.access_token(&AccessTokenOptions::none())).map_err(|e| e.code()), Ok("at-1".into()));
}

/// F: a session at the backend is restored while a logout is under way.
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
/// F: without openid in the scope, maxAge and an essential acr are checked by nobody.
#[test]
fn max_age_without_openid_is_refused() {
    let host = tab();
    let client = connect(&host, public());
    let a = client.authorization_url(&LoginOptions::none().with_json("maxAge", json("0"))).map_err(|e| e.code());
    let b = client.authorization_url(&claims(r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#)).map_err(|e| e.code());
    assert!(a.is_err() && b.is_err(), "{a:?} {b:?}");
}
/// F: an auth_time of the year 9999 is fresh for ever.
#[test]
fn auth_time_in_the_future_is_refused() {
    let options = LoginOptions::none().with_json("maxAge", json("0"));
    assert_eq!(login(&openid(), &options, r#","auth_time":253370764800"#).map_err(|e| e.claim()), Err(Some("auth_time")));
}
#[test]
fn logout_state_is_there_for_a_page_that_mounts_twice() {
    let host = tab();
    let configuration = server("").with("postLogoutRedirectUri", "https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out(&client).unwrap();
    let state = parameter(&host.navigations().remove(0), "state").unwrap();
    let page = Page::new(host.next_page(&format!("https://app.example/bye?state={state}")));
    let one = connect_on(&page, configuration.clone());
    let two = connect_on(&page, configuration);
    assert_eq!((one.logout_state(), two.logout_state()), (Some(state.as_str()), Some(state.as_str())));
}
/// F: logout return eats parameters of the app's own.
#[test]
fn only_state_leaves_the_url_after_a_logout() {
    let host = tab();
    let configuration = server("").with("postLogoutRedirectUri", "https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out_state(&client, "mine");
    let back = host.next_page("https://app.example/bye?code=promo&error=none&state=mine&iss=a");
    assert_eq!(connect(&back, configuration).logout_state(), Some("mine"));
    use wicketgate::platform::Platform;
    assert_eq!(back.page_url(), "https://app.example/bye?code=promo&error=none&iss=a");
}
fn log_out_state(client: &Client<Host>, state: &str) {
    block_on(client.logout(&LogoutOptions::from_json(&format!(r#"{{"state":"{state}"}}"#)).unwrap())).unwrap();
}
/// F: a pending logout never expires, and another client's, of another server, takes it.
#[test]
fn a_pending_logout_expires_and_is_its_clients_own() {
    let host = tab();
    let configuration = server("").with("postLogoutRedirectUri", "https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out_state(&client, "1");
    host.pass(365 * 86_400_000);
    let page = host.next_page("https://app.example/bye?state=1");
    let other = Configuration::new("client-2").with_json(
        "metadata",
        json(r#"{"authorization_endpoint":"https://evil.example/a","token_endpoint":"https://evil.example/t"}"#),
    );
    assert_eq!(connect(&page, other.with("redirectUri", "https://app.example/cb2")).logout_state(), None);
}
/// F: the nonce shows in Debug.
#[test]
fn short_lived_tokens_are_not_renewed_for_each_call() {
    let host = tab();
    let (client, _) = signed_in_on(&host, &server(""));
    for _ in 0..20 {
        host.answer(Answer::json(200, r#"{"access_token":"at-s","token_type":"Bearer","expires_in":30}"#));
    }
    block_on(client.access_token(&forced())).unwrap();
    host.clear_log();
    for _ in 0..10 {
        block_on(client.access_token(&AccessTokenOptions::none())).unwrap();
    }
    assert!(host.requests().len() <= 1, "{} refreshes for ten calls within the same millisecond", host.requests().len());
}
/// F: one unanswered lookup of keys, then a clock that jumps: an honest refresh ends the session.
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
    let outcome = block_on(client.access_token(&forced())).map_err(|e| e.message());
    assert_eq!((outcome, client.session().status), (Ok("at-2".into()), Status::SignedIn));
}
/// F: logout by a full store: server not reached, hint lost.
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
    assert_eq!(outcome, Ok("at-2".into()), "{:?}", host.purposes());
}
/// F: a client with other endpoints by hand shares the session, and sends its tokens there.
#[test]
fn tokens_go_only_where_their_clients_settings_lead() {
    let host = tab();
    let (_client, page) = signed_in_on(&host, &server(""));
    let other = openid()
        .with_json("metadata", metadata(r#","userinfo_endpoint":"https://elsewhere.example/me""#))
        .with_json("clockTolerance", json("0"));
    let twin = connect_on(&page, other);
    host.answer(Answer::json(200, r#"{"sub":"ada"}"#));
    let _ = block_on(twin.user_info());
    assert!(
        host.requests().iter().all(|sent| !sent.url.contains("elsewhere")),
        "{:?}",
        host.requests().iter().map(|s| s.url.clone()).collect::<Vec<_>>()
    );
}
/// F: the URL is replaced by the one that it was before discovery.
#[test]
fn a_page_that_went_on_while_discovering_keeps_its_url() {
    use wicketgate::platform::Platform;
    let host = tab();
    let configuration = server("").with("postLogoutRedirectUri", "https://app.example/bye");
    let (client, _) = signed_in_on(&host, &configuration);
    log_out_state(&client, "1");
    let back = host.next_page("https://app.example/bye?state=1");
    let discovering = Configuration::new("client-1")
        .with("issuer", ISSUER)
        .with("postLogoutRedirectUri", "https://app.example/bye")
        .with("redirectUri", CALLBACK);
    let page = back.clone();
    host.answer_after(Answer::json(200, r#"{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"}"#), move |_| page.replace_page_url("https://app.example/home?x=1"));
    let _ = connect(&back, discovering);
    assert_eq!(back.page_url(), "https://app.example/home?x=1");
}
/// F: an ID token that nobody validated is kept, and sent as a hint.
#[test]
fn an_id_token_that_was_not_asked_for_is_not_kept() {
    let host = tab();
    let configuration = public_with(r#","end_session_endpoint":"https://as.example/bye""#);
    let client = logged_in(&host, configuration, r#"{"access_token":"at-1","token_type":"Bearer","id_token":"not.even.jwt"}"#);
    log_out(&client).unwrap();
    assert_eq!(parameter(&host.navigations().pop().unwrap(), "id_token_hint"), None);
}

fn claims(text: &str) -> LoginOptions {
    LoginOptions::none().with_json("extraParams", Json::Object(vec![("claims".into(), Json::String(text.into()))]))
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
