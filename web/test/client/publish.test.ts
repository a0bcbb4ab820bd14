// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { publish } from '../../src/client/index.js';

function fakeFetch(status: number, body: string) {
  const calls: { url: string; init: RequestInit }[] = [];
  const fetch = (async (url: URL, init: RequestInit) => {
    calls.push({ url: url.href, init });
    return new Response(body, { status });
  }) as unknown as typeof globalThis.fetch;
  return { calls, fetch };
}

const draft = { type: 'chat_message', source: 'chat.general', data: { message: 'hi', sender: 'ada' } };

describe('publish', () => {
  it('posts one event with its token and key', async () => {
    const { calls, fetch } = fakeFetch(200, '{"seq":7,"duplicate":false}');
    const done = await publish(draft, { url: 'http://host:8080', token: 't', idempotencyKey: 'k', fetch });
    expect(done).toEqual({ seq: 7, duplicate: false });
    expect(calls[0]!.url).toBe('http://host:8080/api/v1/events');
    expect(calls[0]!.init).toMatchObject({
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer t', 'Idempotency-Key': 'k' },
      body: JSON.stringify(draft),
    });
  });

  it('posts several as an array', async () => {
    const { fetch } = fakeFetch(200, '[{"seq":7,"duplicate":false},{"seq":8,"duplicate":true}]');
    const done = await publish([draft, draft], { url: 'http://host:8080', token: 't', fetch });
    expect(done.map(({ seq }) => seq)).toEqual([7, 8]);
  });

  it('rejects with the server’s status and words', async () => {
    const { fetch } = fakeFetch(401, '{"error":"a token is needed"}');
    await expect(publish(draft, { url: 'http://host:8080', token: '', fetch })).rejects.toMatchObject({
      name: 'PublishError', status: 401, detail: '{"error":"a token is needed"}',
    });
  });
});
