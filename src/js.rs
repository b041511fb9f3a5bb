//! wasm-bindgen exports. They translate between JSON and `client/`; all decisions are made there.
//!
//! Options come as JSON text. `client/` reads and checks it, where native tests reach it. The package's wrapper
//! (`npm/client.ts`) writes that text, and gives the calls their public names and types. There are few exports, and they look
//! alike, because every page loads the glue of each.

#[cfg(all(feature = "dpop", feature = "tokens"))]
mod proofs;

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;

use crate::browser::{self, Browser};
#[cfg(feature = "tokens")]
use crate::client::AccessTokenOptions;
#[cfg(all(not(feature = "dpop"), feature = "tokens"))]
use crate::client::Refusal;
#[cfg(not(feature = "tokens"))]
use crate::client::lacks;
use crate::client::{Client, Configuration, LoginOptions, LogoutOptions, Session, Subscription};
use crate::protocol::error::Error;
#[cfg(all(not(feature = "dpop"), feature = "tokens"))]
use crate::protocol::json::{Json, SecretObject};
#[cfg(all(not(feature = "dpop"), feature = "tokens"))]
use crate::protocol::secret::Secret;
#[cfg(feature = "tokens")]
use crate::protocol::text::cut;

/// A small allocator is enough for a page that allocates little. Only in the npm package: a Rust app has its own.
#[cfg(feature = "small-allocator")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// A client, and the promises of its callbacks, by the numbers under which the client remembers these callbacks.
struct Connected {
    client: Rc<Client<Browser>>,
    callbacks: Array,
    /// Calls `changed` after every change of the session, for as long as the page lives.
    _subscription: Subscription,
}

thread_local! {
    /// By the numbers that [`connect`] returns. They live as long as the page: clients are few and small.
    static CLIENTS: RefCell<Vec<Rc<Connected>>> = const { RefCell::new(Vec::new()) };
}

/// Sets the handler that is called when the module has crashed. After that, nothing may call the module.
#[wasm_bindgen(js_name = onFault)]
pub fn on_fault(handler: Function) {
    browser::on_fault(&handler);
}

/// Creates a client from the JSON text of a `ClientConfig`; settles with its number. Calls `changed` with the JSON text of the
/// session: before it settles, and after every change.
#[wasm_bindgen]
pub fn connect(config: String, changed: Function, settle: Function) {
    settling(
        settle,
        Box::pin(async move {
            let client = Client::connect(&Browser::page()?, Configuration::from_json(&config)?).await?;
            let tell = move |session: &Rc<Session>| {
                // It never throws.
                let _ = changed.call1(&JsValue::UNDEFINED, &session.to_json().to_text().into());
            };
            tell(&client.session());
            let subscription = client.subscribe(tell);
            Ok(CLIENTS.with_borrow_mut(|clients| {
                clients.push(Rc::new(Connected { client, callbacks: Array::new(), _subscription: subscription }));
                JsValue::from(clients.len() - 1)
            }))
        }),
    );
}

/// The synchronous calls. `npm/client.ts` has the same numbers.
mod ask {
    pub(super) const METADATA: u8 = 0;
    pub(super) const AUTHORIZATION_URL: u8 = 1;
    pub(super) const IS_CALLBACK: u8 = 2;
    pub(super) const LOGOUT_STATE: u8 = 3;
    pub(super) const STEP_UP: u8 = 4;
    /// `npm/popup.ts` has this number.
    #[cfg(feature = "popup")]
    pub(super) const STOP_WAITING: u8 = 16;
}

/// Makes one of the synchronous calls. The result is a text (JSON if it is an object), a flag, or undefined.
///
/// # Errors
/// The JSON text of a `WicketgateError`.
#[wasm_bindgen]
pub fn ask(client: usize, call: u8, text: Option<String>) -> Result<JsValue, JsValue> {
    let answer = connected(client).and_then(|connected| {
        let client = &connected.client;
        let options = text.as_deref().unwrap_or_default();
        let answer = match call {
            ask::IS_CALLBACK => return Ok(client.is_callback(text.as_deref()).into()),
            ask::METADATA => client.metadata().map(|metadata| metadata.as_json().to_text()),
            ask::AUTHORIZATION_URL => Some(client.authorization_url(&LoginOptions::from_json(options)?)?),
            #[cfg(feature = "end-session")]
            ask::LOGOUT_STATE => client.logout_state().map(String::from),
            #[cfg(feature = "tokens")]
            ask::STEP_UP => {
                // The URL of the answer, and its field, in two lines.
                let (answered_by, field) = cut(options, '\n');
                client.step_up(answered_by, field.unwrap_or_default()).map(|asked| asked.to_text())
            }
            #[cfg(not(feature = "tokens"))]
            ask::STEP_UP => return Err(lacks::tokens("stepUp")),
            #[cfg(feature = "popup")]
            ask::STOP_WAITING => return Ok(client.stop_waiting(options).into()),
            _ => None,
        };
        Ok(answer.into())
    });
    answer.map_err(|error| js_error(&error))
}

/// The asynchronous calls. `npm/client.ts` has the same numbers.
mod run {
    pub(super) const BEGIN_LOGIN: u8 = 0;
    pub(super) const HANDLE_CALLBACK: u8 = 1;
    pub(super) const LOGOUT: u8 = 2;
    pub(super) const ACCESS_TOKEN: u8 = 3;
    pub(super) const USER_INFO: u8 = 4;
    pub(super) const REVOKE: u8 = 5;
    pub(super) const TOKEN_FOR: u8 = 6;
    pub(super) const TOKEN_AFTER: u8 = 7;
    pub(super) const LOAD: u8 = 8;
    pub(super) const PUSHED: u8 = 9;
    /// `npm/popup.ts` has these numbers.
    #[cfg(feature = "popup")]
    pub(super) const BEGIN_ELSEWHERE: u8 = 16;
    #[cfg(feature = "popup")]
    pub(super) const BEGIN_SILENTLY: u8 = 17;
    #[cfg(feature = "popup")]
    pub(super) const ANSWER_ELSEWHERE: u8 = 18;
}

/// Begins one of the asynchronous calls. It settles with a text (JSON if it is an object) or with undefined; a callback settles
/// with two JSON texts on two lines, its result and its session.
#[wasm_bindgen]
pub fn run(client: usize, call: u8, text: Option<String>, settle: Function) {
    settling(
        settle,
        Box::pin(async move {
            let connected = connected(client)?;
            let client = &connected.client;
            let options = text.as_deref().unwrap_or_default();
            let answer = match call {
                run::BEGIN_LOGIN => match client.begin_login(&LoginOptions::from_json(options)?).await? {},
                run::HANDLE_CALLBACK => {
                    // Boxed: without it, this function would have more locals than short instructions can address.
                    let handling: Pin<Box<dyn Future<Output = _>>> = Box::pin(client.handle_callback(text.as_deref()));
                    let result = handling.await?;
                    Some(result.to_json().to_text() + "\n" + &result.session.to_json().to_text())
                }
                #[cfg(feature = "popup")]
                run::BEGIN_ELSEWHERE | run::BEGIN_SILENTLY | run::ANSWER_ELSEWHERE => {
                    let login: Pin<Box<dyn Future<Output = _>>> = Box::pin(elsewhere(client, call, options));
                    Some(login.await?)
                }
                run::LOAD => {
                    client.load().await?;
                    None
                }
                run::PUSHED => Some(client.pushed(&LoginOptions::from_json(options)?).await?),
                run::LOGOUT => {
                    client.logout(&LogoutOptions::from_json(options)?).await?;
                    None
                }
                #[cfg(feature = "tokens")]
                run::REVOKE => {
                    client.revoke().await?;
                    None
                }
                #[cfg(feature = "tokens")]
                run::ACCESS_TOKEN => {
                    return Ok(client.access_token(&AccessTokenOptions::from_json(options)?).await?.expose().into());
                }
                #[cfg(all(feature = "dpop", feature = "tokens"))]
                run::TOKEN_FOR | run::TOKEN_AFTER => proofs::credentials(client, options).await?,
                #[cfg(all(not(feature = "dpop"), feature = "tokens"))]
                run::TOKEN_FOR => return Ok(client.access_token_for(options).await?.expose().into()),
                #[cfg(all(not(feature = "dpop"), feature = "tokens"))]
                run::TOKEN_AFTER => {
                    let refusal = SecretObject::parse(options.as_bytes()).unwrap_or_default();
                    client.access_token_after(&refusal_of(&refusal)).await?.map(Secret::into_exposed)
                }
                #[cfg(feature = "tokens")]
                run::USER_INFO => Some(client.user_info().await?.to_text()),
                #[cfg(not(feature = "tokens"))]
                _ => return Err(lacks::tokens("a call for the tokens of the page")),
                #[cfg(feature = "tokens")]
                _ => None,
            };
            Ok(answer.into())
        }),
    );
}

/// The calls of a login in another window. A login that has begun is its `state` and its URL, on two lines.
#[cfg(feature = "popup")]
async fn elsewhere(client: &Client<Browser>, call: u8, text: &str) -> Result<String, Error> {
    let login = match call {
        run::BEGIN_ELSEWHERE => client.begin_elsewhere(&LoginOptions::from_json(text)?).await?,
        run::BEGIN_SILENTLY => client.begin_silently(&LoginOptions::from_json(text)?).await?,
        _ => {
            let result = client.answer_elsewhere(text).await?;
            return Ok(result.to_json().to_text() + "\n" + &result.session.to_json().to_text());
        }
    };
    Ok(login.state + "\n" + &login.url)
}

#[cfg(all(not(feature = "dpop"), feature = "tokens"))]
fn refusal_of(object: &Json) -> Refusal<'_> {
    let text = |name| object.text(name).unwrap_or_default();
    let www_authenticate = object.text("wwwAuthenticate");
    Refusal { url: text("url"), answered_by: text("answeredBy"), token: text("token"), www_authenticate }
}

/// Handles the authorization response in `url`. Returns `promise`, which settles with two JSON texts on two lines, the result
/// and its session; or the promise of an earlier call, if that call was for the same callback.
#[wasm_bindgen(js_name = handleCallback)]
pub fn handle_callback(client: usize, url: String, promise: JsValue, settle: Function) -> JsValue {
    let Ok(connected) = connected(client) else { return promise };
    let known = || connected.client.known_callback(Some(&url));
    let before = known().map(|number| connected.callbacks.get(number)).unwrap_or_default();
    if !before.is_undefined() {
        return before;
    }
    run(client, run::HANDLE_CALLBACK, Some(url.clone()), settle);
    if let Some(number) = known() {
        connected.callbacks.set(number, promise.clone());
    }
    promise
}

fn connected(client: usize) -> Result<Rc<Connected>, Error> {
    let connected = CLIENTS.with_borrow(|clients| clients.get(client).cloned());
    connected.ok_or_else(|| Error::unsupported("a client of that number"))
}

/// Runs `work`, and calls `settle` with whether it succeeded, and with its value or error.
fn settling(settle: Function, work: Pin<Box<dyn Future<Output = Result<JsValue, Error>>>>) {
    browser::spawn(async move {
        let outcome = work.await;
        let is_right = outcome.is_ok();
        let value = outcome.unwrap_or_else(|error| js_error(&error));
        let _ = settle.call2(&JsValue::UNDEFINED, &is_right.into(), &value);
    });
}

/// The JSON text from which the wrapper makes an `Error`.
fn js_error(error: &Error) -> JsValue {
    error.to_json().to_text().into()
}
