//! The signal that says who is signed in, and the guard of views for signed-in users.

use dioxus::prelude::*;
use wicketgate::Auth;

use crate::Route;

/// The signal that `App` provides: who is signed in.
pub fn use_auth() -> Signal<Auth> {
    use_context()
}

/// Shows the inner route to signed-in users. Sends other users to the login, which leads back to this page.
#[component]
pub fn Guarded() -> Element {
    let auth = use_auth();
    rsx! {
        if auth.read().require_login() {
            Outlet::<Route> {}
        } else { button { onclick: move |_| auth.read().begin_login(), "Log in" } }
    }
}
