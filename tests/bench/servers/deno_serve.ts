// deno-lint-ignore-file no-console -- the port goes to standard output
/**
 * Serves the files of a folder by Deno's own server: `deno_serve.ts 0 FOLDER`.
 *
 * @module
 */
const folder = Deno.args[1]!;

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(port),
}, async (request) => {
  const file = await Deno.open(folder + new URL(request.url).pathname);
  const { size } = await file.stat();
  return new Response(file.readable, {
    headers: { "Content-Type": "text/plain", "Content-Length": `${size}` },
  });
});
