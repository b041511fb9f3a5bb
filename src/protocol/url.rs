//! [`Url`]: an absolute URL, parsed as the WHATWG URL Standard says.
//!
//! This type uses two parsers of the same standard: the browser's own on wasm32, where a second one would add 16 kB, and the
//! `url` crate elsewhere. `tests/vectors/url.json` checks that both agree. Both return a serialized URL; all functions below
//! read it, in the same way on every target.

use core::fmt;
use std::string::FromUtf8Error;

use super::text::{cut, has};

/// An absolute `http:` or `https:` URL in its serialized form.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

/// Redacted: query and fragment may contain a code.
impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Url(")?;
        formatter.write_str(&self.origin())?;
        formatter.write_str(self.path())?;
        formatter.write_str(")")
    }
}

impl Url {
    /// Parses `text` as an absolute URL; `None` if it is not one, or has another scheme.
    pub fn parse(text: &str) -> Option<Self> {
        parse_href(text, None).and_then(Self::from_serialized)
    }

    /// Resolves `reference` against this URL.
    pub fn join(&self, reference: &str) -> Option<Self> {
        parse_href(reference, Some(&self.0)).and_then(Self::from_serialized)
    }

    /// Makes a URL of a text that a parser has already serialized, such as the browser's own address.
    pub(crate) fn from_serialized(href: String) -> Option<Self> {
        matches!(cut(&href, ':').0, "https" | "http").then_some(Self(href))
    }

    /// Parses a redirect URI, or a callback that came to one. Outside of a browser tab it may have a scheme of the app's own (RFC
    /// 8252 §7.1). Such a URL is read as one of a host that belongs to no one and is named after the scheme: then it has the same
    /// parts as any other, and equals only a URL of the same scheme.
    // Without that feature, it is the same function as the one below, and must not cost a page a byte.
    #[cfg_attr(not(feature = "environment"), inline(always))]
    pub(crate) fn parse_redirect_uri(text: &str) -> Option<Self> {
        #[cfg(feature = "environment")]
        if let Some(url) = Self::of_own_scheme(text) {
            return Some(url);
        }
        Self::parse(text)
    }

    #[cfg(feature = "environment")]
    fn of_own_scheme(text: &str) -> Option<Self> {
        let (scheme, rest) = cut(text, ':');
        let rest = rest.filter(|_| is_own_scheme(scheme) && is_plain(text))?.trim_start_matches('/');
        Self::parse(&["https://", scheme, ".app.invalid/", rest].concat())
    }

    /// The address of a page. Outside of a browser tab it has a scheme of the platform's own, such as `tauri:`: its path is what
    /// counts.
    #[cfg(feature = "environment")]
    pub(crate) fn of_page(href: String) -> Option<Self> {
        match cut(&href, ':') {
            ("https" | "http", _) => Some(Self(href)),
            (_, Some(rest)) if rest.starts_with("//") => Some(Self(["https:", rest].concat())),
            _ => None,
        }
    }

    /// The whole URL, serialized.
    pub fn href(&self) -> &str {
        &self.0
    }

    /// The text between `//` and the path, and the text from the path on.
    fn authority_and_path(&self) -> (&str, &str) {
        let after_scheme = cut(&self.0, ':').1.unwrap_or_default();
        let authority_on = after_scheme.get(2..).unwrap_or_default();
        let path_start = authority_on.bytes().position(|byte| byte == b'/').unwrap_or(authority_on.len());
        authority_on.split_at_checked(path_start).unwrap_or_default()
    }

    /// User name and password if there are any, and host with port.
    fn credentials_and_host(&self) -> (Option<&str>, &str) {
        let authority = self.authority_and_path().0;
        match cut(authority, '@') {
            (credentials, Some(host)) => (Some(credentials), host),
            (host, None) => (None, host),
        }
    }

    /// Scheme, host and port: the origin, as browsers define it. Credentials in the URL are not part of it.
    pub fn origin(&self) -> String {
        let mut origin = String::from(cut(&self.0, ':').0);
        origin.push_str("://");
        origin.push_str(self.credentials_and_host().1);
        origin
    }

    /// Whether a user name or a password stands in the URL.
    pub fn has_credentials(&self) -> bool {
        self.credentials_and_host().0.is_some()
    }

    /// Path, query and fragment.
    pub fn path_and_after(&self) -> &str {
        self.authority_and_path().1
    }

    /// The path, from its first `/`.
    pub fn path(&self) -> &str {
        cut(cut(self.path_and_after(), '#').0, '?').0
    }

    /// The query, without its `?`.
    pub fn query(&self) -> Option<&str> {
        cut(cut(&self.0, '#').0, '?').1
    }

    /// The fragment, without its `#`.
    pub fn fragment(&self) -> Option<&str> {
        cut(&self.0, '#').1
    }

    /// The URL up to its query: origin and path, with credentials if there are any.
    pub fn location(&self) -> &str {
        cut(cut(&self.0, '#').0, '?').0
    }

    /// Whether nobody in transit can read a request to this URL: `https:`, or `http:` that does not leave the machine
    /// (`localhost`, `127.0.0.0/8`, `[::1]`).
    pub fn is_confidential(&self) -> bool {
        let host = self.credentials_and_host().1;
        let name = cut(host, ':').0;
        // The parser has converted every spelling of an IPv4 address into four decimal numbers. But a *name* may begin with
        // `127.` too, and may consist of only digits and dots if it ends in a dot.
        let is_loopback = name == "localhost"
            || host.starts_with("[::1]")
            || name.starts_with("127.") && !name.ends_with('.') && name.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        self.0.starts_with("https:") || is_loopback
    }
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(module = "/src/browser/page.js")]
extern "C" {
    #[wasm_bindgen(js_name = href)]
    fn parse_href(text: &str, base: Option<&str>) -> Option<String>;
}

#[cfg(not(target_arch = "wasm32"))]
fn parse_href(text: &str, base: Option<&str>) -> Option<String> {
    let parsed = match base {
        Some(base) => url::Url::parse(base).ok()?.join(text),
        None => url::Url::parse(text),
    };
    parsed.ok().map(String::from)
}

/// Whether `text` contains none of the characters that a URL parser silently removes or replaces: controls, space, tab,
/// newline, backslash.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() || character == ' ' || character == '\\')
}

/// Whether `scheme` can be an app's own (RFC 8252 §7.1), and means nothing to a browser.
#[cfg(feature = "environment")]
fn is_own_scheme(scheme: &str) -> bool {
    let is_known = matches!(
        scheme,
        "http" | "https" | "ws" | "wss" | "ftp" | "file" | "javascript" | "data" | "blob" | "about" | "mailto" | "tel" | "urn"
    );
    !is_known
        && scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
}

/// Whether `text` can be a redirect URI: an absolute URL without a fragment (RFC 6749 §3.1.2).
pub fn is_redirect_uri(text: &str) -> bool {
    Url::parse(text).is_some_and(|url| is_plain(text) && !has(text, '#') && !url.has_credentials())
}

/// Whether `text` can be the redirect URI of an app that is not a web page: of a scheme of its own, without a fragment.
#[cfg(feature = "environment")]
pub(crate) fn is_redirect_uri_of_app(text: &str) -> bool {
    Url::of_own_scheme(text).is_some() && !has(text, '#')
}

/// Appends `name=value` to `query`, form-encoded (RFC 6749 appendix B), if there is a value.
pub fn append_parameter(query: &mut String, name: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    if !query.is_empty() {
        query.push('&');
    }
    form_encode(query, name);
    query.push('=');
    form_encode(query, value);
}

/// `endpoint` with `query` added to its own (RFC 6749 §3.1).
pub(crate) fn with_query(endpoint: &str, query: &str) -> String {
    let mut url = String::from(endpoint);
    match cut(endpoint, '?').1 {
        None => url.push('?'),
        Some("") => {}
        Some(_) => url.push('&'),
    }
    url.push_str(query);
    url
}

/// Appends `text`, form-encoded (WHATWG URL, application/x-www-form-urlencoded serializing).
pub(crate) fn form_encode(encoded: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => {
                encoded.push('%');
                for nibble in [byte >> 4, byte & 15] {
                    encoded.push(char::from(nibble + if nibble < 10 { b'0' } else { b'A' - 10 }));
                }
            }
        }
    }
}

/// Decodes one form-encoded name or value, strictly: `None` if a `%` is not followed by two hexadecimal
/// digits, or if the bytes are not UTF-8.
pub fn decode_component(encoded: &str) -> Option<String> {
    String::from_utf8(decoded(encoded, false)?).ok()
}

/// Decodes a form-encoded value as far as possible: a `%` without two hexadecimal digits stays, and bytes that are not UTF-8
/// count as Latin-1.
pub(crate) fn decode_leniently(encoded: &str) -> String {
    let bytes = decoded(encoded, true).unwrap_or_default();
    let latin_1 = |error: FromUtf8Error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    String::from_utf8(bytes).unwrap_or_else(latin_1)
}

fn decoded(encoded: &str, is_lenient: bool) -> Option<Vec<u8>> {
    let mut bytes = encoded.bytes();
    let mut decoded = Vec::with_capacity(encoded.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut after = bytes.clone();
                let mut digit = || char::from(after.next()?).to_digit(16);
                match digit().zip(digit()) {
                    Some((high, low)) => {
                        bytes = after;
                        u8::try_from(high * 16 + low).ok()?
                    }
                    None if is_lenient => b'%',
                    None => return None,
                }
            }
            _ => byte,
        });
    }
    Some(decoded)
}
