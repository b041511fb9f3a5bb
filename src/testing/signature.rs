//! The simulated signature: a keyed hash that replaces ES256.

use crate::protocol::json::Json;
use crate::protocol::pkce::sha256;
use crate::protocol::secret::{base64url, from_base64url};

/// The numbers of the public key. Here, they are enough to sign.
const KEY: [&str; 2] = ["x of a key that is simulated", "y of a key that is simulated"];

/// The public key as a provider publishes it (RFC 7517).
pub(super) fn public_key(key_id: &str) -> Json {
    let mut key = Json::empty();
    let [x, y] = KEY.map(|number| base64url(&sha256(number.as_bytes())));
    for (name, value) in [("kty", "EC"), ("crv", "P-256"), ("use", "sig"), ("kid", key_id), ("x", &x), ("y", &y)] {
        key.set_text(name, Some(value));
    }
    key
}

/// The simulated signature by `key`, which replaces an ES256 signature. `None` if `key` is not a simulated key.
pub(super) fn signature(key: &Json, signed: &[u8]) -> Option<Vec<u8>> {
    let half = |name| Some(sha256(&[&from_base64url(key.text(name)?)?, signed].concat()));
    Some([half("x")?, half("y")?].concat())
}
