/** A user's consent: every token that is issued later refers to it, and ends with it. */
import type { User } from "./messages.js";

export interface Grant {
  readonly user: User;
  readonly scope: readonly string[];
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
  readonly authTime: number;
  isRevoked: boolean;
}
