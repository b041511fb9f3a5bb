//! The JavaScript face: text in, results and errors out. Converts; decides nothing.
//!
//! Options come as JSON text, which is read, checked and answered for in `client/`, where it is tested
//! natively; the package's wrapper (`npm/client.ts`) makes that text, and gives the calls their public names
//! and types. There are few exports, and they look alike, because each one is glue that every page loads.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::browser::{self, Browser};
use crate::client::{AccessTokenOptions, Client, Configuration, LoginOptions, LogoutOptions, Refusal, Session};
use crate::protocol::challenge::step_up;
use crate::protocol::error::Error;
use crate::protocol::json::{Json, SecretObject};

/// A small one is right for a page that asks it for little. Only in the npm package: a Rust app has its own.
#[cfg(feature = "small-allocator")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

type Connected = Rc<Client<Browser>>;

thread_local! {
    /// By the numbers that [`connect`] gives out. They live as long as the page: clients are few, and small.
    static CLIENTS: RefCell<Vec<Connected>> = const { RefCell::new(Vec::new()) };
}

/// Sets what is called when the module has ended by an internal fault: it must not be called any more.
#[wasm_bindgen(js_name = onFault)]
pub fn on_fault(handler: Function) {
    browser::on_fault(&handler);
}

/// Makes a client from the JSON text of a `ClientConfig`; settles with its number.
#[wasm_bindgen]
pub fn connect(config: String, settle: Function) {
    settling(
        settle,
        Box::pin(async move {
            let client = Client::connect(&Browser::page()?, Configuration::from_json(&config)?).await?;
            Ok(CLIENTS.with_borrow_mut(|clients| {
                clients.push(client);
                JsValue::from(clients.len() - 1)
            }))
        }),
    );
}

/// The calls that answer at once. `npm/client.ts` has the same numbers.
mod ask {
    pub(super) const METADATA: u8 = 0;
    pub(super) const AUTHORIZATION_URL: u8 = 1;
    pub(super) const IS_CALLBACK: u8 = 2;
    pub(super) const KNOWN_CALLBACK: u8 = 3;
    pub(super) const SESSION: u8 = 4;
    pub(super) const LOGOUT_STATE: u8 = 5;
    pub(super) const STEP_UP: u8 = 6;
}

/// Answers one of the calls that answer at once: with a text, which is JSON where it is an object that was asked for; with
/// a flag, a number, or undefined.
///
/// # Errors
/// The JSON text of a `WicketgateError`.
#[wasm_bindgen]
pub fn ask(client: usize, call: u8, text: Option<String>) -> Result<JsValue, JsValue> {
    let answer = connected(client).and_then(|client| {
        let options = text.as_deref().unwrap_or_default();
        let answer = match call {
            ask::IS_CALLBACK => return Ok(client.is_callback(text.as_deref()).into()),
            ask::KNOWN_CALLBACK => return Ok(client.known_callback(text.as_deref()).into()),
            ask::METADATA => Some(client.metadata().as_json().to_text()),
            ask::AUTHORIZATION_URL => Some(client.authorization_url(&LoginOptions::from_json(options)?)?),
            ask::SESSION => Some(client.session().to_json().to_text()),
            ask::LOGOUT_STATE => client.logout_state().map(String::from),
            ask::STEP_UP => step_up(options).map(|asked| asked.to_text()),
            _ => None,
        };
        Ok(answer.into())
    });
    answer.map_err(|error| js_error(&error))
}

/// The calls that take their time. `npm/client.ts` has the same numbers.
mod run {
    pub(super) const BEGIN_LOGIN: u8 = 0;
    pub(super) const HANDLE_CALLBACK: u8 = 1;
    pub(super) const LOGOUT: u8 = 2;
    pub(super) const ACCESS_TOKEN: u8 = 3;
    pub(super) const USER_INFO: u8 = 4;
    pub(super) const REVOKE: u8 = 5;
    pub(super) const TOKEN_FOR: u8 = 6;
    pub(super) const TOKEN_AFTER: u8 = 7;
}

/// Begins one of the calls that take their time. It settles with a text, which is JSON where it is an object that was asked
/// for, or with undefined; a callback with two JSON texts in two lines, its result and its session.
#[wasm_bindgen]
pub fn run(client: usize, call: u8, text: Option<String>, settle: Function) {
    settling(
        settle,
        Box::pin(async move {
            let client = connected(client)?;
            let options = text.as_deref().unwrap_or_default();
            let answer = match call {
                run::BEGIN_LOGIN => return Err(client.begin_login(&LoginOptions::from_json(options)?).await),
                run::HANDLE_CALLBACK => {
                    // Boxed: the machinery of so much in one function has more locals than short instructions can name.
                    let handling: Pin<Box<dyn Future<Output = _>>> = Box::pin(client.handle_callback(text.as_deref()));
                    let result = handling.await?;
                    Some(result.to_json().to_text() + "\n" + &result.session.to_json().to_text())
                }
                run::LOGOUT => {
                    client.logout(&LogoutOptions::from_json(options)?).await?;
                    None
                }
                run::REVOKE => {
                    client.revoke().await?;
                    None
                }
                run::ACCESS_TOKEN => Some(client.access_token(&AccessTokenOptions::from_json(options)?).await?),
                run::TOKEN_FOR => Some(client.access_token_for(options).await?),
                run::TOKEN_AFTER => {
                    let refusal = SecretObject::parse(options.as_bytes()).unwrap_or_default();
                    client.access_token_after(&refusal_of(&refusal)).await?
                }
                run::USER_INFO => Some(client.user_info().await?.to_text()),
                _ => None,
            };
            Ok(answer.into())
        }),
    );
}

fn refusal_of(object: &Json) -> Refusal<'_> {
    let text = |name| object.text(name).unwrap_or_default();
    let www_authenticate = object.text("wwwAuthenticate");
    Refusal { url: text("url"), answered_by: text("answeredBy"), token: text("token"), www_authenticate }
}

/// Calls `listener` after every change of the session. It is given nothing: it asks for the snapshot. Gives
/// back the number that [`unsubscribe`] takes.
#[wasm_bindgen]
pub fn subscribe(client: usize, listener: Function) -> u32 {
    let listener = move |_: &Rc<Session>| {
        // What a listener throws is the listener's affair; the others are still called.
        let _ = listener.call0(&JsValue::UNDEFINED);
    };
    connected(client).map_or(0, |client| client.subscribe(listener))
}

/// Ends a subscription.
#[wasm_bindgen]
pub fn unsubscribe(client: usize, subscription: u32) {
    if let Ok(client) = connected(client) {
        client.unsubscribe(subscription);
    }
}

fn connected(client: usize) -> Result<Connected, Error> {
    let connected = CLIENTS.with_borrow(|clients| clients.get(client).cloned());
    connected.ok_or_else(|| Error::unsupported("a client of that number"))
}

/// Runs `work`, and calls `settle` with whether it succeeded, and what it ends in.
fn settling(settle: Function, work: Pin<Box<dyn Future<Output = Result<JsValue, Error>>>>) {
    browser::spawn(async move {
        let outcome = work.await;
        let is_right = outcome.is_ok();
        let value = outcome.unwrap_or_else(|error| js_error(&error));
        let _ = settle.call2(&JsValue::UNDEFINED, &is_right.into(), &value);
    });
}

/// The JSON text of which the wrapper makes an `Error`.
fn js_error(error: &Error) -> JsValue {
    error.to_json().to_text().into()
}
