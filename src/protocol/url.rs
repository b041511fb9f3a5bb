//! [`Url`]: an absolute URL, parsed as the WHATWG URL Standard says.
//!
//! Two parsers of that one standard stand behind it: the browser's own on wasm32, where shipping a second
//! one would cost 16 kB, and the `url` crate elsewhere. `tests/vectors/url.json` holds them equal. Both
//! give back a serialized URL; everything below reads that, the same way on every target.

use core::fmt;

use super::text::cut;

/// An absolute `http:` or `https:` URL in its serialized form.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

/// Query and fragment may hold a code: they do not show.
impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Url(")?;
        formatter.write_str(&self.origin())?;
        formatter.write_str(self.path())?;
        formatter.write_str(")")
    }
}

impl Url {
    /// Parses `text` as an absolute URL; `None` where it is none, or of another scheme.
    pub fn parse(text: &str) -> Option<Self> {
        parse_href(text, None).and_then(Self::from_serialized)
    }

    /// Resolves `reference` against this URL.
    pub fn join(&self, reference: &str) -> Option<Self> {
        parse_href(reference, Some(&self.0)).and_then(Self::from_serialized)
    }

    /// Takes a URL that a parser has serialized already, as a browser's own address is.
    pub(crate) fn from_serialized(href: String) -> Option<Self> {
        matches!(cut(&href, ':').0, "https" | "http").then_some(Self(href))
    }

    /// The whole URL, serialized.
    pub fn href(&self) -> &str {
        &self.0
    }

    /// What stands between `//` and the path, and what comes after it.
    fn authority_and_path(&self) -> (&str, &str) {
        let after_scheme = cut(&self.0, ':').1.unwrap_or_default();
        let authority_on = after_scheme.get(2..).unwrap_or_default();
        let path_start = authority_on.bytes().position(|byte| byte == b'/').unwrap_or(authority_on.len());
        authority_on.split_at_checked(path_start).unwrap_or_default()
    }

    /// User name and password where there are any, and host with port.
    fn credentials_and_host(&self) -> (Option<&str>, &str) {
        let authority = self.authority_and_path().0;
        match cut(authority, '@') {
            (credentials, Some(host)) => (Some(credentials), host),
            (host, None) => (None, host),
        }
    }

    /// Scheme, host and port: what the browser calls the origin. Credentials in the URL are not part of it.
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

    /// The URL up to its query: origin and path, with credentials where there are any.
    pub fn location(&self) -> &str {
        cut(cut(&self.0, '#').0, '?').0
    }

    /// Whether a request to it can be read by nobody on the way: `https:`, or `http:` that does not leave
    /// the machine (`localhost`, `127.0.0.0/8`, `[::1]`).
    pub fn is_confidential(&self) -> bool {
        let host = self.credentials_and_host().1;
        let name = cut(host, ':').0;
        // The parser has turned every spelling of an IPv4 address into four decimal numbers, but a *name*
        // may begin with `127.` too, and be made of nothing but digits and dots if it ends in one.
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

/// Whether `text` has none of the characters that a URL parser silently removes or turns into others:
/// controls, space, tab, newline, backslash. Where a URL must be meant as it is written, it has none.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() || character == ' ' || character == '\\')
}

/// Appends `name=value` to `query`, form-encoded (RFC 6749 appendix B), where there is a value.
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

/// Decodes one form-encoded name or value, strictly: `None` where a `%` is not followed by two hexadecimal
/// digits, or where the bytes are not UTF-8.
pub fn decode_component(encoded: &str) -> Option<String> {
    let mut bytes = encoded.bytes();
    let mut decoded = Vec::with_capacity(encoded.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let high = digit()?;
                u8::try_from(high * 16 + digit()?).ok()?
            }
            _ => byte,
        });
    }
    String::from_utf8(decoded).ok()
}
