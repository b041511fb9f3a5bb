// The pages of the authorization servers: login with consent, and logout.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const style = readFileSync(new URL("sign-in.css", import.meta.url), "utf8");

const styleHash = createHash("sha256").update(style).digest("base64");

const escape = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const credentials = (username) => `
      <label>User name <input name="username" value="${escape(username)}" autocomplete="username" autocapitalize="none" required></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required></label>`;

/** `formTargets`: the origins to which the answer may lead, because the policy of the form's page limits the form's redirects. */
export function sendSignInPage(
  response,
  { server, client, action, asks = [], needsLogin = true, username = "", failure, formTargets = [] },
) {
  const { headers, html } = page({
    title: "Sign in",
    heading: `${client} asks to act for you`,
    server,
    formTargets,
    content: `
      ${failure ? `<p class="error" role="alert">${escape(failure)}</p>` : ""}
      <form method="post" action="${escape(action)}">${needsLogin ? credentials(username) : ""}
        ${asks.length ? `<ul>${asks.map((ask) => `<li>${escape(ask)}</li>`).join("")}</ul>` : ""}
        <div class="choice">
          <button name="choice" value="allow">Allow</button>
          <button name="choice" value="deny" formnovalidate>Deny</button>
        </div>
      </form>`,
  });
  response.writeHead(failure ? 401 : 200, headers);
  response.end(html);
}

/** Asks whether the user wants to log out. `form`: HTML of a form with the id `op.logoutForm`, which a button here submits. */
export function logoutPage({ server, form, formTargets }) {
  const content = `
      ${form}
      <div class="choice"><button form="op.logoutForm" name="logout" value="yes">Log out</button></div>`;
  return page({ title: "Log out", heading: "Do you want to log out?", server, formTargets, content });
}

function page({ title, heading, server, formTargets, content }) {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'sha256-${styleHash}'`,
      "img-src data:",
      `form-action 'self' ${formTargets.join(" ")}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title} · ${escape(server)}</title>
    <link rel="icon" href="data:,">
    <style>${style}</style>
  </head>
  <body>
    <main>
      <h1>${escape(heading)}</h1>
      <p class="server">${escape(server)}</p>${content}
    </main>
  </body>
</html>
`;
  return { headers, html };
}

/** A refusal that must not redirect, because its target cannot be trusted. */
export function sendRefusal(response, reason) {
  response.writeHead(400, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Refused</title><h1>Refused</h1><p>${escape(reason)}</p>`,
  );
}
