import type { ISocketFactory } from 'kafkajs';
import { connect, type Socket } from 'node:net';

/** Sockets to a Kafka broker that a spec can cut, refuse, or stop hearing on. */
export class CuttableLine {
  private readonly sockets = new Set<Socket>();
  private isDown = false;
  private isDeaf = false;

  readonly factory: ISocketFactory = ({ host, port, onConnect }) => {
    const socket = connect({ host, port });
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.once('connect', onConnect);
    if (this.isDown) socket.destroy(Object.assign(new Error('cut'), { code: 'ECONNREFUSED' }));
    // Whoever listens for data makes a socket flow, so the pause has to come after that.
    if (this.isDeaf) setImmediate(() => socket.pause());
    return socket;
  };

  /** Breaks every connection and refuses new ones. */
  cut(): void {
    this.isDown = true;
    for (const socket of this.sockets) socket.destroy(Object.assign(new Error('cut'), { code: 'ECONNRESET' }));
  }

  /** Requests still reach the broker; no answer comes back. */
  deafen(): void {
    this.isDeaf = true;
    for (const socket of this.sockets) socket.pause();
  }

  mend(): void {
    this.isDown = false;
    this.isDeaf = false;
    for (const socket of this.sockets) socket.resume();
  }
}
