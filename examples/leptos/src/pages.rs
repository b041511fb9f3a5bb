//! The pages of the app.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::guard::use_auth;

/// For everybody.
#[component]
pub fn Home() -> impl IntoView {
    view! {
        <h1>"Gates, made to measure."</h1>
        <p class="lead">"Anybody may read this page. Your account and your orders are behind the small door."</p>
    }
}

/// The claims of the ID token.
#[component]
pub fn Account() -> impl IntoView {
    let auth = use_auth();
    let claim = move |name: &'static str| move || auth.read().claim(name).map(String::from);
    let scope = move || auth.read().session().and_then(|session| session.scope.clone());
    view! {
        <h1>"Hello, " {claim("name")} "."</h1>
        <dl>
            <div><dt>"Identifier"</dt><dd>{claim("sub")}</dd></div>
            <div><dt>"Server"</dt><dd>{claim("iss")}</dd></div>
            <div><dt>"Scope"</dt><dd>{scope}</dd></div>
        </dl>
    }
}

/// One of the orders, by the number in its URL.
#[component]
pub fn Order() -> impl IntoView {
    let parameters = use_params_map();
    let auth = use_auth();
    let number = move || parameters.read().get("number");
    let name = move || auth.read().claim("name").map(String::from);
    view! {
        <h1>"Order " {number}</h1>
        <p class="lead">"One oak gate with a wicket in it, for " {name} "."</p>
    }
}
