/**
 * The entry `wicketgate/doctor`: checks everything that a login needs, in the page where it is to work. It is for development:
 * no other entry contains any of it. `npx wicketgate doctor https://issuer` makes the checks from a terminal.
 */
import { Findings, type Finding } from "./doctor/finding.js";
import { examinePage, page } from "./doctor/page.js";
import { examineServer } from "./doctor/server.js";
import type { ClientConfig } from "./types.js";

export type { Finding } from "./doctor/finding.js";

/**
 * Checks the server of `config` (metadata, CORS, algorithms, PKCE, refresh tokens) and the page (policy, stores,
 * `crypto.subtle`, redirect URI, clock), and says what to change. Its requests change nothing: they present a code and tokens
 * that do not exist. It never rejects because of a finding.
 */
export async function doctor(config: ClientConfig): Promise<Finding[]> {
  const findings = new Findings();
  await examinePage(config, findings);
  await examineServer(config, page, findings);
  return findings.all;
}
