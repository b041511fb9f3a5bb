//! Whether a request shows a page in a window, and who sent the browser there.
//!
//! No script can write these fields. Browsers that do not know them, and pages on plain http of another host than loopback, do
//! not send them.

use axum::http::HeaderMap;

use crate::failure::Failure;

/// Refuses a request of a script, an image, a style or a frame. Only a hostile page logs its user in in a frame: nobody sees the
/// address of the server there.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Failure> {
    if headers.get_all("sec-fetch-dest").iter().all(|value| value == "document") {
        return Ok(());
    }
    Err(Failure::forbidden("Only a navigation of a window may request this address, not a script or a frame."))
}

/// Whether another origin than the page's sent the browser here, or redirected it.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-site").iter().any(|value| value != "same-origin" && value != "none")
}
