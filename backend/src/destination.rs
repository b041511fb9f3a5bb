//! What the browser is going to do with an answer of the API, which is data: users may have written it.

use axum::http::{HeaderMap, StatusCode};

use crate::failure::Failure;

/// What `Sec-Fetch-Dest` says of data. `empty` is `fetch` and its like, `document` a link (the answer's sandbox
/// holds what it shows). All others run, style or frame something in the page; what browsers add may do so too.
const DATA: [&str; 9] = ["audio", "document", "empty", "font", "image", "json", "report", "track", "video"];

/// Refuses what would make an answer part of the page, past a Content-Security-Policy that trusts the page's own
/// origin. No script can write this field; browsers that do not know it send none.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Failure> {
    if headers.get_all("sec-fetch-dest").iter().all(|value| DATA.iter().any(|data| value == data)) {
        return Ok(());
    }
    let description = "The API's answers are data, not scripts, styles or frames of the page.";
    Err(Failure::new(StatusCode::FORBIDDEN, "invalid_request", description, "Have the page's script fetch it."))
}
