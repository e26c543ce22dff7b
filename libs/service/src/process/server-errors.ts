/** Errors of the servers that a service needs. */

/** A server answers, and refuses this client: waiting does not help, the settings are wrong. */
export class ServerRefusedError extends Error {
  override readonly name = 'ServerRefusedError';
  /** @param answer of the server */
  constructor(readonly answer: string) {
    super(answer);
  }
}

/** A setting names a server that cannot be used; the message names the setting, the address and the server's answer. */
export class WrongServerError extends Error {
  override readonly name = 'WrongServerError';
  constructor(server: NamedServer, answer: string) {
    super(`expected ${server.name} at ${server.address} (${server.setting}), which answered: ${answer}`);
  }
}

/** A server as messages name it. */
export interface NamedServer {
  /** `the session Redis`. */
  name: string;
  /** The environment variable. */
  setting: string;
  /** Host and port, without user and password. */
  address: string;
}

/** A server by its setting's URL. */
export function serverAt(name: string, setting: string, url: string, defaultPort: number): NamedServer {
  const { hostname, port } = new URL(url);
  return { name, setting, address: `${hostname}:${port || defaultPort}` };
}
