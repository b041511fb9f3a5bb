//! Marked secrets, and a backend between a page and an authorization server.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use wicketgate_backend::{Configuration, CookieKey, router};

use crate::http::{Answer, Call, call};
use crate::servers::{AuthorizationServer, serve};

pub(crate) const CLIENT_ID: &str = "app one.example";
/// With characters that change in a form, so that its encoded spelling is another one.
pub(crate) const CLIENT_SECRET: &str = "MARKED client+secret/%";
pub(crate) const CODE: &str = "MARKED-code+1/2";
pub(crate) const CODE_VERIFIER: &str = "MARKED-code-verifier-0123456789012345678901234567";
pub(crate) const NONCE: &str = "MARKED-nonce";
pub(crate) const STATE: &str = "MARKED-state";
pub(crate) const ACCESS_TOKEN: &str = "MARKED-access-token";
pub(crate) const REFRESH_TOKEN: &str = "MARKED-refresh-token";
pub(crate) const PAGE: &str = "https://app.example";

/// Every secret above begins like this, whatever encoding it is in; Basic credentials are looked for whole.
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
    Configuration::new(PAGE, CLIENT_ID, CLIENT_SECRET, token_endpoint, key(1))
}

/// A backend that runs, and the authorization server behind it.
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

    /// As the page sends it, without the body.
    pub(crate) fn post_exchange(&self) -> Call {
        from_page(&self.origin, "POST", "/auth/exchange").headers(&[("content-type", "application/json")])
    }

    /// Logs in and returns the cookies.
    pub(crate) async fn log_in(&self) -> Vec<(String, String)> {
        let answer = self.exchange(hand_off()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.cookies().0
    }

    pub(crate) async fn session(&self, cookies: &[(String, String)]) -> Answer {
        call(&self.origin, "GET", "/auth/session").cookies(cookies).send().await
    }
}

/// A request with what the page's own script sends.
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
