/** What we may use of `@std/streams` 1.1, for the stand-in that `../deno.ts` makes. */

export function toText(
  stream: ReadableStream<string> | ReadableStream<Uint8Array>,
): Promise<string>;
export function toJson(
  stream: ReadableStream<string> | ReadableStream<Uint8Array>,
): Promise<unknown>;
export function toBytes(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array>;
export function toArrayBuffer(
  readableStream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer>;
export function toBlob(stream: ReadableStream<Uint8Array>): Promise<Blob>;

export interface TextLineStreamOptions {
  allowCR?: boolean;
}
export class TextLineStream extends TransformStream<string, string> {
  constructor(options?: TextLineStreamOptions);
}

export type DelimiterDisposition = "suffix" | "prefix" | "discard";
export interface DelimiterStreamOptions {
  disposition?: DelimiterDisposition;
}
export class DelimiterStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(delimiter: Uint8Array, options?: DelimiterStreamOptions);
}
export class TextDelimiterStream extends TransformStream<string, string> {
  constructor(delimiter: string, options?: DelimiterStreamOptions);
}

export interface LimitedBytesTransformStreamOptions {
  error?: boolean;
}
export class LimitedBytesTransformStream
  extends TransformStream<Uint8Array, Uint8Array> {
  constructor(size: number, options?: LimitedBytesTransformStreamOptions);
}

export function mergeReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T>;
export function concatReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T>;
export function zipReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T>;

export function toTransformStream<I, O>(
  transformer: (src: ReadableStream<I>) => Iterable<O> | AsyncIterable<O>,
  writableStrategy?: QueuingStrategy<I>,
  readableStrategy?: QueuingStrategy<O>,
): TransformStream<I, O>;
