//! The place to which the user goes after the login: always of the same origin. Any other place would make the callback page an
//! open redirector (RFC 9700 §4.11).

use super::error::Error;
use super::text::cut;
use super::url::{Url, is_plain};

/// Whether `path` is a path of this origin wherever it is resolved: `//host` and `/\host` are other hosts.
pub(crate) fn is_local_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && is_plain(cut(cut(path, '#').0, '?').0)
}

/// Path, query and fragment of `href`, a serialized URL of this origin.
pub(crate) fn local_path(href: String) -> String {
    let url = Url::from_serialized(href);
    url.as_ref().map(Url::path_and_after).filter(|path| is_local_path(path)).unwrap_or("/").into()
}

/// Resolves `return_to` against the page's URL and returns path, query and fragment.
///
/// # Errors
/// `invalid_option` if the result is not of the page's origin, or if the text contains characters that a URL parser would
/// silently change (tab, newline, backslash, controls).
pub fn same_origin_path(return_to: &str, page: &Url) -> Result<String, Error> {
    let is_ours = |target: &Url| !target.has_credentials() && target.origin() == page.origin();
    let target = page.join(return_to).filter(|target| is_plain(return_to) && is_ours(target));
    let path = target.as_ref().map(Url::path_and_after).filter(|path| is_local_path(path));
    path.map(Into::into).ok_or_else(|| Error::option("returnTo", "is not a plain path of this page's origin"))
}
