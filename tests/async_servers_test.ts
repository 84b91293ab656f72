import { testContract } from "./contract/matrix.ts";
import { serverClasses } from "./contract/server_classes.ts";

testContract(serverClasses.async);
