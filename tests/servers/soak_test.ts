import { assertEquals } from "@std/assert";
import { soak } from "../bench/soak/soak.ts";
import { judge } from "../bench/soak/verdict.ts";
import { serverClasses } from "../contract/server_classes.ts";
import { needing } from "../fixtures/installed_program.ts";

/** Each attack is made twice, however little time there is. */
const SECONDS = 2;

for (const [way, classes] of Object.entries(serverClasses)) {
  Deno.test(needing(["python3"], {
    name:
      `serveForever() of the ${way} classes loses no honest client, and keeps nothing, under all attacks`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const records = await Promise.all(
        classes.map((serverClass) => soak(serverClass, SECONDS)),
      );
      const faults = records.flatMap((record) =>
        judge(record).faults.map((fault) => `${record.name}: ${fault}`)
      );
      assertEquals(faults, []);
    },
  }));
}
