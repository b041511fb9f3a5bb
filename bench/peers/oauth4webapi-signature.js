// With the check of the ID token's signature that the library has and leaves to be called.
import { validateApplicationLevelSignature } from "oauth4webapi";
import { adapt } from "./oauth4webapi-adapter.js";

export default adapt({ checkSignature: validateApplicationLevelSignature });
