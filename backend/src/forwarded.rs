//! What of a request goes on to the API, and what of its answer comes back.

use axum::http::header::{self, HeaderName, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Uri};
use url::Url;

/// Fields of one connection, not of the message (RFC 9110 §7.6.1), besides those that `Connection` names.
const HOP_BY_HOP: [&str; 8] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"];

/// Credentials and circumstances of the page. The API knows the token and nothing else; what a browser claims
/// about the way to it (`Forwarded` and its kin) must not sound like this backend's word.
const OF_THE_PAGE: [&str; 8] = ["authorization", "cookie", "dpop", "expect", "forwarded", "host", "origin", "referer"];
const OF_THE_PAGE_PREFIXES: [&str; 3] = ["proxy-", "sec-", "x-forwarded-"];

/// What an API may say about its own origin, and must not say about the page's.
const OF_THE_API: [&str; 13] = [
    "alt-svc",
    "clear-site-data",
    "content-security-policy",
    "content-security-policy-report-only",
    "nel",
    "proxy-authenticate",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
];

/// Where `uri` leads at the API: same path, same query. `None` where the path could mean another one to whoever
/// reads it next: dot segments, empty segments, and slashes, backslashes or dots that are percent-encoded, once or
/// more often. The origin of what is returned is `origin`'s: the path and query are set on it and it is compared.
pub(crate) fn target(origin: &Url, uri: &Uri) -> Option<Url> {
    let path = uri.path();
    let mut decoded = path.to_ascii_lowercase();
    while decoded.contains("%25") {
        decoded = decoded.replace("%25", "%");
    }
    if ["\\", "%2e", "%2f", "%5c", "%00"].iter().any(|escape| decoded.contains(escape)) {
        return None;
    }
    let mut segments = path.strip_prefix("/api/")?.split('/').peekable();
    while let Some(segment) = segments.next() {
        // `..;x` is a dot segment to servers that know path parameters.
        let name = segment.split(';').next().unwrap_or_default();
        let is_last = segments.peek().is_none();
        if name == "." || name == ".." || (name.is_empty() && !is_last) {
            return None;
        }
    }
    let mut url = origin.clone();
    url.set_path(path);
    url.set_query(uri.query());
    (url.origin() == origin.origin() && url.path().starts_with("/api/")).then_some(url)
}

/// The fields of a request that go on.
pub(crate) fn request_headers(headers: &HeaderMap) -> HeaderMap {
    let is_of_the_page =
        |name: &str| OF_THE_PAGE.contains(&name) || OF_THE_PAGE_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    without(headers, is_of_the_page)
}

/// The fields of an answer that come back. CORS is among those that do not: it would open the page's origin.
pub(crate) fn answer_headers(headers: &HeaderMap) -> HeaderMap {
    without(headers, |name| OF_THE_API.contains(&name) || name.starts_with("access-control-"))
}

fn without(headers: &HeaderMap, is_dropped: impl Fn(&str) -> bool) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let stays = |name: &HeaderName| {
        let name = name.as_str();
        !HOP_BY_HOP.contains(&name) && !named.iter().any(|other| other == name) && !is_dropped(name)
    };
    headers.iter().filter(|(name, _)| stays(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Rewrites the `Location` of an answer, which was written for `target`, for a browser that knows the same path
/// as `mount` + path: within the API the browser comes through here again, anything else is absolute.
pub(crate) fn rewrite_location(headers: &mut HeaderMap, target: &Url, mount: &str) {
    let Some(location) = headers.remove(LOCATION) else { return };
    let Some(url) = location.to_str().ok().and_then(|location| target.join(location).ok()) else { return };
    let rewritten = if url.origin() == target.origin() && url.path().starts_with("/api/") {
        let (_, from_path) = url.as_str().split_at_checked(url.origin().ascii_serialization().len()).unwrap_or_default();
        format!("{mount}{from_path}")
    } else if matches!(url.scheme(), "http" | "https") {
        url.into()
    } else {
        return;
    };
    if let Ok(value) = HeaderValue::try_from(rewritten) {
        headers.insert(LOCATION, value);
    }
}
