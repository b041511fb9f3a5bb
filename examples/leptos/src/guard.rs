//! The signal that says who is signed in, and the guard of views for signed-in users.

use leptos::prelude::*;
use wicketgate::Auth;

/// The signal that `App` provides: who is signed in.
pub fn use_auth() -> RwSignal<Auth, LocalStorage> {
    expect_context()
}

/// Shows `children` to signed-in users. Sends other users to the login, which leads back to this page.
#[component]
pub fn Guarded(children: ChildrenFn) -> impl IntoView {
    let auth = use_auth();
    view! {
        <Show when=move || auth.read().require_login()
            fallback=move || view! { <button on:click=move |_| auth.read().begin_login()>"Log in"</button> }>
            {children()}
        </Show>
    }
}
