//! The JavaScript face: text in, results and errors out. Converts; decides nothing.
//!
//! Options come as JSON text, which is read, checked and answered for in `client/`, where it is tested
//! natively; the package's wrapper (`npm/client.ts`) makes that text, and gives the calls their public names
//! and types. There are few exports, and they look alike, because each one is glue that every page loads.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use std::rc::Rc;

use js_sys::{Function, JSON, Object, Promise, Reflect};
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

/// A client, and what JavaScript has of it.
struct Connected {
    client: Rc<Client<Browser>>,
    /// The latest session as JavaScript has it: the same object until something changes.
    snapshot: RefCell<Option<(Rc<Session>, JsValue)>>,
    /// The promises of `handleCallback`, by the numbers of the callbacks.
    callbacks: RefCell<Vec<(u32, Promise)>>,
}

thread_local! {
    /// By the numbers that [`connect`] gives out. They live as long as the page: clients are few, and small.
    static CLIENTS: RefCell<Vec<Rc<Connected>>> = const { RefCell::new(Vec::new()) };
}

/// Sets what is called when the module has ended by an internal fault: it must not be called any more.
#[wasm_bindgen(js_name = onFault)]
pub fn on_fault(handler: Function) {
    browser::on_fault(handler);
}

/// Makes a client from the JSON text of a `ClientConfig`; resolves with its number.
#[wasm_bindgen]
pub fn connect(config: String) -> Promise {
    promise(async move {
        let client = Client::connect(&Browser::page()?, Configuration::from_json(&config)?).await?;
        let connected = Rc::new(Connected { client, snapshot: RefCell::default(), callbacks: RefCell::default() });
        Ok(CLIENTS.with_borrow_mut(|clients| {
            clients.push(connected);
            JsValue::from(clients.len() - 1)
        }))
    })
}

/// The calls that answer at once. `npm/client.ts` has the same numbers.
mod ask {
    pub(super) const METADATA: u8 = 0;
    pub(super) const AUTHORIZATION_URL: u8 = 1;
    pub(super) const IS_CALLBACK: u8 = 2;
    pub(super) const SESSION: u8 = 3;
    pub(super) const LOGOUT_STATE: u8 = 4;
    pub(super) const STEP_UP: u8 = 5;
}

/// Answers one of the calls that answer at once.
///
/// # Errors
/// A `WicketgateError`.
#[wasm_bindgen]
pub fn ask(client: usize, call: u8, text: Option<String>) -> Result<JsValue, JsValue> {
    let answer = connected(client).and_then(|connected| {
        let client = &connected.client;
        let options = text.as_deref().unwrap_or_default();
        Ok(match call {
            ask::METADATA => parsed(client.metadata().as_json()),
            ask::AUTHORIZATION_URL => client.authorization_url(&LoginOptions::from_json(options)?)?.into(),
            ask::IS_CALLBACK => client.is_callback(text.as_deref()).into(),
            ask::SESSION => connected.snapshot_of(&client.session()),
            ask::STEP_UP => step_up(options).map_or(JsValue::UNDEFINED, |asked| parsed(&asked)),
            ask::LOGOUT_STATE => client.logout_state().map_or(JsValue::UNDEFINED, JsValue::from),
            _ => JsValue::UNDEFINED,
        })
    });
    answer.map_err(|error| to_js_error(&error))
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

/// Begins one of the calls that take their time. The same URL's callback has the same promise.
#[wasm_bindgen]
pub fn run(client: usize, call: u8, text: Option<String>) -> Promise {
    let connected = match connected(client) {
        Ok(connected) => connected,
        Err(error) => return promise(async { Err(error) }),
    };
    let callback =
        |connected: &Connected| connected.client.known_callback(text.as_deref()).filter(|_| call == run::HANDLE_CALLBACK);
    let known = callback(&connected).and_then(|id| connected.callbacks.borrow().iter().find(|(other, _)| *other == id).cloned());
    if let Some((_, promise)) = known {
        return promise;
    }
    let (worker, input) = (connected.clone(), text.clone());
    let promise = promise(async move {
        let options = input.as_deref().unwrap_or_default();
        match call {
            run::BEGIN_LOGIN => Err(worker.client.begin_login(&LoginOptions::from_json(options)?).await),
            run::HANDLE_CALLBACK => {
                let result = worker.client.handle_callback(input.as_deref()).await?;
                let object = parsed(&result.to_json());
                let _ = Reflect::set(&object, &"session".into(), &worker.snapshot_of(&result.session));
                Ok(frozen(object))
            }
            run::LOGOUT => worker.client.logout(&LogoutOptions::from_json(options)?).await.map(|()| JsValue::UNDEFINED),
            run::ACCESS_TOKEN => worker.client.access_token(&AccessTokenOptions::from_json(options)?).await.map(JsValue::from),
            run::REVOKE => worker.client.revoke().await.map(|()| JsValue::UNDEFINED),
            run::TOKEN_FOR => worker.client.access_token_for(options).await.map(JsValue::from),
            run::TOKEN_AFTER => token_after(&worker.client, &SecretObject::parse(options.as_bytes()).unwrap_or_default()).await,
            run::USER_INFO => worker.client.user_info().await.map(|claims| parsed(&claims)),
            _ => Ok(JsValue::UNDEFINED),
        }
    });
    if let Some(id) = callback(&connected) {
        let mut callbacks = connected.callbacks.borrow_mut();
        // Numbers are not used twice: what is not among the latest ones will not be asked for again.
        callbacks.retain(|(other, _)| id.wrapping_sub(*other) < 8);
        callbacks.push((id, promise.clone()));
    }
    promise
}

/// A newer access token than the one that a request was refused with, or undefined.
async fn token_after(client: &Client<Browser>, refusal: &Json) -> Result<JsValue, Error> {
    let text = |name| refusal.text(name).unwrap_or_default();
    let www_authenticate = refusal.text("wwwAuthenticate");
    let refusal = Refusal { url: text("url"), answered_by: text("answeredBy"), token: text("token"), www_authenticate };
    Ok(client.access_token_after(&refusal).await?.map_or(JsValue::UNDEFINED, JsValue::from))
}

/// Calls `listener` after every change of the session. It is given nothing: it asks for the snapshot. Gives
/// back the number that [`unsubscribe`] takes.
#[wasm_bindgen]
pub fn subscribe(client: usize, listener: Function) -> u32 {
    let listener = move |_: &Rc<Session>| {
        // What a listener throws is the listener's affair; the others are still called.
        let _ = listener.call0(&JsValue::UNDEFINED);
    };
    connected(client).map_or(0, |connected| connected.client.subscribe(listener))
}

/// Ends a subscription.
#[wasm_bindgen]
pub fn unsubscribe(client: usize, subscription: u32) {
    if let Ok(connected) = connected(client) {
        connected.client.unsubscribe(subscription);
    }
}

fn connected(client: usize) -> Result<Rc<Connected>, Error> {
    let connected = CLIENTS.with_borrow(|clients| clients.get(client).cloned());
    connected.ok_or_else(|| Error::unsupported("a client of that number"))
}

impl Connected {
    fn snapshot_of(&self, session: &Rc<Session>) -> JsValue {
        if let Some((_, object)) = self.snapshot.borrow().as_ref().filter(|(present, _)| Rc::ptr_eq(present, session)) {
            return object.clone();
        }
        let object = parsed(&session.to_json());
        let _ = Reflect::get(&object, &"claims".into()).map(frozen);
        let object = frozen(object);
        self.snapshot.replace(Some((session.clone(), object.clone())));
        object
    }
}

/// Runs `work`, and settles the promise with what it ends in.
fn promise(work: impl Future<Output = Result<JsValue, Error>> + 'static) -> Promise {
    // Boxed here, so that all that follows exists once.
    settling(Box::pin(work))
}

fn settling(work: Pin<Box<dyn Future<Output = Result<JsValue, Error>>>>) -> Promise {
    let mut work = Some(work);
    Promise::new(&mut |resolve, reject| {
        let Some(work) = work.take() else { return };
        browser::spawn(async move {
            let (settle, value) = match work.await {
                Ok(value) => (resolve, value),
                Err(error) => (reject, to_js_error(&error)),
            };
            let _ = settle.call1(&JsValue::UNDEFINED, &value);
        });
    })
}

/// By `JSON.parse`, members that came from outside stay what they are: one called `__proto__` is only a
/// member, and not the object's prototype.
fn parsed(json: &Json) -> JsValue {
    JSON::parse(&json.to_text()).unwrap_or(JsValue::UNDEFINED)
}

fn frozen(object: JsValue) -> JsValue {
    Object::freeze(object.unchecked_ref::<Object>()).into()
}

/// A real `Error`: it has a stack, and is an `instanceof Error`.
fn to_js_error(error: &Error) -> JsValue {
    let object = js_sys::Error::new(&error.message());
    // Its own members, all of them JSON.
    let _ = Object::assign(&object, parsed(&error.to_json()).unchecked_ref::<Object>());
    object.into()
}
