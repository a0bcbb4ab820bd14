// @vitest-environment node
import { expect, it } from 'vitest';
import { Actors, kActorsMax } from '../../../src/dashboard/model/actors.js';
import { event } from '../../support/fake_server.js';

const cast = (actors: Actors, spell_name: string, daemon_name: string | null, success = true) =>
  actors.take(event(1, 'spell', { spell_name, daemon_name, success, description: '', metadata: {} }));
const session = (actors: Actors, type: string, id: string, status: string) =>
  actors.take(event(1, type, { session: { id, status } }));

it('a daemon is there from its summons, or a task that it does, to its end', () => {
  const actors = new Actors();
  cast(actors, 'summon', 'claude');
  cast(actors, 'invoke', 'gemini');
  cast(actors, 'summon', 'nobody', false);
  cast(actors, 'reveal', null);
  expect(actors.daemons).toEqual(['claude', 'gemini']);
  cast(actors, 'banish', 'gemini', false);
  cast(actors, 'banish', 'claude');
  expect(actors.daemons).toEqual(['gemini']);
});

it.each(['completed', 'failed', 'terminated'])('a session is there until it is %s', (status) => {
  const actors = new Actors();
  session(actors, 'session_spawned', 's1', 'initializing');
  session(actors, 'session_status_update', 's2', 'running');
  expect(actors.sessions).toEqual(['s1', 's2']);
  session(actors, 'session_status_update', 's1', status);
  expect(actors.sessions).toEqual(['s2']);
});

it('is bounded, and takes what it does not understand', () => {
  const actors = new Actors();
  actors.take(event(1, 'session_spawned', { session: null }));
  actors.take(event(1, 'spell', {}));
  for (let i = 0; i <= kActorsMax; i += 1) session(actors, 'session_spawned', `s${i}`, 'running');
  expect(actors.sessions).toHaveLength(kActorsMax);
  expect(actors.sessions[0]).toBe('s1');
});
