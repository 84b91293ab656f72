import { redisBenchmark } from "../loads/redis_benchmark.ts";
import { file, redis } from "../programs.ts";
import type { Side, Trial } from "../trial.ts";

const example = {
  question: "Examples",
  ours: "`redis_server.ts`",
  against: "`redis-server`",
  by: "rate",
} as const;

const sides: Record<string, Side> = {
  [example.ours]: side("redis_ours.ts"),
  [example.against]: side("redis_real.ts"),
};

function side(script: string): Side {
  return { program: redis, args: ["run", "-A", file(script)] };
}

/** Commands that wait for their answers. */
export const redisCommands: Trial = {
  load: redisBenchmark(1),
  sides,
  rows: [{ ...example, name: "Redis: `redis-benchmark -c 50 -P 1`" }],
};

/** Sixteen at a time. */
export const redisPipelines: Trial = {
  load: redisBenchmark(16),
  sides,
  rows: [{ ...example, name: "Redis: `redis-benchmark -c 50 -P 16`" }],
};
