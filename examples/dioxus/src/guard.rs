//! The login as a signal, and what only people who are signed in may see.

use dioxus::prelude::*;
use wicketgate::app::Login;

use crate::Route;

/// Who is signed in: the signal that `App` provides.
pub fn use_login() -> Signal<Login> {
    use_context()
}

/// Shows the route inside to people who are signed in. Sends others to log in, and back to here.
#[component]
pub fn Guarded() -> Element {
    let login = use_login();
    rsx! {
        if login.read().require() {
            Outlet::<Route> {}
        } else { button { onclick: move |_| login.read().begin(), "Log in" } }
    }
}
