//! Sends one request through `fetch`, and reads the answer up to a limit.

use js_sys::{Date, IteratorNext, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials, RequestInit,
    RequestRedirect, Window,
};

use super::promise::settled;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{MAX_BODY, Purpose, Request, Response};
use crate::protocol::json::decimal;

pub(super) async fn send(window: &Window, request: Request, timeout: u64) -> Result<Response, Error> {
    let purpose = request.purpose;
    exchange(window, request, timeout).await.map_err(|reason| failure(purpose, &reason))
}

async fn exchange(window: &Window, request: Request, timeout: u64) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_headers(&headers);
    if let Some(body) = &request.body {
        init.set_method("POST");
        init.set_body(&body.expose().into());
    }
    init.set_credentials(if request.purpose.is_own_backend() {
        RequestCredentials::SameOrigin
    } else {
        RequestCredentials::Omit
    });
    init.set_redirect(RequestRedirect::Error);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(u32::try_from(timeout).unwrap_or(u32::MAX))));

    let response: web_sys::Response = settled(&window.fetch_with_str_and_init(&request.url, &init)).await?.unchecked_into();
    let content_type = response.headers().get("content-type")?;
    let retry_after = response.headers().get("retry-after")?.map(|text| millis_until(&text));
    // Not `bytes()`: a body without end would be read to its end.
    let mut body = Vec::new();
    if let Some(stream) = response.body() {
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        loop {
            let next: IteratorNext = settled(&reader.read()).await?.unchecked_into();
            if next.done() {
                break;
            }
            let chunk: Uint8Array = next.value().unchecked_into();
            if body.len() + chunk.length() as usize > MAX_BODY {
                let _ = reader.cancel();
                return Err(JsValue::NULL);
            }
            body.extend(chunk.to_vec());
        }
    }
    Ok(Response { status: response.status(), content_type, body, retry_after })
}

/// How long it is, in milliseconds, until the number of seconds or the date of a `Retry-After` field (RFC 9110 §10.2.3). What is
/// neither, or has passed, is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is none where it is no number")]
fn millis_until(text: &str) -> u64 {
    decimal(text).map_or_else(|| (Date::parse(text) - Date::now()) as u64, |seconds| seconds * 1000)
}

/// `AbortSignal.timeout` rejects with a `TimeoutError`; of everything else the browser says no more than
/// that it failed.
fn failure(purpose: Purpose, reason: &JsValue) -> Error {
    let is_timeout = Reflect::get(reason, &"name".into()).is_ok_and(|name| name == "TimeoutError");
    if is_timeout { ErrorKind::TimedOut(purpose).into() } else { ErrorKind::NetworkFailed(purpose).into() }
}
