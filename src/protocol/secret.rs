//! [`Secret`]: text that no log, error or debug output may show.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A code, token, verifier or key: redacted in `Debug`, compared in constant time, zeroed on drop.
///
/// It is deliberately not `Clone`: a secret moves to where it is used.
pub struct Secret(String);

impl Secret {
    /// Takes `text` over as a secret.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The base64url form, without padding, of `bytes` that came from a CSPRNG: 43 characters for 256 bits.
    pub fn from_entropy(bytes: &[u8; 32]) -> Self {
        Self(Base64UrlUnpadded::encode_string(bytes))
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text itself, moved out; nothing zeroes it any more.
    pub fn into_exposed(mut self) -> String {
        core::mem::take(&mut self.0)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        is_equal(&self.0, &other.0)
    }
}

impl Eq for Secret {}

/// Compares two secrets in a time that tells nothing but their lengths.
pub(super) fn is_equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
