import {
  BaseRequestHandler,
  type DatagramRequest,
  DatagramRequestHandler,
  StreamRequestHandler,
} from "@socketserver/socketserver";

export class LinesHandler extends StreamRequestHandler {
  override async handle() {
    for await (const line of this.rfile.lines()) {
      await this.wfile.write(line + "\n");
    }
  }
}

export class PipeHandler extends StreamRequestHandler {
  override async handle() {
    await this.rfile.pipeTo(this.wfile);
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
