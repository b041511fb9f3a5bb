//! Where this example logs in: its tests and a person who tries it have servers of their own. An app of yours knows its
//! server, and needs nothing of this.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wicketgate::client::Configuration;
use wicketgate::protocol::json::Json;

/// What `/config.json` says, in place of what `configuration` says.
pub async fn at_this_host(configuration: Configuration) -> Configuration {
    let settings = config_json().await.unwrap_or_default();
    let settings = Json::parse(settings.as_bytes()).unwrap_or(Json::empty());
    settings.members().iter().fold(configuration, |configuration, (name, value)| configuration.with_json(name, value.clone()))
}

async fn config_json() -> Result<String, JsValue> {
    let window = web_sys::window().ok_or(JsValue::UNDEFINED)?;
    let response: web_sys::Response = JsFuture::from(window.fetch_with_str("/config.json")).await?.dyn_into()?;
    Ok(JsFuture::from(response.text()?).await?.as_string().unwrap_or_default())
}
