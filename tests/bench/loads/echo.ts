import type { Socket } from "../socket.ts";

/** A line of so many bytes, or several of them. */
export function line(bytes: number, times = 1): Uint8Array<ArrayBuffer> {
  const text = "a".repeat(bytes - 1) + "\n";
  return new TextEncoder().encode(text.repeat(times));
}

/** Sends a message, and waits for the same. */
export function ask(socket: Socket, message: Uint8Array<ArrayBuffer>): void {
  const answer = new Uint8Array(message.length);
  socket.send(message);
  socket.receive(answer);
  checkEcho(answer, message);
}

/** Throws if an answer is not what was sent. */
export function checkEcho(answer: Uint8Array, message: Uint8Array): void {
  for (let i = 0; i < message.length; i++) {
    if (answer[i] !== message[i]) throw new Error("The answer is not an echo");
  }
}
