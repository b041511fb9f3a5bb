//! The [`Host`] of a web page. It only performs operations: nothing here interprets the strings. `page.js` contains the
//! operations that are smaller in JavaScript.

#[cfg(feature = "js")]
mod executor;
#[cfg(feature = "tokens")]
mod fetch;
mod page;
mod promise;
#[cfg(feature = "dpop")]
mod proofs;
#[cfg(not(feature = "js"))]
mod shared_executor;
mod value;

use core::future::Future;
use core::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{NavigationType, PerformanceNavigationTiming, PopStateEvent};

#[cfg(feature = "js")]
pub use executor::on_fault;
pub use executor::spawn;
#[cfg(feature = "tokens")]
pub use fetch::FetchError;
pub(crate) use promise::turn;
#[cfg(not(feature = "js"))]
use shared_executor as executor;

use crate::client::Page;
use crate::host::{Host, Signal, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{MAX_BODY, Request, Response};
use crate::protocol::json::Json;
use crate::protocol::jws::{Algorithm, Family, SignatureCheck};
use crate::protocol::secret::Secret;
use crate::protocol::text::parts;
use executor::settled;

/// The window of a web page.
pub struct Browser(());

impl Browser {
    /// The page in which this code runs: the same one on each call, so that its clients share their sessions.
    ///
    /// # Errors
    /// `unsupported_environment` if there is no window.
    pub fn page() -> Result<Rc<Page<Self>>, Error> {
        thread_local! {
            static PAGE: Option<Rc<Page<Browser>>> =
                page::is_page().unwrap_or_default().then(|| Page::new(Browser(())));
        }
        PAGE.with(Clone::clone).ok_or_else(|| Error::unsupported("a window"))
    }
}

/// Operations that only an app in Rust needs, beside those of [`Host`].
impl Browser {
    /// Replaces the page's URL by `url`, and notifies the app's router.
    pub(crate) fn go_on(&self, url: &str) {
        self.replace_page_url(url);
        // After this event, routers read the address anew, as they do after the back button.
        if let (Some(window), Ok(event)) = (web_sys::window(), PopStateEvent::new("popstate")) {
            let _ = window.dispatch_event(&event);
        }
    }

    /// Whether the browser loaded the page because of the back or the forward button.
    pub(crate) fn is_revisited(&self) -> bool {
        let performance = web_sys::window().and_then(|window| window.performance());
        let navigation = performance.map(|performance| performance.get_entries_by_type("navigation").get(0));
        let timing = navigation.and_then(|entry| entry.dyn_into::<PerformanceNavigationTiming>().ok());
        timing.is_some_and(|timing| timing.type_() == NavigationType::BackForward)
    }
}

/// A lock of the Web Locks API. Dropping it releases the lock.
pub struct WebLock(Function);

impl Drop for WebLock {
    fn drop(&mut self) {
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

fn unavailable() -> Error {
    ErrorKind::StorageUnavailable.into()
}

fn is_origin(store: Store) -> bool {
    store == Store::Origin
}

/// The delay for a browser's timer. Timers are limited to 24 days; a longer delay would end at once.
fn timer(millis: u64) -> f64 {
    i32::try_from(millis).unwrap_or(i32::MAX).into()
}

/// Negative numbers and NaN count as 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn whole(number: f64) -> u64 {
    number as u64
}

impl Host for Browser {
    type Lock = WebLock;

    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(|_| Error::unsupported("crypto.getRandomValues"))
    }

    fn wall_clock(&self) -> u64 {
        whole(js_sys::Date::now())
    }

    fn monotonic_clock(&self) -> u64 {
        page::monotonic().map_or_else(|_| self.wall_clock(), whole)
    }

    fn stored(&self, store: Store, key: &str) -> Result<Option<String>, Error> {
        page::stored(is_origin(store), key).map_err(|_| unavailable())
    }

    fn store(&self, store: Store, key: &str, value: &str) -> Result<(), Error> {
        page::put(is_origin(store), key, value).map_err(|_| unavailable())
    }

    fn forget(&self, store: Store, key: &str) {
        let _ = page::forget(is_origin(store), key);
    }

    fn stored_keys(&self) -> Result<Vec<String>, Error> {
        let keys = page::stored_keys().map_err(|_| unavailable())?;
        Ok(parts(&keys, '\n').map(String::from).collect())
    }

    fn can_seal(&self) -> bool {
        page::can_seal().unwrap_or_default()
    }

    fn seal(&self, text: Secret, name: &str) -> impl Future<Output = Result<String, Error>> {
        settled(&page::seal(text.expose(), name))
            .read(|sealed| sealed.ok().and_then(|sealed| sealed.as_string()).ok_or_else(unavailable))
    }

    fn open(&self, sealed: String, name: &str) -> impl Future<Output = Result<Option<Secret>, Error>> {
        settled(&page::unseal(&sealed, name)).read(|opened| match opened {
            Ok(opened) => Ok(opened.as_string().map(Secret::new)),
            Err(_) => Err(unavailable()),
        })
    }

    fn mark(&self, name: &str, mark: &str) -> impl Future<Output = ()> {
        settled(&page::mark(name, mark)).read(drop)
    }

    fn marked(&self, name: &str) -> impl Future<Output = Option<String>> {
        settled(&page::marked(name)).read(|mark| mark.ok()?.as_string())
    }

    fn end(&self, login: &str) -> impl Future<Output = ()> {
        settled(&page::end(login)).read(drop)
    }

    fn has_ended(&self, login: &str) -> impl Future<Output = bool> {
        settled(&page::has_ended(login)).read(|has_ended| has_ended.is_ok_and(|has_ended| has_ended.is_truthy()))
    }

    fn lock(&self, name: &str, hold: u64) -> impl Future<Output = Option<WebLock>> {
        settled(&page::lock(name, timer(hold))).read(|release| release.ok().map(|release| WebLock(release.unchecked_into())))
    }

    fn sleep(&self, millis: u64) -> impl Future<Output = ()> {
        settled(&page::sleep(Some(timer(millis)))).read(drop)
    }

    fn tell(&self, message: &str) {
        let _ = page::tell(message);
    }

    fn listen(&self, hear: Box<dyn Fn(Signal<'_>)>) {
        let heard = Closure::<dyn Fn(Option<String>)>::new(move |told: Option<String>| {
            hear(match told.as_deref() {
                None => Signal::Awake,
                Some("") => Signal::Returned,
                Some(told) => Signal::Told(told),
            });
        });
        // The listener stays for as long as the page lives. If other tabs cannot be heard, the page's own events still are.
        let _ = page::listen(heard.into_js_value().unchecked_ref());
    }

    #[cfg(feature = "idle")]
    fn on_activity(&self, hear: Box<dyn Fn()>) {
        let heard = Closure::<dyn Fn()>::new(hear);
        // It stays for as long as the page lives.
        let _ = page::on_activity(heard.into_js_value().unchecked_ref());
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        executor::spawn(task);
    }

    fn send(&self, request: Request, timeout: u64) -> impl Future<Output = Result<Response, Error>> {
        let Request { purpose, url, headers, body } = request;
        let credentials = if purpose.is_own_backend() { "same-origin" } else { "omit" };
        let mut fields = Json::empty();
        for (name, value) in headers {
            fields.set(&name, Json::String(value));
        }
        let headers = fields.to_text();
        #[cfg(not(feature = "dpop"))]
        use page::send;
        #[cfg(feature = "dpop")]
        use proofs::send;
        let answer = send(&url, &headers, body.as_ref().map(Secret::expose), credentials, timer(timeout), MAX_BODY);
        // The promise never rejects.
        settled(&answer).read(move |answer| match answer.unwrap_or_default().dyn_into::<Array>() {
            Ok(answer) => Ok(Response {
                status: answer.get(0).as_f64().map_or(0, |status| status as u16),
                content_type: answer.get(1).as_string(),
                retry_after: answer.get(2).as_f64().map(whole),
                #[cfg(feature = "dpop")]
                dpop_nonce: proofs::nonce(&answer),
                #[cfg(not(feature = "dpop"))]
                dpop_nonce: (),
                body: answer.get(3).unchecked_into::<Uint8Array>().to_vec(),
            }),
            Err(is_late) if is_late.is_truthy() => Err(Error::unanswered(ErrorKind::TimedOut(purpose), &url)),
            Err(_) => Err(Error::unanswered(ErrorKind::NetworkFailed(purpose), &url)),
        })
    }

    #[cfg(feature = "dpop")]
    fn proof_key(&self, name: &str) -> impl Future<Output = Result<Json, Error>> {
        proofs::key(name)
    }

    #[cfg(feature = "dpop")]
    fn sign(&self, name: &str, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> {
        proofs::signature(name, bytes)
    }

    fn can_verify(&self) -> bool {
        page::can_verify().unwrap_or_default()
    }

    fn verify(&self, check: SignatureCheck) -> impl Future<Output = Result<bool, Error>> {
        let (parameters, key) = (parameters(check.algorithm).to_text(), check.key.to_text());
        settled(&page::verify(&parameters, &key, &check.signature, &check.signed)).read(move |is_right| match is_right {
            Ok(is_right) => is_right.as_bool().ok_or_else(|| Error::unsupported(name(check.algorithm))),
            Err(_) => Err(ErrorKind::NoSignatureCheck.into()),
        })
    }

    fn digest(&self, bits: u16, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> {
        settled(&page::digest(hash(bits), bytes)).read(|digest| match digest {
            Ok(digest) => Ok(digest.unchecked_into::<Uint8Array>().to_vec()),
            Err(_) => Err(ErrorKind::NoSignatureCheck.into()),
        })
    }

    fn page_url(&self) -> String {
        page::page_url()
    }

    fn replace_page_url(&self, url: &str) {
        // If the browser refuses (too many calls), the URL stays as it is.
        let _ = page::replace_page_url(url);
    }

    #[cfg(feature = "popup")]
    fn hand_over(&self, name: &str, message: &str, patience: u64) -> impl Future<Output = bool> {
        settled(&page::hand_over(name, message, timer(patience))).read(|taken| taken.is_ok_and(|taken| taken.is_truthy()))
    }

    #[cfg(feature = "popup")]
    fn receive(&self, name: &str, patience: u64) -> impl Future<Output = Option<String>> {
        settled(&page::receive(name, timer(patience))).read(|message| message.ok()?.as_string())
    }

    #[cfg(feature = "popup")]
    fn stop_receiving(&self, name: &str) {
        let _ = page::stop_receiving(name);
    }

    #[cfg(feature = "popup")]
    fn close(&self) {
        let _ = page::close_window();
    }

    fn navigate(&self, url: &str, patience: u64) -> impl Future<Output = Error> {
        settled(&page::leave(url, timer(patience))).read(|_| ErrorKind::NavigationCancelled.into())
    }
}

/// The parameters to import the key and to verify with it. Each algorithm reads its own members, and ignores the rest.
fn parameters(algorithm: Algorithm) -> Json {
    let mut parameters = Json::empty();
    parameters.set_text("name", Some(name(algorithm)));
    parameters.set_text("namedCurve", algorithm.curve());
    parameters.set_text("hash", Some(hash(algorithm.hash_bits)));
    parameters.set("saltLength", Json::from(u64::from(algorithm.hash_bits / 8)));
    parameters
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm.family {
        Family::Rs => "RSASSA-PKCS1-v1_5",
        Family::Ps => "RSA-PSS",
        Family::Es => "ECDSA",
        Family::Ed => "Ed25519",
    }
}

fn hash(bits: u16) -> &'static str {
    match bits {
        256 => "SHA-256",
        384 => "SHA-384",
        _ => "SHA-512",
    }
}
