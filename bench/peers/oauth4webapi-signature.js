// With the check of the ID token's signature, which the library offers and does not call itself.
import { validateApplicationLevelSignature } from "oauth4webapi";
import { adapt } from "./oauth4webapi-adapter.js";

export default adapt({ checkSignature: validateApplicationLevelSignature });
