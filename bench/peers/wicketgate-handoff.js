// A backend redeems the code and keeps the tokens.
import { createClient } from "wicketgate/handoff";
import { adapt } from "./wicketgate-adapter.js";

const connect = adapt(createClient);
export default (config) => connect({ ...config, backend: { exchangeUrl: new URL("exchange", config.redirectUri) } });
