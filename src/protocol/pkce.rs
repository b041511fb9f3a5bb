//! Proof Key for Code Exchange (RFC 7636), method `S256`. `plain` does not exist here.

use sha2::{Digest, Sha256};

use super::secret::{Secret, base64url};

/// The code challenge of `verifier`: base64url(SHA-256(ASCII(verifier))) (RFC 7636 §4.2).
pub fn code_challenge(verifier: &Secret) -> String {
    digest(verifier.expose())
}

/// base64url(SHA-256(`text`)).
pub(crate) fn digest(text: &str) -> String {
    base64url(&sha256(text.as_bytes()))
}

/// SHA-256. Our own implementation: it must be synchronous, and browsers offer theirs to secure pages only.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}
