//! The parts for an app in Rust in a browser: requests with the access token, and values that it shares with JavaScript.
//!
//! `window.fetch` is a stub: it plays the token endpoint of `as.example`, which issues `at-1`, `at-2` and so on, and an API.
//! [`calls`] returns the API's requests.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "in a test they are how it fails")]

use std::rc::Rc;

use js_sys::{Function, JSON};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AbortController, Request, RequestInit, RequestMode, Response};
use wicketgate::browser::FetchError;
use wicketgate::{Browser, Client, Configuration, Json, LoginOptions, Metadata, Status, TokenStore};

wasm_bindgen_test_configure!(run_in_browser);

const API: &str = "https://api.example/orders";

/// The value of a JavaScript expression.
fn js(expression: &str) -> JsValue {
    Function::new_no_args(&format!("return ({expression});")).call0(&JsValue::UNDEFINED).unwrap()
}

/// The value as JSON text, to be compared.
fn text(value: &JsValue) -> String {
    JSON::stringify(value).map(String::from).unwrap_or_default()
}

/// Restores the page's own `fetch` when the test ends.
struct Stub;

impl Drop for Stub {
    fn drop(&mut self) {
        js("window.fetch = window.realFetch");
    }
}

/// `api` is the body of a JavaScript function of `call`, the API's request, that returns its response or a promise.
fn stub(api: &str) -> Stub {
    js("(window.realFetch ??= window.fetch, window.calls = [], window.tokens = 0, window.answerTokens = () => 200)");
    let api = Function::new_with_args("call", api);
    let stub = r#"window.fetch = async (input, init) => {
        const request = new Request(input, init);
        const call = { url: request.url, authorization: request.headers.get("authorization"), signal: request.signal };
        call.body = await request.clone().text();
        calls.push(call);
        if (request.url === "https://as.example/token") {
            const status = await answerTokens();
            if (status !== 200) return new Response("{}", { status });
            tokens += 1;
            const answer = { access_token: `at-${tokens}`, token_type: "Bearer", expires_in: 3600, refresh_token: `rt-${tokens}` };
            return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
        }
        const response = await api(call);
        // A response that a script has made has no URL.
        return Object.defineProperty(response, "url", { value: request.url });
    }"#;
    Function::new_with_args("api", stub).call1(&JsValue::UNDEFINED, &api).unwrap();
    Stub
}

/// The API's requests, each as `[authorization, body]`.
fn calls() -> String {
    text(&js(
        "calls.filter(({ url }) => !url.startsWith('https://as.example/')).map(({ authorization, body }) => [authorization, body])",
    ))
}

/// A client that has logged in, with an identifier of its own: clients of one page with the same identifier share a session.
async fn signed_in(client_id: &str) -> Rc<Client<Browser>> {
    let origin = js("location.origin").as_string().unwrap();
    let metadata = Metadata::new().authorization_endpoint("https://as.example/authorize");
    let configuration = Configuration::new(client_id)
        .metadata(metadata.token_endpoint("https://as.example/token"))
        .redirect_uri(format!("{origin}/callback"))
        .token_store(TokenStore::Memory)
        .allowed_origin("https://api.example");
    let client = Client::connect(&Browser::page().unwrap(), configuration).await.unwrap();
    let url = client.authorization_url(&LoginOptions::new()).unwrap();
    let state = js(&format!("new URL('{url}').searchParams.get('state')")).as_string().unwrap();
    client.handle_callback(Some(&format!("{origin}/callback?code=c&state={state}"))).await.unwrap();
    assert_eq!(client.session().status, Status::SignedIn);
    client
}

fn request(url: &str) -> Request {
    Request::new_with_str(url).unwrap()
}

fn post(body: &str) -> Request {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body.into());
    Request::new_with_str_and_init(API, &init).unwrap()
}

fn token_error(outcome: Result<Response, FetchError>) -> &'static str {
    match outcome.unwrap_err() {
        FetchError::Token(error) => error.code(),
        other @ FetchError::Rejected(_) => wasm_bindgen::throw_str(&format!("not refused by the client: {other:?}")),
    }
}

#[wasm_bindgen_test]
async fn a_request_goes_out_with_the_token_and_the_callers_own_stays_as_it_is() {
    let _stub = stub("return new Response('fine')");
    let client = signed_in("fetch-1").await;
    let request = post("a=b");
    let response = client.fetch(&request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(calls(), r#"[["Bearer at-1","a=b"]]"#);
    assert!(!request.headers().has("authorization").unwrap());
    assert!(request.body_used(), "as fetch reads a request");
}

#[wasm_bindgen_test]
async fn nothing_is_sent_where_no_token_may_go() {
    let _stub = stub("return new Response('fine')");
    let client = signed_in("fetch-2").await;
    for url in ["https://api.example.evil.example/", "https://other.example/", "http://api.example/"] {
        assert_eq!(token_error(client.fetch(&request(url)).await), "origin_not_allowed", "{url}");
    }
    let own = request(API);
    own.headers().set("Authorization", "Basic eA==").unwrap();
    assert_eq!(token_error(client.fetch(&own).await), "invalid_option");
    let init = RequestInit::new();
    init.set_mode(RequestMode::NoCors);
    let no_cors = Request::new_with_str_and_init(API, &init).unwrap();
    assert_eq!(token_error(client.fetch(&no_cors).await), "invalid_option");
    let refused = post("a=b");
    client.revoke().await.unwrap();
    assert_eq!(token_error(client.fetch(&refused).await), "no_session");
    assert!(!refused.body_used(), "it can be sent after the next login");
    assert_eq!(calls(), "[]");
}

#[wasm_bindgen_test]
async fn a_refused_request_is_sent_once_more_with_a_newer_token() {
    let _stub = stub("return new Response(call.authorization, { status: call.authorization === 'Bearer at-1' ? 401 : 200 })");
    let client = signed_in("fetch-3").await;
    let response = client.fetch(&post("a=b")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(calls(), r#"[["Bearer at-1","a=b"],["Bearer at-2","a=b"]]"#);
}

#[wasm_bindgen_test]
async fn a_request_is_sent_twice_at_most_and_the_refusal_is_what_the_caller_sees() {
    let _stub = stub("return new Response('', { status: 401 })");
    let client = signed_in("fetch-4").await;
    assert_eq!(client.fetch(&request(API)).await.unwrap().status(), 401);
    assert_eq!(calls(), r#"[["Bearer at-1",""],["Bearer at-2",""]]"#);
    js("window.answerTokens = () => 503");
    assert_eq!(client.fetch(&request(API)).await.unwrap().status(), 401);
    assert_eq!(calls(), r#"[["Bearer at-1",""],["Bearer at-2",""],["Bearer at-2",""]]"#, "no newer token, no second request");
}

#[wasm_bindgen_test]
async fn an_api_that_wants_another_login_is_what_the_caller_sees() {
    let _stub = stub(
        r#"return new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' } })"#,
    );
    let client = signed_in("fetch-5").await;
    assert_eq!(client.fetch(&request(API)).await.unwrap().status(), 401);
    assert_eq!(calls(), r#"[["Bearer at-1",""]]"#);
}

#[wasm_bindgen_test]
async fn a_request_that_is_aborted_waits_for_no_token() {
    let _stub = stub("return new Response('', { status: 401 })");
    let client = signed_in("fetch-6").await;
    let controller = AbortController::new().unwrap();
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    let aborted = Request::new_with_str_and_init(API, &init).unwrap();
    // The token endpoint does not answer; meanwhile, the user navigates.
    js("window.answerTokens = () => new Promise(() => {})");
    let abort = Closure::once_into_js(move || controller.abort_with_reason(&"elsewhere".into()));
    Function::new_with_args("abort", "setTimeout(abort, 20)").call1(&JsValue::UNDEFINED, &abort).unwrap();
    let outcome = client.fetch(&aborted).await;
    assert!(matches!(outcome, Err(FetchError::Rejected(reason)) if reason == "elsewhere"));
    let again = client.fetch(&aborted).await;
    assert!(matches!(again, Err(FetchError::Rejected(reason)) if reason == "elsewhere"), "and before anything is asked");
    assert_eq!(calls(), r#"[["Bearer at-1",""]]"#);
}

#[wasm_bindgen_test]
async fn what_the_browsers_fetch_rejects_with_is_passed_on() {
    let _stub = stub("throw new TypeError('Failed to fetch')");
    let client = signed_in("fetch-7").await;
    let outcome = client.fetch(&request(API)).await;
    assert!(matches!(outcome, Err(FetchError::Rejected(reason)) if reason.is_instance_of::<js_sys::TypeError>()));
}

#[wasm_bindgen_test]
fn a_configuration_is_read_as_the_npm_package_reads_it() {
    let config = js(
        "{ clientId: 'my-app', issuer: 'https://as.example', redirectUri: new URL('https://app.example/callback'), scope: undefined, requestTimeout: 7.5 }",
    );
    let timeout = core::time::Duration::from_millis(7500);
    let expected = Configuration::new("my-app").issuer("https://as.example").redirect_uri("https://app.example/callback");
    assert_eq!(Configuration::from_js(&config).unwrap(), expected.request_timeout(timeout));
    for wrong in ["undefined", "null", "'{}'", "[]", "{ clientId: 1 }", "{ clientID: 'a' }", "{ requestTimeout: NaN }", "1n"] {
        assert_eq!(Configuration::from_js(&js(wrong)).unwrap_err().code(), "invalid_config", "{wrong}");
    }
    let circle = js("(() => { const config = { clientId: 'a' }; config.metadata = config; return config })()");
    assert_eq!(Configuration::from_js(&circle).unwrap_err().code(), "invalid_config");
}

#[wasm_bindgen_test]
async fn a_session_is_given_as_the_npm_package_gives_it() {
    let _stub = stub("return new Response('')");
    let session = signed_in("value-1").await.session().to_js();
    let is_right = "return session.status === 'signed-in' && session.tokenType === 'Bearer' && session.expiresAt > 1e9";
    let is_right =
        format!("{is_right} && Object.getPrototypeOf(session) === Object.prototype && !JSON.stringify(session).includes('at-1')");
    assert!(Function::new_with_args("session", &is_right).call1(&JsValue::UNDEFINED, &session).unwrap().is_truthy());
}

#[wasm_bindgen_test]
fn a_claim_of_any_name_is_a_claim() {
    let claims = Json::parse(br#"{"__proto__":{"admin":true},"name":"Ada \u2028"}"#).unwrap().to_js();
    let is_right =
        "return claims.admin === undefined && Object.keys(claims).join() === '__proto__,name' && claims.name === 'Ada \\u2028'";
    assert!(Function::new_with_args("claims", is_right).call1(&JsValue::UNDEFINED, &claims).unwrap().is_truthy());
}

/// For apps that use `serde-wasm-bindgen` for their own values, which contain values of this crate.
#[cfg(feature = "serde")]
#[wasm_bindgen_test]
async fn values_go_through_serde_wasm_bindgen_too() {
    let config =
        js("{ clientId: 'my-app', issuer: 'https://as.example', requestTimeout: 20, allowedOrigins: ['https://a.example'] }");
    let expected = Configuration::new("my-app").issuer("https://as.example").allowed_origin("https://a.example");
    let expected = expected.request_timeout(core::time::Duration::from_secs(20));
    assert_eq!(serde_wasm_bindgen::from_value::<Configuration>(config).unwrap(), expected);
    assert!(serde_wasm_bindgen::from_value::<Configuration>(js("{ isuer: 'x' }")).is_err());
    let _stub = stub("return new Response('')");
    let session = signed_in("value-2").await.session();
    let value = serde::Serialize::serialize(&*session, &serde_wasm_bindgen::Serializer::json_compatible()).unwrap();
    assert_eq!(text(&value), text(&session.to_js()));
}
