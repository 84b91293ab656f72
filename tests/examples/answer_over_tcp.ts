import { deadline } from "@std/async/deadline";

const LIMIT_MS = 30_000;

/** Where an example listens. */
interface Place {
  readonly hostname: string;
  readonly port: number;
}

/**
 * Gives a server the whole of what a client sends, and returns the whole of its
 * answer, as `exchange()` does with a handler: here over a real connection.
 */
export async function answerOverTCP(
  { address }: { readonly address: Place },
  input: string | Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const client = await Deno.connect(address);
  const answer = deadline(new Response(client.readable).bytes(), LIMIT_MS);
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  for (let sent = 0; sent < bytes.length;) {
    sent += await client.write(bytes.subarray(sent));
  }
  await client.closeWrite();
  return await answer;
}

/** Likewise; the answer is text. */
export async function textOverTCP(
  example: { readonly address: Place },
  input: string | Uint8Array,
): Promise<string> {
  return new TextDecoder().decode(await answerOverTCP(example, input));
}
