import {
  BaseRequestHandler,
  type DatagramRequest,
  DatagramRequestHandler,
  type StreamRequest,
  StreamRequestHandler,
} from "@socketserver/socketserver/handlers";

export class LinesHandler extends StreamRequestHandler {
  override async handle() {
    for await (const line of this.rfile.lines()) {
      await this.wfile.write(line + "\n");
    }
  }
}

/** Gives the client half a minute for each line, and for each answer. */
export class TimedLinesHandler extends LinesHandler {
  override timeout = 30;
}

/** Sets every limit, and ends its wait for a line when it is told to. */
export class LimitedLinesHandler extends StreamRequestHandler {
  override readTimeout = 30;
  override writeTimeout = 30;
  override async handle() {
    for await (const line of this.rfile.lines({ signal: this.signal })) {
      await this.wfile.write(line + "\n");
    }
  }
}

/** Gives the client five seconds for each line. */
export class ImpatientLinesHandler extends LinesHandler {
  override readTimeout = 5;
}

/** Does not wait for the client to confirm one answer before the next. */
export class NoDelayLinesHandler extends LinesHandler {
  override disableNagleAlgorithm = true;
}

export class PipeHandler extends StreamRequestHandler {
  override async handle() {
    await this.rfile.pipeTo(this.wfile);
  }
}

export class ReadWriteHandler extends BaseRequestHandler<StreamRequest> {
  override async handle() {
    const buffer = new Uint8Array(4096);
    for (let n; (n = await this.request.read(buffer)) !== null;) {
      for (let sent = 0; sent < n;) {
        sent += await this.request.write(buffer.subarray(sent, n));
      }
    }
  }
}

export class SendHandler extends BaseRequestHandler<DatagramRequest> {
  override async handle() {
    const [data, socket] = this.request;
    await socket.send(data, this.clientAddress);
  }
}

export class DatagramHandler extends DatagramRequestHandler {
  override async handle() {
    const data = await this.rfile.read();
    if (data !== null) await this.wfile.write(data);
  }
}

/** Takes eight seconds. */
export class SlowDatagramHandler extends DatagramRequestHandler {
  override async handle() {
    await new Promise((resolve) => setTimeout(resolve, 8000));
  }
}

/** Computes for about 20 ms before it answers a long line. */
export class ComputeHandler extends StreamRequestHandler {
  override async handle() {
    for await (const line of this.rfile.lines()) {
      let sum = 0;
      const steps = line.length > 32 ? 4_000_000 : 0;
      for (let i = 0; i < steps; i++) sum += Math.sqrt(i ^ line.length);
      await this.wfile.write(sum < 0 ? "" : line + "\n");
    }
  }
}
