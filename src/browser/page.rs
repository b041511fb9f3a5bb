//! The functions of `page.js`, as Rust sees them. All are imported with `catch`, even those that never throw: a function
//! without any shim would be imported in another form, which `scripts/optimize.mjs` would have to handle.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/page.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    pub(super) fn stored(is_origin: bool, key: &str) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn put(is_origin: bool, key: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn forget(is_origin: bool, key: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = storedKeys)]
    pub(super) fn stored_keys() -> Result<String, JsValue>;

    pub(super) fn send(url: &str, headers: &str, body: Option<&str>, credentials: &str, timeout: f64, longest: usize) -> Promise;

    #[wasm_bindgen(catch, js_name = canVerify)]
    pub(super) fn can_verify() -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_name = canSeal)]
    pub(super) fn can_seal() -> Result<bool, JsValue>;
    pub(super) fn seal(text: &str, name: &str) -> Promise;
    pub(super) fn unseal(sealed: &str, name: &str) -> Promise;
    pub(super) fn mark(name: &str, value: &str) -> Promise;
    pub(super) fn marked(name: &str) -> Promise;
    pub(super) fn end(login: &str) -> Promise;
    #[wasm_bindgen(js_name = hasEnded)]
    pub(super) fn has_ended(login: &str) -> Promise;
    pub(super) fn verify(algorithm: &str, key: &str, signature: &[u8], signed: &[u8]) -> Promise;
    pub(super) fn digest(hash: &str, bytes: &[u8]) -> Promise;

    pub(super) fn lock(name: &str, hold: f64) -> Promise;
    #[wasm_bindgen(catch)]
    pub(super) fn monotonic() -> Result<f64, JsValue>;
    pub(super) fn sleep(millis: Option<f64>) -> Promise;
    #[wasm_bindgen(catch)]
    pub(super) fn tell(message: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn listen(hear: &Function) -> Result<(), JsValue>;

    #[cfg(feature = "idle")]
    #[wasm_bindgen(catch, js_name = onActivity)]
    pub(super) fn on_activity(hear: &Function) -> Result<(), JsValue>;

    #[cfg(feature = "popup")]
    #[wasm_bindgen(js_name = handOver)]
    pub(super) fn hand_over(name: &str, message: &str, patience: f64) -> Promise;
    #[cfg(feature = "popup")]
    pub(super) fn receive(name: &str, patience: f64) -> Promise;
    #[cfg(feature = "popup")]
    #[wasm_bindgen(catch, js_name = stopReceiving)]
    pub(super) fn stop_receiving(name: &str) -> Result<(), JsValue>;
    #[cfg(feature = "popup")]
    #[wasm_bindgen(catch, js_name = closeWindow)]
    pub(super) fn close_window() -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = isPage)]
    pub(super) fn is_page() -> Result<bool, JsValue>;
    #[wasm_bindgen(js_name = pageUrl)]
    pub(super) fn page_url() -> String;
    #[wasm_bindgen(catch, js_name = replacePageUrl)]
    pub(super) fn replace_page_url(url: &str) -> Result<(), JsValue>;
    pub(super) fn leave(url: &str, patience: f64) -> Promise;

    #[wasm_bindgen(catch, js_name = setOnFault)]
    pub(super) fn set_on_fault(handler: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn react(promise: &Promise, reaction: &JsValue) -> Result<(), JsValue>;
}
