//! Proof Key for Code Exchange (RFC 7636), method `S256`. `plain` does not exist here.

use sha2::{Digest, Sha256};

use super::secret::{Secret, base64url};

/// The code challenge of `verifier`: base64url(SHA-256(ASCII(verifier))) (RFC 7636 §4.2).
pub fn code_challenge(verifier: &Secret) -> String {
    digest(verifier.expose())
}

/// base64url(SHA-256(`text`)).
pub(super) fn digest(text: &str) -> String {
    base64url(&Sha256::digest(text))
}
