//! The form of `allowedOrigins`: origins, and APIs that have tokens of their own (RFC 8707).

use super::members::check_scope_and_resource;
use crate::protocol::error::Error;
use crate::protocol::json::Json;
use crate::protocol::shape::{Kind, Shape};
use crate::protocol::url::Url;

const API: Shape = Shape {
    prefix: "allowedOrigins",
    members: &[(Kind::Text, "origin resource scope")],
    lacks: &[],
    is_open: false,
    has_nulls: false,
    error: Error::config,
};

/// Separates `allowedOrigins` into its origins, and the APIs that have tokens of their own. An API is an object of `origin`, as the
/// URL standard serializes it, `resource`, and perhaps `scope`.
///
/// # Errors
/// `invalid_config`.
pub(crate) fn separated(allowed: &Json) -> Result<(Json, Json), Error> {
    let (mut origins, mut apis) = (Vec::new(), Vec::new());
    let Json::Array(items) = allowed else { return Err(API.wrong("", "is not an array")) };
    for item in items {
        if item.as_str().is_some() {
            origins.push(item.clone());
            continue;
        }
        API.check(item)?;
        check_scope_and_resource(item, &API)?;
        for name in ["origin", "resource"] {
            if item.text(name).is_none_or(str::is_empty) {
                return Err(API.wrong(name, "is missing"));
            }
        }
        let mut api = item.clone();
        origins.extend(api.remove("origin").inspect(|origin| {
            api.set_text("origin", origin.as_str().and_then(Url::parse).map(|url| url.origin()).as_deref());
        }));
        apis.push(api);
    }
    Ok((Json::Array(origins), Json::Array(apis)))
}
