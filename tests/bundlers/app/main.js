import { showLogin } from "./login.js";

showLogin(document.getElementById("app"));
