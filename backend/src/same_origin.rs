//! Whether a request comes from the app's own page. The cookie's `SameSite=Strict` keeps other sites out; what
//! stands here also keeps out the neighbours, since `a.example` and `b.a.example` are one site.
//!
//! A browser sends `Origin` with every request that is not GET or HEAD, and lets no script write it, nor
//! `Sec-Fetch-Site`.

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue, Method};

use crate::failure::Failure;

/// For what has an effect under `/auth/`: [`check`], and the header that no form can send and no other origin
/// without a preflight, which is not answered here.
pub(crate) fn check_with_custom_header(headers: &HeaderMap, public_origin: &HeaderValue) -> Result<(), Failure> {
    check(&Method::POST, headers, public_origin)?;
    if only(headers, "x-requested-with").is_some_and(|value| value == "wicketgate") {
        Ok(())
    } else {
        Err(Failure::forbidden("The header X-Requested-With: wicketgate is missing."))
    }
}

/// GET and HEAD: no `Origin` or the page's. Everything else: the page's `Origin`, exactly. Both: no
/// `Sec-Fetch-Site` but the page's own, or a user's own doing.
pub(crate) fn check(method: &Method, headers: &HeaderMap, public_origin: &HeaderValue) -> Result<(), Failure> {
    let is_safe = method == Method::GET || method == Method::HEAD;
    if headers.contains_key(ORIGIN) {
        if only(headers, ORIGIN.as_str()) != Some(public_origin) {
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

/// A field that stands there once: of two, one reader believes the first and another the last.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
