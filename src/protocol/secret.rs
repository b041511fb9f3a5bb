//! [`Secret`]: a text that must not appear in any log, error or debug output.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A code, token, verifier or key: redacted in `Debug`, compared in constant time, zeroed on drop.
///
/// It is deliberately not `Clone`: a secret moves to where it is used.
pub struct Secret(String);

impl Secret {
    /// Makes `text` a secret.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The base64url form, without padding, of `bytes` that came from a CSPRNG: 43 characters for 256 bits.
    pub fn from_entropy(bytes: &[u8; 32]) -> Self {
        Self(base64url(bytes))
    }

    /// The text itself. The caller is responsible for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text itself, moved out: the caller must zero it.
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

/// base64url without padding (RFC 4648 §5). Written by hand, because the constant-time encoder of the backend half would add
/// 300 bytes to every page. In a page, only code that can read the secret anyway could measure the time.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(44);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().zip([16, 8, 0]).fold(0, |bits, (byte, shift)| bits | u32::from(*byte) << shift);
        for shift in [18, 12, 6, 0].into_iter().take(chunk.len() + 1) {
            encoded.push(match (bits >> shift & 63) as u8 {
                sextet @ 0..26 => char::from(b'A' + sextet),
                sextet @ 26..52 => char::from(b'a' + sextet - 26),
                sextet @ 52..62 => char::from(b'0' + sextet - 52),
                62 => '-',
                _ => '_',
            });
        }
    }
    encoded
}

/// Decodes base64url without padding, strictly: no other characters and no leftover bits, so that no two texts stand for the
/// same bytes.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0, 0);
    for byte in text.bytes() {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(sextet);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    (count < 6 && bits == 0).then_some(bytes)
}

/// Compares two secrets in a time that reveals only their lengths.
pub(crate) fn is_equal(one: &str, other: &str) -> bool {
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
