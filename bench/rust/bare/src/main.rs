//! Yew's bare template: what all the others are held against.

use yew::prelude::*;

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    html! { <h1>{ "Hello, you." }</h1> }
}
