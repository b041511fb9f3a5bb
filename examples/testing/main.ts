import { show } from "./app.js";

const config = { issuer: "https://login.test", clientId: "my-app", redirectUri: `${location.origin}/callback`, scope: "openid profile" };
void show(document.querySelector("main")!, config);
