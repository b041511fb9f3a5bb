//! Values that an app in Rust shares with JavaScript. They cross as JSON text, so that they equal the values of the npm
//! package: an `undefined` member is absent, a `URL` is its text, and a claim called `__proto__` is an ordinary claim.

use js_sys::JSON;
use wasm_bindgen::JsValue;

use crate::client::{Configuration, Session};
use crate::protocol::error::Error;
use crate::protocol::json::Json;

impl Configuration {
    /// Reads a `ClientConfig` object, as the npm package's `createClient` does: settings that the page's host has put into
    /// the page.
    ///
    /// # Errors
    /// Those of [`from_json`](Self::from_json).
    pub fn from_js(config: &JsValue) -> Result<Self, Error> {
        let text = JSON::stringify(config).ok().and_then(|text| text.as_string());
        Self::from_json(&text.unwrap_or_default())
    }
}

impl Session {
    /// The session as the npm package's `client.session()` gives it.
    pub fn to_js(&self) -> JsValue {
        self.to_json().to_js()
    }
}

impl Json {
    /// Converts the value to a JavaScript value, for instance to pass claims to JavaScript.
    pub fn to_js(&self) -> JsValue {
        // The text is JSON by construction.
        JSON::parse(&self.to_text()).unwrap_or_default()
    }
}
