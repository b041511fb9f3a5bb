//! The backend's own keys: those with which it authenticates, and those to which its tokens are bound.

mod client_keys;
mod proof_keys;
mod signing_key;

pub(crate) use client_keys::ClientKeys;
pub(crate) use proof_keys::ProofKeys;
pub(crate) use signing_key::SigningKey;
