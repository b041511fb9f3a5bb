// A file of its own, because the page's policy lets no script in that stands in the page.
import start from "./app.js";

await start();
