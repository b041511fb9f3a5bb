//! The header fields that go to an API, and those of its answer that come back: the fields that are listed here, and the app's
//! own, which the configuration names. Any other field of a server, proxy or browser is dropped.

use axum::http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The fields that say what a request means, and nothing about who sends it from where. Sorted.
///
/// RFC 9110 (content, conditions, ranges, negotiation), RFC 9111, RFC 9530 (digests), RFC 7240 (`Prefer`), the HTML standard
/// (`Last-Event-ID`), W3C Trace Context and Baggage, and the common names for keys, correlation and CSRF tokens.
/// `Content-Length` is not in the list: the body that is sent determines it.
const TO_THE_API: [&str; 36] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "baggage",
    "cache-control",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "content-type",
    "digest",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-event-id",
    "pragma",
    "prefer",
    "priority",
    "range",
    "repr-digest",
    "save-data",
    "traceparent",
    "tracestate",
    "user-agent",
    "want-content-digest",
    "want-repr-digest",
    "x-correlation-id",
    "x-csrf-token",
    "x-request-id",
    "x-requested-with",
    "x-xsrf-token",
];

/// The fields that describe an answer. They can say nothing about the page's origin (cookies, CORS, policies) or to the servers
/// in front (`X-Accel-Redirect`, `CDN-Cache-Control`). Sorted.
///
/// RFC 9110, RFC 9111, RFC 9530, RFC 8288 (`Link`), RFC 7240, RFC 8594 and 9745 (an API's end), the draft on rate limits and
/// its predecessors, Server Timing, and the common names for correlation and counts. `Location` and `WWW-Authenticate` pass if
/// they are fit for the page.
const TO_THE_PAGE: [&str; 43] = [
    "accept-patch",
    "accept-post",
    "accept-ranges",
    "age",
    "allow",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "deprecation",
    "digest",
    "etag",
    "expires",
    "last-modified",
    "link",
    "location",
    "pragma",
    "preference-applied",
    "ratelimit",
    "ratelimit-limit",
    "ratelimit-policy",
    "ratelimit-remaining",
    "ratelimit-reset",
    "repr-digest",
    "retry-after",
    "server-timing",
    "sunset",
    "traceparent",
    "traceresponse",
    "vary",
    "warning",
    "www-authenticate",
    "x-correlation-id",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
    "x-total-count",
];

/// The fields that an app cannot add as its own: the message's framing, credentials and their challenges, and fields that
/// control the servers and the browser around this backend. If one of them passed, this backend could not keep its promises.
const NEVER: [&str; 30] = [
    "alt-svc",
    "authorization",
    "clear-site-data",
    "connection",
    "content-length",
    "content-security-policy",
    "cookie",
    "cookie2",
    "dpop",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "location",
    "origin",
    "referer",
    "refresh",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
];
const NEVER_PREFIXES: [&str; 6] = ["access-control-", "proxy-", "sec-", "x-accel-", "x-forwarded-", "x-sendfile"];

/// The fields that pass, in either direction.
pub(super) struct Headers {
    /// The app's own fields.
    own: Vec<HeaderName>,
}

impl Headers {
    /// The listed fields, and the app's `own`.
    ///
    /// # Errors
    /// If one of them cannot be an app's own; the text reads on from the name of the setting.
    pub(super) fn new(own: &[String]) -> Result<Self, &'static str> {
        let own = own.iter().map(|name| own_header(name)).collect::<Result<_, _>>()?;
        Ok(Self { own })
    }

    /// The fields of a request that go to the API.
    pub(super) fn to_api(&self, headers: &HeaderMap) -> HeaderMap {
        self.passing(headers, &TO_THE_API)
    }

    /// The fields of an answer that come back to the page.
    pub(super) fn to_page(&self, headers: &HeaderMap) -> HeaderMap {
        let mut passing = self.passing(headers, &TO_THE_PAGE);
        // If both are there, the previous reader used the encoding (RFC 9112 §6.3).
        if headers.contains_key(TRANSFER_ENCODING) {
            passing.remove(CONTENT_LENGTH);
        }
        if let axum::http::header::Entry::Occupied(challenges) = passing.entry(WWW_AUTHENTICATE) {
            let (name, challenges) = challenges.remove_entry_mult();
            let fit: Vec<HeaderValue> = challenges.filter(is_for_scripts).collect();
            for challenge in fit {
                passing.append(name.clone(), challenge);
            }
        }
        passing
    }

    fn passing(&self, headers: &HeaderMap, listed: &[&str]) -> HeaderMap {
        let mut passing = HeaderMap::with_capacity(headers.len());
        for (name, value) in headers {
            let passes = listed.binary_search(&name.as_str()).is_ok() || self.own.contains(name);
            if passes && !is_named_by_connection(headers, name.as_str()) {
                passing.append(name.clone(), value.clone());
            }
        }
        passing
    }
}

fn own_header(name: &str) -> Result<HeaderName, &'static str> {
    // For CGI and its successors, `X_Real_IP` is the same field as `X-Real-IP`; for some servers, so is `X.Real.IP`.
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err("has a name that is not made of letters, digits and hyphens");
    }
    let lower = name.to_ascii_lowercase();
    if NEVER.contains(&lower.as_str()) || NEVER_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return Err("names a header field that is not an app's own: it steers connections, credentials, browsers or proxies");
    }
    HeaderName::from_bytes(lower.as_bytes()).map_err(|_| "has a name that is not one of a header field")
}

/// A field of one connection, not of the message (RFC 9110 §7.6.1).
fn is_named_by_connection(headers: &HeaderMap, name: &str) -> bool {
    let fields = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    fields.flat_map(|value| value.split(',')).any(|named| named.trim().eq_ignore_ascii_case(name))
}

/// Whether only scripts answer this challenge (RFC 6750, RFC 9449). The browser itself answers others in the page's name: it
/// asks for a password, or sends a Kerberos ticket. One field may contain several challenges, and browsers divide it
/// differently, so this function looks for such challenges everywhere in it.
fn is_for_scripts(challenge: &HeaderValue) -> bool {
    let mut words = challenge.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
    let is_one_of = |word: &[u8], schemes: &[&str]| schemes.iter().any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()));
    words.next().is_some_and(|scheme| is_one_of(scheme, &["bearer", "dpop"]))
        && !words.any(|word| is_one_of(word, &["basic", "digest", "negotiate", "ntlm"]))
}

#[cfg(test)]
mod tests {
    use super::{TO_THE_API, TO_THE_PAGE};

    /// Binary search needs sorted lists.
    #[test]
    fn the_lists_are_sorted() {
        assert!(TO_THE_API.is_sorted() && TO_THE_PAGE.is_sorted());
    }
}
