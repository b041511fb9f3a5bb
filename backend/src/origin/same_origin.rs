//! Whether a request comes from the app's own page. The cookie's `SameSite=Strict` keeps other sites out. This check also keeps
//! out neighbouring hosts, because `a.example` and `b.a.example` are one site.
//!
//! A browser sends `Origin` with every request that is not GET or HEAD, and lets no script write it, nor
//! `Sec-Fetch-Site`.

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue, Method};

use crate::failure::Failure;

/// For requests with an effect under `/auth/`: [`check`], and the header that no form can send, and that another origin can
/// send only after a preflight, which this backend does not answer.
pub(crate) fn check_with_custom_header(headers: &HeaderMap, origins: &[HeaderValue]) -> Result<(), Failure> {
    check(&Method::POST, headers, origins)?;
    check_custom_header(headers)
}

/// GET and HEAD: no `Origin`, or one of `origins`, the page's. All other methods: exactly one of them. In both cases: no
/// `Sec-Fetch-Site`, or the page's own, or an action of the user.
pub(crate) fn check(method: &Method, headers: &HeaderMap, origins: &[HeaderValue]) -> Result<(), Failure> {
    let is_safe = method == Method::GET || method == Method::HEAD;
    if headers.contains_key(ORIGIN) {
        if !only(headers, ORIGIN.as_str()).is_some_and(|origin| origins.contains(origin)) {
            return Err(Failure::forbidden("The Origin of the request is not the one that this backend serves."));
        }
    } else if !is_safe {
        return Err(Failure::forbidden("The request has no Origin."));
    }
    let site = "sec-fetch-site";
    let is_own = |value: &HeaderValue| value == "same-origin" || (is_safe && value == "none");
    if headers.contains_key(site) && !only(headers, site).is_some_and(is_own) {
        return Err(Failure::forbidden("The request was begun by another origin."));
    }
    Ok(())
}

/// For a forwarded request: [`check`], and for GET and HEAD a sign of their origin. A browser that sends neither `Origin` nor
/// `Sec-Fetch-Site` with them needs the custom header.
pub(crate) fn check_forwarded(method: &Method, headers: &HeaderMap, origins: &[HeaderValue]) -> Result<(), Failure> {
    check(method, headers, origins)?;
    if headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Ok(());
    }
    check_custom_header(headers)
}

/// For a WebSocket handshake, which is a GET that no preflight and no policy keeps other pages from: exactly the page's
/// `Origin`.
pub(crate) fn check_handshake(headers: &HeaderMap, origins: &[HeaderValue]) -> Result<(), Failure> {
    check(&Method::POST, headers, origins)
}

fn check_custom_header(headers: &HeaderMap) -> Result<(), Failure> {
    if only(headers, "x-requested-with").is_some_and(|value| value == "wicketgate") {
        Ok(())
    } else {
        Err(Failure::forbidden("The header X-Requested-With: wicketgate is missing."))
    }
}

/// A field that occurs once: of two, one reader would believe the first and another the last.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
