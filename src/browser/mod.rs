//! The [`Platform`] of a web page, by web-sys. Mechanism only: nothing here compares what strings mean.

mod fetch;
mod promise;
mod signature;
mod tabs;
mod vault;

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, CryptoKey, PageTransitionEvent, Storage, Window};

pub use promise::{on_fault, spawn};
pub use tabs::WebLock;

use crate::client::Page;
use crate::platform::{Platform, Signal, Store};
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::{Request, Response};
use crate::protocol::jws::SignatureCheck;
use crate::protocol::secret::Secret;

/// The window of a web page.
pub struct Browser {
    window: Window,
    channel: Option<BroadcastChannel>,
    /// With which the session is sealed, once it was asked for.
    key: RefCell<Option<CryptoKey>>,
}

impl Browser {
    /// The page that this code runs in: the same one on each call, so that its clients share their sessions.
    ///
    /// # Errors
    /// `unsupported_environment` where there is no window.
    pub fn page() -> Result<Rc<Page<Self>>, Error> {
        thread_local! {
            static PAGE: Option<Rc<Page<Browser>>> = web_sys::window().map(|window| {
                let channel = BroadcastChannel::new("wicketgate").ok();
                Page::new(Browser { window, channel, key: RefCell::default() })
            });
        }
        PAGE.with(Clone::clone).ok_or_else(|| Error::unsupported("a window"))
    }

    fn storage(&self, store: Store) -> Result<Storage, Error> {
        let storage = match store {
            Store::Tab => self.window.session_storage(),
            Store::Origin => self.window.local_storage(),
        };
        storage.ok().flatten().ok_or_else(unavailable)
    }

    async fn key(&self) -> Result<CryptoKey, JsValue> {
        if let Some(key) = &*self.key.borrow() {
            return Ok(key.clone());
        }
        let key = vault::key(&self.window).await?;
        self.key.replace(Some(key.clone()));
        Ok(key)
    }
}

fn unavailable() -> Error {
    ErrorKind::StorageUnavailable.into()
}

impl Platform for Browser {
    type Lock = WebLock;

    fn entropy(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(|_| Error::unsupported("crypto.getRandomValues"))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since 1970: positive, far below 2^53"
    )]
    fn wall_clock(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since the page began")]
    fn monotonic_clock(&self) -> u64 {
        self.window.performance().map_or_else(|| self.wall_clock(), |performance| performance.now() as u64)
    }

    fn stored(&self, store: Store, key: &str) -> Result<Option<String>, Error> {
        self.storage(store)?.get_item(key).map_err(|_| unavailable())
    }

    fn store(&self, store: Store, key: &str, value: &str) -> Result<(), Error> {
        self.storage(store)?.set_item(key, value).map_err(|_| unavailable())
    }

    fn forget(&self, store: Store, key: &str) {
        if let Ok(storage) = self.storage(store) {
            let _ = storage.remove_item(key);
        }
    }

    fn stored_keys(&self) -> Result<Vec<String>, Error> {
        let storage = self.storage(Store::Tab)?;
        let length = storage.length().map_err(|_| unavailable())?;
        Ok((0..length).filter_map(|index| storage.key(index).ok().flatten()).collect())
    }

    fn can_seal(&self) -> bool {
        vault::is_there(&self.window)
    }

    async fn seal(&self, text: Secret) -> Result<String, Error> {
        let mut iv = [0; 12];
        self.entropy(&mut iv)?;
        let (Some(subtle), Ok(key)) = (signature::subtle(&self.window), self.key().await) else { return Err(unavailable()) };
        vault::seal(&subtle, &key, &text, iv).await.map_err(|_| unavailable())
    }

    async fn open(&self, sealed: String) -> Result<Option<Secret>, Error> {
        let (Some(subtle), Ok(key)) = (signature::subtle(&self.window), self.key().await) else { return Err(unavailable()) };
        Ok(vault::open(&subtle, &key, &sealed).await)
    }

    async fn mark(&self, name: &str, mark: &str) {
        let _ = vault::mark(&self.window, name, mark).await;
    }

    async fn marked(&self, name: &str) -> Option<String> {
        vault::marked(&self.window, name).await.ok()?.as_string()
    }

    async fn lock(&self, name: &str, hold: u64) -> Option<WebLock> {
        tabs::lock(&self.window, name, hold).await.ok()
    }

    async fn sleep(&self, millis: u64) {
        tabs::sleep(&self.window, millis).await;
    }

    fn tell(&self, message: &str) {
        if let Some(channel) = &self.channel {
            let _ = channel.post_message(&message.into());
        }
    }

    fn listen(&self, hear: Box<dyn Fn(Signal<'_>)>) {
        tabs::listen(&self.window, self.channel.as_ref(), hear);
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()>>>) {
        promise::spawn(task);
    }

    async fn send(&self, request: Request, timeout: u64) -> Result<Response, Error> {
        fetch::send(&self.window, request, timeout).await
    }

    fn can_verify(&self) -> bool {
        signature::subtle(&self.window).is_some()
    }

    async fn verify(&self, check: SignatureCheck) -> Result<bool, Error> {
        signature::verify(&self.window, check).await
    }

    async fn digest(&self, bits: u16, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        signature::digest(&self.window, bits, bytes).await
    }

    fn page_url(&self) -> String {
        self.window.location().href().unwrap_or_default()
    }

    fn replace_page_url(&self, url: &str) {
        if let Ok(history) = self.window.history() {
            // The app's own history state stays; a refusal (too many calls) leaves the URL as it is.
            let state = history.state().unwrap_or(JsValue::NULL);
            let _ = history.replace_state_with_url(&state, "", Some(url));
        }
    }

    async fn navigate(&self, url: &str) -> Error {
        if self.window.location().assign(url).is_err() {
            return ErrorKind::NavigationCancelled.into();
        }
        // `pageshow` comes once for the page itself where it was still loading, and then only if the user
        // comes back and the browser had kept the page.
        loop {
            let shown = js_sys::Promise::new(&mut |resolve, _| {
                let _ = self.window.add_event_listener_with_callback("pageshow", &resolve);
            });
            let event = promise::settled(&shown).await.unwrap_or(JsValue::NULL);
            if event.dyn_into::<PageTransitionEvent>().is_ok_and(|event| event.persisted()) {
                return ErrorKind::NavigationCancelled.into();
            }
        }
    }
}
