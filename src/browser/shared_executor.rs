//! The executor of apps in Rust: `wasm-bindgen-futures`, which their frameworks run on as well.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Waits until a promise is settled.
pub(super) struct Settled(JsFuture);

pub(super) fn settled(promise: &Promise) -> Settled {
    Settled(JsFuture::from(promise.clone()))
}

impl Future for Settled {
    type Output = Result<JsValue, JsValue>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// Runs `future` by itself, beginning in the next microtask.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    spawn_local(future);
}
