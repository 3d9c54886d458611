import { type DataCipher, openFields, sealFields } from '#contract';
import type { Hook, HookFactory } from './handler.js';
import type { SendAnswer } from './send-answer.js';

/** Hooks that are given what a client sealed, opened. What cannot be opened fails the attempt, as the handler's own error would. */
export const openingHooks = (factory: HookFactory, cipher: DataCipher): HookFactory => ({
  create: async (hookClass) => openingHook(await factory.create(hookClass), cipher),
});

const openingHook = (hook: Hook, cipher: DataCipher): Hook => ({
  handle: async (event, context) => hook.handle(await openFields(event, cipher), context),
  ...(hook.ask !== undefined && {
    ask: async (event) => hook.ask?.(await openFields(event, cipher)),
  }),
  start: () => hook.start?.(),
  stop: () => hook.stop?.(),
});

/** Answers leave with what they carry sealed. */
export const sealingSend =
  (send: SendAnswer, cipher: DataCipher): SendAnswer =>
  async (command, traceparent, unwanted) =>
    send(await sealFields(command, cipher), traceparent, unwanted);
