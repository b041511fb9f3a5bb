//! [`SessionCookie`]: a session in the user's browser that only this backend can read.
//!
//! The session is encrypted whole (AES-256-GCM, bound to the cookie's name) and then cut into pieces, because a
//! browser drops a cookie of more than 4096 bytes and tokens can be larger. The first piece says how many there
//! are; a piece that is missing, changed or of another session makes the whole unreadable, which is no session.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use cookie::{Cookie, CookieJar, SameSite};
use wicketgate::protocol::secret::Secret;

use crate::configuration::CookieKey;
use crate::session::Session;

/// Cookies for one session: about 11 kB of tokens and claims. More, and servers on the way refuse the request's headers.
const MAX_PIECES: usize = 4;

/// Below 4096 bytes with the name.
const PIECE: usize = 4000;

type SetCookie = (HeaderName, HeaderValue);

pub(crate) struct SessionCookie {
    name: &'static str,
    secure: bool,
    key: CookieKey,
    old_keys: Vec<CookieKey>,
}

impl SessionCookie {
    /// `__Host-` makes the browser demand `Secure`, `Path=/` and no `Domain`: no neighbour can plant the cookie.
    /// Plain http has no such cookie, hence the other name.
    pub(crate) fn new(secure: bool, key: CookieKey, old_keys: Vec<CookieKey>) -> Self {
        let name = if secure { "__Host-wicketgate" } else { "wicketgate-dev" };
        Self { name, secure, key, old_keys }
    }

    /// The session in a request; `None` also where a cookie is garbage, changed, or of a key that is gone.
    pub(crate) fn open(&self, headers: &HeaderMap) -> Option<Session> {
        let text_of = |name: &str| core::str::from_utf8(value_of(headers, name)?).ok();
        let (count, first) = text_of(self.name)?.split_once('.')?;
        let count: usize = count.parse().ok().filter(|count| (1..=MAX_PIECES).contains(count))?;
        let mut sealed = String::from(first);
        for index in 1..count {
            sealed.push_str(text_of(&self.name_of(index))?);
        }
        let sealed = Cookie::new(self.name, sealed);
        // Without any cookie of its own the jar is only the way to the decryption.
        let jar = CookieJar::new();
        let keys = core::iter::once(&self.key).chain(&self.old_keys);
        let opened = keys.into_iter().find_map(|key| jar.private(&key.0).decrypt(sealed.clone()))?;
        let content = Secret::new(opened.value().to_owned());
        Session::from_content(content.expose())
    }

    /// The header fields that keep `session`, and remove what the request has of a longer one; `None` where it is
    /// too large.
    pub(crate) fn seal(&self, session: &Session, request: &HeaderMap) -> Option<Vec<SetCookie>> {
        let content = session.to_content()?;
        let mut jar = CookieJar::new();
        jar.private_mut(&self.key.0).add(Cookie::new(self.name, content.into_exposed()));
        let sealed = jar.get(self.name)?.value();
        // Base64: every byte is a character.
        let pieces: Vec<&str> = sealed.as_bytes().chunks(PIECE).filter_map(|piece| core::str::from_utf8(piece).ok()).collect();
        if pieces.len() > MAX_PIECES {
            return None;
        }
        let mut fields = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let value = if index == 0 { format!("{}.{piece}", pieces.len()) } else { (*piece).to_owned() };
            fields.push(self.set_cookie(index, value)?);
        }
        let is_there = |index: &usize| value_of(request, &self.name_of(*index)).is_some();
        fields.extend((pieces.len()..MAX_PIECES).filter(is_there).filter_map(|index| self.removal(index)));
        Some(fields)
    }

    /// The header fields that remove the session: every piece that there can be, whatever the request has, since a
    /// user who logs out must not depend on what was understood of it.
    pub(crate) fn remove(&self) -> Vec<SetCookie> {
        (0..MAX_PIECES).filter_map(|index| self.removal(index)).collect()
    }

    fn removal(&self, index: usize) -> Option<SetCookie> {
        self.set_cookie(index, String::new())
    }

    fn name_of(&self, index: usize) -> String {
        if index == 0 { self.name.to_owned() } else { format!("{}-{}", self.name, index + 1) }
    }

    /// A cookie without a lifetime, so that it ends with the browser's session; without a value, its removal.
    fn set_cookie(&self, index: usize, value: String) -> Option<SetCookie> {
        let is_removal = value.is_empty();
        let mut cookie = Cookie::build((self.name_of(index), value))
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Strict)
            .path("/")
            .build();
        if is_removal {
            cookie.make_removal();
        }
        let mut value = HeaderValue::try_from(cookie.to_string()).ok()?;
        value.set_sensitive(true);
        Some((SET_COOKIE, value))
    }
}

/// The value of the cookie that has exactly this name. The field is read as bytes: an `é` that a neighbour put there
/// must not hide the session. And it is trimmed of ASCII white space only: browsers take `\u{2000}__Host-…` from
/// anyone, and it must not become ours.
fn value_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let fields = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let mut cookies = fields.flat_map(|field| field.split(|byte| *byte == b';'));
    cookies.find_map(|cookie| cookie.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}
