//! [`ProofKeys`]: the keys to which access tokens are bound (RFC 9449). Each is derived from a cookie key: all instances have
//! the same keys, and rotate them together.

use p256::elliptic_curve::sec1::ToEncodedPoint;
use ring::hmac;

use super::signing_key::SigningKey;
use crate::configuration::CookieKey;

/// One for each cookie key, the newest first.
pub(crate) struct ProofKeys(Vec<SigningKey>);

impl ProofKeys {
    pub(crate) fn new<'a>(cookie_keys: impl Iterator<Item = &'a CookieKey>) -> Self {
        Self(cookie_keys.filter_map(derived).collect())
    }

    /// The key of new tokens.
    pub(crate) fn newest(&self) -> Option<&SigningKey> {
        self.0.first()
    }

    /// The key with this thumbprint, if it still exists.
    pub(crate) fn find(&self, thumbprint: &str) -> Option<&SigningKey> {
        self.0.iter().find(|key| key.public.thumbprint() == thumbprint)
    }
}

/// The first of the numbers that HMAC makes of the cookie key which is a private key of P-256: of 2^32 numbers, all but one
/// are.
fn derived(cookie_key: &CookieKey) -> Option<SigningKey> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, cookie_key.0.signing());
    (0..16_u8).find_map(|count| {
        let scalar = hmac::sign(&key, &[b"wicketgate DPoP key ".as_slice(), &[count]].concat());
        let point = p256::SecretKey::from_slice(scalar.as_ref()).ok()?.public_key().to_encoded_point(false);
        SigningKey::of_scalar("P-256", scalar.as_ref(), point.as_bytes())
    })
}
