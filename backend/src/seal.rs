//! [`Sealer`]: seals text that leaves this backend and comes back, so that nobody else can read, change or move it.

use base64ct::{Base64UrlUnpadded, Encoding};
use cookie::{Cookie, CookieJar};
use ring::hmac;
use wicketgate::protocol::secret::Secret;

use crate::configuration::CookieKey;
use crate::signature::hash;

/// Seals with the newest key, and opens texts that any of the keys sealed. Each text is bound to its purpose, and to the
/// context: the client, the page's origin and the APIs of this backend (AES-256-GCM, both as additional data).
pub(crate) struct Sealer {
    context: String,
    keys: Vec<CookieKey>,
}

impl Sealer {
    /// `context` are the values that distinguish this backend from another one with the same key.
    pub(crate) fn new(key: CookieKey, old_keys: Vec<CookieKey>, context: &[&str]) -> Self {
        Self { context: digest(&context.join("\n")), keys: core::iter::once(key).chain(old_keys).collect() }
    }

    /// `content` sealed for `purpose`, in base64. `None` only if there is no key, which [`new`](Self::new) rules out.
    pub(crate) fn seal(&self, purpose: &str, content: Secret) -> Option<String> {
        let name = self.bound_to(purpose);
        let mut jar = CookieJar::new();
        jar.private_mut(&self.keys.first()?.0).add(Cookie::new(name.clone(), content.into_exposed()));
        jar.get(&name).map(|cookie| cookie.value().to_owned())
    }

    /// The content that was sealed for `purpose`. `None` if the text was changed, or was sealed for another purpose, by another
    /// backend, or with a key that is gone.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Secret> {
        let sealed = Cookie::new(self.bound_to(purpose), sealed.to_owned());
        // The jar is empty: it serves only to decrypt.
        let jar = CookieJar::new();
        let opened = self.keys.iter().find_map(|key| jar.private(&key.0).decrypt(sealed.clone()))?;
        Some(Secret::new(opened.value().to_owned()))
    }

    /// Names for `text` that reveal nothing about it to a reader without the keys: one for each key, the newest first.
    pub(crate) fn names_of(&self, purpose: &str, text: &str) -> Vec<String> {
        let name = |key: &CookieKey| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.0.signing());
            let bound = format!("{}\n{text}", self.bound_to(purpose));
            Base64UrlUnpadded::encode_string(hmac::sign(&key, bound.as_bytes()).as_ref())
        };
        self.keys.iter().map(name).collect()
    }

    fn bound_to(&self, purpose: &str) -> String {
        format!("{purpose} {}", self.context)
    }
}

/// The SHA-256 of `text`, in base64url.
pub(crate) fn digest(text: &str) -> String {
    Base64UrlUnpadded::encode_string(&hash(256, text.as_bytes()))
}

/// 256 bits that nobody can guess, in base64url. `None` if the machine has no source of randomness.
pub(crate) fn random() -> Option<Secret> {
    Some(Secret::from_entropy(&entropy()?))
}

/// 256 random bits.
pub(crate) fn entropy() -> Option<[u8; 32]> {
    use ring::rand::SecureRandom;
    let mut bytes = [0; 32];
    ring::rand::SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}
