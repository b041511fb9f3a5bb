//! Promises as futures.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::executor::{Settled, settled};

/// The outcome of a promise, as `read` converts it.
pub(super) struct Read<F>(Settled, F);

impl Settled {
    pub(super) fn read<T, F: Fn(Result<JsValue, JsValue>) -> T + Unpin>(self, read: F) -> Read<F> {
        Read(self, read)
    }
}

impl<T, F: Fn(Result<JsValue, JsValue>) -> T + Unpin> Future for Read<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        Pin::new(&mut this.0).poll(context).map(&this.1)
    }
}

/// Lets the caller return first.
pub(crate) async fn turn() {
    let _ = settled(&Promise::resolve(&JsValue::UNDEFINED)).await;
}
