/**
 * TLS over a connection that is there already, for handlers that begin it in the
 * middle, as STARTTLS does in SMTP (RFC 3207), IMAP and others.
 *
 * It is made of `node:tls`, which takes 30 ms to load: the first
 * {@linkcode TlsAcceptor} loads it. A server that speaks TLS from the beginning
 * does not need this module.
 *
 * @example STARTTLS
 * ```ts
 * import { AsyncTCPServer, StreamRequestHandler } from "@socketserver/socketserver";
 * import { TlsAcceptor } from "@socketserver/socketserver/tls";
 * import { assertEquals } from "@std/assert";
 *
 * const cert = `-----BEGIN CERTIFICATE-----
 * MIIBDzCBwqADAgECAgEBMAUGAytlcDAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcN
 * MjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2Fs
 * aG9zdDAqMAUGAytlcAMhAAkjBf53VZNjGWq6bK41BZ42dYh7K7TV1BbkEHn5DdH9
 * ozcwNTAUBgNVHREEDTALgglsb2NhbGhvc3QwHQYDVR0OBBYEFA1aDmxme0BxVbG7
 * R3ZxU8YURCzdMAUGAytlcANBAEYbtfwOisn/aey7rhY8P9N3m8NVl8INu7LV433U
 * QUPBsWTGTjAdPtVwiLCNPx6kRXGuEnz0GH3Ag/4uD5V0Pws=
 * -----END CERTIFICATE-----`;
 * const key = `-----BEGIN PRIVATE KEY-----
 * MC4CAQAwBQYDK2VwBCIEIHPnNpw+fk33MG4KXzWpa/K+ZV8xo/+5chqD4IDJ+CG4
 * -----END PRIVATE KEY-----`;
 *
 * const acceptor = new TlsAcceptor({ cert, key });
 *
 * class StartTlsHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.rfile.readLine(); // STARTTLS
 *     await this.rfile.discard(); // it came in plain text
 *     await this.wfile.write("220 Go ahead\r\n");
 *     using connection = await acceptor.accept(this.request, 10);
 *     await connection?.write(new TextEncoder().encode("secret"));
 *   }
 * }
 *
 * await using server = new AsyncTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   StartTlsHandler,
 * );
 * const serving = server.serveForever();
 * const { port } = server.serverAddress;
 * const plain = await Deno.connect({ hostname: "127.0.0.1", port });
 * await plain.write(new TextEncoder().encode("STARTTLS\r\n"));
 * await plain.read(new Uint8Array(100)); // 220 Go ahead
 * const client = await Deno.startTls(plain, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * assertEquals(await new Response(client.readable).text(), "secret");
 * await server.shutdown();
 * await serving;
 * ```
 *
 * @module
 */
export * from "./tls_acceptor.ts";
export * from "./tls_connection.ts";
export type * from "./tls_credentials.ts";
export type { ByteSink, ByteSource, StreamRequest, TlsInfo } from "../types.ts";
