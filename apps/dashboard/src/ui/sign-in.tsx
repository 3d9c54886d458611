import { type FormEvent, useState } from 'react';
import { ask, messageOf, Problem } from '../api/http.ts';
import { signIn } from '../api/session.ts';
import { Card, Notice, Title } from './parts.tsx';

/** In place of every page, where the API asks who is there. */
export function SignIn() {
  const [token, setToken] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const given = token.trim();
    try {
      await ask('/v1/timers?limit=1', { token: given });
      signIn(given);
    } catch (error) {
      const isUnknown = error instanceof Problem && error.status === 401;
      setRefusal(isUnknown ? 'this key is not known, or not valid any more' : messageOf(error));
    }
  };
  return (
    <>
      <Title>Sign in</Title>
      <Card title="Who are you?">
        <form className="sign-in" onSubmit={(event) => void onSubmit(event)}>
          <label>
            API key or token
            <input
              type="password"
              autoComplete="off"
              required
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          </label>
          <button type="submit">Sign in</button>
          {refusal !== null && <Notice kind="bad">{refusal}</Notice>}
          <p className="faint">
            Kept in this tab alone, until it is closed. <code>carillon keys create</code> makes a key.
          </p>
        </form>
      </Card>
    </>
  );
}
