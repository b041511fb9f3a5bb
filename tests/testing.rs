//! `wicketgate::testing`: the provider refuses everything that a real one refuses, each of its failures ends in the promised
//! code, and tabs share what the tabs of a browser share.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::rc::Rc;

use wicketgate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, LogoutOptions, Page, Status, TokenStore};
use wicketgate::host::{Host, Store};
use wicketgate::protocol::error::{Error, ErrorKind};
use wicketgate::protocol::http::{Purpose, Request, Response};
use wicketgate::protocol::json::Json;
use wicketgate::protocol::secret::Secret;
use wicketgate::testing::{Failure, FakeProvider, Network, Tab, block_on};

const APP: &str = "https://app.test/";

fn open() -> (Tab, FakeProvider) {
    let tab = Tab::open(APP);
    let provider = FakeProvider::new("https://login.test", "my-app", "https://app.test/callback");
    tab.connect(&provider);
    (tab, provider)
}

fn connect(tab: &Tab, configuration: Configuration) -> Result<Rc<Client<Tab>>, Error> {
    let client = block_on(Client::connect(&Page::new(tab.clone()), configuration))?;
    // Like an app that needs the metadata at once. On a callback page, the client loads them when it handles the response.
    if !client.is_callback(None) {
        block_on(client.load())?;
    }
    Ok(client)
}

/// A login that ends in the tab's next page.
fn log_in(tab: &Tab, provider: &FakeProvider, configuration: &Configuration) -> Result<Rc<Client<Tab>>, Error> {
    let Err(_) = block_on(connect(tab, configuration.clone())?.begin_login(&LoginOptions::new()));
    let callback = provider.visit(&tab.left_for().unwrap()).unwrap();
    let client = connect(&tab.next_page(&callback), configuration.clone())?;
    block_on(client.handle_callback(None))?;
    Ok(client)
}

fn access_token(client: &Client<Tab>) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new())).map(Secret::into_exposed)
}

fn renewed(client: &Client<Tab>) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new().force_refresh(true))).map(Secret::into_exposed)
}

fn code<T>(outcome: Result<T, Error>) -> &'static str {
    outcome.err().expect("it should have failed").code()
}

/// The place where a failure occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Connecting,
    Login,
    Refresh,
    UserInfo,
}

#[test]
fn each_failure_ends_in_the_code_that_it_promises() {
    use At::{Connecting, Login, Refresh, UserInfo};
    let cases = [
        (Failure::NetworkLoss, Connecting, "network_failed"),
        (Failure::NetworkLoss, Refresh, "network_failed"),
        (Failure::NetworkLoss, UserInfo, "network_failed"),
        (Failure::Slow, Connecting, "timed_out"),
        (Failure::Slow, Refresh, "timed_out"),
        (Failure::ServerError, Connecting, "invalid_metadata"),
        (Failure::ServerError, Login, "authorization_failed"),
        (Failure::ServerError, Refresh, "token_request_failed"),
        (Failure::ServerError, UserInfo, "userinfo_invalid"),
        (Failure::Denied, Login, "authorization_failed"),
        (Failure::LoginRequired, Login, "authorization_failed"),
        (Failure::IssMixUp, Login, "issuer_mismatch"),
        (Failure::UnknownState, Login, "transaction_not_found"),
        (Failure::ExpiredCode, Login, "token_request_failed"),
        (Failure::WrongNonce, Login, "id_token_invalid"),
        (Failure::WrongAudience, Login, "id_token_invalid"),
        (Failure::WrongSignature, Login, "id_token_invalid"),
        (Failure::WrongSignature, Refresh, "id_token_invalid"),
        (Failure::Expired, Login, "id_token_invalid"),
        (Failure::Expired, Refresh, "session_ended"),
        (Failure::Expired, UserInfo, "userinfo_invalid"),
        (Failure::Revoked, Refresh, "session_ended"),
        (Failure::Revoked, UserInfo, "userinfo_invalid"),
        (Failure::RotationRace, Refresh, "session_ended"),
    ];
    for (failure, at, expected) in cases {
        let (tab, provider) = open();
        let configuration = provider.configuration();
        let outcome = match at {
            Connecting => {
                provider.fail(failure);
                connect(&tab, configuration).map(|_| ())
            }
            Login => {
                let client = connect(&tab, configuration.clone()).unwrap();
                let Err(_) = block_on(client.begin_login(&LoginOptions::new()));
                provider.fail(failure);
                let callback = provider.visit(&tab.left_for().unwrap()).unwrap();
                let client = connect(&tab.next_page(&callback), configuration).unwrap();
                block_on(client.handle_callback(None)).map(|_| ())
            }
            Refresh => {
                let client = log_in(&tab, &provider, &configuration).unwrap();
                provider.fail(failure);
                renewed(&client).map(|_| ())
            }
            UserInfo => {
                let client = log_in(&tab, &provider, &configuration).unwrap();
                provider.fail(failure);
                block_on(client.user_info()).map(|_| ())
            }
        };
        assert_eq!(outcome.err().map(|error| error.code()), Some(expected), "{failure:?}, {at:?}");
    }
}

#[test]
fn a_session_that_is_stale_recovers_as_time_passes() {
    let (tab, provider) = open();
    let client = log_in(&tab, &provider, &provider.configuration()).unwrap();
    provider.fail(Failure::NetworkLoss);
    assert_eq!(code(renewed(&client)), "network_failed");
    assert_eq!(client.session().status, Status::Stale);
    provider.recover();
    tab.pass(1_000);
    assert_eq!(client.session().status, Status::SignedIn);
}

#[test]
fn tabs_share_a_local_session_and_renew_it_once() {
    let (tab, provider) = open();
    let configuration = provider.configuration().token_store(TokenStore::Local);
    let client = log_in(&tab, &provider, &configuration).unwrap();
    let other_tab = tab.another(APP);
    let other = connect(&other_tab, configuration).unwrap();
    assert_eq!(other.session().status, Status::SignedIn);
    tab.pass(3_600_000);
    assert_eq!(access_token(&client).unwrap(), access_token(&other).unwrap());
    let refreshes = |tab: &Tab| tab.sent().iter().filter(|sent| sent.purpose == Purpose::Refresh).count();
    assert_eq!(refreshes(&tab) + refreshes(&other_tab), 1);

    block_on(client.logout(&LogoutOptions::new().redirect(false))).unwrap();
    tab.pass(0);
    assert_eq!(other.session().status, Status::SignedOut);
}

#[test]
fn what_is_stored_shows_no_token() {
    let (tab, provider) = open();
    log_in(&tab, &provider, &provider.configuration()).unwrap();
    let stored: Vec<String> = tab.stored_in(Store::Tab).into_values().collect();
    assert!(stored.iter().any(|value| value.starts_with("sealed.")));
    assert!(!stored.iter().any(|value| value.contains("access-token-")));
    assert!(tab.stored_in(Store::Origin).is_empty());
}

#[test]
fn a_logout_leads_back_to_the_app() {
    let (tab, provider) = open();
    let configuration = provider.configuration().post_logout_redirect_uri("https://app.test/goodbye");
    let client = log_in(&tab, &provider, &configuration).unwrap();
    block_on(client.logout(&LogoutOptions::new())).unwrap();
    let back = provider.visit(&tab.left_for().unwrap()).unwrap();
    let client = connect(&tab.next_page(&back), configuration).unwrap();
    assert!(client.logout_state().is_some());
    assert!(
        provider.visit("https://login.test/logout?client_id=my-app&post_logout_redirect_uri=https%3A%2F%2Fevil.test").is_err()
    );
}

#[test]
fn somebody_else_logs_in_as_themselves() {
    let (tab, provider) = open();
    provider.set_user(Json::parse(br#"{"sub":"grace","roles":["admin"]}"#).unwrap());
    let client = log_in(&tab, &provider, &provider.configuration()).unwrap();
    assert_eq!(client.session().claims.as_ref().unwrap().text("sub"), Some("grace"));
    assert_eq!(block_on(client.user_info()).unwrap().text("sub"), Some("grace"));
}

#[test]
fn a_network_may_be_a_function_in_front_of_the_provider() {
    let (tab, provider) = open();
    let behind = provider.clone();
    tab.connect(&move |request: &Request| {
        if request.purpose == Purpose::UserInfo {
            return Err(ErrorKind::TimedOut(request.purpose).into());
        }
        behind.answer(request)
    });
    let client = log_in(&tab, &provider, &provider.configuration()).unwrap();
    assert_eq!(code(block_on(client.user_info())), "timed_out");
}

// ── As strict as a real one ──

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The code for an authorization request with these parameters.
fn authorize(provider: &FakeProvider, parameters: &str) -> Result<String, String> {
    provider.visit(&format!("https://login.test/authorize?{parameters}"))
}

fn good_request() -> String {
    format!(
        "client_id=my-app&redirect_uri=https%3A%2F%2Fapp.test%2Fcallback&response_type=code&scope=openid+offline_access\
         &state=s&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

fn good_code(provider: &FakeProvider) -> String {
    let callback = authorize(provider, &good_request()).unwrap();
    callback.split_once("code=").unwrap().1.split('&').next().unwrap().into()
}

fn post(provider: &FakeProvider, path: &str, form: &str) -> Response {
    let body = Secret::new(form.into());
    let url = format!("https://login.test{path}");
    provider.answer(&Request::post(Purpose::Token, url, "application/x-www-form-urlencoded", body)).unwrap()
}

fn redeem(provider: &FakeProvider, code: &str, verifier: &str, redirect_uri: &str) -> Response {
    let form = format!(
        "grant_type=authorization_code&client_id=my-app&code={code}&code_verifier={verifier}&redirect_uri={redirect_uri}"
    );
    post(provider, "/token", &form)
}

fn renew(provider: &FakeProvider, refresh_token: &str) -> Response {
    post(provider, "/token", &format!("grant_type=refresh_token&client_id=my-app&refresh_token={refresh_token}"))
}

fn refresh_token(response: &Response) -> String {
    response.json_object().unwrap().text("refresh_token").unwrap().into()
}

const REDIRECT_URI: &str = "https%3A%2F%2Fapp.test%2Fcallback";

#[test]
fn an_authorization_request_that_is_wrong_gets_no_code() {
    let (_, provider) = open();
    for (part, wrong) in [("my-app", "another-app"), ("%2Fcallback", "%2Fcallback%2F"), ("state=s", "state=s&state=t")] {
        assert!(authorize(&provider, &good_request().replace(part, wrong)).is_err(), "{wrong}");
    }
    for (part, wrong) in [("S256", "plain"), (CHALLENGE, "short"), ("response_type=code", "response_type=token")] {
        let callback = authorize(&provider, &good_request().replace(part, wrong)).unwrap();
        assert!(callback.contains("error=") && !callback.contains("code="), "{callback}");
    }
}

#[test]
fn a_code_needs_its_verifier_and_its_redirect_uri_and_is_used_up() {
    let (tab, provider) = open();
    let code = good_code(&provider);
    assert_eq!(redeem(&provider, &code, &VERIFIER.replace('d', "e"), REDIRECT_URI).status, 400);
    assert_eq!(redeem(&provider, &code, VERIFIER, REDIRECT_URI).status, 400);
    assert_eq!(redeem(&provider, &good_code(&provider), VERIFIER, "https%3A%2F%2Fapp.test").status, 400);
    let late = good_code(&provider);
    tab.pass(60_000);
    assert_eq!(redeem(&provider, &late, VERIFIER, REDIRECT_URI).status, 400);
    let wrong_client = "grant_type=authorization_code&client_id=another-app";
    assert_eq!(post(&provider, "/token", wrong_client).status, 401);
}

#[test]
fn a_code_that_comes_twice_revokes_what_came_of_it() {
    let (_, provider) = open();
    let code = good_code(&provider);
    let token = refresh_token(&redeem(&provider, &code, VERIFIER, REDIRECT_URI));
    assert_eq!(redeem(&provider, &code, VERIFIER, REDIRECT_URI).status, 400);
    assert_eq!(renew(&provider, &token).status, 400);
}

#[test]
fn a_refresh_token_that_comes_twice_revokes_all() {
    let (_, provider) = open();
    let first = refresh_token(&redeem(&provider, &good_code(&provider), VERIFIER, REDIRECT_URI));
    let second = refresh_token(&renew(&provider, &first));
    assert_eq!(renew(&provider, &first).status, 400);
    assert_eq!(renew(&provider, &second).status, 400);
}

#[test]
fn a_revoked_refresh_token_renews_nothing() {
    let (_, provider) = open();
    let token = refresh_token(&redeem(&provider, &good_code(&provider), VERIFIER, REDIRECT_URI));
    assert_eq!(post(&provider, "/revoke", &format!("client_id=my-app&token={token}")).status, 200);
    assert_eq!(renew(&provider, &token).status, 400);
}

#[test]
fn what_waits_for_a_time_to_come_sets_the_clock_to_it() {
    let (tab, _) = open();
    let before = tab.wall_clock();
    block_on(tab.sleep(5_000));
    assert_eq!(tab.wall_clock(), before + 5_000);
}

#[test]
#[should_panic(expected = "it waits for what never happens")]
fn what_would_wait_for_ever_fails() {
    block_on(std::future::pending::<()>());
}
