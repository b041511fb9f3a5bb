//! The functions of `proofs.js`, as Rust sees them.

use core::future::Future;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;

use super::executor::settled;
use super::unavailable;
use crate::protocol::error::Error;
use crate::protocol::http::Nonce;
use crate::protocol::json::Json;

#[wasm_bindgen(module = "/src/browser/proofs.js")]
extern "C" {
    #[wasm_bindgen(js_name = proofKey)]
    fn proof_key(name: &str) -> Promise;
    fn sign(name: &str, bytes: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = sendForNonce)]
    pub(super) fn send(url: &str, headers: &str, body: Option<&str>, credentials: &str, timeout: f64, longest: usize) -> Promise;
}

/// The nonce of the server's answer.
pub(super) fn nonce(answer: &Array) -> Nonce {
    answer.get(4).as_string()
}

pub(super) fn key(name: &str) -> impl Future<Output = Result<Json, Error>> {
    settled(&proof_key(name))
        .read(|key| key.ok().and_then(|key| Json::parse(key.as_string()?.as_bytes())).ok_or_else(unavailable))
}

pub(super) fn signature(name: &str, bytes: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> {
    settled(&sign(name, bytes)).read(|signature| match signature {
        Ok(signature) => Ok(signature.unchecked_into::<Uint8Array>().to_vec()),
        Err(_) => Err(unavailable()),
    })
}
