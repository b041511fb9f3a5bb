#!/usr/bin/env node
/** `npx wicketgate doctor https://issuer`: checks from a terminal what a login needs of a server. */
import { diagnose } from "./doctor/terminal.js";
import type { Finding } from "./doctor/finding.js";

// The package does not depend on Node's types.
declare const process: { argv: string[]; exitCode: number; stdout: { write(text: string): void }; stderr: { write(text: string): void } };

const USAGE = `npx wicketgate doctor ISSUER [options]

  --client-id ID         as registered
  --redirect-uri URL     as registered (default: http://localhost:5173/callback)
  --scope "openid …"     default: openid profile
  --api URL              an API that the page calls; may be repeated
  --backend              a backend redeems the code: the page asks the server nothing
  --json                 for other programs
`;

await main(process.argv.slice(2));

async function main([command, issuer, ...rest]: string[]): Promise<void> {
  const options = optionsIn(rest);
  if (command !== "doctor" || !issuer || issuer.startsWith("-") || !options) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const redirectUri = options["redirect-uri"]?.[0] ?? "http://localhost:5173/callback";
  if (!URL.canParse(redirectUri)) {
    process.stderr.write(`--redirect-uri: "${redirectUri}" is not a URL\n`);
    process.exitCode = 2;
    return;
  }
  const config = {
    issuer,
    clientId: options["client-id"]?.[0] ?? "",
    redirectUri,
    scope: options.scope?.[0] ?? "openid profile",
    ...(options.backend && { backend: { exchangeUrl: "/auth/exchange" } }),
  };
  const diagnosis = await diagnose(config, new URL(redirectUri).origin, options.api);
  const { findings, policy, registration } = diagnosis;
  if (options.json) process.stdout.write(`${JSON.stringify(diagnosis, null, 2)}\n`);
  else {
    for (const finding of findings) process.stdout.write(inLines(finding));
    process.stdout.write(`\nRegister at the server\n`);
    for (const [name, value] of registration) process.stdout.write(`  ${name.padEnd(16)}${value}\n`);
    process.stdout.write(`\nContent-Security-Policy of the page\n  ${policy}\n`);
  }
  if (findings.some(({ result }) => result === "bad")) process.exitCode = 1;
}

function inLines({ checked, result, found, expected, change }: Finding): string {
  const mark = { good: "ok     ", bad: "WRONG  ", unknown: "look   " }[result];
  if (result === "good") return `${mark}${checked}: ${found}\n`;
  return `${mark}${checked}: ${found}\n       expected: ${expected}\n       ${change}\n`;
}

/** The options by name, or nothing if one is unknown or lacks its value. */
function optionsIn(words: string[]): Record<string, string[]> | undefined {
  const options: Record<string, string[]> = {};
  for (let at = 0; at < words.length; at++) {
    const [, name = "", given] = /^--([a-z-]+)(?:=(.*))?$/s.exec(words[at]!) ?? [];
    if (["backend", "json"].includes(name)) options[name] = [];
    else if (["client-id", "redirect-uri", "scope", "api"].includes(name)) {
      const value = given ?? words[++at];
      if (value === undefined) return undefined;
      (options[name] ??= []).push(value);
    } else return undefined;
  }
  return options;
}
