/** Calls of a coordinator by plain `fetch`, for tests of what HTTP itself shows: statuses, headers and problem documents. */
import { problemAnswer, sessionAnswer } from '@barkeep/api';

/** Posts a body. A string is sent as it is, other values as JSON. */
export function postTo(url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** The problem document of an answer, checked against its schema, the status and the id of the request. */
export async function problemIn(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemAnswer.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  return problem;
}

/** The session of an answer, checked against its schema. */
export async function sessionIn(response: Response) {
  return sessionAnswer.parse(await response.json());
}
