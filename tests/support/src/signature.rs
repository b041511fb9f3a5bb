//! The check of signatures, and hashes: the backend's code, which replaces a browser's here.

use wicketgate::protocol::jws::SignatureCheck;

#[path = "../../../backend/src/signature.rs"]
mod backend;

pub fn verifies(check: &SignatureCheck) -> bool {
    backend::verifies(check)
}

pub fn hash(bits: u16, bytes: &[u8]) -> Vec<u8> {
    backend::hash(bits, bytes)
}
