//! The beginning of most tests: an app, a server, a login that has begun.

use core::time::Duration;
use std::rc::Rc;

use wicketgate::client::{
    AccessTokenOptions, BackendConfiguration, Client, Configuration, LoginOptions, LoginResult, LogoutOptions, Page, TokenStore,
};
use wicketgate::host::Host;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::secret::Secret;

use crate::host::{Answer, TestHost, block_on};
use crate::signing::{SigningKey, token};

pub const PAGE: &str = "https://app.example/start?tab=1#top";
pub const CALLBACK: &str = "https://app.example/callback";
pub const ISSUER: &str = "https://as.example";
pub const TOKENS: &str = r#"{"access_token":"at-1","token_type":"Bearer","expires_in":3600}"#;
pub const LIFETIME: u64 = 600_000;
/// A state in the form of ours that belongs to no login.
pub const NOBODYS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

/// The configured metadata of a server, so that the client discovers nothing.
pub fn metadata(more: &str) -> Json {
    json(&format!(
        r#"{{"authorization_endpoint":"https://as.example/authorize","token_endpoint":"https://as.example/token",
            "jwks_uri":"https://as.example/keys","id_token_signing_alg_values_supported":["ES256"]{more}}}"#
    ))
}

/// A public client of a server with configured metadata.
pub fn public() -> Configuration {
    let configuration = Configuration::new("client-1").issuer(ISSUER).redirect_uri(CALLBACK);
    configuration.token_store(TokenStore::Memory).metadata(metadata(""))
}

/// A configuration with further members: members that typed setters cannot express, and members that a test has as JSON.
pub fn with(configuration: Configuration, members: &str) -> Configuration {
    configuration.merge_json(members).unwrap()
}

/// The same with further metadata.
pub fn public_with(more: &str) -> Configuration {
    public().metadata(metadata(more))
}

/// The same, as an OpenID Connect relying party.
pub fn openid() -> Configuration {
    public().scope("openid")
}

/// The same at a server with further endpoints, and further metadata.
pub fn server(more: &str) -> Configuration {
    openid().metadata(metadata(&format!(
        r#","userinfo_endpoint":"https://as.example/me","end_session_endpoint":"https://as.example/bye?x=1"{more}"#
    )))
}

/// The key of the server of these tests.
fn server_key() -> SigningKey {
    SigningKey::of_rfc_7515("key-1")
}

/// The server's key set.
pub fn keys(kid: &str) -> String {
    let mut key = server_key().public();
    key["kid"] = kid.into();
    key["alg"] = "ES256".into();
    format!(r#"{{"keys":[{key}]}}"#)
}

/// A token that the server has signed.
pub fn signed(header: &str, payload: &str) -> String {
    token(header, payload, |signed| server_key().signature(signed))
}

/// An ID token for `client-1`, issued now, with further claims.
pub fn id_token(host: &TestHost, more: &str) -> String {
    let now = host.wall_clock() / 1000;
    let payload = format!(r#"{{"iss":"{ISSUER}","sub":"ada","aud":"client-1","exp":{},"iat":{now}{more}}}"#, now + 300);
    signed(r#"{"alg":"ES256","kid":"key-1"}"#, &payload)
}

/// A token response with an ID token that answers the login with this state.
pub fn openid_tokens(host: &TestHost, state: &str, more: &str) -> String {
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(state)]).unwrap();
    let id_token = id_token(host, &format!(r#","nonce":{}"#, transaction["nonce"]));
    format!(r#"{{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"id_token":"{id_token}"{more}}}"#)
}

/// A client that hands its codes to a backend, without asking it for a session.
pub fn with_backend() -> Configuration {
    public().backend(BackendConfiguration::new().exchange_url("/session/exchange"))
}

/// The same, but the client can ask the backend for its session.
pub fn with_session_backend() -> Configuration {
    let backend = BackendConfiguration::new().exchange_url("/session/exchange");
    public().backend(backend.session_url("/session").logout_url("/session/logout"))
}

pub fn tab() -> TestHost {
    let host = TestHost::new(1, PAGE);
    host.publish_keys(&keys("key-1"));
    host
}

pub fn try_connect(host: &TestHost, configuration: Configuration) -> Result<Rc<Client<TestHost>>, Error> {
    block_on(connect_and_load(&Page::new(host.clone()), configuration))
}

/// A client that has loaded everything it needs. On a callback page, this happens when the response is handled.
async fn connect_and_load(page: &Rc<Page<TestHost>>, configuration: Configuration) -> Result<Rc<Client<TestHost>>, Error> {
    let client = Client::connect(page, configuration).await?;
    if !client.is_callback(None) {
        client.load().await?;
    }
    Ok(client)
}

pub fn connect(host: &TestHost, configuration: Configuration) -> Rc<Client<TestHost>> {
    try_connect(host, configuration).unwrap()
}

/// Another client on a page that has clients.
pub fn connect_on(page: &Rc<Page<TestHost>>, configuration: Configuration) -> Rc<Client<TestHost>> {
    block_on(connect_and_load(page, configuration)).unwrap()
}

/// The parameters in the query of `url`, decoded, in their order.
pub fn parameters(url: &str) -> Vec<(String, String)> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

pub fn parameter(url: &str, name: &str) -> Option<String> {
    parameters(url).into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

/// Builds a request; returns its `state`.
pub fn begin_with(client: &Client<TestHost>, options: &LoginOptions) -> String {
    parameter(&client.authorization_url(options).unwrap(), "state").unwrap()
}

pub fn begin(client: &Client<TestHost>) -> String {
    begin_with(client, &LoginOptions::new())
}

/// Begins a login in `host`'s tab; returns its `state`.
pub fn begun(host: &TestHost, configuration: Configuration) -> String {
    begin(&connect(host, configuration))
}

pub fn key(state: &str) -> String {
    format!("wicketgate.tx.{state}")
}

/// The URL of a successful response.
pub fn callback(state: &str) -> String {
    format!("{CALLBACK}?code=code-1&state={state}")
}

/// Loads the page at `url` in `host`'s tab, and handles the callback there.
pub fn arrive(host: &TestHost, configuration: Configuration, url: &str) -> Result<Rc<LoginResult>, Error> {
    block_on(connect(&host.next_page(url), configuration).handle_callback(None))
}

/// The code of the error.
pub fn code<T>(outcome: Result<T, Error>) -> &'static str {
    outcome.err().expect("it should have failed").code()
}

/// A client that has just logged in with this token response.
pub fn logged_in(host: &TestHost, configuration: Configuration, tokens: &str) -> Rc<Client<TestHost>> {
    let state = begun(host, configuration.clone());
    host.answer(Answer::json(200, tokens));
    let client = connect(&host.next_page(&callback(&state)), configuration);
    block_on(client.handle_callback(None)).unwrap();
    client
}

/// Turns a stored transaction into the tombstone that its use leaves, with `return_to` in its JSON form.
pub fn use_up(host: &TestHost, state: &str, return_to: &str) {
    let key = format!("wicketgate.tx.{state}");
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key]).unwrap();
    let text = |name: &str| format!(r#","{name}":{}"#, transaction[name]);
    let kept = ["created_at", "v", "server", "client_id", "redirect_uri"].map(text).concat();
    host.plant(&key, &format!(r#"{{"used_at":1800000000000{kept},"return_to":"{return_to}"}}"#));
}

/// The access token, valid for this many milliseconds more.
pub fn access_token(client: &Client<TestHost>, min_validity: u64) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new().min_validity(Duration::from_millis(min_validity))))
        .map(Secret::into_exposed)
}

/// A new access token, however long the present one is valid.
pub fn renew(client: &Client<TestHost>) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::new().force_refresh(true))).map(Secret::into_exposed)
}

pub fn log_out(client: &Client<TestHost>) -> Result<(), Error> {
    block_on(client.logout(&LogoutOptions::new()))
}

/// A relying party that keeps its session in this store.
pub fn kept_in(store: &str) -> Configuration {
    with(openid(), &format!(r#"{{"tokenStore":"{store}"}}"#))
}

/// A page that has logged in, with a refresh token and an empty log.
pub fn signed_in(host: &TestHost, configuration: &Configuration) -> (Rc<Client<TestHost>>, Rc<Page<TestHost>>) {
    let state = begun(host, configuration.clone());
    host.answer(Answer::json(200, &openid_tokens(host, &state, r#","refresh_token":"rt-1""#)));
    let page = Page::new(host.next_page(&callback(&state)));
    let client = connect_on(&page, configuration.clone());
    block_on(client.handle_callback(None)).unwrap();
    host.run_tasks();
    host.clear_log();
    (client, page)
}

/// The answer to a refresh.
pub fn new_tokens(number: u32) -> Answer {
    let tokens = r#"{"access_token":"at-N","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-N"}"#;
    Answer::json(200, &tokens.replace('N', &number.to_string()))
}

/// The refresh tokens that were sent, in order.
pub fn sent_refresh_tokens(host: &TestHost) -> Vec<String> {
    let sent = host.requests().into_iter().filter(|sent| sent.purpose == Purpose::Refresh);
    sent.map(|sent| sent.body.unwrap().split('&').nth(1).unwrap().replace("refresh_token=", "")).collect()
}
