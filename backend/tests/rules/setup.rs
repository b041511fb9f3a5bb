//! Marked secrets, and a backend between a page and an authorization server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use wicketgate_backend::{Clock, Configuration, CookieKey, router};

use crate::http::{Answer, Call, call};
use crate::servers::{AuthorizationServer, serve};

pub(crate) const CLIENT_ID: &str = "app one.example";
/// It contains characters that form encoding changes.
pub(crate) const CLIENT_SECRET: &str = "MARKED client+secret/%";
pub(crate) const CODE: &str = "MARKED-code+1/2";
pub(crate) const CODE_VERIFIER: &str = "MARKED-code-verifier-0123456789012345678901234567";
pub(crate) const NONCE: &str = "MARKED-nonce";
pub(crate) const STATE: &str = "MARKED-state";
pub(crate) const ACCESS_TOKEN: &str = "MARKED-access-token";
pub(crate) const REFRESH_TOKEN: &str = "MARKED-refresh-token";
pub(crate) const PAGE: &str = "https://app.example";

/// Every secret above begins with this, in any encoding; Basic credentials are searched for as a whole.
pub(crate) fn assert_no_secret(place: &str, text: &str) {
    let basic = base64ct::Base64::encode_string(b"app+one.example:MARKED+client%2Bsecret%2F%25");
    for secret in ["MARKED", &basic] {
        if let Some(position) = text.find(secret) {
            panic!("{place} holds a secret: {}", &text[position.saturating_sub(80)..]);
        }
    }
}

pub(crate) fn key_bytes(fill: u8) -> [u8; 32] {
    core::array::from_fn(|index| fill ^ index as u8)
}

pub(crate) fn key(fill: u8) -> CookieKey {
    CookieKey::from_base64url(&Base64UrlUnpadded::encode_string(&key_bytes(fill))).unwrap()
}

pub(crate) fn configuration(token_endpoint: &str) -> Configuration {
    let mut configuration = Configuration::new(PAGE, CLIENT_ID, CLIENT_SECRET, token_endpoint, key(1));
    // `begin` and `attacks` test the binding of a hand-off to its login.
    configuration.allow_unbound = true;
    configuration
}

/// The part of a cookie's name that distinguishes this backend from another one with the same key.
pub(crate) fn cookie_name() -> String {
    let digest = digest(&format!("{CLIENT_ID}\n{PAGE}"));
    format!("__Host-Http-wicketgate-{}", &digest[..8])
}

/// The session cookie with `content`, sealed for `purpose` as by a backend with the key `fill` and this API.
pub(crate) fn sealed_by(fill: u8, api_origin: &str, purpose: &str, content: &str) -> Vec<(String, String)> {
    let bound_to = format!("{purpose} {}", digest(&format!("{CLIENT_ID}\n{PAGE}\n{api_origin}")));
    let mut jar = cookie::CookieJar::new();
    let key = cookie::Key::derive_from(&key_bytes(fill));
    jar.private_mut(&key).add(cookie::Cookie::new(bound_to.clone(), content.to_owned()));
    vec![(cookie_name(), format!("1.{}", jar.get(&bound_to).unwrap().value()))]
}

/// The minimal content of a session, and `more`.
pub(crate) fn content(more: &str) -> String {
    let now = now();
    format!(r#"{{"version":2,"id":"x","access_token":"{ACCESS_TOKEN}","signed_in_at":{now},"used_at":{now}{more}}}"#)
}

/// A clock that a test moves.
#[derive(Clone, Default)]
pub(crate) struct Hands(Arc<AtomicU64>);

impl Hands {
    /// Advances the clock by this many seconds.
    pub(crate) fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::new(move || Duration::from_secs(hands.now()))
    }

    pub(crate) fn now(&self) -> u64 {
        now() + self.0.load(Ordering::SeqCst)
    }
}

/// Waits until `is_so` is true, which happens in the background.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..2000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to be: {what}");
}

/// The cookies that a browser has after `answer`.
pub(crate) fn after(cookies: &[(String, String)], answer: &Answer) -> Vec<(String, String)> {
    let (kept, removed) = answer.cookies();
    let is_replaced = |name: &String| removed.contains(name) || kept.iter().any(|(other, _)| other == name);
    let mut after: Vec<_> = cookies.iter().filter(|(name, _)| !is_replaced(name)).cloned().collect();
    after.extend(kept.iter().cloned());
    after
}

/// SHA-256 in base64url.
pub(crate) fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    Base64UrlUnpadded::encode_string(digest.as_ref())
}

/// A running backend, and the authorization server behind it.
pub(crate) struct Setup {
    pub(crate) origin: String,
    pub(crate) server: AuthorizationServer,
}

impl Setup {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Configuration)) -> Self {
        let server = AuthorizationServer::start().await;
        let mut configuration = configuration(&server.token_endpoint());
        change(&mut configuration);
        Self { origin: serve(router(configuration).unwrap()).await, server }
    }

    pub(crate) async fn exchange(&self, hand_off: Value) -> Answer {
        self.post_exchange().body(hand_off.to_string()).send().await
    }

    /// The page's request, without the body.
    pub(crate) fn post_exchange(&self) -> Call {
        from_page(&self.origin, "POST", "/auth/exchange").headers(&[("content-type", "application/json")])
    }

    /// Logs in and returns the cookies.
    pub(crate) async fn log_in(&self) -> Vec<(String, String)> {
        let answer = self.exchange(hand_off()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.cookies().0
    }

    /// Begins a login like the page: `members` are those of the request besides the client.
    pub(crate) async fn begin(&self, state: &str, members: Value) -> Answer {
        let mut body = json!({ "client_id": CLIENT_ID, "state_digest": digest(state) });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.post("/auth/begin", body).send().await
    }

    /// The page's request with `body`.
    pub(crate) fn post(&self, path: &str, body: Value) -> Call {
        from_page(&self.origin, "POST", path).headers(&[("content-type", "application/json")]).body(body.to_string())
    }

    pub(crate) async fn log_out(&self, cookies: &[(String, String)]) -> Answer {
        from_page(&self.origin, "POST", "/auth/logout").cookies(cookies).send().await
    }

    pub(crate) async fn session(&self, cookies: &[(String, String)]) -> Answer {
        call(&self.origin, "GET", "/auth/session").cookies(cookies).send().await
    }
}

/// A request with the header fields of the page's own script.
pub(crate) fn from_page(origin: &str, method: &str, target: &str) -> Call {
    call(origin, method, target).headers(&[
        ("origin", PAGE),
        ("x-requested-with", "wicketgate"),
        ("sec-fetch-site", "same-origin"),
    ])
}

pub(crate) fn hand_off() -> Value {
    json!({ "code": CODE, "state": STATE, "client_id": CLIENT_ID })
}

/// [`hand_off`] with `name` set to `value`.
pub(crate) fn hand_off_with(name: &str, value: impl Into<Value>) -> Value {
    let mut hand_off = hand_off();
    hand_off[name] = value.into();
    hand_off
}

/// Seconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
