//! [`Cookies`]: the names and attributes of every cookie that this backend sets.

use std::time::Duration;

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use cookie::{Cookie, SameSite};

use crate::seal::digest;

pub(crate) type SetCookie = (HeaderName, HeaderValue);

/// How many characters of a digest distinguish two cookies: 48 bits. In addition, the content of a cookie is sealed.
const TAG: usize = 8;

pub(crate) struct Cookies {
    base: String,
    secure: bool,
}

impl Cookies {
    /// The names follow from the client and the page's origin, so that two backends on one host do not overwrite each other's
    /// cookies.
    ///
    /// The prefix `__Host-` makes the browser demand `Secure`, `Path=/` and no `Domain`, so no neighbouring host can plant the
    /// cookie. `__Host-Http-` also demands `HttpOnly`, so no script can plant it; a browser that does not know the longer prefix
    /// goes by the shorter one. Plain http cannot use them, hence the other name.
    pub(crate) fn new(secure: bool, client_id: &str, origin: &str) -> Self {
        let prefix = if secure { "__Host-Http-wicketgate" } else { "wicketgate" };
        Self { base: format!("{prefix}-{}", tag(&format!("{client_id}\n{origin}"))), secure }
    }

    /// The name of the cookie `kind`; of the session's own if `kind` is empty.
    pub(crate) fn name(&self, kind: &str) -> String {
        if kind.is_empty() { self.base.clone() } else { format!("{}-{kind}", self.base) }
    }

    /// The value of the cookie `kind` in a request.
    pub(crate) fn value<'a>(&self, headers: &'a HeaderMap, kind: &str) -> Option<&'a str> {
        let name = self.name(kind);
        all(headers).find_map(|cookie| core::str::from_utf8(cookie.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?).ok())
    }

    /// The kinds in a request that begin with `prefix`.
    pub(crate) fn kinds<'a>(&self, headers: &'a HeaderMap, prefix: &str) -> Vec<&'a str> {
        let name = self.name(prefix);
        let start = name.len() - prefix.len();
        let named = all(headers).filter(|cookie| cookie.starts_with(name.as_bytes()));
        named.filter_map(|cookie| core::str::from_utf8(cookie).ok()?.split_once('=')?.0.get(start..)).collect()
    }

    /// Keeps `value` as the cookie `kind`: until the browser ends, or for `lifetime`.
    pub(crate) fn set(&self, kind: &str, value: &str, same_site: SameSite, lifetime: Option<Duration>) -> Option<SetCookie> {
        let mut cookie = self.cookie(kind, value, same_site);
        if let Some(lifetime) = lifetime {
            cookie.set_max_age(cookie::time::Duration::seconds(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)));
        }
        field(&cookie)
    }

    /// Removes the cookie `kind`.
    pub(crate) fn remove(&self, kind: &str) -> Option<SetCookie> {
        let mut cookie = self.cookie(kind, "", SameSite::Strict);
        cookie.make_removal();
        field(&cookie)
    }

    fn cookie<'a>(&self, kind: &str, value: &'a str, same_site: SameSite) -> Cookie<'a> {
        Cookie::build((self.name(kind), value)).http_only(true).secure(self.secure).same_site(same_site).path("/").build()
    }
}

/// The part of a cookie's name that distinguishes `text` from other texts.
pub(crate) fn tag(text: &str) -> String {
    digest(text).chars().take(TAG).collect()
}

fn field(cookie: &Cookie<'_>) -> Option<SetCookie> {
    let mut value = HeaderValue::try_from(cookie.to_string()).ok()?;
    value.set_sensitive(true);
    Some((SET_COOKIE, value))
}

/// The cookies of a request. The field is read as bytes, because an `é` of a neighbouring host must not hide a cookie. Only
/// ASCII white space is trimmed, because browsers accept `\u{2000}__Host-…` from any host, and it must not count as our cookie.
fn all(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let fields = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    fields.flat_map(|field| field.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii)
}
