//! Yew's bare template, with which all the others are compared.

use yew::prelude::*;

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    html! { <h1>{ "Hello, you." }</h1> }
}
