import { adapt } from "./oauth4webapi-adapter.js";

export default adapt({ checkSignature: undefined });
