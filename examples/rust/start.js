// A file of its own, because the page's policy forbids inline scripts.
import start from "./app.js";

await start();
