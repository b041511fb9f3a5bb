//! The server at which this example logs in: its tests and you each use another one. Your own app knows its server, and needs
//! nothing of this.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wicketgate::Configuration;

/// `configuration` with the members of `/config.json`. If that cannot be read, `configuration` as it is.
pub async fn at_this_host(configuration: Configuration) -> Configuration {
    let settings = config_json().await.unwrap_or_default();
    configuration.clone().merge_json(&settings).unwrap_or(configuration)
}

async fn config_json() -> Result<String, JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let response: web_sys::Response = JsFuture::from(window.fetch_with_str("/config.json")).await?.dyn_into()?;
    Ok(JsFuture::from(response.text()?).await?.as_string().unwrap_or_default())
}
