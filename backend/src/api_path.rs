//! Where a path leads at the API, and which paths are not forwarded because another reader could take them for
//! another place.

use axum::http::Uri;
use url::Url;

/// `uri` at the API: same path, same query. `None` where the path is ambiguous. The origin of what is returned is
/// `origin`'s: the path and query are set on it and it is compared.
pub(crate) fn target(origin: &Url, uri: &Uri) -> Option<Url> {
    let path = uri.path();
    if is_ambiguous(&decoded(path)?) {
        return None;
    }
    let mut url = origin.clone();
    url.set_path(path);
    url.set_query(uri.query());
    (url.origin() == origin.origin() && url.path().starts_with("/api/")).then_some(url)
}

/// `path` without any escape, decoded as often as there is something to decode: nobody knows how often those behind
/// here do. `None` where a dot or slash was escaped, and where that gives no UTF-8 (`%c0%ae` is a dot to a careless
/// reader).
///
/// One pass: an escape can become complete only at the end of what is decoded so far, and each that does shortens it.
fn decoded(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    for byte in path.bytes() {
        decoded.push(byte);
        while let Some(byte) = escape_at_the_end(&decoded) {
            if b"./".contains(&byte) {
                return None;
            }
            decoded.truncate(decoded.len() - 3);
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

fn escape_at_the_end(text: &[u8]) -> Option<u8> {
    let [.., b'%', high, low] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Backslashes, control characters, `%u002e` (an escape to some servers), empty segments and dot segments.
fn is_ambiguous(path: &str) -> bool {
    if path.contains('\\') || path.contains(char::is_control) || path.contains("%u") || path.contains("%U") {
        return true;
    }
    let Some(path) = path.strip_prefix("/api/") else { return true };
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        // `..;x` is a dot segment to servers that know path parameters.
        let name = segment.split(';').next().unwrap_or_default();
        let is_last = segments.peek().is_none();
        if name == "." || name == ".." || (name.is_empty() && !is_last) {
            return true;
        }
    }
    false
}
