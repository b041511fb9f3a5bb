use leptos::prelude::*;
use wicketgate::{Auth, Configuration};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let configuration = Configuration::new("my-app")
        .issuer("https://login.example")
        .redirect_uri("https://app.example/callback")
        .scope("openid profile");
    let auth = RwSignal::new_local(Auth::pending());
    Auth::start(configuration, move |change| auth.set(change));
    view! {
        <Show when=move || auth.read().require_login()
            fallback=move || view! { <button on:click=move |_| auth.read().begin_login()>"Log in"</button> }>
            <h1>"Hello, " {move || auth.read().claim("name").map(String::from)}</h1>
        </Show>
    }
}
