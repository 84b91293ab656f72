import type { Load } from "../trial.ts";

/** What wrk prints of an amount of time, in milliseconds. */
const UNITS: Record<string, number> = { us: 0.001, ms: 1, s: 1000 };

/** Requests for one file, on so many connections, made by wrk. */
export function wrk(connections: number, path: string): Load {
  return async (server, seconds) => {
    const url = `http://127.0.0.1:${server.port}${path}`;
    const time = `-d${Math.ceil(seconds)}`; // which wrk counts in whole seconds
    const args = ["-t1", `-c${connections}`, time, "--latency", url];
    const before = server.processorTime();
    const { stdout } = await new Deno.Command("wrk", { args }).output();
    const spent = server.processorTime() - before;
    const said = new TextDecoder().decode(stdout);
    const [, count] = /^ *(\d+) requests in /m.exec(said) ?? [];
    const [, rate] = /^Requests\/sec: +([\d.]+)$/m.exec(said) ?? [];
    const [, p99, unit] = /^ *99% +([\d.]+)(us|ms|s)$/m.exec(said) ?? [];
    if (/Socket errors|Non-2xx/.test(said) || p99 === undefined) {
      throw new Error(`wrk was not served: ${said}`);
    }
    return {
      rate: Number(rate),
      cpu: spent / Number(count),
      p99: Number(p99) * UNITS[unit!]!,
    };
  };
}
