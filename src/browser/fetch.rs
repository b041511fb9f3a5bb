//! Requests of an app in Rust to its API, with the access token: the counterpart of the npm package's `client.fetch`.

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use js_sys::Promise;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, AddEventListenerOptions, Request, RequestMode, Response};

#[cfg(not(feature = "dpop"))]
#[path = "fetch/bearer.rs"]
mod carried;
#[cfg(feature = "dpop")]
#[path = "fetch/proven.rs"]
mod carried;

use super::Browser;
use super::executor::settled;
use crate::client::Client;
use crate::protocol::error::Error;
use carried::{Answer, Carried};

/// Why [`Client::fetch`] has no response.
#[derive(Debug, Clone)]
pub enum FetchError {
    /// The client had no token for this request. Nothing was sent.
    Token(Error),
    /// The browser's `fetch` rejected with this value: a `TypeError` if the network failed or the API sends no CORS headers,
    /// the abort reason if the request's signal was aborted.
    Rejected(JsValue),
}

impl From<Error> for FetchError {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}

impl From<JsValue> for FetchError {
    fn from(reason: JsValue) -> Self {
        Self::Rejected(reason)
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(formatter),
            Self::Rejected(_) => formatter.write_str("The browser could not send the request, or it was aborted."),
        }
    }
}

impl core::error::Error for FetchError {}

impl Client<Browser> {
    /// Sends `request` with the access token in its `Authorization` header, as the npm package's `client.fetch` does.
    ///
    /// The token goes to the [allowed origins](crate::Configuration::allowed_origin) only, and is renewed first if it has
    /// expired. If the API answers 401, the client renews the token and sends the request once more, never with the token of
    /// another login. If the token is bound to a key (RFC 9449), the request has a proof in its `DPoP` header, and is sent once more
    /// if the API demands a nonce. A 401 that asks for another login (RFC 9470) is returned as it is. `request` is read as the browser's
    /// `fetch` reads one: its body can be sent once.
    ///
    /// ```no_run
    /// use wicketgate::browser::FetchError;
    /// use wicketgate::{Browser, Client};
    ///
    /// async fn orders(client: &Client<Browser>) -> Result<web_sys::Response, FetchError> {
    ///     client.fetch(&web_sys::Request::new_with_str("https://api.example/orders")?).await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`FetchError::Token`] before anything is sent: `origin_not_allowed`; `invalid_option` for a request that has an
    /// `Authorization` header already, or the mode `no-cors`, which cannot carry one; the errors of
    /// [`access_token`](Self::access_token). [`FetchError::Rejected`] with whatever the browser's `fetch` rejects with.
    pub async fn fetch(&self, request: &Request) -> Result<Response, FetchError> {
        if request.headers().has("authorization")? {
            return Err(Error::option("headers", "have an Authorization field already").into());
        }
        if request.mode() == RequestMode::NoCors {
            return Err(Error::option("mode", "is no-cors, which sends no Authorization field").into());
        }
        let (url, signal) = (request.url(), request.signal());
        let mut carried = unless_aborted(&signal, Carried::first(self, &request.method(), &url)).await??;
        // A copy: the caller's own request gets no header.
        let mut request = Request::new_with_request(request)?;
        loop {
            let again = request.clone()?;
            carried.add_to(&request.headers())?;
            let window = web_sys::window().ok_or_else(|| Error::unsupported("a window"))?;
            let response: Response = settled(&window.fetch_with_request(&request)).await?.unchecked_into();
            let (answered_by, www_authenticate) = (response.url(), response.headers().get("www-authenticate")?);
            // None also if the API does not let the page read it.
            let nonce = response.headers().get("dpop-nonce")?;
            let answer = Answer {
                method: &again.method(),
                url: &url,
                answered_by: &answered_by,
                status: response.status(),
                www_authenticate: www_authenticate.as_deref(),
                nonce: nonce.as_deref(),
            };
            // If there is nothing newer to send, the caller sees the API's answer.
            let Ok(Some(next)) = unless_aborted(&signal, carried.after(self, &answer)).await? else { return Ok(response) };
            if let Some(body) = response.body() {
                let _ = body.cancel();
            }
            (request, carried) = (again, next);
        }
    }
}

/// The result of `work`.
///
/// # Errors
/// The reason of `signal`, as soon as it is aborted.
async fn unless_aborted<T>(signal: &AbortSignal, work: impl Future<Output = T>) -> Result<T, JsValue> {
    if signal.aborted() {
        return Err(signal.reason());
    }
    let mut listener = None;
    let aborted = Promise::new(&mut |abort, _| {
        let once = AddEventListenerOptions::new();
        once.set_once(true);
        let on_abort = Closure::<dyn FnMut()>::new(move || {
            let _ = abort.call0(&JsValue::UNDEFINED);
        });
        let _ = signal.add_event_listener_with_callback_and_add_event_listener_options(
            "abort",
            on_abort.as_ref().unchecked_ref(),
            &once,
        );
        listener = Some(on_abort);
    });
    let (mut work, mut aborted) = (pin!(work), pin!(settled(&aborted)));
    let outcome = poll_fn(|context| match (work.as_mut().poll(context), aborted.as_mut().poll(context)) {
        (Poll::Ready(done), _) => Poll::Ready(Ok(done)),
        (Poll::Pending, Poll::Ready(_)) => Poll::Ready(Err(signal.reason())),
        (Poll::Pending, Poll::Pending) => Poll::Pending,
    })
    .await;
    if let Some(listener) = listener {
        let _ = signal.remove_event_listener_with_callback("abort", listener.as_ref().unchecked_ref());
    }
    outcome
}
