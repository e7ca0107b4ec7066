/** From the windows of a plan to their state. */
import type { KeyOrder } from '../key.ts';
import { CountStore } from './count-store.ts';
import type { OpenWindows, WindowPlan } from './open-windows.ts';
import { SessionStore } from './session-store.ts';
import { WindowStore } from './store.ts';

/** The state of a stage, empty. `order` is asked for the order of keys when windows close. */
export function openStore(plan: WindowPlan, order: () => KeyOrder): OpenWindows {
  const { shape } = plan;
  if (shape.kind === 'session') return new SessionStore({ ...plan, shape }, order);
  if (shape.kind === 'count') return new CountStore({ ...plan, shape }, order);
  return new WindowStore(plan, order);
}
