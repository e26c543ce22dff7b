/** How a connection to Redis is opened that lasts as long as its process: it survives outages and failovers. */
import { Redis, type RedisOptions } from 'ioredis';
import { reconnectWhenDemoted } from './demoted.js';
import { endTimerOnClose } from './socket-timer.js';

/** A connection that leaves no timer behind when it closes, and leaves a server that became a replica. */
export function openRedis(url: string, options: RedisOptions): Redis {
  return endTimerOnClose(new Redis(url, { reconnectOnError: reconnectWhenDemoted(), ...options }));
}
