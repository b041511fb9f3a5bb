use leptos::prelude::*;
use wicketgate::{app::Login, client::Configuration};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let configuration = Configuration::new("my-app")
        .with("issuer", "https://login.example")
        .with("redirectUri", "https://app.example/callback")
        .with("scope", "openid profile");
    let login = RwSignal::new_local(Login::opening());
    Login::open(configuration, move |change| login.set(change));
    view! {
        <Show when=move || login.read().require()
            fallback=move || view! { <button on:click=move |_| login.read().begin()>"Log in"</button> }>
            <h1>"Hello, " {move || login.read().claim("name").map(String::from)}</h1>
        </Show>
    }
}
