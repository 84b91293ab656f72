import { testContract } from "./matrix.ts";
import { serverClasses } from "./server_classes.ts";

testContract(serverClasses.async);
