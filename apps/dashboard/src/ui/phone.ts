import { useSyncExternalStore } from 'react';

/** As the style sheet has it. */
const phone = window.matchMedia('(max-width: 760px)');

/** Whether there is room for one column alone. */
export const useIsPhone = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      phone.addEventListener('change', listener);
      return () => phone.removeEventListener('change', listener);
    },
    () => phone.matches,
  );
