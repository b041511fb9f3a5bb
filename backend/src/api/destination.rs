//! What the browser is going to do with an answer of the API. The answer is data: users may have written it.

use axum::http::{HeaderMap, StatusCode};

use crate::failure::Failure;

/// The values of `Sec-Fetch-Dest` for data. `empty` is `fetch` and the like, `document` a link (the answer's sandbox restricts
/// what it shows). All other values run, style or frame something in the page; values that browsers add later may do so, too.
const DATA: [&str; 9] = ["audio", "document", "empty", "font", "image", "json", "report", "track", "video"];

/// Refuses a request whose answer would become part of the page, past a Content-Security-Policy that trusts the page's own
/// origin. No script can write this field; browsers that do not know it do not send it.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Failure> {
    check_is_one_of(headers, &DATA)
}

/// The same check for a WebSocket handshake, which some browsers name in the field.
pub(crate) fn check_handshake(headers: &HeaderMap) -> Result<(), Failure> {
    check_is_one_of(headers, &["empty", "websocket"])
}

fn check_is_one_of(headers: &HeaderMap, destinations: &[&str]) -> Result<(), Failure> {
    if headers.get_all("sec-fetch-dest").iter().all(|value| destinations.iter().any(|fit| value == fit)) {
        return Ok(());
    }
    let description = "The API's answers are data, not scripts, styles or frames of the page.";
    Err(Failure::new(StatusCode::FORBIDDEN, "invalid_request", description, "Have the page's script fetch it."))
}
