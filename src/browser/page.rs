//! What `page.js` offers, as Rust sees it. `catch` also where nothing is thrown: a function that needs no shim at all would
//! be imported by a way of its own, which `scripts/optimize.mjs` would have to know.

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
    pub(super) fn seal(text: &str) -> Promise;
    pub(super) fn unseal(sealed: &str) -> Promise;
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

    #[wasm_bindgen(catch, js_name = isPage)]
    pub(super) fn is_page() -> Result<bool, JsValue>;
    #[wasm_bindgen(js_name = pageUrl)]
    pub(super) fn page_url() -> String;
    #[wasm_bindgen(catch, js_name = replacePageUrl)]
    pub(super) fn replace_page_url(url: &str) -> Result<(), JsValue>;
    pub(super) fn leave(url: &str) -> Promise;

    #[wasm_bindgen(catch, js_name = setOnFault)]
    pub(super) fn set_on_fault(handler: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn react(promise: &Promise, reaction: &JsValue) -> Result<(), JsValue>;
}
