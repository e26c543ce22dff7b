/** Fails a test run at once when a server that it needs does not answer: BullMQ would wait for it without end. */
import { pingPostgres, pingRedis } from '@barkeep/local-system';
import { serviceEnvironment, type ServiceUrls } from '@barkeep/service';

/** @throws Error that names the variable and the address, without the password, of a server that does not answer */
export async function pingServices(urls: ServiceUrls): Promise<void> {
  for (const [variable, url] of Object.entries(serviceEnvironment(urls))) {
    try {
      await (url.startsWith('redis') ? pingRedis(url) : pingPostgres(url));
    } catch (error) {
      const address = url.replace(/:[^:@/]*@/, ':***@');
      throw new Error(`expected the server of ${variable} to answer at ${address}`, { cause: error });
    }
  }
}
