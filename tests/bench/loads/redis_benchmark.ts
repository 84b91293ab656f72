import type { Load } from "../trial.ts";

const REQUESTS = 100_000;
/** A line such as `"GET","71942.45","0.4",…`, of which the seventh is p99. */
const RESULT = /^"\w+","([\d.]+)"(?:,"[\d.]+"){4},"([\d.]+)"/gm;

/** PING, SET and GET from 50 clients of redis-benchmark's, so many at once. */
export function redisBenchmark(depth: number): Load {
  return async (server) => {
    const before = server.processorTime();
    const args = "-t ping,set,get -c 50 --csv".split(" ");
    const { success, stdout } = await new Deno.Command("redis-benchmark", {
      args: [
        ...args,
        ...["-p", `${server.port}`, "-n", `${REQUESTS}`, "-P", `${depth}`],
      ],
    }).output();
    const results = [...new TextDecoder().decode(stdout).matchAll(RESULT)];
    if (!success || results.length !== 4) {
      throw new Error("redis-benchmark failed");
    }
    const seconds = results.map(([, rate]) => REQUESTS / Number(rate));
    const requests = REQUESTS * results.length;
    return {
      rate: requests / seconds.reduce((sum, one) => sum + one),
      cpu: (server.processorTime() - before) / requests,
      p99: Math.max(...results.map(([, , p99]) => Number(p99))),
    };
  };
}
