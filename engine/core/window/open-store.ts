/** From the windows of a plan to their state. */
import type { KeyOrder } from '../key.ts';
import type { OpenWindows, WindowPlan } from './open-windows.ts';
import { SessionStore } from './session-store.ts';
import { WindowStore } from './store.ts';

/** The state of a stage, empty. `order` is asked for the order of keys when windows close. */
export function openStore(plan: WindowPlan, order: () => KeyOrder): OpenWindows {
  const { shape } = plan;
  return shape.kind === 'session'
    ? new SessionStore({ ...plan, shape }, order)
    : new WindowStore(plan, order);
}
