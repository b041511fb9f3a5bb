//! What most tests begin with: an app, a server, a login that was begun.

use std::rc::Rc;

use base64ct::{Base64UrlUnpadded, Encoding};
use wicketgate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, LoginResult, LogoutOptions, Page};
use wicketgate::platform::Platform;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::Purpose;
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
        r#"{{"authorization_endpoint":"https://as.example/authorize","token_endpoint":"https://as.example/token",
            "jwks_uri":"https://as.example/keys","id_token_signing_alg_values_supported":["ES256"]{more}}}"#
    ))
}

/// A public client of a server that is known by hand.
pub(crate) fn public() -> Configuration {
    let configuration = Configuration::new("client-1").with("issuer", ISSUER).with("redirectUri", CALLBACK);
    configuration.with("tokenStore", "memory").with_json("metadata", metadata(""))
}

/// The same with further metadata.
pub(crate) fn public_with(more: &str) -> Configuration {
    public().with_json("metadata", metadata(more))
}

/// The same, as an OpenID Connect relying party.
pub(crate) fn openid() -> Configuration {
    public().with("scope", "openid")
}

/// The same at a server with further endpoints, and further metadata.
pub(crate) fn server(more: &str) -> Configuration {
    openid().with_json(
        "metadata",
        metadata(&format!(
            r#","userinfo_endpoint":"https://as.example/me","end_session_endpoint":"https://as.example/bye?x=1"{more}"#
        )),
    )
}

/// The key of the server of these tests: that of RFC 7515, appendix A.3.
const KEY: [&str; 3] = [
    "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
];

/// The server's key set.
pub(crate) fn keys(kid: &str) -> String {
    let [_, x, y] = KEY;
    format!(r#"{{"keys":[{{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"{kid}","x":"{x}","y":"{y}"}}]}}"#)
}

/// A token that the server has signed.
pub(crate) fn signed(header: &str, payload: &str) -> String {
    let [d, x, y] = KEY.map(|number| Base64UrlUnpadded::decode_vec(number).unwrap());
    let random = ring::rand::SystemRandom::new();
    let point = [vec![4], x, y].concat();
    let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let key = ring::signature::EcdsaKeyPair::from_private_key_and_public_key(algorithm, &d, &point, &random).unwrap();
    let encoded = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let signed = format!("{}.{}", encoded(header), encoded(payload));
    let signature = key.sign(&random, signed.as_bytes()).unwrap();
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature.as_ref()))
}

/// An ID token for `client-1`, issued now, with further claims.
pub(crate) fn id_token(host: &Host, more: &str) -> String {
    let now = host.wall_clock() / 1000;
    let payload = format!(r#"{{"iss":"{ISSUER}","sub":"ada","aud":"client-1","exp":{},"iat":{now}{more}}}"#, now + 300);
    signed(r#"{"alg":"ES256","kid":"key-1"}"#, &payload)
}

/// A token response with an ID token that answers the login with this state.
pub(crate) fn openid_tokens(host: &Host, state: &str, more: &str) -> String {
    let transaction: serde_json::Value = serde_json::from_str(&host.store_content()[&key(state)]).unwrap();
    let id_token = id_token(host, &format!(r#","nonce":{}"#, transaction["nonce"]));
    format!(r#"{{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"id_token":"{id_token}"{more}}}"#)
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
    let host = Host::new(1, PAGE);
    host.publish_keys(&keys("key-1"));
    host
}

pub(crate) fn try_connect(host: &Host, configuration: Configuration) -> Result<Rc<Client<Host>>, Error> {
    block_on(Client::connect(&Page::new(host.clone()), configuration))
}

pub(crate) fn connect(host: &Host, configuration: Configuration) -> Rc<Client<Host>> {
    try_connect(host, configuration).unwrap()
}

/// A further client on the page of others.
pub(crate) fn connect_on(page: &Rc<Page<Host>>, configuration: Configuration) -> Rc<Client<Host>> {
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
pub(crate) fn logged_in(host: &Host, configuration: Configuration, tokens: &str) -> Rc<Client<Host>> {
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

/// The access token, good for so many milliseconds more.
pub(crate) fn access_token(client: &Client<Host>, min_validity: u64) -> Result<String, Error> {
    let seconds = json(&format!("{}.{:03}", min_validity / 1000, min_validity % 1000));
    block_on(client.access_token(&AccessTokenOptions::none().with_json("minValidity", seconds)))
}

/// A new access token, however good the present one is.
pub(crate) fn renew(client: &Client<Host>) -> Result<String, Error> {
    block_on(client.access_token(&AccessTokenOptions::none().with_json("forceRefresh", Json::Bool(true))))
}

pub(crate) fn log_out(client: &Client<Host>) -> Result<(), Error> {
    block_on(client.logout(&LogoutOptions::none()))
}

/// A relying party that keeps its session there.
pub(crate) fn kept_in(store: &str) -> Configuration {
    openid().with("tokenStore", store)
}

/// The page has logged in, with a refresh token, and its log is empty.
pub(crate) fn signed_in(host: &Host, configuration: &Configuration) -> (Rc<Client<Host>>, Rc<Page<Host>>) {
    let state = begun(host, configuration.clone());
    host.answer(Answer::json(200, &openid_tokens(host, &state, r#","refresh_token":"rt-1""#)));
    let page = Page::new(host.next_page(&callback(&state)));
    let client = connect_on(&page, configuration.clone());
    block_on(client.handle_callback(None)).unwrap();
    host.run_tasks();
    host.clear_log();
    (client, page)
}

/// What a refresh brings.
pub(crate) fn new_tokens(number: u32) -> Answer {
    let tokens = r#"{"access_token":"at-N","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-N"}"#;
    Answer::json(200, &tokens.replace('N', &number.to_string()))
}

/// The refresh tokens that were sent, in their order.
pub(crate) fn sent_refresh_tokens(host: &Host) -> Vec<String> {
    let sent = host.requests().into_iter().filter(|sent| sent.purpose == Purpose::Refresh);
    sent.map(|sent| sent.body.unwrap().split('&').nth(1).unwrap().replace("refresh_token=", "")).collect()
}
