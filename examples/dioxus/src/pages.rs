//! What the app is about.

use dioxus::prelude::*;

use crate::guard::use_login;

/// For everybody.
#[component]
pub fn Home() -> Element {
    rsx! {
        h1 { "Gates, made to measure." }
        p { class: "lead", "Anybody may read this page. Your account and your orders are behind the small door." }
    }
}

/// What the ID token says of who is signed in.
#[component]
pub fn Account() -> Element {
    let login = use_login();
    let login = login.read();
    let scope = login.session().and_then(|session| session.scope.clone());
    rsx! {
        h1 { "Hello, " {login.claim("name")} "." }
        dl {
            div { dt { "Identifier" } dd { {login.claim("sub")} } }
            div { dt { "Server" } dd { {login.claim("iss")} } }
            div { dt { "Scope" } dd { {scope} } }
        }
    }
}

/// One of the orders, by the number in its address.
#[component]
pub fn Order(number: String) -> Element {
    let login = use_login();
    rsx! {
        h1 { "Order {number}" }
        p { class: "lead", "One oak gate with a wicket in it, for " {login.read().claim("name").map(String::from)} "." }
    }
}
