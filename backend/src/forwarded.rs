//! What of a request goes on to the API, and what of its answer comes back.

use axum::http::header::{self, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use url::{Position, Url};

/// Fields of one connection, not of the message (RFC 9110 §7.6.1), besides those that `Connection` names.
const HOP_BY_HOP: [&str; 8] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"];

/// Credentials and circumstances of the page. The API knows the token and nothing else.
const OF_THE_PAGE: [&str; 7] = ["authorization", "cookie", "dpop", "expect", "host", "origin", "referer"];

/// What an API believes of a proxy in front of it: who the user is, where they are, which path or method is meant.
/// What a browser claims of that must not sound like this backend's word.
const OF_A_PROXY: [&str; 8] =
    ["fastly-client-ip", "forwarded", "true-client-ip", "via", "x-client-ip", "x-host", "x-method-override", "x-real-ip"];

/// Families of both.
const DROPPED_PREFIXES: [&str; 16] = [
    "cf-",
    "client-cert",
    "proxy-",
    "remote-",
    "sec-",
    "x-auth-request-",
    "x-client-cert",
    "x-cluster-client-",
    "x-envoy-",
    "x-forwarded",
    "x-http-method",
    "x-original-",
    "x-remote-",
    "x-rewrite-",
    "x-ssl-",
    "x-webauth-",
];

/// What an API may say about its own origin, and must not say about the page's. CORS is among it: it would open the
/// page's origin.
const OF_THE_API: [&str; 17] = [
    "accept-ch",
    "alt-svc",
    "clear-site-data",
    "content-security-policy",
    "content-security-policy-report-only",
    "critical-ch",
    "nel",
    "proxy-authenticate",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "set-login",
    "strict-transport-security",
    "use-as-dictionary",
];
const OF_THE_API_PREFIXES: [&str; 3] = ["access-control-", "sec-", "secure-session-"];

/// The fields of a request that go on.
pub(crate) fn request_headers(headers: &HeaderMap) -> HeaderMap {
    without(headers, |name, _| {
        let is_named = OF_THE_PAGE.contains(&name) || OF_A_PROXY.contains(&name) || begins_with(name, &DROPPED_PREFIXES);
        // To CGI and its heirs `X_Real_IP` is `X-Real-IP`, and to some `X.Real.IP` as well.
        is_named || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// The fields of an answer that come back.
pub(crate) fn answer_headers(headers: &HeaderMap) -> HeaderMap {
    without(headers, |name, value| {
        let is_prompt = name == WWW_AUTHENTICATE.as_str() && !is_for_scripts(value);
        is_prompt || OF_THE_API.contains(&name) || begins_with(name, &OF_THE_API_PREFIXES)
    })
}

/// Whether a challenge is one that only scripts answer (RFC 6750, RFC 9449). To others the browser itself does, in
/// the page's name: it asks for a password, or sends a Kerberos ticket. One field may hold several challenges, and
/// browsers differ in how they divide it, so those are looked for everywhere.
fn is_for_scripts(challenge: &HeaderValue) -> bool {
    let mut words = challenge.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
    let is_one_of = |word: &[u8], schemes: &[&str]| schemes.iter().any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()));
    words.next().is_some_and(|scheme| is_one_of(scheme, &["bearer", "dpop"]))
        && !words.any(|word| is_one_of(word, &["basic", "digest", "negotiate", "ntlm"]))
}

fn begins_with(name: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

fn without(headers: &HeaderMap, is_dropped: impl Fn(&str, &HeaderValue) -> bool) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let is_hop_by_hop = |name: &str| HOP_BY_HOP.contains(&name) || named.iter().any(|other| other == name);
    let stays = |name: &str, value: &HeaderValue| !is_hop_by_hop(name) && !is_dropped(name, value);
    let staying = headers.iter().filter(|(name, value)| stays(name.as_str(), value));
    staying.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Rewrites the `Location` of an answer, which was written for `target`, for a browser that knows the same path
/// as `mount` + path: within the API the browser comes through here again, anything else is absolute.
pub(crate) fn rewrite_location(headers: &mut HeaderMap, target: &Url, mount: &str) {
    let Some(location) = headers.remove(LOCATION) else { return };
    let Some(url) = location.to_str().ok().and_then(|location| target.join(location).ok()) else { return };
    let rewritten = if url.origin() == target.origin() && url.path().starts_with("/api/") {
        format!("{mount}{}", &url[Position::BeforePath..])
    } else if matches!(url.scheme(), "http" | "https") {
        url.into()
    } else {
        return;
    };
    if let Ok(value) = HeaderValue::try_from(rewritten) {
        headers.insert(LOCATION, value);
    }
}
