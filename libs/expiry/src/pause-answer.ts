/**
 * - `paused`: held by `token` until it is resumed, reset, or `maxPause` has passed
 * - `closing`: its close has begun, and cannot be called back
 * - `unknown`: there is none, or it has expired and is closed
 */
export type PauseAnswer =
  | { readonly status: 'paused'; readonly token: string }
  | { readonly status: 'closing' | 'unknown' };
