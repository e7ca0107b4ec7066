import { describeNetwork } from './network.suite.ts';

describeNetwork({ delayMs: 1_000, holeMs: 60_000, cutMs: 60_000 });
