// The package's declarations can be used wherever the contract is expected, and accept everything that the contract's callers
// pass.
import * as wicketgate from "wicketgate/all";
import type * as contract from "./contract.js";

/** The members of the contract's client that the package has. The list grows until it is `keyof contract.Client`. */
type Delivered =
  | "metadata" | "load" | "authorizationUrl" | "pushed" | "beginLogin" | "loginWithPopup" | "loginSilently" | "isCallback"
  | "handleCallback"
  | "session" | "subscribe" | "accessToken" | "logout";
type Client = Pick<contract.Client, Delivered>;

export const functions: {
  createClient(config: contract.ClientConfig): Promise<Client>;
  beginLogin: typeof contract.beginLogin;
  handleCallback: typeof contract.handleCallback;
  isWicketgateError: (value: unknown) => boolean;
  worksmart: typeof contract.worksmart;
} = wicketgate;

/** Does not compile unless each of the two can replace the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const same: {
  config: Same<wicketgate.ClientConfig, contract.ClientConfig>;
  backend: Same<wicketgate.BackendConfig, contract.BackendConfig>;
  options: Same<wicketgate.LoginOptions, contract.LoginOptions>;
  popup: Same<wicketgate.PopupOptions, contract.PopupOptions>;
  codes: Same<wicketgate.ErrorCode, contract.ErrorCode>;
} = { config: true, backend: true, options: true, popup: true, codes: true };

export const client = (value: wicketgate.Client): Client => value;
export const result = (value: wicketgate.LoginResult): contract.LoginResult => value;
export const session = (value: wicketgate.Session): contract.Session => value;
export const claims = (value: wicketgate.Claims): contract.Claims => value;
export const metadata = (value: wicketgate.ServerMetadata): contract.ServerMetadata => value;
export const error = (value: wicketgate.WicketgateError): contract.WicketgateError => value;
export const handOff = (value: wicketgate.HandOff): contract.HandOff => value;
