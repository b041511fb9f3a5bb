//! What most tests begin with: an app, a server, a login that was begun.

use std::rc::Rc;

use wicketgate::client::{Client, Configuration, LoginOptions, LoginResult, Page};
use wicketgate::protocol::error::Error;
use wicketgate::protocol::json::Json;

use crate::host::{Answer, Host, block_on};

pub(crate) const PAGE: &str = "https://app.example/start?tab=1#top";
pub(crate) const CALLBACK: &str = "https://app.example/callback";
pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const TOKENS: &str = r#"{"access_token":"at-1","token_type":"Bearer","expires_in":3600}"#;
pub(crate) const LIFETIME: u64 = 600_000;

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

/// A server whose metadata is given by hand, so that nothing is discovered.
pub(crate) fn metadata(more: &str) -> Json {
    json(&format!(
        r#"{{"authorization_endpoint":"https://as.example/authorize","token_endpoint":"https://as.example/token"{more}}}"#
    ))
}

/// A public client of a server that is known by hand.
pub(crate) fn public() -> Configuration {
    Configuration::new("client-1").with("issuer", ISSUER).with("redirectUri", CALLBACK).with_json("metadata", metadata(""))
}

/// The same with further metadata.
pub(crate) fn public_with(more: &str) -> Configuration {
    public().with_json("metadata", metadata(more))
}

/// A client that hands its codes to a backend, which is not asked for a session.
pub(crate) fn with_backend() -> Configuration {
    public().with_json("backend", json(r#"{"exchangeUrl":"/session/exchange"}"#))
}

/// The same, with a backend that can be asked for its session.
pub(crate) fn with_session_backend() -> Configuration {
    public().with_json(
        "backend",
        json(r#"{"exchangeUrl":"/session/exchange","sessionUrl":"/session","logoutUrl":"/session/logout"}"#),
    )
}

pub(crate) fn tab() -> Host {
    Host::new(1, PAGE)
}

pub(crate) fn try_connect(host: &Host, configuration: Configuration) -> Result<Client<Host>, Error> {
    block_on(Client::connect(&Page::new(host.clone()), configuration))
}

pub(crate) fn connect(host: &Host, configuration: Configuration) -> Client<Host> {
    try_connect(host, configuration).unwrap()
}

/// A further client on the page of others.
pub(crate) fn connect_on(page: &Rc<Page<Host>>, configuration: Configuration) -> Client<Host> {
    block_on(Client::connect(page, configuration)).unwrap()
}

/// The parameters in the query of `url`, decoded, in their order.
pub(crate) fn parameters(url: &str) -> Vec<(String, String)> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    parameters(url).into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

/// Builds a request; its `state`.
pub(crate) fn begin_with(client: &Client<Host>, options: &LoginOptions) -> String {
    parameter(&client.authorization_url(options).unwrap(), "state").unwrap()
}

pub(crate) fn begin(client: &Client<Host>) -> String {
    begin_with(client, &LoginOptions::none())
}

/// Begins a login in `host`'s tab; its `state`.
pub(crate) fn begun(host: &Host, configuration: Configuration) -> String {
    begin(&connect(host, configuration))
}

pub(crate) fn key(state: &str) -> String {
    format!("wicketgate.tx.{state}")
}

/// A successful response.
pub(crate) fn callback(state: &str) -> String {
    format!("{CALLBACK}?code=code-1&state={state}")
}

/// The page at `url` is loaded in `host`'s tab, and handles the callback.
pub(crate) fn arrive(host: &Host, configuration: Configuration, url: &str) -> Result<Rc<LoginResult>, Error> {
    block_on(connect(&host.next_page(url), configuration).handle_callback(None))
}

/// The code of what it failed with.
pub(crate) fn code<T>(outcome: Result<T, Error>) -> &'static str {
    outcome.err().expect("it should have failed").code()
}

/// A client that has just logged in with this token response.
pub(crate) fn logged_in(host: &Host, configuration: Configuration, tokens: &str) -> Client<Host> {
    let state = begun(host, configuration.clone());
    host.answer(Answer::json(200, tokens));
    let client = connect(&host.next_page(&callback(&state)), configuration);
    block_on(client.handle_callback(None)).unwrap();
    client
}

/// Turns a stored transaction into the tombstone that its use leaves, with `return_to` as its JSON text has it.
pub(crate) fn use_up(host: &Host, state: &str, return_to: &str) {
    let key = format!("wicketgate.tx.{state}");
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key]).unwrap();
    let text = |name: &str| format!(r#","{name}":{}"#, transaction[name]);
    let kept = ["created_at", "v", "server", "client_id", "redirect_uri"].map(text).concat();
    host.plant(&key, &format!(r#"{{"used_at":1800000000000{kept},"return_to":"{return_to}"}}"#));
}
