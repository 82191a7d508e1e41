import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { Refusal } from './refusal.ts';

/** In place of `authorize`, for `serve` alone: everybody on this machine may do everything. */
export interface Local {
  readonly local: true;
}

/** The one value of `Local`. */
export const LOCAL: Local = { local: true };

/**
 * Lets everybody on this machine do everything. `serve` then listens on a loopback address only and looks at who is connected, at `Host` and at
 * `Origin`, so that neither other machines nor web pages whose names lead here (DNS rebinding) get in, and refuses what a proxy has passed on.
 */
export function local(): Local {
  return LOCAL;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an address is one of this machine alone. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a host with its port, as in `Host` and in origins, names this server by an address or by `localhost`. */
function isOwnName(host: string, port: number | undefined): boolean {
  const url = URL.parse(`http://${host}`);
  if (url === null || url.host !== host.toLowerCase().replace(/:80$/, '') || Number(url.port || 80) !== port)
    return false;
  return url.hostname === 'localhost' || isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
}

const PASSED_ON = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Throws `Refusal` (403) for a request that does not come straight from this machine, or not under its own name. */
export function assertLocal({ socket, headers }: IncomingMessage): void {
  const port = socket.localPort;
  const { host = '', origin } = headers;
  const isDirect = isLoopback(socket.remoteAddress ?? '') && PASSED_ON.every((name) => headers[name] === undefined);
  const isOwn = origin === undefined || isOwnName(origin.replace(/^http:\/\//, ''), port);
  if (isDirect && isOwn && isOwnName(host, port)) return;
  throw new Refusal(403, 'not-local', 'This server answers this machine alone, under its own address.');
}
