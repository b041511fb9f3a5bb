//! The other tabs of the origin: locks between them, and what they tell each other. And what wakes a page.

use core::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, BroadcastChannel, MessageEvent, Window};

use super::promise::settled;
use crate::platform::Signal;

/// A lock of the Web Locks API. Dropping it lets go.
pub struct WebLock(Function);

impl Drop for WebLock {
    fn drop(&mut self) {
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

/// Waits for at most `hold` milliseconds for the lock, and holds it for no longer.
pub(super) async fn lock(window: &Window, name: &str, hold: u64) -> Result<WebLock, JsValue> {
    // Not by web-sys, which has Web Locks among what may change.
    let locks = Reflect::get(&window.navigator(), &"locks".into())?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    let options = Object::new();
    let patience = u32::try_from(hold).unwrap_or(u32::MAX);
    Reflect::set(&options, &"signal".into(), &AbortSignal::timeout_with_u32(patience))?;

    // The browser holds the lock until this promise is settled.
    let release: Rc<RefCell<Option<Function>>> = Rc::default();
    let held = Promise::new(&mut |resolve, _| {
        release.replace(Some(resolve));
    });
    let granted = Promise::new(&mut |resolve, reject| {
        let held = held.clone();
        let callback = Closure::once_into_js(move || {
            let _ = resolve.call0(&JsValue::UNDEFINED);
            held
        });
        let asked = request.call3(&locks, &name.into(), &options, &callback);
        let is_refused = asked.and_then(|asked| {
            let catch: Function = Reflect::get(&asked, &"catch".into())?.dyn_into()?;
            catch.call1(&asked, &reject)
        });
        if is_refused.is_err() {
            let _ = reject.call0(&JsValue::UNDEFINED);
        }
    });
    settled(&granted).await?;
    let release = release.take().ok_or(JsValue::NULL)?;
    window.set_timeout_with_callback_and_timeout_and_arguments_0(&release, i32::try_from(hold).unwrap_or(i32::MAX))?;
    Ok(WebLock(release))
}

pub(super) async fn sleep(window: &Window, millis: u64) {
    let millis = i32::try_from(millis).unwrap_or(i32::MAX);
    let over = Promise::new(&mut |resolve, _| {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
    });
    let _ = settled(&over).await;
}

/// Calls `hear` with every signal from now on, for as long as the page lives.
pub(super) fn listen(window: &Window, channel: Option<&BroadcastChannel>, hear: Box<dyn Fn(Signal<'_>)>) {
    let heard = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        match event.dyn_ref::<MessageEvent>().map(|event| event.data().as_string()) {
            Some(Some(message)) => hear(Signal::Told(&message)),
            Some(None) => {}
            // The store's own event comes when this page's copy of it is up to date, which a message may come before.
            None => match Reflect::get(&event, &"key".into()).ok().and_then(|key| key.as_string()) {
                Some(key) => hear(Signal::Told(&key)),
                None => hear(Signal::Awake),
            },
        }
    })
    .into_js_value();
    let heard: &Function = heard.unchecked_ref();
    if let Some(channel) = channel {
        channel.set_onmessage(Some(heard));
    }
    for event in ["online", "pageshow", "visibilitychange", "storage"] {
        let _ = window.add_event_listener_with_callback(event, heard);
    }
}
