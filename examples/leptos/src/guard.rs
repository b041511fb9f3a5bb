//! The login as a signal, and what only people who are signed in may see.

use leptos::prelude::*;
use wicketgate::app::Login;

/// Who is signed in: the signal that `App` provides.
pub fn use_login() -> RwSignal<Login, LocalStorage> {
    expect_context()
}

/// Shows `children` to people who are signed in. Sends others to log in, and back to here.
#[component]
pub fn Guarded(children: ChildrenFn) -> impl IntoView {
    let login = use_login();
    view! {
        <Show when=move || login.read().require()
            fallback=move || view! { <button on:click=move |_| login.read().begin()>"Log in"</button> }>
            {children()}
        </Show>
    }
}
